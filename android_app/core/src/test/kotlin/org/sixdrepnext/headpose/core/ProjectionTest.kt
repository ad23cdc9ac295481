package org.sixdrepnext.headpose.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.geometry.DrawingStyle
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.geometry.ImagePoint
import org.sixdrepnext.headpose.core.geometry.LineColor
import org.sixdrepnext.headpose.core.geometry.PoseDrawing
import org.sixdrepnext.headpose.core.geometry.PoseLine
import org.sixdrepnext.headpose.core.json.JsonValue

/** Drawn poses, line by line as Python draws them. */
class ProjectionTest {
    private val colors =
        mapOf(
            LineColor.RED to listOf(255.0, 0.0, 0.0),
            LineColor.GREEN to listOf(0.0, 255.0, 0.0),
            LineColor.BLUE to listOf(0.0, 0.0, 255.0),
        )

    private fun compare(
        one: JsonValue,
        found: List<PoseLine>,
    ) {
        val lines = one.list("lines")
        assertEquals(lines.size, found.size, one.name)
        for ((wanted, line) in lines.zip(found)) {
            assertNear(wanted.numbers("start"), line.start, one.name)
            assertNear(wanted.numbers("end"), line.end, one.name)
            assertEquals(wanted.numbers("color"), colors[line.color], one.name)
            assertEquals(wanted.whole("thickness"), line.thickness, one.name)
        }
    }

    private fun JsonValue.center() = numbers("center").let { ImagePoint(it[0], it[1]) }

    @Test
    fun axes() {
        for (one in Golden.cases("axes", "projections.json")) {
            compare(one, PoseDrawing.axes(one.matrix("rotation"), one.center(), one.number("size")))
        }
    }

    @Test
    fun cubes() {
        for (one in Golden.cases("cube", "projections.json")) {
            compare(one, PoseDrawing.cube(one.matrix("rotation"), one.center(), one.number("size")))
        }
    }

    @Test
    fun overlaysAtAFace() {
        for (one in Golden.cases("overlay", "projections.json")) {
            val style = DrawingStyle.entries.first { it.id == one.text("style") }
            compare(one, PoseDrawing.lines(style, one.matrix("rotation"), one.box("box")))
        }
    }

    @Test
    fun labels() {
        for (one in Golden.cases("overlay", "projections.json")) {
            assertEquals(one.label(), EulerAngles.of(one.matrix("rotation")).labelLines, one.name)
        }
    }

    private fun JsonValue.label(): List<String> = texts("label")
}
