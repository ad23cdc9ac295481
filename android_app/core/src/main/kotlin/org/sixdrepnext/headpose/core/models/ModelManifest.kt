package org.sixdrepnext.headpose.core.models

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.json.CanonicalJson
import org.sixdrepnext.headpose.core.json.JsonFields
import org.sixdrepnext.headpose.core.json.JsonObject
import org.sixdrepnext.headpose.core.json.json
import java.io.File
import java.io.IOException

/** One line of a manifest: a file, its hash and size, and what is embedded in it. */
data class ModelEntry(
    /** Name of the file or package, without a folder. */
    val file: String,
    /** SHA-256 of a file, or of a package's names and contents in order. */
    val sha256: String,
    /** Size on disk. */
    val sizeBytes: Long,
    /** What is embedded in it. */
    val facts: ModelFacts,
) {
    /** The facts that a benchmark record keeps. */
    val recordModel: BenchmarkRecord.Model get() = facts.recordModel(sha256, sizeBytes)

    internal fun toJson(): JsonObject =
        JsonObject(
            facts.toJson().values +
                mapOf("file" to json(file), "sha256" to json(sha256), "size_bytes" to json(sizeBytes)),
        )
}

/** manifest.json: every artefact of a folder. */
data class ModelManifest(
    /** Version of the manifest. */
    val schema: Int,
    /** One line for each file, sorted by file name. */
    val artifacts: List<ModelEntry>,
) {
    /** The manifest in the form that Python agrees with byte for byte. */
    val canonicalJson: String
        get() = CanonicalJson.text(json("schema" to json(schema), "artifacts" to json(artifacts, ModelEntry::toJson)))

    /** Reading. */
    companion object {
        /** Name of the file. */
        const val FILE_NAME = "manifest.json"

        /** Version that this app reads. */
        const val SCHEMA_VERSION = 1

        private const val ADVICE = "export again with  headpose export"

        /**
         * Reads a manifest.
         *
         * @throws HeadPoseException in one sentence if it is damaged or of another version.
         */
        fun read(
            text: String,
            what: String = FILE_NAME,
        ): ModelManifest {
            val manifest =
                JsonFields.read(text, what, ADVICE) { json ->
                    ModelManifest(json.int("schema"), json.objects("artifacts").map(::entryOf))
                }
            if (manifest.schema != SCHEMA_VERSION) {
                throw HeadPoseException(
                    "$what cannot be read (schema ${manifest.schema}, this version reads $SCHEMA_VERSION): $ADVICE",
                )
            }
            manifest.artifacts.forEach { it.facts.checked(it.file) }
            return manifest
        }

        /**
         * Reads the manifest of a folder.
         *
         * @throws HeadPoseException in one sentence if there is none, or it is damaged.
         */
        fun read(folder: File): ModelManifest {
            val text =
                try {
                    File(folder, FILE_NAME).readText()
                } catch (error: IOException) {
                    val advice = "make one with  headpose export"
                    throw HeadPoseException("there is no $FILE_NAME in ${folder.name}: $advice", error)
                }
            return read(text, "${folder.name}/$FILE_NAME")
        }

        private fun entryOf(json: JsonFields) =
            ModelEntry(json.string("file"), json.string("sha256"), json.long("size_bytes"), ModelFacts.of(json))
    }
}
