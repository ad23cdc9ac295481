package org.sixdrepnext.headpose.ui

import android.app.Application
import android.net.Uri
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.viewModelScope
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.logic.BlazeFaceDetector
import org.sixdrepnext.headpose.logic.LiveSession
import org.sixdrepnext.headpose.logic.ModelFile
import org.sixdrepnext.headpose.logic.ModelOpening
import org.sixdrepnext.headpose.logic.ModelShelf
import org.sixdrepnext.headpose.logic.NetworkEstimator
import org.sixdrepnext.headpose.logic.OpenModel
import org.sixdrepnext.headpose.logic.Preferences
import org.sixdrepnext.headpose.logic.RgbaPicture
import org.sixdrepnext.headpose.logic.guarded
import org.sixdrepnext.headpose.logic.sentence
import org.sixdrepnext.headpose.platform.Engines
import org.sixdrepnext.headpose.platform.LiteRtNetwork
import org.sixdrepnext.headpose.platform.ModelFiles
import org.sixdrepnext.headpose.platform.Phone
import org.sixdrepnext.headpose.platform.PreferenceStore
import java.util.concurrent.Executors

/** The model that is used, with what reads pictures. */
sealed interface Use {
    /** There is no model. */
    data object None : Use

    /** It is being opened and checked. */
    data object Loading : Use

    /** It is open. */
    class Ready(
        val engine: String,
        val model: OpenModel,
        val detector: BlazeFaceDetector,
        val estimator: NetworkEstimator,
    ) : Use

    /** It could not be opened, in one sentence. */
    data class Failed(
        val message: String,
    ) : Use
}

/**
 * What all screens share: the models, the one that is used, what the person chose. It outlives a turn of the phone; after
 * the process's death everything is found again by what was kept.
 */
class AppModel(
    application: Application,
) : AndroidViewModel(application) {
    private val store = PreferenceStore(application)
    private val shownPreferences = MutableStateFlow(store.read())
    private val shownShelf = MutableStateFlow(ModelShelf.EMPTY)
    private val shownUse = MutableStateFlow<Use>(Use.None)
    private val shownFile = MutableStateFlow<ModelFile?>(null)
    private val shownProblem = MutableStateFlow<String?>(null)
    private var opening: Job? = null

    /** The thread that every network is opened on and runs on, and nothing else. */
    val networkThread = Executors.newSingleThreadExecutor { Thread(it, "networks") }.asCoroutineDispatcher()

    /** Models and their files. */
    val files = ModelFiles(application)

    /** They open networks. */
    val engines = Engines(application.assets)

    /** This phone. */
    val phone = Phone(application)

    /** What the live screen shows. */
    val live = LiveSession<RgbaPicture>()

    /** What the person chose; kept at each change. */
    val preferences: StateFlow<Preferences> = shownPreferences.asStateFlow()

    /** Models that are there. */
    val shelf: StateFlow<ModelShelf> = shownShelf.asStateFlow()

    /** The model that is used. */
    val file: StateFlow<ModelFile?> = shownFile.asStateFlow()

    /** Its state. */
    val use: StateFlow<Use> = shownUse.asStateFlow()

    /** The last thing that went wrong while a model was taken in or deleted. */
    val problem: StateFlow<String?> = shownProblem.asStateFlow()

    init {
        live.use(preferences.value.pipeline)
        refresh()
    }

    /** Changes what the person chose; another model, accelerator or number of threads opens the model anew. */
    fun change(change: (Preferences) -> Preferences) {
        val before = preferences.value
        val now = change(before)
        shownPreferences.value = now
        store.keep(now)
        live.use(now.pipeline)
        if (now.model != before.model || now.accelerator != before.accelerator ||
            now.threads != before.threads
        ) {
            refresh(true)
        }
    }

    /** Looks for models again, and opens the chosen one if it is not open and does not open already. */
    fun refresh(anew: Boolean = false) {
        if (!anew && opening?.isActive == true) return
        opening?.cancel()
        opening =
            viewModelScope.launch {
                val found = withContext(Dispatchers.IO) { files.shelf() }
                shownShelf.value = found
                val picked = found.pick(preferences.value.model)
                if (anew || picked != file.value || use.value !is Use.Ready) open(picked)
            }
    }

    /** Takes in a file that the person picked, and uses it. */
    fun take(picked: Uri) =
        attempt {
            val taken = withContext(Dispatchers.IO) { files.take(picked) }
            val isOther = taken.id != preferences.value.model
            if (isOther) change { it.copy(model = taken.id) } else refresh(true) // the same name, another model
        }

    /** Deletes a model that the person opened. */
    fun forget(model: ModelFile) =
        attempt {
            withContext(Dispatchers.IO) { files.forget(model) }
            refresh()
        }

    /** The problem was read. */
    fun forgetProblem() {
        shownProblem.value = null
    }

    private fun attempt(work: suspend () -> Unit) {
        viewModelScope.launch {
            try {
                work()
            } catch (stopped: CancellationException) {
                throw stopped
            } catch (error: Exception) {
                shownProblem.value = sentence(error)
            }
        }
    }

    private suspend fun open(picked: ModelFile?) {
        val before = use.value
        shownFile.value = picked
        shownUse.value = if (picked == null) Use.None else Use.Loading
        withContext(NonCancellable + networkThread) { (before as? Use.Ready)?.model?.close() }
        if (picked == null) return
        val state =
            withContext(NonCancellable) {
                // a network that is opened is closed by somebody
                try {
                    withContext(networkThread) { guarded(picked.file) { ready(picked, preferences.value) } }
                } catch (error: Exception) {
                    Use.Failed(sentence(error))
                }
            }
        if (currentCoroutineContext().isActive) {
            shownUse.value = state
        } else {
            withContext(NonCancellable + networkThread) { (state as? Use.Ready)?.model?.close() }
        }
    }

    private suspend fun ready(
        picked: ModelFile,
        preferences: Preferences,
    ): Use.Ready {
        val opening = ModelOpening(files.golden(), files.crop())
        val engine = engines.of(picked.format)
        val threads = preferences.threads.takeIf { it > 0 }
        val facts = files.facts(picked)
        val finder = BlazeFaceDetector(detector.value, networkThread)
        val model = opening.open(facts, engine.opener(files.place(picked)), preferences.accelerator, threads)
        return Use.Ready(engine.title, model, finder, NetworkEstimator(model, networkThread))
    }

    /** On the processor: a millisecond there, and the GPU stays the pose model's. */
    private val detector =
        lazy { engines.liteRt.open(files.detector(), LiteRtNetwork.DETECTOR_INPUTS, Accelerator.CPU, 2) }

    /** Networks are closed on their own thread, after what it still does. */
    override fun onCleared() {
        val ready = use.value as? Use.Ready
        networkThread.executor.execute {
            ready?.model?.close()
            if (detector.isInitialized()) detector.value.close()
        }
        networkThread.close()
    }
}
