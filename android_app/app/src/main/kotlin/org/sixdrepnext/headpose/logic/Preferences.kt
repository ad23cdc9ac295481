package org.sixdrepnext.headpose.logic

import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.geometry.DrawingStyle
import org.sixdrepnext.headpose.core.pipeline.PipelineSettings
import org.sixdrepnext.headpose.core.smoothing.Smoothing

/**
 * What the person chose, kept on the phone between starts.
 *
 * @property model identifier of the model; null for the app's own choice.
 * @property accelerator where to begin on the ladder.
 * @property threads of the processor; 0 for the engine's own choice.
 * @property style axes or cube.
 * @property smooths whether heads are smoothed.
 * @property side which camera looks.
 * @property showsFigures whether the figures lie over the picture.
 * @property askedForCamera whether the person was asked for the camera before.
 */
data class Preferences(
    val model: String? = null,
    val accelerator: Accelerator = Accelerator.NPU,
    val threads: Int = 0,
    val style: DrawingStyle = DrawingStyle.AXES,
    val smooths: Boolean = true,
    val side: CameraSide = CameraSide.FRONT,
    val showsFigures: Boolean = true,
    val askedForCamera: Boolean = false,
) {
    /** For the pipeline. */
    val pipeline: PipelineSettings
        get() = PipelineSettings(smoothing = if (smooths) Smoothing.STANDARD else Smoothing.Off)

    /** As text by name, to be kept; null for what is left to the app. */
    val texts: Map<String, String?>
        get() =
            mapOf(
                "model" to model, "accelerator" to accelerator.id, "threads" to threads.toString(), "style" to style.id,
                "smooths" to smooths.toString(), "side" to side.id, "shows_figures" to showsFigures.toString(),
                "asked_for_camera" to askedForCamera.toString(),
            )

    companion object {
        /** As they were kept; what is missing or cannot be read is as at first. */
        fun of(text: (String) -> String?): Preferences {
            val first = Preferences()
            return Preferences(
                model = text("model"),
                accelerator = Accelerator.LADDER.firstOrNull { it.id == text("accelerator") } ?: first.accelerator,
                threads = text("threads")?.toIntOrNull()?.coerceIn(0, 16) ?: first.threads,
                style = DrawingStyle.entries.firstOrNull { it.id == text("style") } ?: first.style,
                smooths = text("smooths")?.toBooleanStrictOrNull() ?: first.smooths,
                side = CameraSide.of(text("side")),
                showsFigures = text("shows_figures")?.toBooleanStrictOrNull() ?: first.showsFigures,
                askedForCamera = text("asked_for_camera")?.toBooleanStrictOrNull() ?: first.askedForCamera,
            )
        }
    }
}
