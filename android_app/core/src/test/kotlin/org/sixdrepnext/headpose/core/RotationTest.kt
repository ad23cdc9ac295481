package org.sixdrepnext.headpose.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.geometry.SixD
import org.sixdrepnext.headpose.core.json.JsonValue
import kotlin.math.abs
import kotlin.math.min

/** Rotations, against Python's golden vectors. */
class RotationTest {
    @Test
    fun sixDToRotation() {
        for (one in Golden.cases("sixd_to_rotation", "rotations.json")) {
            assertNear(one.matrix("rotation"), SixD.of(one.numbers("sixd")).rotation, one.name)
        }
    }

    @Test
    fun rotationToSixD() {
        for (one in Golden.cases("rotation_to_sixd", "rotations.json")) {
            val form = SixD.of(one.matrix("rotation"))
            assertNear(one.numbers("sixd"), form.values, one.name)
            assertNear(one.matrix("rotation"), form.rotation, "${one.name}, back")
        }
    }

    @Test
    fun eulerToRotation() {
        for (one in Golden.cases("euler_to_rotation", "rotations.json")) {
            assertNear(one.matrix("rotation"), angles(one).rotation, one.name)
        }
    }

    @Test
    fun rotationToEulerWithTheGimbalBranch() {
        for (one in Golden.cases("rotation_to_euler", "rotations.json")) {
            val (found, wanted) = EulerAngles.of(one.matrix("rotation")) to angles(one)
            assertTrue(sameAngle(found.pitchDegrees, wanted.pitchDegrees)) { "${one.name}: $found" }
            assertTrue(sameAngle(found.yawDegrees, wanted.yawDegrees)) { "${one.name}: $found" }
            assertTrue(sameAngle(found.rollDegrees, wanted.rollDegrees)) { "${one.name}: $found" }
        }
    }

    private fun angles(one: JsonValue) =
        EulerAngles(one.number("pitch_deg"), one.number("yaw_deg"), one.number("roll_deg"))

    /** +180° and −180° are one angle, and which of them comes out hangs on the last bit. */
    private fun sameAngle(
        a: Double,
        b: Double,
    ) = min(abs(a - b), abs(abs(a - b) - 360)) <= TOLERANCE

    @Test
    fun geodesic() {
        for (one in Golden.cases("geodesic_deg", "rotations.json")) {
            val found = one.matrix("a").geodesicDegrees(one.matrix("b"))
            assertEquals(one.number("deg"), found, TOLERANCE, one.name)
        }
    }

    @Test
    fun mirror() {
        for (one in Golden.cases("mirror", "rotations.json")) {
            assertNear(one.matrix("mirrored"), one.matrix("rotation").mirrored, one.name)
        }
    }

    @Test
    fun inPlaneTurn() {
        for (one in Golden.cases("rotate_in_plane", "rotations.json")) {
            val found = one.matrix("rotation").turnedInPlane(one.number("angle_deg"))
            assertNear(one.matrix("turned"), found, one.name)
        }
    }

    @Test
    fun toOpenCV() {
        for (one in Golden.cases("to_opencv", "rotations.json")) {
            assertNear(one.matrix("opencv"), one.matrix("rotation").openCV, one.name)
            assertNear(one.matrix("rotation"), one.matrix("opencv").openCV, "${one.name}, back")
        }
    }

    @Test
    fun imageAxes() {
        for (one in Golden.cases("image_axes", "rotations.json")) {
            val axes = one.matrix("rotation").imageAxes
            val (right, down, forward) = one.list("axes").map { it.numbers() }
            assertNear(right, axes.right, one.name)
            assertNear(down, axes.down, one.name)
            assertNear(forward, axes.forward, one.name)
        }
    }

    @Test
    fun whatIsNoRotationIsRefused() {
        for (numbers in listOf(emptyList(), listOf(1.0, 2.0, 3.0), List(9) { Double.NaN })) {
            assertThrows(HeadPoseException::class.java) { Matrix3.of(numbers) }
        }
        assertThrows(HeadPoseException::class.java) { Matrix3.of(FloatArray(9) { Float.POSITIVE_INFINITY }) }
        assertThrows(HeadPoseException::class.java) { SixD.of(listOf(1.0, 2.0)) }
        val six = assertThrows(HeadPoseException::class.java) { SixD.of(listOf(1.0, 2.0, 3.0, 4.0, 5.0, Double.NaN)) }
        assertTrue("not" in six.message && "model" in six.message) { six.message }
    }

    @Test
    fun matricesAreValues() {
        val (a, b) = List(2) { EulerAngles(10.0, 20.0, 30.0).rotation }
        assertEquals(a, b)
        assertEquals(a.hashCode(), b.hashCode())
        assertNotEquals(a, a.transposed)
        assertTrue(a.toString().startsWith("Matrix3[0.8"))
        assertNear(Matrix3.IDENTITY, a * a.transposed, "a rotation's inverse is its transpose")
        assertNear(a, Matrix3.of(a.rowMajor), "row after row")
        assertEquals(listOf("yaw +20.0°", "pitch +10.0°", "roll -0.0°"), EulerAngles(10.0, 20.0, -0.01).labelLines)
    }
}
