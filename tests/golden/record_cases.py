"""Latency records and protocols as the phones write them, and how numbers and texts look in canonical JSON.

The figures of the records are made up: nothing was measured here. The statistics in them are those of their samples.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

from benchmarks.android import app, plan
from benchmarks.iphone import app_benchmark
from benchmarks.iphone.chips import IPHONES
from benchmarks.iphone.presets import HEADPOSE, PRESETS, PROTOCOLS
from benchmarks.iphone.units import COMPUTE_UNITS, reasons_against_units
from benchmarks.latency import LatencyStats
from benchmarks.record import (
    Accuracy,
    Device,
    LatencyResult,
    LoadTimes,
    Memory,
    Model,
    OperatorTime,
    Run,
    UnitShare,
)

from .canonical import canonical

Case = dict[str, Any]

COMMIT = "4e83f8de8fd6bf3765dd4eb8e6013d5ffabfbf15"


def full() -> LatencyResult:
    """Every field that may be there is there."""
    samples = tuple(2.5 + 0.125 * (i % 7) + 0.001 * i for i in range(120))
    name, git = "sixdrepnet_repnext_m4_fp16", {"commit": COMMIT, "dirty": False}
    model = Model(name, "repnext_m4", "coreml", "fp16", 224, "0a" * 32, 27182818, True, "1b" * 32, git)
    stages = {name: LatencyStats.of([v * part for v in samples]) for name, part in (("crop", 0.2), ("inference", 0.8))}
    return LatencyResult(
        model=model,
        device=Device("iphone", "iPhone13,2", "A14", "iOS 16.0.2", 6, 4.0, "nominal", "fair", False),
        run=Run(
            tool="HeadPose",
            engine="Core ML",
            threads=None,
            compute_units_requested="cpuAndNeuralEngine",
            compute_units_used="ane, cpu",
            emulated=False,
            warmup=50,
            iterations=len(samples),
            interleaved_with=("sixdrepnet_repnext_m0_fp16",),
            includes=("crop", "inference"),
            protocol=HEADPOSE.name,
            mode="",
            conditions={"battery": "87 %, unplugged", "screen": "on", "größte Schrift": "nein \"x\" \\ /\t✓"},
        ),
        load_ms=LoadTimes(812.5, 21.0625),
        first_ms=9.75,
        samples_ms=samples,
        latency_ms=LatencyStats.of(samples),
        tools={"coremltools": "9.0", "torch": "2.14.1"},
        created="2026-11-26T12:00:00+00:00",
        valid=True,
        invalid_reasons=(),
        stages_ms=stages,
        memory_mb=Memory(181.25, 40.0),
        energy_mj=3.5e-05,
        placement=(UnitShare("ane", 248, 0.9821), UnitShare("cpu", 6, 0.0179)),
        operators=(OperatorTime("conv", 248, 2.0, 0.8), OperatorTime("gelu", 43, 0.5, 0.2)),
        accuracy=Accuracy("shipped", 256, 4.125, 3.9, 4.375, 2.5),
        parity={"mean_deg": 0.019559717412042647, "max_deg": 0.12130027735434053, "passed": True, "other": None},
    )  # fmt: skip


def minimal() -> LatencyResult:
    """Nothing that may be missing is there, and the figures may not be quoted."""
    name, git = "sixdrepnet_repnext_m0_fp32", {"commit": None, "dirty": None}
    model = Model(name, "repnext_m0", "coreml", "fp32", 224, "2c" * 32, 1, False, "3d" * 32, git)
    return LatencyResult(
        model=model,
        device=Device("iphone", "iPhone99,1", None, "iOS 17.0", 6, None),
        run=Run("HeadPose", "Core ML", None, "all", None, False, 0, 1),
        load_ms=LoadTimes(None, None),
        first_ms=None,
        samples_ms=(3.0,),
        latency_ms=LatencyStats.of([3.0]),
        tools={},
        created="2026-11-26T12:00:00+00:00",
        valid=False,
        invalid_reasons=("1 samples, fewer than 20",),
    )


def record_text(result: LatencyResult) -> str:
    data = result.to_json()
    data["model"]["git"] = (
        {"commit": COMMIT, "dirty": False} if result.model.trained else {"commit": None, "dirty": None}
    )
    return canonical(data)


def order_text() -> str:
    """What the app's benchmark test is asked for."""
    artefact = SimpleNamespace(model=full().model)  # the facts are all that goes into an order
    return canonical(json.loads(app_benchmark.options([artefact], list(PROTOCOLS.values()), list(COMPUTE_UNITS))))


