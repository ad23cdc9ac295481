package org.sixdrepnext.headpose.ui

import android.app.Application
import android.net.Uri
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.viewModelScope
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.sixdrepnext.headpose.logic.StillHead
import org.sixdrepnext.headpose.logic.StillReader
import org.sixdrepnext.headpose.logic.guarded
import org.sixdrepnext.headpose.logic.sentence
import org.sixdrepnext.headpose.platform.Still
import org.sixdrepnext.headpose.platform.Stills

/**
 * What the photo screen shows.
 *
 * @property still the photograph; null before one was chosen.
 * @property heads its heads; null until it was read.
 * @property error why it could not be read, in one sentence.
 */
data class PhotoState(
    val still: Still? = null,
    val heads: List<StillHead>? = null,
    val error: String? = null,
)

/** Reads photographs. */
class PhotoModel(
    application: Application,
) : AndroidViewModel(application) {
    private val stills = Stills(application)
    private val shown = MutableStateFlow(PhotoState())
    private var reading: Job? = null

    /** What the screen shows. */
    val state: StateFlow<PhotoState> = shown.asStateFlow()

    /** Reads a photograph: the one that was picked, or the bundled one. */
    fun read(
        picked: Uri?,
        use: Use.Ready,
    ) {
        reading?.cancel()
        reading =
            viewModelScope.launch {
                shown.value = PhotoState()
                try {
                    val still =
                        withContext(Dispatchers.IO) {
                            if (picked ==
                                null
                            ) {
                                stills.example()
                            } else {
                                stills.read(picked)
                            }
                        }
                    shown.value = PhotoState(still)
                    val heads =
                        withContext(Dispatchers.Default) {
                            guarded("the picture") {
                                StillReader
                                    .heads(still.picture(), still.geometry, use.detector, use.estimator)
                            }
                        }
                    shown.value = PhotoState(still, heads)
                } catch (stopped: CancellationException) {
                    throw stopped
                } catch (error: Exception) {
                    shown.value = shown.value.copy(error = sentence(error))
                }
            }
    }
}
