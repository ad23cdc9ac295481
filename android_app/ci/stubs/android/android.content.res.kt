// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/content/res/AssetManager
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.content.res

import org.sixdrepnext.headpose.stubs.stub
import java.io.File
import java.io.InputStream

/** Runs: assets are files in a folder. */
class AssetManager(
    private val folder: File? = null,
) {
    fun open(fileName: String): InputStream = File(folder ?: stub(), fileName).inputStream()

    fun list(path: String): Array<String>? = File(folder ?: stub(), path).list() ?: emptyArray()
}
