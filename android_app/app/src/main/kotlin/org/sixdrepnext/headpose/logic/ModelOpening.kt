package org.sixdrepnext.headpose.logic

import org.sixdrepnext.headpose.core.HeadPoseException
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.accelerator.AcceleratorLadder
import org.sixdrepnext.headpose.core.accelerator.ChosenModel
import org.sixdrepnext.headpose.core.accelerator.SelfCheck
import org.sixdrepnext.headpose.core.accelerator.SelfCheckCase
import org.sixdrepnext.headpose.core.accelerator.SelfCheckResult
import org.sixdrepnext.headpose.core.benchmark.OpenedModel
import org.sixdrepnext.headpose.core.geometry.Matrix3
import org.sixdrepnext.headpose.core.models.ModelFacts

/** A network that is open on one accelerator. Not for several threads at once. */
interface Network : OpenedModel {
    /** Writes a whole input, (H, W, 3), for [predict] to be timed without it. */
    fun write(input: FloatArray)

    /** One inference: a network's whole input, (H, W, 3), to its outputs, in the file's order. */
    fun run(input: FloatArray): List<FloatArray>
}

/** Opens one model, on one accelerator at a time. */
fun interface NetworkOpener {
    /**
     * Opens it on [accelerator] and nothing else.
     *
     * @param threads of the processor; null for the engine's own choice.
     */
    suspend fun open(
        accelerator: Accelerator,
        threads: Int?,
    ): Network
}

/**
 * A model that is open, on an accelerator that was checked. For one thread.
 *
 * @property facts what it says of itself.
 * @property chosen the network, its accelerator, and why not a faster one.
 */
class OpenModel(
    val facts: ModelFacts,
    val chosen: ChosenModel<Network>,
) : AutoCloseable {
    private var isClosed = false

    /**
     * The rotation that it reads from an input of its own size, RGB 0..255.
     *
     * @throws HeadPoseException after [close]: a photograph may still be read while another model is chosen.
     */
    fun read(input: FloatArray): Matrix3 {
        if (isClosed) throw HeadPoseException("${facts.name} was closed meanwhile: read the picture again")
        return facts.rotation(chosen.model.run(input).first())
    }

    /** Does nothing the second time. */
    override fun close() {
        if (!isClosed) chosen.model.close()
        isClosed = true
    }
}

/**
 * Opens models on the best accelerator that reads what it should.
 *
 * @param golden what Python read from [crop].
 * @param crop the bundled crop, RGB 0..255, row after row.
 */
class ModelOpening(
    private val golden: Golden,
    private val crop: FloatArray,
) {
    /**
     * Goes down the ladder from [wished]. Each rung is opened by itself and reads the bundled crop: what it reads is
     * compared with Python's reading or, for weights that Python did not read, with this phone's own processor's.
     *
     * @throws HeadPoseException in one sentence if no accelerator is right.
     */
    suspend fun open(
        facts: ModelFacts,
        opener: NetworkOpener,
        wished: Accelerator,
        threads: Int?,
    ): OpenModel {
        if (facts.inputSize < 1) {
            throw HeadPoseException("${facts.name} says that its input has no pixels: export it again")
        }
        var expected = golden.expected(facts)
        val input =
            if (facts.inputSize == golden.size) {
                crop
            } else {
                FloatArray(facts.inputSize * facts.inputSize * 3) { grey(it) }
            }
        if (expected == null && wished != Accelerator.CPU) {
            expected = opener.open(Accelerator.CPU, threads).use { facts.rotation(it.run(input).first()) }
        }
        val ladder =
            AcceleratorLadder(
                open = { accelerator -> opener.open(accelerator, threads.takeIf { accelerator == Accelerator.CPU }) },
                check = { network: Network -> expected?.let { check(facts, input, it, network) } },
            )
        return OpenModel(facts, ladder.choose(wished))
    }

    private suspend fun check(
        facts: ModelFacts,
        input: FloatArray,
        expected: Matrix3,
        network: Network,
    ): SelfCheckResult {
        val cases = listOf(SelfCheckCase("the bundled photograph", input, expected))
        return SelfCheck(cases, golden.limit(facts)).run { facts.rotation(network.run(it).first()) }
    }

    /** A slope from dark to light for models of another input size: any picture will do to compare two processors. */
    private fun grey(index: Int): Float = (index / 3 % 256).toFloat()
}
