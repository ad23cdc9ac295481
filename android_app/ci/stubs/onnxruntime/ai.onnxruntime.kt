// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/microsoft/onnxruntime, commit 04bf4bce63f70b95aeb723da7fcfd2c9731d8317:
//   java/src/main/java/ai/onnxruntime/OrtEnvironment.java
//   https://github.com/microsoft/onnxruntime, commit 131734fc9e2615b1ddf1560e4b9b342481805cfb:
//   java/src/main/java/ai/onnxruntime/OrtSession.java
//   https://github.com/microsoft/onnxruntime, commit 50424921ed8de5f3c89cbddf866b6727d78be892:
//   java/src/main/java/ai/onnxruntime/OnnxTensor.java
//   https://github.com/microsoft/onnxruntime, commit 0385bbbfc273dc3af270e625bb53cef1835c633b:
//   java/src/main/java/ai/onnxruntime/OrtException.java
//   https://github.com/microsoft/onnxruntime, commit 7c7e6cca04dbf7f94ea5fd3eaf84cfdde700cdb7:
//   java/src/main/java/ai/onnxruntime/NodeInfo.java
//   https://github.com/microsoft/onnxruntime, commit 11c2da799dfe8cf9b92bdc3da2a0830364abae47:
//   java/src/main/java/ai/onnxruntime/TensorInfo.java
//   https://github.com/microsoft/onnxruntime, commit 577b8d6bf9a87f62b2d18f5097a3d173152caff0:
//   java/src/main/java/ai/onnxruntime/OnnxTensorLike.java
// What closes twice, or runs closed, fails as there: with an IllegalStateException.
@file:Suppress("UNUSED_PARAMETER", "unused")

package ai.onnxruntime

import java.nio.FloatBuffer

class OrtException(
    message: String,
) : Exception(message)

interface ValueInfo

class TensorInfo(
    val shape: LongArray,
) : ValueInfo

class NodeInfo(
    val name: String,
    val info: ValueInfo,
)

interface OnnxValue : AutoCloseable {
    override fun close()
}

abstract class OnnxTensorLike : OnnxValue

class OnnxTensor private constructor(
    private val numbers: FloatBuffer,
) : OnnxTensorLike() {
    private val handle = OrtStub.Handle()

    /** Null for other numbers. */
    val floatBuffer: FloatBuffer?
        get() {
            handle.check()
            if (OrtStub.givesOtherNumbers) return null
            return FloatBuffer.wrap(array())
        }

    internal fun array() = FloatArray(numbers.capacity()) { numbers.get(it) }

    override fun close() = handle.close()

    companion object {
        @JvmStatic
        fun createTensor(
            env: OrtEnvironment,
            data: FloatBuffer,
            shape: LongArray,
        ): OnnxTensor {
            if (shape.fold(1L, Long::times) != data.remaining().toLong()) throw OrtException("Shape does not fit")
            return OnnxTensor(if (data.isDirect) data.duplicate() else FloatBuffer.allocate(data.remaining()).put(data))
        }
    }
}

class OrtEnvironment private constructor() {
    fun createSession(
        modelPath: String,
        options: OrtSession.SessionOptions,
    ): OrtSession = session(modelPath, options)

    fun createSession(
        modelArray: ByteArray,
        options: OrtSession.SessionOptions,
    ): OrtSession = session("${modelArray.size} bytes", options)

    private fun session(
        what: String,
        options: OrtSession.SessionOptions,
    ): OrtSession {
        options.handle.check()
        OrtStub.created += OrtStub.Created(what, options.threads, options.entries.toMap())
        return OrtSession(OrtStub.create(what))
    }

    companion object {
        private val instance = OrtEnvironment()

        @JvmStatic fun getEnvironment(): OrtEnvironment = instance
    }
}

class OrtSession internal constructor(
    private val behaviour: OrtStub.Behaviour,
) : AutoCloseable {
    private val handle = OrtStub.Handle()

    val inputNames: Set<String> get() = inputInfo.keys
    val inputInfo: Map<String, NodeInfo>
        get() = behaviour.inputs.mapValues { NodeInfo(it.key, TensorInfo(it.value)) }

    fun run(inputs: Map<String, OnnxTensorLike>): Result {
        handle.check()
        val (name, tensor) = inputs.entries.single()
        if (name !in inputNames) throw OrtException("Unknown input name $name")
        return Result(behaviour.run((tensor as OnnxTensor).array()))
    }

    override fun close() = handle.close()

    class SessionOptions : AutoCloseable {
        internal val handle = OrtStub.Handle()
        internal var threads: Int? = null
        internal val entries = mutableMapOf<String, String>()

        fun setIntraOpNumThreads(numThreads: Int) {
            threads = numThreads
        }

        fun addConfigEntry(
            configKey: String,
            configValue: String,
        ) {
            entries[configKey] = configValue
        }

        override fun close() = handle.close()
    }

    class Result internal constructor(
        outputs: List<FloatArray>,
    ) : AutoCloseable {
        private val values =
            outputs.map { OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), FloatBuffer.wrap(it), longArrayOf(it.size.toLong())) }

        fun get(index: Int): OnnxValue = values[index]

        fun size(): Int = values.size

        override fun close() = values.forEach { it.close() }
    }
}

/** What stands for ONNX Runtime's native code; not in the real library. */
object OrtStub {
    /** What a session does: its inputs and their shapes, and outputs for the first input. */
    class Behaviour(
        val inputs: Map<String, LongArray> = mapOf("image" to longArrayOf(-1, 3, 224, 224)),
        val run: (FloatArray) -> List<FloatArray>,
    )

    /** What was asked for. */
    data class Created(
        val what: String,
        val threads: Int?,
        val entries: Map<String, String>,
    )

    /** What opening gives. */
    var create: (String) -> Behaviour = { throw OrtException("nothing was told") }

    /** The outputs are no 32-bit numbers. */
    var givesOtherNumbers = false

    /** Everything that was opened. */
    val created = mutableListOf<Created>()

    /** Handles that are open. */
    var open = 0

    /** One native object. */
    class Handle {
        private var closed = false

        init {
            open++
        }

        fun check() = check(!closed) { "it is closed" }

        fun close() {
            check()
            closed = true
            open--
        }
    }
}
