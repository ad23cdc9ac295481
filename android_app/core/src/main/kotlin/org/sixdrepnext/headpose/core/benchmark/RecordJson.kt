package org.sixdrepnext.headpose.core.benchmark

import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord.Accuracy
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord.Device
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord.LoadTimes
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord.Memory
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord.Model
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord.OperatorTime
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord.Run
import org.sixdrepnext.headpose.core.benchmark.BenchmarkRecord.UnitShare
import org.sixdrepnext.headpose.core.json.JsonFields
import org.sixdrepnext.headpose.core.json.JsonNull
import org.sixdrepnext.headpose.core.json.JsonObject
import org.sixdrepnext.headpose.core.json.JsonValue
import org.sixdrepnext.headpose.core.json.json

/** Benchmark records as JSON: every field is named, null ones too. */
internal object RecordJson {
    fun of(record: BenchmarkRecord): JsonObject =
        json(
            "schema" to json(record.schema),
            "model" to of(record.model),
            "device" to of(record.device),
            "run" to of(record.run),
            "load_ms" to json("cold" to json(record.loadMs.cold), "warm" to json(record.loadMs.warm)),
            "first_ms" to json(record.firstMs),
            "samples_ms" to json(record.samplesMs) { json(it) },
            "latency_ms" to record.latencyMs.toJson(),
            "stages_ms" to JsonObject(record.stagesMs.mapValues { it.value.toJson() }),
            "memory_mb" to orNull(record.memoryMb) { json("peak_mb" to json(it.peakMb), "base_mb" to json(it.baseMb)) },
            "energy_mj" to json(record.energyMj),
            "placement" to json(record.placement, ::of),
            "operators" to json(record.operators, ::of),
            "accuracy" to orNull(record.accuracy, ::of),
            "parity" to (record.parity ?: JsonNull),
            "tools" to json(record.tools),
            "created" to json(record.created),
            "valid" to json(record.valid),
            "invalid_reasons" to json(record.invalidReasons) { json(it) },
        )

    fun read(
        text: String,
        what: String,
    ): BenchmarkRecord = JsonFields.read(text, what, "measure again", ::record)

    private fun record(json: JsonFields) =
        BenchmarkRecord(
            schema = json.int("schema"),
            model = model(json.fields("model")),
            device = device(json.fields("device")),
            run = run(json.fields("run")),
            loadMs = json.fields("load_ms").let { LoadTimes(it.number("cold"), it.number("warm")) },
            firstMs = json.number("first_ms"),
            samplesMs = json.doubles("samples_ms"),
            latencyMs = LatencyStats.of(json.fields("latency_ms")),
            stagesMs = json.map("stages_ms", LatencyStats::of),
            memoryMb = json.orNull("memory_mb") { memory(fields(it)) },
            energyMj = json.number("energy_mj"),
            placement = json.objects("placement").map(::share),
            operators = json.objects("operators").map(::operator),
            accuracy = json.orNull("accuracy") { accuracy(fields(it)) },
            parity = json.orNull("parity", JsonFields::any),
            tools = json.texts("tools"),
            created = json.string("created"),
            valid = json.bool("valid"),
            invalidReasons = json.strings("invalid_reasons"),
        )

    private fun JsonFields.number(name: String): Double? = orNull(name, JsonFields::double)

    private fun <Value> orNull(
        value: Value?,
        write: (Value) -> JsonValue,
    ): JsonValue = if (value == null) JsonNull else write(value)

    private fun of(model: Model) =
        json(
            "name" to json(model.name),
            "backbone" to json(model.backbone),
            "target" to json(model.target),
            "precision" to json(model.precision),
            "input_size" to json(model.inputSize),
            "sha256" to json(model.sha256),
            "size_bytes" to json(model.sizeBytes),
            "trained" to json(model.trained),
            "checkpoint_sha256" to json(model.checkpointSha256),
            "git" to model.git,
        )

