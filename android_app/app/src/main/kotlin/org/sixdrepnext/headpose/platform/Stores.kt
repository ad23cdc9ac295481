package org.sixdrepnext.headpose.platform

import android.content.Context
import android.content.Intent
import androidx.core.content.FileProvider
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.logic.Preferences
import java.io.File
import java.io.IOException

/** Keeps what the person chose. */
class PreferenceStore(
    context: Context,
) {
    private val stored = context.getSharedPreferences("preferences", Context.MODE_PRIVATE)

    /** As they were kept. */
    fun read(): Preferences = Preferences.of { stored.getString(it, null) }

    /** Keeps them. */
    fun keep(preferences: Preferences) {
        val editor = stored.edit()
        preferences.texts.forEach { (name, text) -> editor.putString(name, text) }
        editor.apply()
    }
}

/** Keeps benchmark results among the app's own files. */
class ResultStore(
    private val context: Context,
) {
    private val folder = File(context.filesDir, "results")

    private val file = File(folder, "benchmark.json")

    /** Whether there are results, of this run or an earlier one. */
    val hasResults: Boolean get() = file.isFile

    /** Writes results as the Python tools read them, in place of earlier ones. */
    fun keep(records: List<BenchmarkRecord>) {
        folder.mkdirs()
        val part = File(folder, "${file.name}.part")
        part.writeText(BenchmarkRecord.canonicalJson(records))
        if (!part.renameTo(file)) throw IOException("$file cannot be written")
    }

    /** The share sheet for the results. */
    fun share(): Intent {
        val address = FileProvider.getUriForFile(context, "${context.packageName}.results", file)
        val send =
            Intent(Intent.ACTION_SEND).apply {
                type = "application/json"
                putExtra(Intent.EXTRA_STREAM, address)
                addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
            }
        return Intent.createChooser(send, null)
    }
}
