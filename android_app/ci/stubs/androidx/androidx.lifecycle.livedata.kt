// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/lifecycle/lifecycle-livedata-core/api/current.txt
// Audited by the tests with chaquopy-stubs-androidx-lifecycle-lifecycle-livedata-core.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.lifecycle

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

    protected open fun setValue(value: T) {
        observers.forEach { it.onChanged(value) }
    }
}

class MutableLiveData<T> : LiveData<T>() {
    public override fun setValue(value: T) {
        super.setValue(value)
    }
}