ANDROID_ORDERS = {  # what the accelerator, its threads and the settings are
    "four threads": ("cpu", 4, plan.Settings(runs=100, min_seconds=2.5, warmup=10, ways=(plan.APP,))),
    "the engine's own threads": ("gpu", None, plan.Settings(runs=1, min_seconds=0.0, warmup=0, ways=(plan.APP,))),
    "an hour, nearly": ("npu", None, plan.Settings(runs=20000, min_seconds=3599.5, warmup=7, ways=(plan.APP,))),
}


def android_orders() -> dict[str, list[Case]]:
    """What `am instrument` is given, and what the app's benchmark should read from it."""
    return {"orders": [_android_order(name, *order) for name, order in ANDROID_ORDERS.items()]}


def _android_order(name: str, accelerator: str, threads: int | None, settings: plan.Settings) -> Case:
    paths = {"artefact": "/data/local/tmp/headpose/m.tflite", "result": "headpose-benchmark-0a1b2c3d.json"}
    words = app.command(SimpleNamespace(accelerator=accelerator, threads=threads), settings, *paths.values())
    extras = {words[i + 1]: words[i + 2] for i, word in enumerate(words) if word == "-e"}
    asked = {"accelerator": accelerator, "threads": threads, "warmup": settings.warmup, "runs": settings.runs}
    return {"name": name, "arguments": extras, **paths, **asked, "min_seconds": settings.min_seconds}


NUMBERS = (
    0.0, 1.0, -2.0, 0.5, 0.1, 1 / 3, 2.5e-05, 0.0001, 1e-07, 123456.789, 1e15, 9007199254740991.0, 1e16, 1.5e16,
    6.02e23, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 2.2250738585072014e-308, 33.333333333333336,
)  # fmt: skip
TEXTS = ("", "plain", 'a "quoted" \\ word', "slash / stays", "tab\tline\nreturn\r\b\f", "\x01\x1f\x7f", "Größe ✓ 😀")


def json_forms() -> dict[str, list[Case]]:
    return {
        "numbers": [{"name": repr(v), "value": v, "text": canonical(v)} for v in NUMBERS],
        "texts": [{"name": ascii(v), "value": v, "text": canonical(v)} for v in TEXTS],
        "keys": [
            {"name": "order", "value": {"b": 1, "a10": 2, "a9": 3, "B": 4, "ä": 5, "_": 6, "😀": 7, "\uffee": 8}}
            | {"text": canonical({"b": 1, "a10": 2, "a9": 3, "B": 4, "ä": 5, "_": 6, "😀": 7, "\uffee": 8})}
        ],
    }


def protocols() -> dict[str, list[Case]]:
    ane, gpu, cpu = UnitShare("ane", 3, 0.9), UnitShare("gpu", 2, 0.05), UnitShare("cpu", 4, 0.05)
    placements = {"nothing told": (), "ane and cpu": (ane, cpu), "gpu and cpu": (gpu, cpu), "cpu": (cpu,)}
    return {
        "protocols": [asdict(protocol) for protocol in PROTOCOLS.values()],
        "presets": [
            {
                "name": name,
                "protocols": [p.name for p in preset.protocols],
                "compute_units": list(preset.compute_units),
                "device_model": preset.device_model,
                "os_version": preset.os_version,
            }
            for name, preset in PRESETS.items()
        ],
        "units": [
            {
                "name": f"{asked}, {name}",
                "asked": asked,
                "placement": [asdict(share) for share in placement],
                "reasons": list(reasons_against_units(asked, placement)),
            }
            for asked in COMPUTE_UNITS
            for name, placement in placements.items()
        ],
        "chips": [{"name": phone.identifier, "title": phone.name, "soc": phone.soc} for phone in IPHONES],
    }
