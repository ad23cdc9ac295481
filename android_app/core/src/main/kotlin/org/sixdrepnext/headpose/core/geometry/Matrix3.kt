package org.sixdrepnext.headpose.core.geometry

import org.sixdrepnext.headpose.core.HeadPoseException
import kotlin.math.atan2

/**
 * A 3 × 3 matrix, here mostly a rotation: R = Rz(roll) · Ry(yaw) · Rx(pitch), the 6DRepNet target.
 *
 * Its rows are the head's right, up and forward axes in a camera frame with x right, y up and z towards the viewer.
 */
class Matrix3 private constructor(
    private val numbers: DoubleArray,
) {
    /** The number in a row and a column, both from 0 to 2. */
    operator fun get(
        row: Int,
        column: Int,
    ): Double = numbers[3 * row + column]

    /** Nine numbers, row after row. */
    val rowMajor: List<Double> get() = numbers.asList().toList()

    /** Rows and columns exchanged; of a rotation the inverse. */
    val transposed: Matrix3 get() = of { row, column -> this[column, row] }

    /** The matrix product. */
    operator fun times(other: Matrix3): Matrix3 =
        of { row, column -> (0..2).sumOf { this[row, it] * other[it, column] } }

    /** The pose in the picture mirrored left to right: (pitch, −yaw, −roll). */
    val mirrored: Matrix3 get() = MIRROR * this * MIRROR

    /** The pose after the picture is turned clockwise: R · Rz(α), which is not roll + α. */
    fun turnedInPlane(clockwiseDegrees: Double): Matrix3 = this * EulerAngles(0.0, 0.0, clockwiseDegrees).rotation

    /**
     * Angle of the rotation between this one and another, in degrees, 0..180.
     *
     * atan2 of sine and cosine: exact for tiny angles, where the arc cosine of the trace loses half of the digits.
     */
    fun geodesicDegrees(other: Matrix3): Double {
        val d = this * other.transposed
        val axis = Vector3(d[2, 1] - d[1, 2], d[0, 2] - d[2, 0], d[1, 0] - d[0, 1])
        return Math.toDegrees(atan2(axis.length, d[0, 0] + d[1, 1] + d[2, 2] - 1))
    }

    /**
     * Head-to-camera rotation in OpenCV's frame, F · Rᵀ · F with F = diag(1, −1, −1): x right, y down, z into the scene.
     * It is its own inverse.
     */
    val openCV: Matrix3 get() = FLIP_YZ * transposed * FLIP_YZ

    /**
     * The head's axes in the picture: orthographic, x to the right and y down, length 1 for an axis that lies in the
     * picture's plane.
     */
    val imageAxes: ImageAxes
        get() {
            val camera = openCV
            return ImageAxes(
                right = ImagePoint(camera[0, 0], camera[1, 0]),
                down = ImagePoint(camera[0, 1], camera[1, 1]),
                forward = ImagePoint(-camera[0, 2], -camera[1, 2]),
            )
        }

    override fun equals(other: Any?): Boolean = other is Matrix3 && numbers.contentEquals(other.numbers)

    override fun hashCode(): Int = numbers.contentHashCode()

    override fun toString(): String = "Matrix3${numbers.contentToString()}"

    /** Ways to make a matrix. */
    companion object {
        /** No turn: a head that looks into the camera. */
        val IDENTITY: Matrix3 = diagonal(1.0, 1.0, 1.0)

        private val MIRROR = diagonal(-1.0, 1.0, 1.0)
        private val FLIP_YZ = diagonal(1.0, -1.0, -1.0)

        /**
         * A matrix of nine numbers, row after row.
         *
         * @throws HeadPoseException for another count or numbers that are not finite.
         */
        fun of(rowMajor: List<Double>): Matrix3 {
            if (rowMajor.size != 9) throw noMatrix("not ${rowMajor.size}")
            if (!rowMajor.all(Double::isFinite)) throw noMatrix("and one of these is not")
            return Matrix3(rowMajor.toDoubleArray())
        }

        /** The same of a network's own numbers. */
        fun of(rowMajor: FloatArray): Matrix3 = of(rowMajor.map(Float::toDouble))

        internal fun of(number: (row: Int, column: Int) -> Double) = Matrix3(DoubleArray(9) { number(it / 3, it % 3) })

        internal fun ofColumns(
            x: Vector3,
            y: Vector3,
            z: Vector3,
        ) = Matrix3(doubleArrayOf(x.x, y.x, z.x, x.y, y.y, z.y, x.z, y.z, z.z))

        internal fun unchecked(vararg rowMajor: Double) = Matrix3(rowMajor)

        private fun diagonal(
            x: Double,
            y: Double,
            z: Double,
        ) = Matrix3(doubleArrayOf(x, 0.0, 0.0, 0.0, y, 0.0, 0.0, 0.0, z))

        private fun noMatrix(what: String) =
            HeadPoseException("a rotation has nine finite numbers, $what: the model is not one of ours")
    }
}

/** Directions of a head's axes in the picture. */
data class ImageAxes(
    /** X, drawn red: to the picture's right of a head that looks into the camera. */
    val right: ImagePoint,
    /** Y, drawn green: down. */
    val down: ImagePoint,
    /** Z, drawn blue: out of the face. */
    val forward: ImagePoint,
)
