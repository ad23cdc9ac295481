package org.sixdrepnext.headpose.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.detection.BlazeFace
import org.sixdrepnext.headpose.core.detection.BlazeFaceSearch
import org.sixdrepnext.headpose.core.detection.Detection
import org.sixdrepnext.headpose.core.detection.FaceNetworkOutput
import org.sixdrepnext.headpose.core.geometry.CropTransform
import org.sixdrepnext.headpose.core.geometry.FrameGeometry
import org.sixdrepnext.headpose.core.geometry.PixelBox
import org.sixdrepnext.headpose.core.geometry.PixelSize
import org.sixdrepnext.headpose.core.geometry.QuarterTurn
import org.sixdrepnext.headpose.core.json.JsonValue
import org.sixdrepnext.headpose.core.pixels.PixelCutter
import org.sixdrepnext.headpose.core.pixels.PixelSource
import java.nio.ByteBuffer
import java.util.Base64
import kotlin.math.abs

/** Cutting pixels and finding faces, against Python's crops, decoded outputs and searches. */
class DetectionTest {
    private val golden = JsonValue.parse(Golden.own("detections.json").readText())
    private val cuts = JsonValue.parse(Golden.own("cuts.json").readText())

    private fun JsonValue.output(): FaceNetworkOutput {
        val logits = FloatArray(896) { number("rest").toFloat() }
        val regressors = FloatArray(896 * 16)
        for (answer in list("answers")) {
            val anchor = answer.whole("anchor")
            logits[anchor] = answer.number("logit").toFloat()
            answer.list("values").forEachIndexed { i, value ->
                regressors[anchor * 16 + i] = value.double?.toFloat() ?: Float.POSITIVE_INFINITY
            }
        }
        return FaceNetworkOutput(regressors, logits)
    }

    private fun compare(
        wanted: List<JsonValue>,
        found: List<Detection>,
        what: String,
    ) {
        assertEquals(wanted.size, found.size, what)
        for ((one, face) in wanted.zip(found)) {
            assertNear(one.numbers("box"), face.box.sides, what)
            assertNear(
                one.list("keypoints").flatMap {
                    it.numbers()
                },
                face.keypoints.flatMap { listOf(it.x, it.y) }, what,
            )
            assertEquals(one.number("score"), face.score, TOLERANCE, what)
        }
    }

    @Test
    fun anchors() {
        val wanted = Golden.cases("anchors", golden).first().list("centers")
        assertEquals(896, wanted.size)
        wanted.zip(BlazeFace.anchorCenters).forEachIndexed {
            i,
            (one, center),
            ->
            assertNear(one.numbers(), center, "$i")
        }
    }

    @Test
    fun outputsAreDecodedMergedAndSuppressed() {
        for (one in Golden.cases("decoded", golden)) {
            val found = BlazeFace.decode(one.output(), one.number("min_score"))
            compare(one.list("decoded"), found, one.name)
            compare(one.list("merged"), BlazeFace.merge(found), "${one.name}, merged")
            compare(one.list("suppressed"), BlazeFace.suppress(found), "${one.name}, suppressed")
        }
    }

    /** RGBA with padded rows, as a camera's buffer has them. */
    private fun source(
        picture: JsonValue,
        turn: Int,
        padding: Int = 32,
    ): PixelSource {
        val (width, height) = picture.whole("width") to picture.whole("height")
        val rgb = Base64.getDecoder().decode(picture.text("rgb"))
        val bytesPerRow = width * 4 + padding
        val buffer = ByteBuffer.allocateDirect(bytesPerRow * height)
        for (pixel in 0 until width * height) {
            val place = pixel / width * bytesPerRow + pixel % width * 4
            for (channel in 0..2) buffer.put(place + channel, rgb[pixel * 3 + channel])
            buffer.put(place + 3, 77)
        }
        return PixelSource(buffer, bytesPerRow, FrameGeometry(PixelSize(width, height), QuarterTurn.ofDegrees(turn)))
    }

    @Test
    fun cropsArePythonsCrops() {
        val cases = Golden.cases("cuts", cuts)
        assertEquals(32, cases.size)
        for (one in cases) {
            val (size, source) = one.whole("size") to source(cuts.need("picture"), one.whole("turn_deg"))
            val crop = CropTransform(one.box("face_box"), source.geometry, inputSize = size)
            val out = FloatArray(size * size * 3)
            PixelCutter(crop).cut(source.buffer, source.bytesPerRow, out)
            val wanted = Base64.getDecoder().decode(one.text("rgb")).map { it.toInt() and 0xff }
            val worst = out.indices.maxOf { abs(out[it] - wanted[it]) }
            assertTrue(worst <= 1f) { "${one.name}: $worst" }
        }
    }

    @Test
    fun valuesAreScaledMirroredAndBlackOutside() {
        val source = source(cuts.need("picture"), 0)
        val whole = PixelBox(0.0, 0.0, 45.0, 45.0)

        fun cut(
            box: PixelBox,
            mirrored: Boolean,
            scale: Float = 1f,
            offset: Float = 0f,
        ) = FloatArray(5 * 5 * 3).also {
            PixelCutter(source.geometry, box, 5, mirrored = mirrored)
                .cut(source.buffer, source.bytesPerRow, it, scale, offset)
        }
        val (plain, mirrored) = cut(whole, false) to cut(whole, true)
        val pixels = plain.toList().chunked(3).chunked(5)
        assertEquals(pixels.map { it.reversed() }, mirrored.toList().chunked(3).chunked(5))
        assertEquals(plain.map { it * 2 - 1 }, cut(whole, false, 2f, -1f).toList())
        assertTrue(cut(PixelBox(-200.0, 0.0, -100.0, 100.0), false).all { it == 0f })
    }

    @Test
    fun searchesGoAsInPython() {
        for (one in Golden.cases("searches", golden)) {
            val looks = ArrayDeque(one.list("looks"))
            val search =
                BlazeFaceSearch({ input ->
                    val look = looks.removeFirst()
                    compareInput(look, input, one.name)
                    look.output()
                })
            val found = search.detect(source(one.need("picture"), one.whole("turn_deg")))
            compare(one.list("found"), found, one.name)
            assertTrue(looks.isEmpty()) { "${one.name}: fewer looks than Python's" }
        }
    }

    /** Every eighth column's mean, within half a grey level: the same square was cut, plain or mirrored. */
    private fun compareInput(
        look: JsonValue,
        input: FloatArray,
        what: String,
    ) {
        assertEquals(look.number("mean"), input.average(), 0.002, what)
        look.numbers("columns").forEachIndexed { i, wanted ->
            val column = (0 until 128).flatMap { row -> (0..2).map { input[(row * 128 + 8 * i) * 3 + it] } }
            assertEquals(wanted, column.average(), 0.004, "$what, column ${8 * i}")
        }
    }

    @Test
    fun findGivesBoxesAndScores() {
        val one = Golden.cases("searches", golden).first()
        val looks = ArrayDeque(one.list("looks"))
        val faces = BlazeFaceSearch({ looks.removeFirst().output() }).find(source(one.need("picture"), 0))
        assertNear(one.list("found").map { it.number("score") }, faces.map { it.score }, "score")
        assertNear(one.list("found").first().numbers("box"), faces.first().box.sides, "box")
    }

    @Test
    fun scoresThatMakeNoSenseAreRefused() {
        for (score in listOf(0.0, 1.5, Double.NaN)) {
            assertThrows(HeadPoseException::class.java) {
                BlazeFaceSearch({ error("never run") }, minScore = score)
            }
        }
    }
}
