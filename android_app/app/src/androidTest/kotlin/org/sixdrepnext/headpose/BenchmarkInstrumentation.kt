package org.sixdrepnext.headpose

import androidx.test.ext.junit.runners.AndroidJUnit4
import androidx.test.platform.app.InstrumentationRegistry
import kotlinx.coroutines.runBlocking
import org.junit.Assume.assumeTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.sixdrepnext.headpose.core.benchmark.BenchmarkOrder
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRunner
import org.sixdrepnext.headpose.core.benchmark.CoolDown
import org.sixdrepnext.headpose.core.models.ModelFormat
import org.sixdrepnext.headpose.logic.ModelPlace
import org.sixdrepnext.headpose.platform.BenchmarkBench
import org.sixdrepnext.headpose.platform.Engines
import org.sixdrepnext.headpose.platform.ModelFiles
import org.sixdrepnext.headpose.platform.Phone
import java.io.File

/**
 * What `headpose bench android --with app` starts: measures one file and leaves a list of one record
 * among the app's files.
 *
 *     am instrument -w -r -e class org.sixdrepnext.headpose.BenchmarkInstrumentation
 *         -e artefact /data/local/tmp/m.tflite -e accelerator gpu -e warmup 10 -e runs 100 -e minSeconds 10 -e result r.json
 *         org.sixdrepnext.headpose.test/androidx.test.runner.AndroidJUnitRunner
 *
 * It does not cool the phone down: that is the caller's, who sees its thermal state too.
 */
@RunWith(AndroidJUnit4::class)
class BenchmarkInstrumentation {
    private val context = InstrumentationRegistry.getInstrumentation().targetContext

    @Test fun measure() {
        val arguments = InstrumentationRegistry.getArguments()
        assumeTrue("started without an artefact", arguments.getString("artefact") != null)
        val order = BenchmarkOrder.read { arguments.getString(it) }
        val record = runBlocking { measured(order) }
        File(context.filesDir, order.result).writeText(BenchmarkRecord.canonicalJson(listOf(record)))
    }

    private suspend fun measured(order: BenchmarkOrder): BenchmarkRecord {
        val file = File(order.artefact)
        val format = ModelFormat.needed(file.name)
        val facts = format.facts(ModelFiles.mapped(file), file.name)
        val content = ModelFiles.content(file.inputStream())
        val model = facts.recordModel(content.sha256, content.sizeBytes)
        val phone = Phone(context)
        val engines = Engines(context.assets)
        val bench = BenchmarkBench(ModelFiles(context), engines, phone)
        val place = ModelPlace.Stored(file.path)
        val subject =
            bench.subject(engines.of(format), place, facts, model, order.accelerator, order.threads, "")
        return BenchmarkRunner(thermal = phone, coolDown = CoolDown.NONE).measure(subject, order.protocol)
    }
}
