package org.sixdrepnext.headpose.core.geometry

import org.sixdrepnext.headpose.core.HeadPoseException

/**
 * The six numbers of the 6D form of a rotation: its first two columns, one after the other, before they are made
 * orthogonal.
 *
 * Source: Hempel, Abdelrahman, Al-Hamadi, "6D Rotation Representation for Unconstrained Head Pose Estimation", ICIP 2022.
 */
class SixD private constructor(
    /** Six numbers. */
    val values: List<Double>,
) {
    /** Gram–Schmidt as 6DRepNet does it: columns x = n(a), y = z × x, z = n(x × b). */
    val rotation: Matrix3
        get() {
            val x = Vector3(values[0], values[1], values[2]).normalized
            val z = x.cross(Vector3(values[3], values[4], values[5])).normalized
            return Matrix3.ofColumns(x, z.cross(x), z)
        }

    /** Ways to make the 6D form. */
    companion object {
        /**
         * The 6D form of six numbers.
         *
         * @throws HeadPoseException for another count or numbers that are not finite.
         */
        fun of(values: List<Double>): SixD {
            if (values.size != 6 || !values.all(Double::isFinite)) {
                val got = if (values.size == 6) "and one of these is not" else "not ${values.size}"
                throw HeadPoseException("the 6D form has six finite numbers, $got: the model is not one of ours")
            }
            return SixD(values.toList())
        }

        /** The first two columns of a rotation; [rotation] inverts it. */
        fun of(rotation: Matrix3): SixD = SixD((0..1).flatMap { column -> (0..2).map { row -> rotation[row, column] } })
    }
}
