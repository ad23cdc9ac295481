package org.sixdrepnext.headpose.core.accelerator

import kotlinx.coroutines.CancellationException
import org.sixdrepnext.headpose.core.HeadPoseException

/** Why a model does not run on an accelerator that was tried. */
data class RejectedRung(
    /** Which. */
    val accelerator: Accelerator,
    /** For people. */
    val reason: String,
)

/** A model with the best accelerator that opened it, really ran it, and computed right. */
data class ChosenModel<out Model>(
    /** Open; close it after use. */
    val model: Model,
    /** On which. */
    val accelerator: Accelerator,
    /** How near its poses come to the golden ones, null if it was not checked. */
    val selfCheck: SelfCheckResult?,
    /** What was tried before. */
    val rejected: List<RejectedRung>,
) {
    /** Why it does not run on what was wished, for people; null if it does. */
    val sentence: String?
        get() =
            if (rejected.isEmpty()) {
                null
            } else {
                "Runs on the ${accelerator.id}: " + rejected.joinToString("; ") { "${it.accelerator.id}: ${it.reason}" }
            }
}

/**
 * NPU, then GPU, then CPU: each by an opening of its own, so that what runs is known and never only wished.
 *
 * A rung is left, and its model closed, if it does not open, if the engine tells that it runs elsewhere, or if its poses
 * are not the golden ones.
 *
 * @param open opens the model on this accelerator alone, or throws.
 * @param check reads golden poses with it; null where there is nothing to check with.
 */
class AcceleratorLadder<Model : AcceleratedModel>(
    private val open: suspend (Accelerator) -> Model,
    private val check: suspend (Model) -> SelfCheckResult? = { null },
) {
    /**
     * The first rung that holds, from this one downwards.
     *
     * @throws HeadPoseException if none does, with every reason.
     */
    suspend fun choose(from: Accelerator = Accelerator.NPU): ChosenModel<Model> {
        val rejected = ArrayList<RejectedRung>()
        for (rung in Accelerator.LADDER.dropWhile { it != from }) {
            when (val tried = attempt(rung)) {
                is Attempt.Held -> return ChosenModel(tried.model, rung, tried.check, rejected)
                is Attempt.Failed -> rejected += RejectedRung(rung, tried.reason)
            }
        }
        val reasons = rejected.joinToString("; ") { "${it.accelerator.id}: ${it.reason}" }
        throw HeadPoseException("the model runs on no accelerator ($reasons): choose another model")
    }

    private sealed interface Attempt<out Model> {
        class Held<Model>(
            val model: Model,
            val check: SelfCheckResult?,
        ) : Attempt<Model>

        class Failed(
            val reason: String,
        ) : Attempt<Nothing>
    }

    private suspend fun attempt(rung: Accelerator): Attempt<Model> {
        val model =
            try {
                open(rung)
            } catch (error: CancellationException) {
                throw error
            } catch (error: Exception) {
                return Attempt.Failed(told(error))
            } catch (error: UnsatisfiedLinkError) {
                // the accelerator's native library is not on this phone
                return Attempt.Failed(told(error))
            }
        var held = false
        try {
            val result = judge(rung, model)
            held = result is Attempt.Held
            return result
        } finally {
            if (!held) model.close()
        }
    }

    private suspend fun judge(
        rung: Accelerator,
        model: Model,
    ): Attempt<Model> {
        rung.reason(model.usedBackend)?.let { return Attempt.Failed(it) }
        val result =
            try {
                check(model)
            } catch (error: CancellationException) {
                throw error
            } catch (error: Exception) {
                return Attempt.Failed("its self-check failed (${told(error)})")
            }
        return if (result == null || result.passed) Attempt.Held(model, result) else Attempt.Failed(result.sentence)
    }

    private fun told(error: Throwable) = error.message?.takeIf(String::isNotBlank) ?: error.javaClass.simpleName
}
