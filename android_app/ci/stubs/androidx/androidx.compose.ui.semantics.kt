// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/ui/ui/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.ui.semantics

import androidx.compose.ui.Modifier
import org.sixdrepnext.headpose.stubs.stub

interface SemanticsPropertyReceiver

fun Modifier.semantics(
    mergeDescendants: Boolean = false,
    properties: SemanticsPropertyReceiver.() -> Unit,
): Modifier = this

var SemanticsPropertyReceiver.contentDescription: String
    get() = stub()
    set(value) {}

enum class LiveRegionMode { Polite, Assertive }

var SemanticsPropertyReceiver.liveRegion: LiveRegionMode
    get() = stub()
    set(value) {}

enum class Role { Button, RadioButton, Tab }
