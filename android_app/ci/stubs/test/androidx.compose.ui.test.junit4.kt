// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit 31adf48a5ba261a6d7abf653f74a38d1623fd319:
//   compose/ui/ui-test-junit4/api/restricted_1.9.0-beta01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.test.junit4

import androidx.activity.ComponentActivity
import androidx.compose.ui.test.SemanticsNodeInteractionsProvider
import androidx.test.ext.junit.rules.ActivityScenarioRule
import org.sixdrepnext.headpose.stubs.stub

class AndroidComposeTestRule<R, A : ComponentActivity> internal constructor(
    val activityRule: R,
) : SemanticsNodeInteractionsProvider {
    val activity: A get() = stub()
}

inline fun <reified A : ComponentActivity> createAndroidComposeRule(): AndroidComposeTestRule<
    ActivityScenarioRule<A>,
    A,
> = stub()
