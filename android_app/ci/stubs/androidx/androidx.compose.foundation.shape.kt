// Only what the app uses, by the published signatures (not compared yet):
//   https://github.com/androidx/androidx, commit a9b06aaf32dbcf83aa12e3f8185a109d14fbe8e9:
//   compose/foundation/foundation/api/1.10.0-beta01.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.foundation.shape

import androidx.compose.ui.graphics.Shape
import androidx.compose.ui.unit.Dp

class RoundedCornerShape internal constructor() : Shape

fun RoundedCornerShape(size: Dp): RoundedCornerShape = RoundedCornerShape()
