// Only what the app uses, by the published signatures:
//   https://github.com/androidx/androidx/blob/androidx-main/activity/activity/api/current.txt
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.activity.result

import androidx.activity.result.contract.ActivityResultContracts
import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia.VisualMediaType
import org.sixdrepnext.headpose.stubs.stub

class PickVisualMediaRequest internal constructor()

fun PickVisualMediaRequest(
    mediaType: VisualMediaType = ActivityResultContracts.PickVisualMedia.ImageOnly,
): PickVisualMediaRequest = stub()
