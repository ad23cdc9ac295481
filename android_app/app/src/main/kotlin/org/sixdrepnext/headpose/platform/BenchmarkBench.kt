package org.sixdrepnext.headpose.platform

import org.sixdrepnext.headpose.BuildConfig
import org.sixdrepnext.headpose.core.accelerator.Accelerator
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord
import org.sixdrepnext.headpose.core.benchmark.BenchmarkSubject
import org.sixdrepnext.headpose.core.models.ModelFacts
import org.sixdrepnext.headpose.logic.BenchmarkJob
import org.sixdrepnext.headpose.logic.ModelPlace
import org.sixdrepnext.headpose.logic.NetworkEngine

/** Makes a measurement's subject of a model on this phone; the screen and the instrumentation both use it. */
class BenchmarkBench(
    private val files: ModelFiles,
    private val engines: Engines,
    private val phone: Phone,
) {
    /** What is measured for a job of the screen. */
    fun subject(
        job: BenchmarkJob,
        mode: String,
    ): BenchmarkSubject =
        subject(
            engines.of(job.model.format),
            files.place(job.model),
            files.facts(job.model),
            files.recordModel(job.model),
            job.accelerator,
            job.threads,
            mode,
        )

    /**
     * One inference on the bundled crop, from written input to read output.
     *
     * @param engine the one of the file's format.
     * @param place the file.
     * @param facts what it says of itself.
     * @param model what the record keeps of it.
     * @param mode sustained or not, for the record.
     */
    fun subject(
        engine: NetworkEngine,
        place: ModelPlace,
        facts: ModelFacts,
        model: BenchmarkRecord.Model,
        accelerator: Accelerator,
        threads: Int?,
        mode: String,
    ): BenchmarkSubject {
        val crop = files.crop()
        val numbers = facts.inputSize * facts.inputSize * 3
        val input = if (crop.size == numbers) crop else FloatArray(numbers) { crop[it % crop.size] }
        return BenchmarkSubject(
            model = model,
            device = phone.device(),
            accelerator = accelerator,
            threads = threads,
            tool = "HeadPose ${BuildConfig.VERSION_NAME}",
            engine = engine.title,
            parity = facts.parity,
            tools = facts.tools + (engine.tool to engine.version),
            conditions = phone.conditions(),
            emulated = phone.isEmulator,
            mode = mode,
            memory = { Phone.memory() },
            open = { engine.opener(place).open(accelerator, threads).also { it.write(input) } },
        )
    }
}
