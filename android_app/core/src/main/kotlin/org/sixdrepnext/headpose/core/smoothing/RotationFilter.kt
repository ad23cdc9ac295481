package org.sixdrepnext.headpose.core.smoothing

import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.Vector3

/**
 * Smooths one head's rotations over time, on SO(3): no angle is averaged, so nothing breaks at ±180° or gimbal lock.
 * Not safe for use by several threads at once.
 */
interface RotationFilter {
    /**
     * Takes in a rotation seen at a time in seconds of any steady clock, gives the smoothed one.
     *
     * The first rotation, and the first after a long gap, comes back as it is; a frame that is not later than the last
     * one changes nothing.
     */
    fun update(
        rotation: Matrix3,
        timeSeconds: Double,
    ): Matrix3

    /** Forgets everything: the next rotation is taken as it is. */
    fun reset()
}

/** The last estimate and its time, which go along the geodesic (slerp) towards a new rotation. */
internal class GeodesicState(
    private val resetAfterSeconds: Double,
) {
    private var estimate: Quaternion? = null
    private var timeSeconds = 0.0

    /** Whether the next rotation at this time is taken as it is. */
    fun startsAnew(time: Double): Boolean = estimate == null || time - timeSeconds > resetAfterSeconds

    fun reset() {
        estimate = null
    }

    /** Goes the part of the way that [weight] says of (turn from the estimate, seconds since it). */
    fun follow(
        rotation: Matrix3,
        time: Double,
        weight: (turn: Vector3, stepSeconds: Double) -> Double,
    ): Matrix3 {
        val new = Quaternion.of(rotation)
        val old = estimate
        if (old == null || startsAnew(time)) return keep(new, time)
        val step = time - timeSeconds
        if (step <= 0) return old.rotation
        val turn = (new * old.conjugate).rotationVector
        return keep((Quaternion.ofRotationVector(turn * weight(turn, step)) * old).normalized, time)
    }

    private fun keep(
        new: Quaternion,
        time: Double,
    ): Matrix3 {
        estimate = new
        timeSeconds = time
        return new.rotation
    }
}

/** What the person chose. */
sealed interface Smoothing {
    /** A fresh filter for one head; null for [Off]. */
    fun makeFilter(): RotationFilter?

    /** Every rotation as the network read it. */
    data object Off : Smoothing {
        override fun makeFilter(): RotationFilter? = null
    }

    /** Exponential smoothing. */
    data class Slerp(
        val parameters: SlerpParameters = SlerpParameters(),
    ) : Smoothing {
        override fun makeFilter(): RotationFilter = SlerpFilter(parameters)
    }

    /** The 1€ filter. */
    data class OneEuro(
        val parameters: OneEuroParameters = OneEuroParameters(),
    ) : Smoothing {
        override fun makeFilter(): RotationFilter = OneEuroFilter(parameters)
    }

    /** The usual choice. */
    companion object {
        /** The 1€ filter with its usual parameters. */
        val STANDARD: Smoothing = OneEuro()
    }
}

/** A parameter as it may be, or the usual one: a filter must not stop a live picture because a slider stood at 0. */
internal fun positive(
    value: Double,
    usual: Double,
): Double = if (value.isFinite() && value > 0) value else usual
