package org.sixdrepnext.headpose.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.geometry.AffineMap
import org.sixdrepnext.headpose.core.geometry.CropRule
import org.sixdrepnext.headpose.core.geometry.CropTransform
import org.sixdrepnext.headpose.core.geometry.CropView
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.ImagePoint
import org.sixdrepnext.headpose.core.geometry.OverlayMap
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.geometry.PixelSize
import org.sixdrepnext.headpose.core.geometry.QuarterTurn
import org.sixdrepnext.headpose.core.geometry.ViewFit
import org.sixdrepnext.headpose.core.json.JsonValue

/** Crops and the ways between frames, against Python's golden vectors. */
class CropTest {
    @Test
    fun cropBox() {
        for (one in Golden.cases("crop_box", "crops.json")) {
            assertEquals(one.numbers("crop_box"), CropRule.STANDARD.cropBox(one.box("face_box")).sides, one.name)
        }
    }

    @Test
    fun emptyFacesAreRefused() {
        for (one in Golden.cases("empty", "crops.json")) {
            assertThrows(HeadPoseException::class.java, { CropRule.STANDARD.cropBox(one.box("face_box")) }, one.name)
        }
        val endless = PixelBox(0.0, 0.0, Double.POSITIVE_INFINITY, 5.0)
        assertThrows(HeadPoseException::class.java) { CropRule.STANDARD.cropBox(endless) }
    }

    @Test
    fun unknownRulesAreRefused() {
        val (box, plain) = PixelBox(0.0, 0.0, 5.0, 5.0) to CropRule.STANDARD
        val others = listOf(plain.copy(name = "circle"), plain.copy(outside = "grey"), plain.copy(rounding = "even"))
        for (rule in others) assertThrows(HeadPoseException::class.java) { rule.cropBox(box) }
    }

    private fun transform(one: JsonValue): CropTransform {
        val (width, height) = one.numbers("buffer_size").map(Double::toInt)
        val turn = QuarterTurn.ofDegrees(one.whole("turn_deg"))
        return CropTransform(
            face = one.box("face_box"),
            geometry = FrameGeometry(PixelSize(width, height), turn, one.truth("mirrored")),
            inputSize = one.whole("input_size"),
            view = CropView.entries.first { it.id == one.text("view") },
        )
    }

    /** Sensor rotation × front-camera mirror × crop. */
    @Test
    fun transforms() {
        for (one in Golden.cases("transform", "crops.json")) {
            val found = transform(one)
            val geometry = found.geometry
            val size = geometry.uprightSize
            assertEquals(one.numbers("upright_size").map(Double::toInt), listOf(size.width, size.height), one.name)
            assertEquals(one.numbers("crop_box"), found.cropBox.sides, one.name)
            for (point in one.list("points")) {
                val place = point.numbers("buffer").let { ImagePoint(it[0], it[1]) }
                assertNear(point.numbers("upright"), geometry.bufferToUpright.apply(place), one.name)
                assertNear(point.numbers("display"), geometry.bufferToDisplay.apply(place), one.name)
                assertNear(point.numbers("network"), found.bufferToInput.apply(place), one.name)
            }
            val read = one.matrix("network_rotation")
            assertNear(one.matrix("upright_rotation"), found.uprightRotation(read), one.name)
            assertNear(one.matrix("display_rotation"), found.displayRotation(read), one.name)
        }
    }

    /**
     * What is drawn on the screen must lie on the head of the screen: the axes that the network's picture shows, carried to
     * the screen as lines, are the axes of the display rotation (the head's right flips with a mirror).
     */
    @Test
    fun axesOnTheScreenAreTheAxesInTheNetworksPicture() {
        for (one in Golden.cases("transform", "crops.json")) {
            val found = transform(one)
            val toScreen = requireNotNull(found.bufferToInput.inverse).then(found.geometry.bufferToDisplay)
            val shrink = found.cropBox.width / found.inputSize

            fun carried(
                axis: ImagePoint,
                sign: Int = 1,
            ): List<Double> {
                val (from, to) = toScreen.apply(ImagePoint(0.0, 0.0)) to toScreen.apply(axis)
                return listOf((to.x - from.x) / shrink * sign, (to.y - from.y) / shrink * sign)
            }
            val read = one.matrix("network_rotation")
            val (seen, drawn) = read.imageAxes to found.displayRotation(read).imageAxes
            assertNear(carried(seen.right, if (one.truth("mirrored")) -1 else 1), drawn.right, one.name)
            assertNear(carried(seen.down), drawn.down, one.name)
            assertNear(carried(seen.forward), drawn.forward, one.name)
        }
    }

