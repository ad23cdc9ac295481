"""Latency results for tests of the report: several devices and dates, untrained and invalid ones, some without samples.

The numbers are made up, as the names of the devices are; they are shaped like measured ones.
"""

from __future__ import annotations

import hashlib

import numpy as np

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

HOST = Device("host", "Example CPU", None, "Linux 6.1 x86_64", 2, 25.3)
ANDROID = Device("android", "Example Phone 8", "Example SoC", "Android 16", 8, 8.0, "none", "light", False)
IPHONE = Device("iphone", "iPhone13,2", "A14", "iOS 18.5", 6, 4.0, "nominal", "fair", False)
EMULATED = "the times are those of an emulation"
_ENGINES = {
    "onnx": "onnxruntime 1.31.1 (CPU)",
    "tflite": "LiteRT 2.3.0 (XNNPACK)",
    "coreml": "Core ML",
    "pytorch": "PyTorch 2.14.1 eager",
}


def samples(median_ms: float, count: int = 120, spread: float = 0.02, seed: int = 0) -> tuple[float, ...]:
    """Skewed to the slow side, their median as asked for."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(0, 1, count) + rng.exponential(1.2, count)
    values = median_ms * (1 + spread * (drawn - np.median(drawn)))
    return tuple(round(float(value), 4) for value in values)


def made(
    backbone: str = "repnext_m4",
    precision: str = "fp32",
    target: str = "onnx",
    p50: float = 49.3,
    *,
    device: Device = HOST,
    created: str = "2026-11-20",
    threads: int | None = 1,
    trained: bool = True,
    invalid: tuple[str, ...] = (),
    told: bool = True,
    error: float | None = None,
    parity: float | None = None,
    units: str = "cpu",
    mb: float = 51.5,
    stages: dict[str, float] | None = None,
    placement: tuple[UnitShare, ...] = (),
    operators: tuple[OperatorTime, ...] = (),
    peak: float | None = None,
    protocol: str = "headpose",
    name: str | None = None,
) -> LatencyResult:
    """One result; with `told` false the tool told figures and no samples."""
    name = name or f"sixdrepnet_{backbone}_{precision}"
    seed = int(hashlib.sha256(f"{name}{target}{created}{threads}".encode()).hexdigest()[:6], 16)
    taken = samples(p50, seed=seed) if told else ()
    stats = LatencyStats.of(taken) if told else LatencyStats(p50, p90=p50 * 1.05, p95=p50 * 1.1)
    low, high = (None, None) if error is None else (error * 0.95, error * 1.06)
    return LatencyResult(
        model=Model(
            name,
            backbone,
            target,
            precision,
            224,
            hashlib.sha256(f"{name}{created}".encode()).hexdigest(),
            int(mb * 1e6),
            trained,
            hashlib.sha256(backbone.encode()).hexdigest(),
            {"commit": "c0ffee", "dirty": False},
        ),
        device=device,
        run=Run(
            "benchmarks.host",
            _ENGINES[target],
            threads,
            units,
            units,
            EMULATED in invalid,
            6,
            120,
            includes=("detect", "crop", "inference", "decode") if stages else ("inference",),
            protocol=protocol,
        ),
        load_ms=LoadTimes(85.3, 40.1),
        first_ms=p50 * 1.4,
        samples_ms=taken,
        latency_ms=stats,
        tools={"torch": "2.14.1"},
        created=f"{created}T10:00:00+00:00",
        valid=not invalid,
        invalid_reasons=invalid,
        stages_ms={stage: LatencyStats(value) for stage, value in (stages or {}).items()},
        memory_mb=None if peak is None else Memory(peak, 60.0),
        placement=placement,
        operators=operators,
        accuracy=None if error is None else Accuracy("held-out renders", 128, error, low, high, error * 0.7),
        parity=None if parity is None else {"mean_deg": parity, "max_deg": 4 * parity, "passed": True},
    )


_FLOAT_OPERATORS = (
    OperatorTime("FusedConv", 248, 37.2, 0.755),
    OperatorTime("Gelu", 43, 5.1, 0.103),
    OperatorTime("Concat", 42, 3.0, 0.061),
    OperatorTime("Split", 39, 2.6, 0.053),
    OperatorTime("Add", 42, 1.4, 0.028),
)
_INT8_OPERATORS = (
    OperatorTime("QLinearConv", 248, 15.1, 0.71),
    OperatorTime("QuickGelu", 43, 3.9, 0.18),
    OperatorTime("Concat", 42, 2.3, 0.11),
)
BUSY = "p90 is 1.8 times p50: other work ran on the same cores"


def sample_results() -> list[LatencyResult]:
    """About as many as the project will hold, of three devices."""
    m = made
    found = [
        m("repnext_m4", "fp32", "onnx", 49.3, error=5.65, parity=1e-5, operators=_FLOAT_OPERATORS, peak=181),
        m("repnext_m4", "fp32", "onnx", 50.9, created="2026-10-02", error=5.65, parity=1e-5),
        m("repnext_m4", "fp32", "onnx", 61.0, created="2026-10-20", error=5.65, parity=1e-5, invalid=(BUSY,)),
        m("repnext_m4", "fp32", "onnx", 28.1, threads=2, error=5.65, parity=1e-5),
        m("repnext_m4", "fp32", "tflite", 51.2, mb=51.8, error=5.65, parity=1e-5, peak=160),
        m("repnext_m4", "fp16", "tflite", 52.2, mb=26.4, error=5.65, parity=0.005, peak=190),
        m("repnext_m4", "fp16", "onnx", 54.0, mb=25.8, error=5.65, parity=0.009, peak=210),
        m("repnext_m4", "int8", "onnx", 21.4, mb=14.1, error=5.83, parity=0.87, operators=_INT8_OPERATORS, peak=120),
        m("repnext_m4", "int8", "tflite", 25.9, mb=14.5, error=5.66, parity=0.12, peak=101),
        m("repnext_m4", "int8_static", "tflite", 22.9, mb=14.7, error=5.82, parity=0.84, peak=99),
        m("repnext_m4", "fp16", "coreml", 930, invalid=(EMULATED,), mb=26, parity=0.005),
        m("repnext_m4", "fp32", "pytorch", 76.0, mb=51.6),
        m("repnext_m0", "fp32", "onnx", 11.4, mb=8.1, error=6.15, parity=1e-5, peak=92),
        m("repnext_m0", "fp32", "onnx", 11.9, mb=8.1, created="2026-10-02", error=6.3, parity=1e-5),
        m("repnext_m0", "fp32", "tflite", 12.0, mb=8.2, error=6.15, parity=1e-5, peak=80),
        m("repnext_m0", "int8", "onnx", 7.7, mb=2.4, error=6.11, parity=0.5, peak=75),
        m("repnext_m0", "int8_static", "tflite", 7.71, mb=2.6, error=6.12, parity=0.53, peak=70),
        *(
            m(f"repnext_m{v}", "fp32", "onnx", ms, mb=mb, trained=False, peak=90 + 3 * mb)
            for v, ms, mb in ((1, 24.1, 17.9), (2, 29.8, 24.2), (3, 33.5, 29.3), (5, 91.0, 84.6))
        ),
        m("repvgg_b1g2", "fp32", "onnx", 156.4, mb=157.3, trained=False, parity=1e-5, peak=530),
        m("repnext_m4", "fp32", "onnx", 60.3, stages={"detect": 9.3, "crop": 0.9, "inference": 49.5, "decode": 0.06}),
        m("repnext_m0", "int8", "onnx", 18.9, stages={"detect": 9.4, "crop": 0.9, "inference": 7.9, "decode": 0.06}),
        m("repnext_m4", "fp32", "tflite", 14.2, device=ANDROID, error=5.65, parity=1e-5, mb=51.8, peak=130),
        m("repnext_m4", "int8", "tflite", 6.1, device=ANDROID, told=False, error=5.66, parity=0.12, mb=14.5),
        m("repnext_m4", "fp16", "tflite", 3.9, device=ANDROID, units="gpu", threads=None, mb=26.4),
        m(
            "repnext_m4",
            "fp16",
            "coreml",
            1.52,
            device=IPHONE,
            units="all",
            threads=None,
            mb=26.0,
            error=5.65,
            parity=0.006,
            placement=(UnitShare("ane", 290, 0.97), UnitShare("cpu", 4, 0.03)),
        ),
        m(
            "repnext_m4",
            "w8a8",
            "coreml",
            1.31,
            device=IPHONE,
            units="all",
            threads=None,
            mb=13.5,
            error=5.7,
            parity=0.3,
            placement=(UnitShare("ane", 250, 0.8), UnitShare("gpu", 30, 0.15), UnitShare("cpu", 14, 0.05)),
        ),
    ]
    return found
