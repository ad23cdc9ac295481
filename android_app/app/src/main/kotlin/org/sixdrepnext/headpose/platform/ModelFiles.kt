package org.sixdrepnext.headpose.platform

import android.content.Context
import android.graphics.BitmapFactory
import android.net.Uri
import android.provider.OpenableColumns
import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.models.ModelFacts
import org.sixdrepnext.headpose.core.models.ModelFormat
import org.sixdrepnext.headpose.core.models.ModelManifest
import org.sixdrepnext.headpose.logic.Golden
import org.sixdrepnext.headpose.logic.ModelFile
import org.sixdrepnext.headpose.logic.ModelPlace
import org.sixdrepnext.headpose.logic.ModelShelf
import org.sixdrepnext.headpose.logic.guarded
import java.io.File
import java.io.IOException
import java.io.InputStream
import java.io.RandomAccessFile
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.security.MessageDigest

/** The models that are built into the app and those that a person opened, and the files that belong to them. */
class ModelFiles(
    private val context: Context,
) {
    private val opened = File(context.filesDir, MODELS)

    /** What there is now. */
    fun shelf(): ModelShelf {
        val bundled =
            context.assets
                .list(MODELS)
                ?.toList()
                .orEmpty()
        val manifest = if (ModelManifest.FILE_NAME in bundled) text("$MODELS/${ModelManifest.FILE_NAME}") else null
        return ModelShelf.of(bundled, manifest, opened.list()?.toList().orEmpty())
    }

    /** Where an engine finds a model. */
    fun place(model: ModelFile): ModelPlace =
        if (model.isBundled) ModelPlace.Asset("$MODELS/${model.file}") else ModelPlace.Stored(stored(model).path)

    /** The bundled face detector; HeadPoseException if this app was built without it. */
    fun detector(): ModelPlace {
        if (DETECTOR !in
            context.assets
                .list(DETECTOR_FOLDER)
                ?.toList()
                .orEmpty()
        ) {
            throw HeadPoseException("this app was built without its face detector: $BUILD_AGAIN")
        }
        return ModelPlace.Asset("$DETECTOR_FOLDER/$DETECTOR")
    }

    /** What a model says of itself; HeadPoseException if it says nothing. */
    fun facts(model: ModelFile): ModelFacts =
        model.entry?.facts ?: guarded(model.file) { model.format.facts(bytes(model), model.file) }

    /**
     * The facts that a benchmark record keeps, of the file as it is now.
     *
     * @throws HeadPoseException if it is not the one that the manifest lists.
     */
    fun recordModel(model: ModelFile): BenchmarkRecord.Model {
        val found = content(model)
        if (model.entry != null && model.entry.sha256 != found.sha256) {
            throw HeadPoseException("${model.file} is not what the manifest lists: export and install it again")
        }
        return facts(model).recordModel(found.sha256, found.sizeBytes)
    }

    /** What a file holds, read now. */
    class Content(
        val sha256: String,
        val sizeBytes: Long,
    )

    /** Hash and size of a model's file. */
    fun content(model: ModelFile): Content = content(stream(model))

    /**
     * Takes in a file that a person picked, and returns it; one of the same name that was opened before is replaced.
     *
     * @throws HeadPoseException if it is no model of ours; nothing is kept then.
     */
    fun take(picked: Uri): ModelFile {
        val name = File(displayName(picked)).name
        val format = ModelFormat.needed(name)
        opened.mkdirs()
        val part = File(opened, "$name.part")
        try {
            val stream = context.contentResolver.openInputStream(picked) ?: throw IOException("it gives no content")
            stream.use { from -> part.outputStream().use { from.copyTo(it) } }
            format.facts(mapped(part), name)
            val kept = File(opened, name)
            if (!part.renameTo(kept)) throw IOException("it cannot be kept")
            return ModelFile(name, false, null)
        } catch (error: IOException) {
            throw HeadPoseException("$name cannot be read: ${error.message}", error)
        } finally {
            part.delete()
        }
    }

    /** Deletes a model that a person opened. */
    fun forget(model: ModelFile) {
        if (!model.isBundled) stored(model).delete()
    }

    /** What Python read from the bundled crop. */
    fun golden(): Golden = Golden.read(text("$EXAMPLE/golden.json"))

    /** The bundled crop, RGB 0..255, row after row. */
    fun crop(): FloatArray =
        context.assets.open("$EXAMPLE/crop.png").use { stream ->
            val bitmap =
                BitmapFactory.decodeStream(stream)
                    ?: throw HeadPoseException("crop.png cannot be read: build the app again")
            val colors = IntArray(bitmap.width * bitmap.height)
            bitmap.getPixels(colors, 0, bitmap.width, 0, 0, bitmap.width, bitmap.height)
            FloatArray(colors.size * 3) { (colors[it / 3] shr (16 - 8 * (it % 3)) and 0xff).toFloat() }
        }

    private fun stored(model: ModelFile) = File(opened, model.file)

    private fun text(asset: String): String = context.assets.open(asset).use { it.readBytes().decodeToString() }

    private fun stream(model: ModelFile): InputStream =
        if (model.isBundled) context.assets.open("$MODELS/${model.file}") else stored(model).inputStream()

    private fun bytes(model: ModelFile): ByteBuffer =
        if (model.isBundled) ByteBuffer.wrap(stream(model).use { it.readBytes() }) else mapped(stored(model))

    private fun displayName(uri: Uri): String {
        val columns = arrayOf(OpenableColumns.DISPLAY_NAME)
        return context.contentResolver.query(uri, columns, null, null, null)?.use { cursor ->
            if (cursor.moveToFirst()) cursor.getString(0) else null
        } ?: uri.lastPathSegment ?: "file"
    }

    companion object {
        /** A file's content, read where it is needed. */
        fun mapped(file: File): ByteBuffer =
            RandomAccessFile(file, "r").use { it.channel.map(FileChannel.MapMode.READ_ONLY, 0, it.length()) }

        /** Hash and size of what a stream gives; it is closed. */
        fun content(stream: InputStream): Content {
            val digest = MessageDigest.getInstance("SHA-256")
            var size = 0L
            stream.use { from ->
                val chunk = ByteArray(1 shl 16)
                while (true) {
                    val count = from.read(chunk)
                    if (count < 0) break
                    digest.update(chunk, 0, count)
                    size += count
                }
            }
            return Content(digest.digest().joinToString("") { "%02x".format(it) }, size)
        }

        private const val BUILD_AGAIN = "run  headpose export --install android  and build it again"
        private const val MODELS = "models"
        private const val EXAMPLE = "example"
        private const val DETECTOR_FOLDER = "detector"
        private const val DETECTOR = "face_detection_short_range.tflite"
    }
}
