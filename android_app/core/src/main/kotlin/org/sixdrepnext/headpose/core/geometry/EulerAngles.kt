package org.sixdrepnext.headpose.core.geometry

import org.sixdrepnext.headpose.core.json.signedFixed
import kotlin.math.atan2
import kotlin.math.cos
import kotlin.math.hypot
import kotlin.math.sin

/** Angles for people, in degrees, as in the 300W-LP files. Calculate with [Matrix3], not with these. */
data class EulerAngles(
    /** Above 0: looks up. Read from a rotation −180..180. */
    val pitchDegrees: Double,
    /** Above 0: turns to the image's left. Read from a rotation −90..90. */
    val yawDegrees: Double,
    /** Above 0: tilts clockwise in the image. Read from a rotation −180..180. */
    val rollDegrees: Double,
) {
    /** R = Rz(roll) · Ry(yaw) · Rx(pitch). */
    val rotation: Matrix3
        get() {
            val (p, y, r) = listOf(pitchDegrees, yawDegrees, rollDegrees).map(Math::toRadians)
            val (cp, sp) = cos(p) to sin(p)
            val (cy, sy) = cos(y) to sin(y)
            val (cr, sr) = cos(r) to sin(r)
            return Matrix3.unchecked(
                cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp,
                sr * cy, sr * sy * sp + cr * cp, sr * sy * cp - cr * sp,
                -sy, cy * sp, cy * cp,
            ) // row after row
        }

    /** The three angles as a label shows them: `yaw +12.3°`, `pitch -…`, `roll …`, one line each. */
    val labelLines: List<String>
        get() =
            listOf("yaw" to yawDegrees, "pitch" to pitchDegrees, "roll" to rollDegrees)
                .map { (name, angle) -> "$name ${signedFixed(angle, 1)}°" }

    /** Angles of rotations. */
    companion object {
        /** Cosine of the yaw below which pitch and roll are the same turn. */
        private const val GIMBAL = 1e-6

        /**
         * The angles of a rotation.
         *
         * At a yaw of ±90° pitch and roll turn about one axis: roll is then 0 and pitch carries the whole turn, as in
         * 6DRepNet.
         */
        fun of(r: Matrix3): EulerAngles {
            val cosine = hypot(r[0, 0], r[1, 0])
            val locked = cosine < GIMBAL
            val pitch = if (locked) atan2(-r[1, 2], r[1, 1]) else atan2(r[2, 1], r[2, 2])
            val roll = if (locked) 0.0 else atan2(r[1, 0], r[0, 0])
            return EulerAngles(
                pitchDegrees = Math.toDegrees(pitch),
                yawDegrees = Math.toDegrees(atan2(-r[2, 0], cosine)),
                rollDegrees = Math.toDegrees(roll),
            )
        }
    }
}
