package org.sixdrepnext.headpose.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.json.JsonValue
import org.sixdrepnext.headpose.core.smoothing.OneEuroParameters
import org.sixdrepnext.headpose.core.smoothing.SlerpFilter
import org.sixdrepnext.headpose.core.smoothing.SlerpParameters
import org.sixdrepnext.headpose.core.smoothing.Smoothing

/** Filters on SO(3), against Python's golden vectors. */
class SmoothingTest {
    private fun choice(one: JsonValue): Smoothing {
        val p = one.need("parameters")
        if (one.text("filter") == "slerp") {
            return Smoothing.Slerp(SlerpParameters(p.number("time_constant_s"), p.number("reset_after_s")))
        }
        return Smoothing.OneEuro(
            OneEuroParameters(
                minimumCutoffHz = p.number("min_cutoff_hz"),
                beta = p.number("beta"),
                derivativeCutoffHz = p.number("derivative_cutoff_hz"),
                resetAfterSeconds = p.number("reset_after_s"),
            ),
        )
    }

    @Test
    fun sequencesComeOutAsInPython() {
        val cases = Golden.cases("sequences", "smoothing.json")
        assertEquals(setOf("one_euro", "slerp"), cases.map { it.text("filter") }.toSet())
        for (one in cases) {
            val filter = requireNotNull(choice(one).makeFilter())
            val times = one.numbers("times_s")
            one.list("rotations").forEachIndexed { i, rotation ->
                val found = filter.update(matrix(rotation), times[i])
                assertNear(matrix(one.list("smoothed")[i]), found, "${one.name}, frame $i")
            }
        }
    }

    @Test
    fun resetForgetsEverything() {
        for (choice in listOf(Smoothing.STANDARD, Smoothing.Slerp())) {
            val filter = requireNotNull(choice.makeFilter())
            filter.update(EulerAngles(0.0, 40.0, 0.0).rotation, 0.0)
            filter.reset()
            val new = EulerAngles(5.0, -40.0, 9.0).rotation
            assertNear(new, filter.update(new, 0.01), "$choice")
        }
        assertNull(Smoothing.Off.makeFilter())
    }

    @Test
    fun parametersThatMakeNoSenseAreReplaced() {
        val bad = SlerpParameters(timeConstantSeconds = 0.0, resetAfterSeconds = Double.NaN)
        val (odd, usual) = SlerpFilter(bad) to SlerpFilter()
        val worse = Smoothing.OneEuro(OneEuroParameters(-1.0, -1.0, 0.0, -5.0)).makeFilter()
        val standard = Smoothing.STANDARD.makeFilter()
        for (i in 0..9) {
            val (rotation, time) = EulerAngles(i * 3.0, i * -2.0, 1.0).rotation to i / 30.0
            assertEquals(usual.update(rotation, time), odd.update(rotation, time))
            assertEquals(standard?.update(rotation, time), worse?.update(rotation, time))
        }
    }

    @Test
    fun smoothingMakesANoisyHeadStill() {
        val filter = requireNotNull(Smoothing.STANDARD.makeFilter())
        val noise = List(60) { if (it % 2 == 0) 1.0 else -1.0 }
        val out = noise.mapIndexed { i, yaw -> filter.update(EulerAngles(0.0, yaw, 0.0).rotation, i / 30.0) }
        val left = out.takeLast(20).map { Math.abs(EulerAngles.of(it).yawDegrees) }
        assertTrue(left.max() < 0.5) { "$left" }
    }
}
