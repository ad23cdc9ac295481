// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui-test-junit4/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.test.junit4

import androidx.activity.ComponentActivity
import androidx.compose.ui.test.SemanticsNodeInteractionsProvider
import androidx.test.ext.junit.rules.ActivityScenarioRule
import org.sixdrepnext.headpose.stubs.stub

class AndroidComposeTestRule<R, A : ComponentActivity>(
    val activityRule: R,
) : SemanticsNodeInteractionsProvider {
    val activity: A get() = stub()
}

inline fun <reified A : ComponentActivity> createAndroidComposeRule(): AndroidComposeTestRule<ActivityScenarioRule<A>, A> =
    stub()
