package org.sixdrepnext.headpose.ui

import android.app.Application
import android.content.Intent
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.viewModelScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRunner
import org.sixdrepnext.headpose.logic.BenchmarkJob
import org.sixdrepnext.headpose.logic.BenchmarkSession
import org.sixdrepnext.headpose.platform.BenchmarkBench
import org.sixdrepnext.headpose.platform.Engines
import org.sixdrepnext.headpose.platform.ModelFiles
import org.sixdrepnext.headpose.platform.Phone
import org.sixdrepnext.headpose.platform.ResultStore
import java.util.concurrent.Executors

/** Measures models; it goes on while the phone is turned. */
class BenchmarkModel(
    application: Application,
) : AndroidViewModel(application) {
    private val store = ResultStore(application)
    private val phone = Phone(application)
    private val bench = BenchmarkBench(ModelFiles(application), Engines(application.assets), phone)
    private val thread = Executors.newSingleThreadExecutor { Thread(it, "benchmark") }.asCoroutineDispatcher()
    private val runs = MutableStateFlow(false)
    private val sustained = MutableStateFlow(false)
    private val hasKept = MutableStateFlow(store.hasResults)
    private var measuring: Job? = null

    /** The measurements. Results are written after each: the process may end before the last. */
    val session =
        BenchmarkSession(
            BenchmarkRunner(thermal = phone), thread, ::keep,
        ) { job -> bench.subject(job, if (sustained.value) "sustained" else "") }

    /** Whether there are results to share: those of an earlier run are still there after the process's death. */
    val hasResults: StateFlow<Boolean> = hasKept.asStateFlow()

    /** Whether it measures. */
    val isRunning: StateFlow<Boolean> = runs.asStateFlow()

    /** Whether the phone is asked for a clock that it can hold: slower, and the same after ten minutes. */
    val isSustained: StateFlow<Boolean> = sustained.asStateFlow()

    /** Asks for such a clock, or not. */
    fun setSustained(on: Boolean) {
        sustained.value = on
    }

    /** Measures all of them. Does nothing while it measures. */
    fun start(jobs: List<BenchmarkJob>) {
        if (runs.value || jobs.isEmpty()) return
        runs.value = true
        measuring =
            viewModelScope.launch {
                try {
                    session.run(jobs)
                } finally {
                    runs.value = false
                }
            }
    }

    /** Stops soon; what was measured stays. */
    fun cancel() {
        measuring?.cancel()
    }

    /** The share sheet for the last results, of this run or of an earlier one. */
    fun share(): Intent = store.share()

    private suspend fun keep(records: List<BenchmarkRecord>) {
        withContext(Dispatchers.IO) { store.keep(records) }
        hasKept.value = true
    }

    override fun onCleared() {
        thread.close()
    }
}
