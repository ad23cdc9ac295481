// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/activity/activity/api/current.txt
// Audited by the tests with chaquopy-stubs-androidx-activity-activity.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.activity.result.contract

import android.net.Uri
import androidx.activity.result.PickVisualMediaRequest

abstract class ActivityResultContract<I, O>

class ActivityResultContracts private constructor() {
    class RequestPermission : ActivityResultContract<String, Boolean>()

    class OpenDocument : ActivityResultContract<Array<String>, Uri?>()

    class PickVisualMedia : ActivityResultContract<PickVisualMediaRequest, Uri?>() {
        sealed interface VisualMediaType

        object ImageOnly : VisualMediaType

        abstract class DefaultTab internal constructor() {
            object PhotosTab : DefaultTab()
        }
    }
}
