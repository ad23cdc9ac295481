// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/compose/runtime/runtime/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.runtime

import kotlinx.coroutines.CoroutineScope
import org.sixdrepnext.headpose.stubs.stub
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.reflect.KProperty

@Target(AnnotationTarget.FUNCTION, AnnotationTarget.TYPE, AnnotationTarget.TYPE_PARAMETER, AnnotationTarget.PROPERTY_GETTER)
annotation class Composable

abstract class CompositionContext

abstract class CompositionLocal<T> {
    val current: T @Composable get() = stub()
}

interface State<out T> {
    val value: T
}

interface MutableState<T> : State<T> {
    override var value: T
}

interface MutableIntState : State<Int> {
    override val value: Int
    var intValue: Int
}

operator fun <T> State<T>.getValue(
    thisObj: Any?,
    property: KProperty<*>,
): T = value

operator fun <T> MutableState<T>.setValue(
    thisObj: Any?,
    property: KProperty<*>,
    value: T,
) {
    this.value = value
}

operator fun MutableIntState.setValue(
    thisObj: Any?,
    property: KProperty<*>,
    value: Int,
) {
    intValue = value
}

fun <T> mutableStateOf(value: T): MutableState<T> = stub()

fun mutableIntStateOf(value: Int): MutableIntState = stub()

@Composable
fun <T> remember(calculation: () -> T): T = stub()

@Composable
fun <T> remember(
    key1: Any?,
    calculation: () -> T,
): T = stub()

interface ProduceStateScope<T> :
    MutableState<T>,
    CoroutineScope

@Composable
fun <T> produceState(
    initialValue: T,
    key1: Any?,
    producer: suspend ProduceStateScope<T>.() -> Unit,
): State<T> = stub()

@Composable
fun rememberCoroutineScope(getContext: () -> CoroutineContext = { EmptyCoroutineContext }): CoroutineScope = stub()

@Composable
fun LaunchedEffect(
    key1: Any?,
    block: suspend CoroutineScope.() -> Unit,
) {}

@Composable
fun LaunchedEffect(
    vararg keys: Any?,
    block: suspend CoroutineScope.() -> Unit,
) {}

interface DisposableEffectResult

class DisposableEffectScope {
    inline fun onDispose(crossinline onDisposeEffect: () -> Unit): DisposableEffectResult =
        object : DisposableEffectResult {
            override fun toString() = onDisposeEffect().toString()
        }
}

@Composable
fun DisposableEffect(
    key1: Any?,
    key2: Any?,
    key3: Any?,
    effect: DisposableEffectScope.() -> DisposableEffectResult,
) {}
