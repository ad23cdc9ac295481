package org.sixdrepnext.headpose.core.smoothing

import org.sixdrepnext.headpose.core.geometry.Matrix3
import kotlin.math.expm1

/** What can be set of a [SlerpFilter]; what is not above 0 is replaced by the usual value. */
data class SlerpParameters(
    /** After this long 63 % of a sudden turn are followed, seconds. */
    val timeConstantSeconds: Double = 0.1,
    /** A longer gap between frames starts anew, seconds. */
    val resetAfterSeconds: Double = 0.5,
)

/**
 * Exponential smoothing: of the way to a new rotation it goes 1 − exp(−Δt / time constant), at any frame rate.
 *
 * Source of slerp: Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985.
 */
class SlerpFilter(
    parameters: SlerpParameters = SlerpParameters(),
) : RotationFilter {
    private val timeConstantSeconds = positive(parameters.timeConstantSeconds, 0.1)
    private val state = GeodesicState(positive(parameters.resetAfterSeconds, 0.5))

    override fun update(
        rotation: Matrix3,
        timeSeconds: Double,
    ): Matrix3 = state.follow(rotation, timeSeconds) { _, step -> -expm1(-step / timeConstantSeconds) }

    override fun reset() = state.reset()
}
