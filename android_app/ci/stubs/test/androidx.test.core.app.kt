// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/android/android-test, commit 7071e3175d7262f2dabc6981d632c44339b99792:
//   core/java/androidx/test/core/api/1.6.0_public.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.test.core.app

import android.app.Activity

class ActivityScenario<A : Activity> internal constructor() {
    fun recreate(): ActivityScenario<A> = this
}
