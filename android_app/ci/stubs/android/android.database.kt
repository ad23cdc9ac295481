// Only what the app uses, by the published signatures:
//   https://developer.android.com/reference/android/database/Cursor
// Audited by the tests with chaquopy-stubs-android.
@file:Suppress("UNUSED_PARAMETER", "unused")

package android.database

import java.io.Closeable

interface Cursor : Closeable {
    fun moveToFirst(): Boolean

    fun getString(columnIndex: Int): String?
}
