package org.sixdrepnext.headpose.core.geometry

import kotlin.math.max
import kotlin.math.sqrt

/** Three numbers with the products that rotations need. */
internal data class Vector3(
    val x: Double,
    val y: Double,
    val z: Double,
) {
    val length: Double get() = sqrt(dot(this))

    /** Length 1; a zero vector stays zero instead of becoming NaN. */
    val normalized: Vector3 get() = this * (1 / max(length, NORM_FLOOR))

    fun dot(other: Vector3): Double = x * other.x + y * other.y + z * other.z

    fun cross(other: Vector3): Vector3 =
        Vector3(y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)

    operator fun plus(other: Vector3): Vector3 = Vector3(x + other.x, y + other.y, z + other.z)

    operator fun times(factor: Double): Vector3 = Vector3(x * factor, y * factor, z * factor)

    companion object {
        private const val NORM_FLOOR = 1e-8
    }
}
