package org.sixdrepnext.headpose.platform

import android.content.res.AssetManager
import org.sixdrepnext.headpose.core.models.ModelFormat
import org.sixdrepnext.headpose.logic.NetworkEngine

/** The engines of this app; none loads its native code before its first model is opened. */
class Engines(
    assets: AssetManager,
) {
    /** Of .tflite files, and of the face detector. */
    val liteRt = LiteRtNetwork.Engine(assets)

    private val onnxRuntime = OrtNetwork.Engine(assets)

    /** The engine of a format. */
    fun of(format: ModelFormat): NetworkEngine =
        when (format) {
            ModelFormat.TFLITE -> liteRt
            ModelFormat.ONNX -> onnxRuntime
        }
}
