// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/androidx/test/core/app/ActivityScenario
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.test.core.app

import android.app.Activity

class ActivityScenario<A : Activity> {
    fun recreate(): ActivityScenario<A> = this
}
