package org.sixdrepnext.headpose.pipeline

import android.content.ContentResolver
import android.net.Uri
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.EnumSource
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.json.JsonValue
import org.sixdrepnext.headpose.core.models.ModelFormat
import org.sixdrepnext.headpose.logic.ModelFile
import org.sixdrepnext.headpose.logic.ModelPlace
import org.sixdrepnext.headpose.platform.ModelFiles
import java.io.File
import java.nio.file.Path
import java.security.MessageDigest
import java.util.Base64
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** Models among the app's assets and those that a person opens, as real files. */
class ModelFilesTest {
    @TempDir lateinit var folder: Path

    private val resolver = object : ContentResolver(null) {}
    private val own get() = File(folder.toFile(), "own")
    private val assets get() = File(folder.toFile(), "assets")
    private val context get() = AppContext(own.apply { mkdirs() }, assets.apply { mkdirs() }, resolver)
    private val files get() = ModelFiles(context)

    /** A file that Python wrote, by the exporter's own packages. */
    private fun written(
        format: ModelFormat,
        name: String = "with a record",
    ): ByteArray {
        val vectors = File(repository, "android_app/core/src/test/resources/metadata.json").readText()
        val cases = JsonValue.parse(vectors)[format.target]!!.items!!
        return Base64.getDecoder().decode(cases.first { it["name"]!!.string == name }["bytes"]!!.string)
    }

    private fun picked(
        name: String,
        content: ByteArray,
    ): Uri = Uri.fromParts("content", "1", null).also { resolver.picked[it] = name to content }

    private fun sha256(content: ByteArray) =
        MessageDigest.getInstance("SHA-256").digest(content).joinToString("") { "%02x".format(it) }

    @ParameterizedTest
    @EnumSource
    fun `a file that a person opens is kept, read and forgotten`(format: ModelFormat) {
        val (name, content) = "mine${format.suffix}" to written(format)
        val model = files.take(picked("folder/$name", content))
        assertEquals(ModelFile(name, false, null), model)
        assertEquals(listOf(model), files.shelf().files)
        assertEquals(format, model.format)
        assertEquals("sixdrepnet", files.facts(model).model)
        val record = files.recordModel(model)
        assertEquals(sha256(content) to content.size.toLong(), record.sha256 to record.sizeBytes)
        val place = files.place(model) as ModelPlace.Stored
        assertTrue(File(place.path).readBytes().contentEquals(content))
        files.forget(model)
        assertEquals(emptyList(), files.shelf().files)
    }

    @Test fun `what is no model of ours is refused and not kept`() {
        val refused =
            mapOf(
                picked("a.zip", ByteArray(9)) to "neither a .tflite nor an .onnx",
                picked("a.tflite", ByteArray(9)) to "a.tflite is not a TFLite model",
                picked("a.onnx", written(ModelFormat.TFLITE)) to "a.onnx is not an ONNX model",
                picked("a.onnx", written(ModelFormat.ONNX, "with nothing of ours")) to "carries no head-pose metadata",
                Uri.fromParts("content", "gone.onnx", null) to "gone.onnx cannot be read",
            )
        for ((uri, words) in refused) {
            assertTrue(words in assertFailsWith<HeadPoseException> { files.take(uri) }.message)
        }
        assertEquals(emptyList(), File(own, "models").list().orEmpty().toList())
    }

    /** The golden manifest, with the hash of what lies beside it. */
    private fun bundled(content: ByteArray): ModelFile {
        val manifest = JsonValue.parse(File(repository, "tests/golden/manifest.json").readText())
        val entry = manifest["artifacts"]!!.items!!.first { it["target"]!!.string == "onnx" }
        val text = File(repository, "tests/golden/manifest.json").readText()
        val models = File(assets, "models").apply { mkdirs() }
        File(models, "manifest.json").writeText(text.replace(entry["sha256"]!!.string!!, sha256(content)))
        File(models, entry["file"]!!.string!!).writeBytes(content)
        return files.shelf().files.single()
    }

    @Test fun `a bundled file is what its manifest says, or is not measured`() {
        val content = written(ModelFormat.ONNX)
        val model = bundled(content)
        assertTrue(model.isBundled && model.format == ModelFormat.ONNX)
        assertEquals(ModelPlace.Asset("models/${model.file}"), files.place(model))
        assertEquals(model.entry?.facts, files.facts(model))
        assertEquals(sha256(content), files.recordModel(model).sha256)
        File(assets, "models/${model.file}").appendBytes(ByteArray(1))
        val error = assertFailsWith<HeadPoseException> { files.recordModel(model) }
        assertTrue("is not what the manifest lists" in error.message, error.message)
        files.forget(model)
        assertEquals(listOf(model), files.shelf().files, "the app's own files stay")
    }

    @Test fun `nothing is there at first`() {
        assertEquals(emptyList(), files.shelf().files)
        assertNull(files.shelf().problem)
    }
}