    private fun model(json: JsonFields) =
        Model(
            name = json.string("name"),
            backbone = json.string("backbone"),
            target = json.string("target"),
            precision = json.string("precision"),
            inputSize = json.int("input_size"),
            sha256 = json.string("sha256"),
            sizeBytes = json.long("size_bytes"),
            trained = json.bool("trained"),
            checkpointSha256 = json.string("checkpoint_sha256"),
            git = json.any("git"),
        )

    private fun of(device: Device) =
        json(
            "kind" to json(device.kind),
            "model" to json(device.model),
            "soc" to json(device.soc),
            "os" to json(device.os),
            "cores" to json(device.cores),
            "memory_gb" to json(device.memoryGb),
            "thermal_start" to json(device.thermalStart),
            "thermal_end" to json(device.thermalEnd),
            "low_power" to json(device.lowPower),
        )

    private fun device(json: JsonFields) =
        Device(
            kind = json.string("kind"),
            model = json.string("model"),
            soc = json.orNull("soc", JsonFields::string),
            os = json.string("os"),
            cores = json.int("cores"),
            memoryGb = json.number("memory_gb"),
            thermalStart = json.orNull("thermal_start", JsonFields::string),
            thermalEnd = json.orNull("thermal_end", JsonFields::string),
            lowPower = json.orNull("low_power", JsonFields::bool),
        )

    private fun of(run: Run) =
        json(
            "tool" to json(run.tool),
            "engine" to json(run.engine),
            "threads" to json(run.threads),
            "compute_units_requested" to json(run.computeUnitsRequested),
            "compute_units_used" to json(run.computeUnitsUsed),
            "emulated" to json(run.emulated),
            "warmup" to json(run.warmup),
            "iterations" to json(run.iterations),
            "interleaved_with" to json(run.interleavedWith) { json(it) },
            "includes" to json(run.includes) { json(it) },
            "protocol" to json(run.protocol),
            "mode" to json(run.mode),
            "conditions" to json(run.conditions),
        )

    private fun run(json: JsonFields) =
        Run(
            tool = json.string("tool"),
            engine = json.string("engine"),
            threads = json.orNull("threads", JsonFields::int),
            computeUnitsRequested = json.string("compute_units_requested"),
            computeUnitsUsed = json.orNull("compute_units_used", JsonFields::string),
            emulated = json.bool("emulated"),
            warmup = json.int("warmup"),
            iterations = json.int("iterations"),
            interleavedWith = json.strings("interleaved_with"),
            includes = json.strings("includes"),
            protocol = json.string("protocol"),
            mode = json.string("mode"),
            conditions = json.texts("conditions"),
        )

    private fun memory(json: JsonFields) = Memory(json.double("peak_mb"), json.number("base_mb"))

    private fun of(share: UnitShare) =
        json(
            "unit" to json(share.unit),
            "operators" to json(share.operators),
            "cost_share" to json(share.costShare),
        )

    private fun share(json: JsonFields) =
        UnitShare(
            json.string("unit"), json.int("operators"),
            json
                .number("cost_share"),
        )

    private fun of(time: OperatorTime) =
        json(
            "kind" to json(time.kind),
            "calls" to json(time.calls),
            "ms" to json(time.ms),
            "share" to json(time.share),
        )

    private fun operator(json: JsonFields) =
        OperatorTime(json.string("kind"), json.int("calls"), json.double("ms"), json.double("share"))

    private fun of(accuracy: Accuracy) =
        json(
            "dataset" to json(accuracy.dataset),
            "n" to json(accuracy.n),
            "geodesic_mean_deg" to json(accuracy.geodesicMeanDeg),
            "geodesic_low_deg" to json(accuracy.geodesicLowDeg),
            "geodesic_high_deg" to json(accuracy.geodesicHighDeg),
            "mae_deg" to json(accuracy.maeDeg),
        )

    private fun accuracy(json: JsonFields) =
        Accuracy(
            dataset = json.string("dataset"),
            n = json.int("n"),
            geodesicMeanDeg = json.double("geodesic_mean_deg"),
            geodesicLowDeg = json.number("geodesic_low_deg"),
            geodesicHighDeg = json.number("geodesic_high_deg"),
            maeDeg = json.number("mae_deg"),
        )
}
