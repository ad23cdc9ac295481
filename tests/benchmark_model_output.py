"""What benchmark_model prints and writes, made from given figures, for the stand-in phone and the tests of the readers.

The text follows the format strings of tflite/tools/benchmark (benchmark_model.cc, benchmark_tflite_model.cc), of
subgraph.cc and of stats_calculator.{h,cc}; it was not printed by the program, which this project does not ship. The
result file is written by Google's protobuf package from a descriptor with the fields of benchmark_result.proto.
"""

from __future__ import annotations

from dataclasses import dataclass

XNNPACK, GPU = "TfLiteXNNPackDelegate", "TfLiteGpuDelegateV2"
_LIMIT = "seconds but terminate if exceeding 150 seconds."


@dataclass(frozen=True)
class Made:
    """Figures in microseconds and MiB."""

    init: int = 32163
    first: int = 19834
    warmup: float = 15997.4
    average: float = 15517.6
    low: int = 14661
    high: int = 17579
    deviation: int = 551
    p5: int = 14800
    median: int = 15480
    p95: int = 16200
    runs: int = 640
    warmup_runs: int = 32
    init_growth: float = 22.0273
    growth: float = 34.8281
    peak: float = 71.25


def printed(
    made: Made, *, delegates=((XNNPACK, 105, 105, 1),), gpu_applied=None, median=True, profile="", peak=False
) -> tuple[str, str]:
    """Output and error stream of a run; delegates are (name, nodes, of how many, partitions)."""
    extra = f" p5={made.p5} median={made.median} p95={made.p95}" if median else ""
    out = [
        "INFO: STARTING!",
        "INFO: Log parameter values verbosely: [0]",
        "INFO: Graph: [/data/local/tmp/x/model.tflite]",
        "INFO: Signature to run: []",
        "INFO: Loaded model /data/local/tmp/x/model.tflite",
        *([f"INFO: {gpu_applied}"] if gpu_applied else []),
        "INFO: The input model file size (MB): 0.230064",
        f"INFO: Initialized session in {made.init / 1e3:g}ms.",
        f"INFO: Running benchmark for at least 10 iterations and at least 0.5 {_LIMIT}",
        f"INFO: count={made.warmup_runs} first={made.first} curr=15648 min=14936 max=21608 avg={made.warmup:g} std=1663"
        + (" p5=15000 median=15800 p95=19000" if median else ""),
        "",
        f"INFO: Running benchmark for at least 100 iterations and at least 10 {_LIMIT}",
        f"INFO: count={made.runs} first=16067 curr=15102 min={made.low} max={made.high} avg={made.average:g} "
        f"std={made.deviation}{extra}",
        "",
        f"INFO: Inference timings in us: Init: {made.init}, First inference: {made.first}, "
        f"Warmup (avg): {made.warmup:g}, Inference (avg): {made.average:g}",
        "INFO: Note: as the benchmark tool itself affects memory footprint, the following is only APPROXIMATE to the "
        "actual memory footprint of the model at runtime. Take the information at your discretion.",
        f"INFO: Memory footprint delta from the start of the tool (MB): init={made.init_growth:g} "
        f"overall={made.growth:g}",
        *([f"INFO: Overall peak memory footprint (MB) via periodic monitoring: {made.peak:g}"] if peak else []),
        *([profile] if profile else []),
    ]
    err = ["INFO: Initialized TensorFlow Lite runtime."]
    for name, nodes, total, partitions in delegates:
        what = "delegate for GPU" if name == GPU else "XNNPACK delegate for CPU"
        err.append(f"INFO: Created TensorFlow Lite {what}.")
        err.append(
            f"INFO: Replacing {nodes} out of {total} node(s) with delegate ({name}) node, yielding {partitions} "
            "partitions for subgraph 0."
        )
    return "\n".join(out) + "\n", "\n".join(err) + "\n"


