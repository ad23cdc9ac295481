// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/activity/activity/api/current.txt
// Audited by the tests with chaquopy-stubs-androidx-activity-activity.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.activity

import android.app.Activity
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.LifecycleOwner
import androidx.lifecycle.ViewModel
import org.sixdrepnext.headpose.stubs.stub

open class ComponentActivity :
    Activity(),
    LifecycleOwner {
    override val lifecycle: Lifecycle get() = stub()
}

class SystemBarStyle internal constructor()

fun ComponentActivity.enableEdgeToEdge(
    statusBarStyle: SystemBarStyle = SystemBarStyle(),
    navigationBarStyle: SystemBarStyle = SystemBarStyle(),
) {}

inline fun <reified VM : ViewModel> ComponentActivity.viewModels(
    noinline extrasProducer: (() -> Any)? = null,
    noinline factoryProducer: (() -> Any)? = null,
): Lazy<VM> = lazy { stub() }
