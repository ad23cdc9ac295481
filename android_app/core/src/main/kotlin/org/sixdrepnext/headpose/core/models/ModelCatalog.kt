package org.sixdrepnext.headpose.core.models

import org.sixdrepnext.headpose.core.HeadPoseException

/**
 * The models that a person may choose from: what a manifest lists, and which of it is there.
 *
 * @param manifest what is listed.
 * @param present names of files that are there; null for all that are listed.
 */
class ModelCatalog(
    manifest: ModelManifest,
    present: Set<String>? = null,
    /** Format that this host runs. */
    val target: String = "tflite",
) {
    /** Everything that the manifest lists for the target, in its order. */
    val listed: List<ModelEntry> = manifest.artifacts.filter { it.facts.target == target }

    /** Names of the files that are there. */
    val present: Set<String> = present ?: listed.map { it.file }.toSet()

    /** Listed and there. */
    val available: List<ModelEntry> get() = listed.filter { it.file in present }

    /** Listed, but not there: say so to the person. */
    val absent: List<ModelEntry> get() = listed.filter { it.file !in present }

    /** There, but not listed: files of this format, as ones that were opened from elsewhere, sorted by name. */
    fun unlisted(suffix: String = ".tflite"): List<String> =
        (present - listed.map { it.file }.toSet()).filter { it.endsWith(suffix) }.sorted()

    /** Backbones that can be chosen, in order. */
    val backbones: List<String> get() = available.map { it.facts.backbone }.distinct()

    /** Precisions that can be chosen for a backbone (null: any), in order. */
    fun precisions(backbone: String? = null): List<String> =
        available.filter { it.isOf(backbone) }.map { it.facts.precision }.distinct()

    /**
     * The first model of this precision and backbone (null: any) that is there.
     *
     * @throws HeadPoseException that names what is missing, and what there is instead.
     */
    fun pick(
        precision: String,
        backbone: String? = null,
    ): ModelEntry {
        val fits = listed.filter { it.facts.precision == precision && it.isOf(backbone) }
        return fits.firstOrNull { it.file in present } ?: throw missing(precision, backbone, fits.firstOrNull())
    }

    private fun missing(
        precision: String,
        backbone: String?,
        lost: ModelEntry?,
    ): HeadPoseException {
        if (lost != null) {
            return HeadPoseException("${lost.file} is listed in the manifest but is not there: export it again")
        }
        val wanted = listOfNotNull(backbone, precision).joinToString(" ")
        val instead = available.joinToString { it.facts.name }.ifEmpty { "no $target model at all" }
        return HeadPoseException(
            "there is no $target model in $wanted (there is $instead): make one with  " +
                "headpose export --targets $target --precisions $precision",
        )
    }

    private fun ModelEntry.isOf(backbone: String?) = backbone == null || facts.backbone == backbone
}
