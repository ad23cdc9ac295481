// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/content/res/AssetManager
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.content.res

import java.io.File
import java.io.InputStream

/** Runs: assets are files in a folder. */
class AssetManager
/** Not in the real class. */
constructor(
    private val folder: File,
) {
    fun open(fileName: String): InputStream = File(folder, fileName).inputStream()

    fun list(path: String): Array<String>? = File(folder, path).list() ?: emptyArray()
}
