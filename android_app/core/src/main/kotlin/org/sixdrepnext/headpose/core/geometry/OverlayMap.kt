package org.sixdrepnext.headpose.core.geometry

import kotlin.math.max
import kotlin.math.min

/** How a picture fills a view that may have other proportions; it is centred in either case. */
enum class ViewFit {
    /** As large as to cover the view: what reaches out is cut off. CameraX: `FILL_CENTER`. */
    FILL,

    /** As large as to lie inside the view. CameraX: `FIT_CENTER`. */
    FIT,
}

/** From pixels of the displayed picture to a view that shows it. */
data class OverlayMap(
    /** Size of the displayed picture, [FrameGeometry.uprightSize]. */
    val displaySize: PixelSize,
    /** Width of the view, in any unit. */
    val viewWidth: Double,
    /** Height of the view, in the same unit. */
    val viewHeight: Double,
    /** How the picture fills the view. */
    val fit: ViewFit,
) {
    /** Units of the view for one pixel of the picture; 0 for an empty picture. */
    val scale: Double
        get() {
            if (displaySize.width <= 0 || displaySize.height <= 0) return 0.0
            val (across, down) = viewWidth / displaySize.width to viewHeight / displaySize.height
            return if (fit == ViewFit.FILL) max(across, down) else min(across, down)
        }

    /** Display → view. */
    val map: AffineMap
        get() {
            val left = (viewWidth - displaySize.width * scale) / 2
            val top = (viewHeight - displaySize.height * scale) / 2
            return AffineMap(scale, 0.0, 0.0, scale, left, top)
        }
}
