// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/content/Context
//   https://developer.android.com/reference/android/content/ContentResolver
//   https://developer.android.com/reference/android/content/Intent
//   https://developer.android.com/reference/android/content/SharedPreferences
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.content

import android.content.res.AssetManager
import android.database.Cursor
import android.net.Uri
import android.os.Parcelable
import org.sixdrepnext.headpose.stubs.stub
import java.io.File
import java.io.InputStream

abstract class Context {
    open val assets: AssetManager get() = stub()
    open val contentResolver: ContentResolver get() = stub()
    open val filesDir: File get() = stub()
    open val packageName: String get() = stub()

    fun getString(resId: Int): String = stub()

    open fun checkSelfPermission(permission: String): Int = stub()

    open fun startActivity(intent: Intent) {}

    open fun getSharedPreferences(
        name: String,
        mode: Int,
    ): SharedPreferences = stub()

    fun <T> getSystemService(serviceClass: Class<T>): T = stub()

    companion object {
        const val MODE_PRIVATE = 0
    }
}

abstract class ContentResolver(
    context: Context?,
) {
    /** Not in the real class: name and content of what was picked. */
    val picked = mutableMapOf<Uri, Pair<String, ByteArray>>()

    fun openInputStream(uri: Uri): InputStream? = picked[uri]?.second?.inputStream()

    fun query(
        uri: Uri,
        projection: Array<String>?,
        selection: String?,
        selectionArgs: Array<String>?,
        sortOrder: String?,
    ): Cursor? = picked[uri]?.let { NameAlone(it.first) }
}

private class NameAlone(
    private val name: String,
) : Cursor {
    override fun moveToFirst() = true

    override fun getString(columnIndex: Int) = name

    override fun close() {}
}

open class Intent(
    action: String,
    uri: Uri? = null,
) {
    var type: String? = null

    fun putExtra(
        name: String,
        value: Parcelable?,
    ): Intent = this

    fun addFlags(flags: Int): Intent = this

    companion object {
        const val ACTION_SEND = "android.intent.action.SEND"
        const val EXTRA_STREAM = "android.intent.extra.STREAM"
        const val FLAG_GRANT_READ_URI_PERMISSION = 1

        @JvmStatic fun createChooser(
            target: Intent,
            title: CharSequence?,
        ): Intent = target
    }
}

interface SharedPreferences {
    fun getString(
        key: String,
        defValue: String?,
    ): String?

    fun edit(): Editor

    interface Editor {
        fun putString(
            key: String,
            value: String?,
        ): Editor

        fun apply()
    }
}
