package org.sixdrepnext.headpose.core.smoothing

import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.Vector3
import kotlin.math.PI

/** What can be set of a [OneEuroFilter]; what is not above 0 ([beta]: below 0) is replaced by the usual value. */
data class OneEuroParameters(
    /** Cutoff of a head at rest, Hz; lower means less jitter. */
    val minimumCutoffHz: Double = 1.0,
    /** Cutoff added for each radian per second of speed, Hz; higher means less lag, 0 switches that off. */
    val beta: Double = 1.5,
    /** Cutoff for the speed itself, Hz; the paper takes 1. */
    val derivativeCutoffHz: Double = 1.0,
    /** A longer gap between frames starts anew, seconds. */
    val resetAfterSeconds: Double = 0.5,
)

/**
 * The 1€ filter: still heads are smoothed much, fast ones little, so that noise goes and lag does not come.
 *
 * The paper's x is a number; here it is a rotation, its difference to the last estimate the rotation vector between them,
 * and its speed the length of the smoothed vector.
 *
 * Source: Casiez, Roussel, Vogel, "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive
 * Systems", CHI 2012, algorithm 1.
 */
class OneEuroFilter(
    parameters: OneEuroParameters = OneEuroParameters(),
) : RotationFilter {
    private val minimumCutoffHz = positive(parameters.minimumCutoffHz, 1.0)
    private val beta = if (parameters.beta == 0.0) 0.0 else positive(parameters.beta, 1.5)
    private val derivativeCutoffHz = positive(parameters.derivativeCutoffHz, 1.0)
    private val state = GeodesicState(positive(parameters.resetAfterSeconds, 0.5))
    private var velocity = NO_VELOCITY

    override fun update(
        rotation: Matrix3,
        timeSeconds: Double,
    ): Matrix3 {
        if (state.startsAnew(timeSeconds)) velocity = NO_VELOCITY // of the first sample, as in the paper
        return state.follow(rotation, timeSeconds) { turn, step ->
            val weight = alpha(derivativeCutoffHz, step)
            velocity = turn * (weight / step) + velocity * (1 - weight)
            alpha(minimumCutoffHz + beta * velocity.length, step)
        }
    }

    override fun reset() = state.reset()

    private companion object {
        val NO_VELOCITY = Vector3(0.0, 0.0, 0.0)

        /** Smoothing factor of a first-order low-pass filter, 1 / (1 + τ / Δt) with τ = 1 / (2π · cutoff). */
        fun alpha(
            cutoffHz: Double,
            stepSeconds: Double,
        ): Double = 1 / (1 + 1 / (2 * PI * cutoffHz * stepSeconds))
    }
}
