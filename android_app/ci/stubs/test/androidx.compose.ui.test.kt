// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   compose/ui/ui-test/api/1.10.0-beta01.txt
// Not looked up there: onFirst, assertExists, the constructors.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.test

import org.sixdrepnext.headpose.stubs.stub

interface SemanticsNodeInteractionsProvider

class SemanticsNodeInteraction internal constructor() {
    fun assertExists(errorMessageOnFail: String? = null): SemanticsNodeInteraction = this
}

class SemanticsNodeInteractionCollection internal constructor()

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
