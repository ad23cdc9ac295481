package org.sixdrepnext.headpose.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.sixdrepnext.headpose.core.geometry.CropRule
import org.sixdrepnext.headpose.core.geometry.EulerAngles
import org.sixdrepnext.headpose.core.geometry.SixD
import org.sixdrepnext.headpose.core.json.CanonicalJson
import org.sixdrepnext.headpose.core.json.JsonNull
import org.sixdrepnext.headpose.core.json.JsonValue
import org.sixdrepnext.headpose.core.models.ModelCatalog
import org.sixdrepnext.headpose.core.models.ModelFacts
import org.sixdrepnext.headpose.core.models.ModelFormat
import org.sixdrepnext.headpose.core.models.ModelManifest
import org.sixdrepnext.headpose.core.models.NetworkOutput
import org.sixdrepnext.headpose.core.models.OnnxMetadata
import java.io.File
import java.nio.ByteBuffer
import java.util.Base64

/** Manifests, the choice of models, and what a .tflite file says of itself. */
class ModelTest {
    private val text = Golden.text("manifest.json")
    private val manifest = ModelManifest.read(text)
    private val entry = manifest.artifacts.first()

    @Test
    fun aManifestIsReadWholly() {
        assertEquals(CanonicalJson.text(JsonValue.parse(text)), manifest.canonicalJson)
        assertEquals("sixdrepnet_repnext_m0_fp16.mlpackage", entry.file)
        assertEquals(listOf("fp16", "repnext_m0"), listOf(entry.facts.precision, entry.facts.backbone))
        assertEquals(CropRule.STANDARD to 224, entry.facts.crop to entry.facts.inputSize)
        assertEquals(
            0.12130027735434053,
            entry.facts.parity
                ?.get("max_deg")
                ?.double,
        )
        assertTrue(entry.facts.checkpoint.trained)
        val model = entry.recordModel
        assertEquals(entry.sizeBytes to entry.sha256, model.sizeBytes to model.sha256)
        assertEquals(entry.facts.checkpoint.sha256, model.checkpointSha256)
    }

    @Test
    fun picking() {
        for (one in Golden.cases("picks", "picks.json")) {
            val present =
                one
                    .need("present")
                    .items
                    ?.map { it.string.orEmpty() }
                    ?.toSet()
            val catalog = ModelCatalog(manifest, present, one.text("target"))
            val (precision, backbone) = one.text("precision") to one.textOrNull("backbone")
            val file = one.textOrNull("file")
            if (file != null) {
                assertEquals(file, catalog.pick(precision, backbone).file, one.name)
            } else {
                val error =
                    assertThrows(HeadPoseException::class.java, { catalog.pick(precision, backbone) }, one.name)
                val missing = one.texts("listed_but_absent").firstOrNull() ?: precision
                assertTrue(missing in error.message) { "${one.name}: ${error.message}" }
            }
        }
    }

    @Test
    fun theFormatOfThisHostIsTflite() {
        val suffix = Golden.cases("suffixes", "picks.json").first { it.name == ModelCatalog(manifest).target }
        val catalog = ModelCatalog(manifest, setOf("mine${suffix.text("suffix")}", "notes.txt"))
        assertEquals(listOf("sixdrepnet_repnext_m4_int8_static.tflite"), catalog.listed.map { it.file })
        assertEquals(listOf("mine.tflite"), catalog.unlisted())
        val error = assertThrows(HeadPoseException::class.java) { ModelCatalog(manifest).pick("fp16") }
        assertTrue("there is sixdrepnet_repnext_m4_int8_static" in error.message) { error.message }
        assertTrue("--targets tflite --precisions fp16" in error.message) { error.message }
    }

    @Test
    fun whatIsThereAndWhatIsNot() {
        val present = setOf("sixdrepnet_repnext_m4_int8.mlpackage", "mine.mlpackage", "notes.txt")
        val catalog = ModelCatalog(manifest, present, "coreml")
        assertEquals(listOf("int8"), catalog.available.map { it.facts.precision })
        assertEquals(listOf("fp16", "fp16"), catalog.absent.map { it.facts.precision })
        assertEquals(listOf("mine.mlpackage"), catalog.unlisted(".mlpackage"))
        val all = ModelCatalog(manifest, target = "coreml")
        assertEquals(listOf("repnext_m0", "repnext_m4"), all.backbones)
        assertEquals(listOf("fp16", "int8"), all.precisions("repnext_m4"))
        assertEquals(listOf("fp16", "int8"), all.precisions())
        val none = ModelCatalog(manifest, emptySet(), "tflite")
        val error = assertThrows(HeadPoseException::class.java) { none.pick("fp32") }
        assertTrue("no tflite model at all" in error.message) { error.message }
    }

    @Test
    fun damagedManifestsAreToldInOneSentence() {
        val damages =
            listOf(
                Triple("\"precision\": \"fp16\",", "", "artifacts.0.precision is missing"),
                Triple("\"shift_y\": -0.1", "\"shift_y\": null", "artifacts.0.crop.shift_y is of the wrong kind"),
                Triple("\"output\": \"rotation\"", "\"output\": \"x\"", "artifacts.0.output is of the wrong kind"),
                Triple("{\n \"schema\": 1", "{\n \"schema\": 9", "schema 9"),
                Triple("\"artifacts\": [", "\"artifacts\": [5, ", "artifacts.0 is of the wrong kind"),
            )
        for ((from, to, told) in damages) {
            assertTrue(from in text) { from }
            val error =
                assertThrows(HeadPoseException::class.java) { ModelManifest.read(text.replaceFirst(from, to)) }
            assertTrue(told in error.message && "headpose export" in error.message) { error.message }
        }
        val newer = text.replace(Regex("\"schema\": 1\n  }"), "\"schema\": 7\n  }")
        val error = assertThrows(HeadPoseException::class.java) { ModelManifest.read(newer) }
        assertTrue("metadata of schema 7" in error.message) { error.message }
    }

