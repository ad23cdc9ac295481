// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/lifecycle/lifecycle-common/api/current.txt
//   https://github.com/androidx/androidx/blob/androidx-main/lifecycle/lifecycle-livedata-core/api/current.txt
//   https://github.com/androidx/androidx/blob/androidx-main/lifecycle/lifecycle-runtime/api/current.txt
//   https://github.com/androidx/androidx/blob/androidx-main/lifecycle/lifecycle-viewmodel/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.lifecycle

import android.app.Application
import kotlinx.coroutines.CoroutineScope
import org.sixdrepnext.headpose.stubs.stub

abstract class Lifecycle {
    enum class State { DESTROYED, INITIALIZED, CREATED, STARTED, RESUMED }

    enum class Event { ON_CREATE, ON_START, ON_RESUME, ON_PAUSE, ON_STOP, ON_DESTROY, ON_ANY }
}

interface LifecycleOwner {
    val lifecycle: Lifecycle
}

fun interface Observer<T> {
    fun onChanged(value: T)
}

/** Runs: an observer is told at once and at each change, whatever its owner does. */
abstract class LiveData<T> {
    private val observers = mutableListOf<Observer<in T>>()

    fun observe(
        owner: LifecycleOwner,
        observer: Observer<in T>,
    ) {
        observers += observer
    }

    fun removeObserver(observer: Observer<in T>) {
        observers -= observer
    }

    protected open fun setValue(value: T) = observers.forEach { it.onChanged(value) }
}

class MutableLiveData<T> : LiveData<T>() {
    public override fun setValue(value: T) = super.setValue(value)
}

suspend fun LifecycleOwner.repeatOnLifecycle(
    state: Lifecycle.State,
    block: suspend CoroutineScope.() -> Unit,
) {}

abstract class ViewModel {
    protected open fun onCleared() {}
}

val ViewModel.viewModelScope: CoroutineScope get() = stub()

open class AndroidViewModel(
    application: Application,
) : ViewModel()
