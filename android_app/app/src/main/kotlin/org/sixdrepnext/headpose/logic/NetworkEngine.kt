package org.sixdrepnext.headpose.logic

/** Where a model lies. */
sealed interface ModelPlace {
    /** In the app's assets. */
    data class Asset(
        val path: String,
    ) : ModelPlace

    /** In the app's own files. */
    data class Stored(
        val path: String,
    ) : ModelPlace
}

/** An inference engine, which runs models of one format. */
interface NetworkEngine {
    /** Its name in a record's list of tools. */
    val tool: String

    /** Its version. */
    val version: String

    /** For people and records: `LiteRT 2.3.0 (CompiledModel)`. */
    val title: String

    /** An opener of one of our models. */
    fun opener(place: ModelPlace): NetworkOpener
}

/** Numbers of a picture pixel by pixel, (H, W, 3), to plane by plane, (3, H, W), into [planes] of the same size. */
fun toPlanes(
    pixels: FloatArray,
    planes: FloatArray,
) {
    val count = pixels.size / 3
    for (channel in 0 until 3) {
        for (pixel in 0 until count) planes[channel * count + pixel] = pixels[pixel * 3 + channel]
    }
}