def table(rows) -> str:
    """A 'Summary by node type' of (kind, count, ms, calls), with the tables before it cut to their first row."""
    total, done = sum(ms for _, _, ms, _ in rows), 0.0
    lines = [
        "============================== Run Order ==============================",
        _columns(24, "[node type]", (9, "[first]"), (9, "[avg ms]"), (8, "[%]"), (8, "[cdf%]"), (10, "[mem KB]"))
        + "\t[times called]\t[Name]",
        _columns(24, rows[0][0], (9, "0.199"), (9, "0.203"), (7, "1.328%"), (7, "1.328%"), (10, "0.000"))
        + "\t        1\t[made up]:0",
        "",
        f"Number of nodes executed: {sum(count for _, count, _, _ in rows)}",
        "============================== Summary by node type ==============================",
        _columns(
            24, "[Node type]", (9, "[count]"), (10, "[avg ms]"), (11, "[avg %]"), (11, "[cdf %]"), (10, "[mem KB]")
        )
        + "\t[times called]",
    ]
    for kind, count, ms, calls in rows:
        done += ms
        share = (f"{100 * ms / total:.3f}%", f"{100 * done / total:.3f}%")
        cells = ((9, str(count)), (10, f"{ms:.3f}"), (11, share[0]), (11, share[1]), (10, "0.000"), (9, str(calls)))
        lines.append(_columns(24, kind, *cells))
    lines += ["", "Timings (microseconds): count=64 first=15808 curr=14892 min=14470 max=17363 avg=15309.2 std=542"]
    return "\n".join([*lines, "Memory (bytes): count=0", "171 nodes observed", "", ""])


def profile_of(rows, internal=()) -> str:
    """The whole of --enable_op_profiling: initialisation, the graph, and the inside of a delegate."""
    start = table([("ModifyGraphWithDelegate", 1, 6.348, 1), ("AllocateTensors", 1, 5.061, 1)])
    parts = ["INFO: Profiling Info for Benchmark Initialization:", start, ""]
    parts += ["INFO: Operator-wise Profiling Info for Regular Benchmark Runs:", table(rows)]
    return "\n".join([*parts, *(["Delegate internal: ", table(internal)] if internal else [])])


def _columns(width: int, first: str, *others: tuple[int, str]) -> str:
    return "\t" + first.rjust(width) + "".join("\t" + text.rjust(size) for size, text in others)


_FIELDS = {
    "LatencyMetrics": [
        *("avg_ms", "min_ms", "max_ms", "stddev_ms", "median_ms", "p5_ms", "p95_ms"),
        *("init_ms", "first_inference_ms", "average_warm_up_ms"),
    ],
    "MemoryMetrics": ["init_footprint_kb", "overall_footprint_kb", "peak_mem_mb"],
    "MiscMetrics": ["model_size_mb", "num_runs", "num_warmup_runs", "model_throughput_in_mb_per_sec"],
}


def result_message():
    """The class BenchmarkResult, built by the protobuf package from a descriptor."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="benchmark_result.proto", package="tflite.tools.benchmark")
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for number, field in enumerate(fields, 1):
            whole = kinds.TYPE_INT64 if field.endswith("_kb") else kinds.TYPE_INT32
            kind = whole if field.endswith(("_kb", "_runs")) else kinds.TYPE_FLOAT
            message.field.add(name=field, number=number, type=kind, label=kinds.LABEL_OPTIONAL)
    result = file.message_type.add(name="BenchmarkResult")
    result.field.add(name="name", number=1, type=kinds.TYPE_STRING, label=kinds.LABEL_OPTIONAL)
    for number, name in enumerate(_FIELDS, 2):
        field = {"LatencyMetrics": "latency_metrics", "MemoryMetrics": "memory_metrics", "MiscMetrics": "misc_metrics"}
        result.field.add(
            name=field[name],
            number=number,
            type=kinds.TYPE_MESSAGE,
            type_name=f".tflite.tools.benchmark.{name}",
            label=kinds.LABEL_OPTIONAL,
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tflite.tools.benchmark.BenchmarkResult"))


def written(made: Made, *, peak: bool = False) -> bytes:
    """The result file of a run."""
    result = result_message()()
    latency, memory, misc = result.latency_metrics, result.memory_metrics, result.misc_metrics
    latency.avg_ms, latency.min_ms, latency.max_ms = made.average / 1e3, made.low / 1e3, made.high / 1e3
    latency.stddev_ms, latency.median_ms = made.deviation / 1e3, made.median / 1e3
    latency.p5_ms, latency.p95_ms = made.p5 / 1e3, made.p95 / 1e3
    latency.init_ms, latency.first_inference_ms = made.init / 1e3, made.first / 1e3
    latency.average_warm_up_ms = made.warmup / 1e3
    memory.init_footprint_kb, memory.overall_footprint_kb = round(made.init_growth * 1024), round(made.growth * 1024)
    if peak:
        memory.peak_mem_mb = made.peak
    misc.model_size_mb, misc.num_runs, misc.num_warmup_runs = 0.23, made.runs, made.warmup_runs
    return result.SerializeToString()
