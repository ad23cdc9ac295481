package org.sixdrepnext.headpose.ui

import androidx.annotation.DrawableRes
import androidx.annotation.StringRes
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Icon
import androidx.compose.material3.NavigationBar
import androidx.compose.material3.NavigationBarItem
import androidx.compose.material3.Scaffold
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import org.sixdrepnext.headpose.R

/** The four screens. */
enum class Screen(
    @param:StringRes val title: Int,
    @param:DrawableRes val icon: Int,
) {
    /** The camera. */
    LIVE(R.string.live, R.drawable.ic_live),

    /** One photograph. */
    PHOTO(R.string.photo, R.drawable.ic_photo),

    /** What models there are. */
    MODELS(R.string.models, R.drawable.ic_models),

    /** How fast they are. */
    BENCHMARK(R.string.benchmark, R.drawable.ic_benchmark),
}

/** The screen that was chosen, over the bar to choose by. It is found again after the process's death. */
@Composable
fun RootView(
    app: AppModel,
    photo: PhotoModel,
    benchmark: BenchmarkModel,
) {
    var chosen by rememberSaveable { mutableStateOf(Screen.LIVE.name) }
    val measuring by benchmark.isRunning.collectAsStateWithLifecycle()
    Scaffold(
        bottomBar = {
            NavigationBar {
                Screen.entries.forEach { screen ->
                    NavigationBarItem(
                        selected = screen.name == chosen,
                        onClick = { chosen = screen.name },
                        enabled = !measuring || screen == Screen.BENCHMARK, // nothing else may run while it measures
                        icon = { Icon(painterResource(screen.icon), contentDescription = null) },
                        label = { Text(stringResource(screen.title)) },
                    )
                }
            }
        },
    ) { padding ->
        Box(Modifier.fillMaxSize().padding(padding)) {
            when (Screen.valueOf(chosen)) {
                Screen.LIVE -> LiveView(app, openModels = { chosen = Screen.MODELS.name })
                Screen.PHOTO -> PhotoView(app, photo, openModels = { chosen = Screen.MODELS.name })
                Screen.MODELS -> ModelsView(app)
                Screen.BENCHMARK -> BenchmarkView(app, benchmark)
            }
        }
    }
}
