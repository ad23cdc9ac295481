package org.sixdrepnext.headpose.core.testing

import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import org.sixdrepnext.headpose.core.benchmark.OpenedModel
import org.sixdrepnext.headpose.core.pipeline.HostClock
import org.sixdrepnext.headpose.core.pipeline.ThermalSource
import org.sixdrepnext.headpose.core.pipeline.ThermalState

/** A clock that goes only when it is told to. */
class FakeClock(
    private var monotonic: Double = 100.0,
    private var wall: Double = 1_795_694_400.0,
) : HostClock {
    /** Lets time pass: the same on both, and more of the wall clock alone. */
    @Synchronized
    fun advance(
        seconds: Double,
        wallAlone: Double = 0.0,
    ) {
        monotonic += seconds
        wall += seconds + wallAlone
    }

    @Synchronized
    override fun monotonicSeconds(): Double = monotonic

    @Synchronized
    override fun wallSeconds(): Double = wall

    /** Does not wait: time has passed at once. */
    override suspend fun sleep(seconds: Double) {
        currentCoroutineContext().ensureActive()
        advance(seconds)
    }
}

/** Thermal states one after the other, one for each look; the last one stays. */
class FakeThermalSource(
    states: List<ThermalState?> = listOf(ThermalState.NONE),
) : ThermalSource {
    private val states = ArrayDeque(states)

    @Synchronized
    override fun thermalState(): ThermalState? = if (states.size > 1) states.removeFirst() else states.first()
}

/** A model that does [work] for each inference. */
class FakeOpenedModel(
    override val usedBackend: String? = null,
    private val work: () -> Unit = {},
) : OpenedModel {
    /** Whether it was closed. */
    var closed: Boolean = false
        private set

    override fun predict() {
        check(!closed) { "it is closed" }
        work()
    }

    override fun close() {
        check(!closed) { "it is closed twice" }
        closed = true
    }
}
