package org.sixdrepnext.headpose.logic

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.models.ModelEntry
import org.sixdrepnext.headpose.core.models.ModelFormat
import org.sixdrepnext.headpose.core.models.ModelManifest

/**
 * A model that is there.
 *
 * @property file its name with suffix, `sixdrepnet_repnext_m4_fp16.tflite`.
 * @property isBundled built into the app; otherwise a person opened it.
 * @property entry its line of the manifest; null if it has none, then its own metadata tells what it is.
 */
data class ModelFile(
    val file: String,
    val isBundled: Boolean,
    val entry: ModelEntry?,
) {
    /** Its format. */
    val format: ModelFormat get() = ModelFormat.needed(file)

    /** The same for a file of this name and origin at every start. */
    val id: String get() = "${if (isBundled) "bundled" else "opened"}/$file"
}

/**
 * What models there are.
 *
 * @property files listed ones of the app in the manifest's order, its others by name, then those that a person opened.
 * @property absent names that the manifest lists and that are not there.
 * @property problem why the manifest could not be read, in one sentence; a missing one is no problem.
 */
data class ModelShelf(
    val files: List<ModelFile>,
    val absent: List<String>,
    val problem: String?,
) {
    /** The file of an identifier; otherwise an fp16 one, otherwise the first. */
    fun pick(id: String?): ModelFile? =
        files.firstOrNull { it.id == id } ?: files.firstOrNull { it.entry?.facts?.precision == "fp16" }
            ?: files.firstOrNull()

    companion object {
        /** No models. */
        val EMPTY = ModelShelf(emptyList(), emptyList(), null)

        /**
         * The shelf of what lies in two folders.
         *
         * @param bundled names in the app's folder of models.
         * @param manifest text of its manifest; null if there is none.
         * @param opened names in the folder of models that a person opened.
         */
        fun of(
            bundled: List<String>,
            manifest: String?,
            opened: List<String>,
        ): ModelShelf {
            var problem: String? = null
            val entries =
                try {
                    manifest
                        ?.let { ModelManifest.read(it) }
                        ?.artifacts
                        .orEmpty()
                        .filter { ModelFormat.ofFile(it.file) != null }
                } catch (error: HeadPoseException) {
                    problem = error.message
                    emptyList()
                }
            val there = bundled.filter { ModelFormat.ofFile(it) != null }.sorted()
            val listed = entries.filter { it.file in there }.map { ModelFile(it.file, true, it) }
            val names = listed.map { it.file }
            val others = there.filter { it !in names }.map { ModelFile(it, true, null) }
            val own = opened.filter { ModelFormat.ofFile(it) != null }.sorted().map { ModelFile(it, false, null) }
            return ModelShelf(listed + others + own, entries.map { it.file }.filter { it !in there }, problem)
        }
    }
}
