// Only what the app uses, by the published signatures (not compared yet):
//   https://developer.android.com/reference/androidx/test/platform/app/InstrumentationRegistry
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.test.platform.app

import android.app.Instrumentation
import android.os.Bundle
import org.sixdrepnext.headpose.stubs.stub

class InstrumentationRegistry {
    companion object {
        @JvmStatic fun getInstrumentation(): Instrumentation = stub()

        @JvmStatic fun getArguments(): Bundle = stub()
    }
}
