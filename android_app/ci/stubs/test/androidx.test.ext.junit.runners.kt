// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/android/android-test, commit 7071e3175d7262f2dabc6981d632c44339b99792:
//   ext/junit/java/androidx/test/ext/junit/api/1.2.0_public.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.test.ext.junit.runners

import org.junit.runner.Runner

class AndroidJUnit4(
    klass: Class<*>,
) : Runner()
