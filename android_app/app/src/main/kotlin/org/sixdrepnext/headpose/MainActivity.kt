package org.sixdrepnext.headpose

import android.os.Bundle
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.activity.viewModels
import org.sixdrepnext.headpose.ui.AppModel
import org.sixdrepnext.headpose.ui.BenchmarkModel
import org.sixdrepnext.headpose.ui.HeadPoseTheme
import org.sixdrepnext.headpose.ui.PhotoModel
import org.sixdrepnext.headpose.ui.RootView

/** The app's only activity. */
class MainActivity : ComponentActivity() {
    private val app: AppModel by viewModels()
    private val photo: PhotoModel by viewModels()
    private val benchmark: BenchmarkModel by viewModels()

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        enableEdgeToEdge()
        setContent { HeadPoseTheme { RootView(app, photo, benchmark) } }
    }

    override fun onResume() {
        super.onResume()
        app.refresh()
    }
}
