"""How a result is called on the page and in the README: networks, engines, threads, weights, numbers."""

from __future__ import annotations

from benchmarks.iphone.chips import name_of
from benchmarks.record import Device, LatencyResult

ENGINES = {"onnx": "ONNX Runtime", "tflite": "LiteRT", "coreml": "Core ML", "pytorch": "PyTorch"}
_FAMILIES = {"repnext": "RepNeXt", "repvgg": "RepVGG"}
NONE = "–"


def backbone_name(backbone: str) -> str:
    """'repnext_m4' → 'RepNeXt-M4'; a name that we do not know stays as it is."""
    family, _, variant = backbone.partition("_")
    if family not in _FAMILIES or not variant:
        return backbone
    return f"{_FAMILIES[family]}-{variant[:1].upper()}{variant[1:]}"


def engine_name(result: LatencyResult) -> str:
    """'LiteRT', 'PyTorch, compiled', 'Core ML, emulated'."""
    name = ENGINES[result.model.target]
    if result.run.mode:
        return f"{name}, {result.run.mode}"
    return f"{name}, emulated" if result.run.emulated else name


def model_label(result: LatencyResult) -> str:
    """'RepNeXt-M4 fp32', with its input size if that is not 224 px."""
    size = "" if result.model.input_size == 224 else f" {result.model.input_size} px"
    return f"{backbone_name(result.model.backbone)} {result.model.precision}{size}"


def short_label(result: LatencyResult) -> str:
    """'M4 int8': for the crowd of a picture."""
    name = backbone_name(result.model.backbone).removeprefix("RepNeXt-").removeprefix("RepVGG-")
    return f"{name} {result.model.precision}"


def full_label(result: LatencyResult) -> str:
    """Model, engine, and what else tells it apart from others on its device."""
    parts = [model_label(result), engine_name(result), *how(result)]
    return " · ".join(parts)


def how(result: LatencyResult) -> list[str]:
    """What is not as usual: threads, compute units that are no CPU, the whole pipeline, another protocol or tool."""
    run = result.run
    found = [] if run.threads is None else [threads_text(run.threads)]
    if run.compute_units_requested != "cpu":
        found.append(run.compute_units_requested)
    if is_pipeline(result):
        found.append("whole pipeline")
    if run.protocol != "headpose":
        found.append(f"protocol {run.protocol}")
    return found


def threads_text(threads: int | None) -> str:
    """'1 thread', '2 threads', or the engine's own choice."""
    return "own choice" if threads is None else f"{threads} thread{'' if threads == 1 else 's'}"


def is_pipeline(result: LatencyResult) -> bool:
    """Whether a sample holds more than the network."""
    return result.run.includes != ("inference",)


def device_name(device: Device) -> str:
    """What people call it, with the system on chip if one is told: 'iPhone 12 (A14)'."""
    name = name_of(device.model) if device.kind == "iphone" else device.model
    return name if device.soc is None else f"{name} ({device.soc})"


def ms(value: float | None) -> str:
    """Three figures, so that 0.59 and 161 are both readable; a dash where it was not told."""
    if value is None:
        return NONE
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def megabytes(size: float | None) -> str:
    """Of a number of 10⁶ bytes."""
    return NONE if size is None else f"{size:.1f}" if size < 100 else f"{size:.0f}"


def degrees(angle: float | None) -> str:
    """No zero for what is only small."""
    if angle is None:
        return NONE
    if angle < 1e-4:
        return "< 0.0001"
    return f"{angle:.4f}" if angle < 0.01 else f"{angle:.3f}" if angle < 1 else f"{angle:.2f}"


def parity_of(result: LatencyResult, figure: str) -> float | None:
    """'mean_deg' or 'max_deg' of the parity record, None where there is none."""
    value = (result.parity or {}).get(figure)
    return float(value) if isinstance(value, int | float) else None
