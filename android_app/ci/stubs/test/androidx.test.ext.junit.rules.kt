// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/androidx/test/ext/junit/rules/ActivityScenarioRule
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.test.ext.junit.rules

import android.app.Activity
import androidx.test.core.app.ActivityScenario
import org.sixdrepnext.headpose.stubs.stub

class ActivityScenarioRule<A : Activity> {
    val scenario: ActivityScenario<A> get() = stub()
}
