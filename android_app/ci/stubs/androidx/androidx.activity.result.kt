// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/activity/activity/api/current.txt
// Audited by the tests with chaquopy-stubs-androidx-activity-activity.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.activity.result

import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia.DefaultTab
import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia.ImageOnly
import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia.VisualMediaType
import org.sixdrepnext.headpose.stubs.stub

abstract class ActivityResultLauncher<I> {
    open fun launch(input: I) {}
}

class PickVisualMediaRequest

fun PickVisualMediaRequest(
    mediaType: VisualMediaType = ImageOnly,
    maxItems: Int = 1,
    isOrderedSelection: Boolean = false,
    defaultTab: DefaultTab = DefaultTab.PhotosTab,
): PickVisualMediaRequest = stub()
