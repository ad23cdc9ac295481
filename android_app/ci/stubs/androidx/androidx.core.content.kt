// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/androidx/core/content/FileProvider
// Audited by the tests with chaquopy-stubs-androidx-core-core.
@file:Suppress("UNUSED_PARAMETER", "unused")

package androidx.core.content

import android.content.Context
import android.net.Uri
import org.sixdrepnext.headpose.stubs.stub
import java.io.File

class FileProvider {
    companion object {
        @JvmStatic fun getUriForFile(
            context: Context,
            authority: String,
            file: File,
        ): Uri = stub()
    }
}