    @Test
    fun mapsGoBack() {
        for (turn in QuarterTurn.entries) {
            val geometry = FrameGeometry(PixelSize(640, 480), turn, isMirrored = true)
            val back = requireNotNull(geometry.bufferToDisplay.inverse)
            val there = geometry.bufferToDisplay.apply(ImagePoint(12.5, 333.0))
            assertNear(listOf(12.5, 333.0), back.apply(there), "$turn")
            val upright = geometry.bufferToUpright.apply(PixelBox(0.0, 0.0, 640.0, 480.0))
            val size = geometry.uprightSize
            assertEquals(listOf(0.0, 0.0, size.width.toDouble(), size.height.toDouble()), upright.sides)
        }
        assertNull(AffineMap(1.0, 2.0, 2.0, 4.0, 0.0, 0.0).inverse)
    }

    @Test
    fun turnsOfCameraX() {
        val turns = listOf(0, 90, 180, 270, 360, -90, 450).map(QuarterTurn::ofDegrees)
        val expected = listOf(0, 90, 180, 270, 0, 270, 90)
        assertEquals(expected, turns.map { it.degrees })
        assertThrows(HeadPoseException::class.java) { QuarterTurn.ofDegrees(45) }
    }

    /** Matrix.setValues wants MSCALE_X, MSKEW_X, MTRANS_X, MSKEW_Y, MSCALE_Y, MTRANS_Y, 0, 0, 1. */
    @Test
    fun numbersOfAnAndroidMatrix() {
        val map = AffineMap(2.0, 3.0, 5.0, 7.0, 11.0, 13.0)
        val m = map.matrixValues
        val (x, y) = 17f to 19f
        val goes = map.apply(ImagePoint(17.0, 19.0))
        assertEquals(goes.x.toFloat(), m[0] * x + m[1] * y + m[2])
        assertEquals(goes.y.toFloat(), m[3] * x + m[4] * y + m[5])
        assertEquals(listOf(0f, 0f, 1f), m.drop(6))
    }

    @Test
    fun overlays() {
        val picture = PixelSize(480, 640)
        val fill = OverlayMap(picture, 1080.0, 1080.0, ViewFit.FILL)
        assertEquals(2.25, fill.scale)
        assertEquals(ImagePoint(540.0, 540.0), fill.map.apply(ImagePoint(240.0, 320.0)), "the middle")
        assertEquals(ImagePoint(0.0, -180.0), fill.map.apply(ImagePoint(0.0, 0.0)))
        val fit = OverlayMap(picture, 1080.0, 1080.0, ViewFit.FIT)
        assertEquals(1.6875, fit.scale)
        assertEquals(ImagePoint(135.0, 0.0), fit.map.apply(ImagePoint(0.0, 0.0)))
        assertEquals(0.0, OverlayMap(PixelSize(0, 0), 5.0, 5.0, ViewFit.FIT).scale)
        assertNotNull(fill.map.inverse)
    }

    @Test
    fun overlaps() {
        val a = PixelBox(0.0, 0.0, 10.0, 10.0)
        assertEquals(1.0, a.overlap(a))
        assertEquals(1.0 / 3, a.overlap(PixelBox(5.0, 0.0, 15.0, 10.0)), 1e-12)
        assertEquals(0.0, a.overlap(PixelBox(20.0, 20.0, 30.0, 30.0)))
        val empty = PixelBox(3.0, 3.0, 3.0, 3.0)
        assertEquals(0.0, empty.overlap(empty))
        assertTrue(PixelBox(5.0, 5.0, 1.0, 9.0).area == 0.0)
    }
}
