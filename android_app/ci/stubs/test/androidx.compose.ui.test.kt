// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui-test/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.test

import org.sixdrepnext.headpose.stubs.stub

interface SemanticsNodeInteractionsProvider

class SemanticsNodeInteraction {
    fun assertExists(errorMessageOnFail: String? = null): SemanticsNodeInteraction = this
}

class SemanticsNodeInteractionCollection

fun SemanticsNodeInteractionsProvider.onNodeWithText(
    text: String,
    substring: Boolean = false,
    ignoreCase: Boolean = false,
    useUnmergedTree: Boolean = false,
): SemanticsNodeInteraction = stub()

fun SemanticsNodeInteractionsProvider.onAllNodesWithText(
    text: String,
    substring: Boolean = false,
    ignoreCase: Boolean = false,
    useUnmergedTree: Boolean = false,
): SemanticsNodeInteractionCollection = stub()

fun SemanticsNodeInteractionCollection.onFirst(): SemanticsNodeInteraction = stub()

fun SemanticsNodeInteraction.performClick(): SemanticsNodeInteraction = this

fun SemanticsNodeInteraction.assertIsDisplayed(): SemanticsNodeInteraction = this
