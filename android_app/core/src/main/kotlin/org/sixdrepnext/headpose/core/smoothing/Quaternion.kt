package org.sixdrepnext.headpose.core.smoothing

import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.Vector3
import kotlin.math.atan2
import kotlin.math.cos
import kotlin.math.sin
import kotlin.math.sqrt

/** A unit quaternion of a rotation. */
internal data class Quaternion(
    val w: Double,
    val v: Vector3,
) {
    val conjugate: Quaternion get() = Quaternion(w, v * -1.0)

    val normalized: Quaternion
        get() {
            val length = sqrt(w * w + v.dot(v))
            return Quaternion(w / length, v * (1 / length))
        }

    /** Axis times angle in radians, at most π: of the two quaternions of a rotation the one with w ≥ 0. */
    val rotationVector: Vector3
        get() {
            val q = if (w < 0) Quaternion(-w, v * -1.0) else this
            val sine = q.v.length
            return if (sine < TINY) q.v * 2.0 else q.v * (2 * atan2(sine, q.w) / sine)
        }

    operator fun times(other: Quaternion): Quaternion =
        Quaternion(w * other.w - v.dot(other.v), other.v * w + v * other.w + v.cross(other.v))

    val rotation: Matrix3
        get() {
            val (x, y, z) = v
            return Matrix3.unchecked(
                1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
                2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
            ) // row after row
        }

    companion object {
        /** Sine of half an angle below which the axis is noise. */
        private const val TINY = 1e-12

        /** Of four formulas the one without cancellation (Shepperd 1978). */
        fun of(r: Matrix3): Quaternion {
            val (x, y, z) = Vector3(r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1])
            val (xy, xz, yz) = Vector3(r[0, 1] + r[1, 0], r[0, 2] + r[2, 0], r[1, 2] + r[2, 1])
            val (a, b, c) = Vector3(r[0, 0], r[1, 1], r[2, 2])
            val sizes = listOf(1 + a + b + c, 1 + a - b - c, 1 - a + b - c, 1 - a - b + c)
            val best =
                when (sizes.indices.maxBy { sizes[it] }) {
                    0 -> Quaternion(sizes[0], Vector3(x, y, z))
                    1 -> Quaternion(x, Vector3(sizes[1], xy, xz))
                    2 -> Quaternion(y, Vector3(xy, sizes[2], yz))
                    else -> Quaternion(z, Vector3(xz, yz, sizes[3]))
                }.normalized
            return if (best.w < 0) Quaternion(-best.w, best.v * -1.0) else best
        }

        /** The rotation about a vector by its length in radians. */
        fun ofRotationVector(vector: Vector3): Quaternion {
            val half = vector.length / 2
            val scale = if (half < TINY) 0.5 else sin(half) / (2 * half)
            return Quaternion(cos(half), vector * scale)
        }
    }
}
