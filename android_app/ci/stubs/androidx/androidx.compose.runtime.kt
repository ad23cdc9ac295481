// Only what the app uses, by the published signatures (compared on 2026-11-27):
//   https://github.com/androidx/androidx, commit a1dc3d12602a25c73932e5e0565d12222e57d28f:
//   compose/runtime/runtime/api/1.10.0-beta01.txt
// Not looked up there: CompositionContext, CompositionLocal, mutableIntStateOf, setValue of MutableIntState.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.compose.runtime

import kotlinx.coroutines.CoroutineScope
import org.sixdrepnext.headpose.stubs.stub
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.reflect.KProperty

@Target(
    AnnotationTarget.FUNCTION,
    AnnotationTarget.TYPE,
    AnnotationTarget.TYPE_PARAMETER,
    AnnotationTarget.PROPERTY_GETTER,
)
annotation class Composable

abstract class CompositionContext internal constructor()

abstract class CompositionLocal<T> internal constructor() {
    val current: T @Composable get() = stub()
}

abstract class ProvidableCompositionLocal<T> internal constructor() : CompositionLocal<T>()

interface State<out T> {
    val value: T
}

interface MutableState<T> : State<T> {
    override var value: T
}

interface IntState : State<Int> {
    val intValue: Int
}

interface MutableIntState :
    IntState,
    MutableState<Int> {
    override var intValue: Int
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

interface DisposableEffectResult {
    fun dispose()
}

class DisposableEffectScope {
    inline fun onDispose(crossinline onDisposeEffect: () -> Unit): DisposableEffectResult =
        object : DisposableEffectResult {
            override fun dispose() = onDisposeEffect()
        }
}

@Composable
fun DisposableEffect(
    key1: Any?,
    key2: Any?,
    key3: Any?,
    effect: DisposableEffectScope.() -> DisposableEffectResult,
) {}