    @Test
    fun bothOutputsBecomeRotations() {
        val pose = EulerAngles(10.0, 20.0, 30.0).rotation
        val numbers = FloatArray(9) { pose.rowMajor[it].toFloat() }
        assertTrue(near(pose.rowMajor, entry.facts.rotation(numbers).rowMajor, 1e-7))
        assertThrows(HeadPoseException::class.java) { entry.facts.rotation(floatArrayOf(1f, 2f, 3f)) }
        val sixd = entry.facts.copy(output = NetworkOutput.SIXD)
        val six = FloatArray(6) { SixD.of(pose).values[it].toFloat() }
        assertTrue(near(pose.rowMajor, sixd.rotation(six).rowMajor, 1e-6))
        assertThrows(HeadPoseException::class.java) { sixd.rotation(numbers) }
    }

    @Test
    fun foldersWithAndWithoutAManifest() {
        assertEquals(manifest, ModelManifest.read(Golden.folder))
        val error = assertThrows(HeadPoseException::class.java) { ModelManifest.read(File(Golden.folder, "nothing")) }
        assertEquals("there is no manifest.json in nothing: make one with  headpose export", error.message)
    }

    private val files = JsonValue.parse(Golden.own("metadata.json").readText())

    private fun JsonValue.bytes() = ByteBuffer.wrap(Base64.getDecoder().decode(text("bytes")))

    @Test
    fun aFileThatAPersonOpenedTellsItsFacts() {
        for (format in ModelFormat.entries) {
            for (one in Golden.cases(format.target, files)) {
                val (what, facts) = "mine${format.suffix}" to one.need("facts").takeIf { it != JsonNull }
                if (facts == null) {
                    val error =
                        assertThrows(HeadPoseException::class.java, { format.facts(one.bytes(), what) }, one.name)
                    assertTrue("$what carries no head-pose metadata" in error.message) { error.message }
                } else {
                    val found = format.facts(one.bytes(), what)
                    assertEquals(ModelFacts.read(CanonicalJson.text(facts), "it"), found, one.name)
                }
            }
        }
    }

    @Test
    fun aDamagedFileIsToldInOneSentence() {
        for (format in ModelFormat.entries) {
            for (one in Golden.cases("${format.target} broken", files)) {
                val error =
                    assertThrows(HeadPoseException::class.java, { format.facts(one.bytes(), "a.b") }, one.name)
                assertTrue("a.b is not a" in error.message || "a.b is damaged" in error.message) { error.message }
            }
        }
    }

    /** Whatever byte is wrong: a record or one sentence; never a crash. */
    @Test
    fun noDamageOfAFileCrashesTheReader() {
        for (format in ModelFormat.entries) {
            val good =
                Golden
                    .cases(format.target, files)
                    .first { it.name == "with a record" }
                    .bytes()
                    .array()
            for (place in good.indices) {
                for (value in listOf(0, 0x7f, 0xff)) {
                    val bad = good.copyOf().also { it[place] = value.toByte() }
                    try {
                        format.facts(ByteBuffer.wrap(bad), "a.b")
                    } catch (error: HeadPoseException) {
                        assertTrue(error.message.isNotEmpty())
                    }
                }
            }
        }
    }

    /** A field of each kind of the encoding, before and after the graph; a number that is too long, a group. */
    @Test
    fun everyFieldOfAnOnnxFileIsJumpedOver() {
        fun bytes(vararg values: Int) = ByteBuffer.wrap(ByteArray(values.size) { values[it].toByte() })
        val graph = intArrayOf(0x3a, 0x01, 0x00)
        val eight = IntArray(8) { 0xff }
        assertNull(OnnxMetadata.facts(bytes(0x08, 0x80, 0x01, *graph, 0x11, *eight, 0x1d, 1, 2, 3, 4), "a.onnx"))
        for (wrong in listOf(intArrayOf(0x08, *IntArray(10) { 0xff }), intArrayOf(0x0b), intArrayOf(0x00), eight)) {
            assertThrows(HeadPoseException::class.java) { OnnxMetadata.facts(bytes(*graph, *wrong), "a.onnx") }
        }
    }

    @Test
    fun theFormatIsKnownByTheName() {
        assertEquals(listOf(ModelFormat.TFLITE, null), listOf("a.tflite", "a.tflite.part").map(ModelFormat::ofFile))
        assertEquals(ModelFormat.ONNX, ModelFormat.needed("a.onnx"))
        val error = assertThrows(HeadPoseException::class.java) { ModelFormat.needed("a.zip") }
        assertTrue("a.zip is neither" in error.message) { error.message }
        val suffixes = Golden.cases("suffixes", "picks.json").associate { it.name to it.text("suffix") }
        ModelFormat.entries.forEach { assertEquals(suffixes[it.target], it.suffix) }
    }
}
