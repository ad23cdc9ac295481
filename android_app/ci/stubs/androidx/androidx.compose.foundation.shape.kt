// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/foundation/foundation/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.foundation.shape

import androidx.compose.ui.graphics.Shape
import androidx.compose.ui.unit.Dp

class RoundedCornerShape internal constructor() : Shape

fun RoundedCornerShape(size: Dp): RoundedCornerShape = RoundedCornerShape()
