// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit ef8dd96c2e78530a833cd339eaa3ff20d710ab08:
//   lifecycle/lifecycle-common/api/2.10.0-beta01.txt
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   lifecycle/lifecycle-runtime/api/2.10.0-beta01.txt
//   https://github.com/androidx/androidx, commit a9b06aaf32dbcf83aa12e3f8185a109d14fbe8e9:
//   lifecycle/lifecycle-viewmodel/api/restricted_2.10.0-beta01.txt
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
