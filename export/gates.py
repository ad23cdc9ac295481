"""How far an artefact may be from PyTorch: the one table of gates, and the tolerance of a single operator."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Gate:
    """Largest geodesic angles between an artefact's rotations and PyTorch's, in degrees."""

    max_deg: float
    """Limit of the worst image."""
    mean_deg: float | None = None
    """Limit of the mean over all images; None where the limit of the worst says enough."""
    reason: str = ""
    """Why this gate is looser than its precision class; empty where it is not."""

    def passes(self, mean_deg: float, max_deg: float) -> bool:
        """Whether both figures are within; NaN never is."""
        return max_deg <= self.max_deg and (self.mean_deg is None or mean_deg <= self.mean_deg)

    def within_budget(self, budget_deg: float | None) -> Gate:
        """This gate with at most that limit of the mean."""
        if budget_deg is None:
            return self
        return replace(self, mean_deg=budget_deg if self.mean_deg is None else min(self.mean_deg, budget_deg))


@dataclass(frozen=True)
class OperatorTolerance:
    """When one operator's output counts as wrong, against the range of the true output."""

    min_psnr_db: float
    """Least 20·log10(max|reference| / RMSE)."""
    max_relative: float
    """Largest max|Δ| / max|reference|: one ruined channel shows here and hardly in the PSNR."""


FP32, FP16, WEIGHTS_8BIT, LOW_BITS = "fp32", "fp16", "8-bit weights", "low bits"

# precision class → gate. The starting point; GATES below is where an exception would stand.
CLASS_GATES = {
    FP32: Gate(max_deg=0.02),
    FP16: Gate(max_deg=0.5, mean_deg=0.1),
    WEIGHTS_8BIT: Gate(max_deg=3.0, mean_deg=0.5),
    LOW_BITS: Gate(max_deg=6.0, mean_deg=1.0),
}

# precision class → tolerance of one operator. Measured on healthy files of RepNeXt-M0 and M4 (worst operator, worst
# target): fp32 119 dB and 3e-6, fp16 54 dB and 5e-3. Of M0 alone: 8-bit weights 30 dB, lower bits and 8-bit activations
# 28 dB, and 0.47 where the rare peaks of an activation are clipped.
OPERATOR_TOLERANCES = {
    FP32: OperatorTolerance(min_psnr_db=90.0, max_relative=1e-4),
    FP16: OperatorTolerance(min_psnr_db=48.0, max_relative=0.015),
    WEIGHTS_8BIT: OperatorTolerance(min_psnr_db=25.0, max_relative=0.6),
    LOW_BITS: OperatorTolerance(min_psnr_db=20.0, max_relative=0.6),
}

# (target, precision) → gate
GATES: dict[tuple[str, str], Gate] = {
    ("onnx", "fp32"): CLASS_GATES[FP32],
    ("onnx", "fp16"): CLASS_GATES[FP16],
    ("onnx", "int8"): CLASS_GATES[LOW_BITS],
    ("tflite", "fp32"): CLASS_GATES[FP32],
    ("tflite", "fp16"): CLASS_GATES[FP16],
    ("tflite", "int8"): CLASS_GATES[WEIGHTS_8BIT],
    ("tflite", "int8_static"): CLASS_GATES[LOW_BITS],
    ("tflite", "int16x8"): CLASS_GATES[WEIGHTS_8BIT],
    ("coreml", "fp32"): CLASS_GATES[FP32],
    ("coreml", "fp16"): CLASS_GATES[FP16],
    ("coreml", "int8"): CLASS_GATES[WEIGHTS_8BIT],
    ("coreml", "palette8"): CLASS_GATES[WEIGHTS_8BIT],
    ("coreml", "palette6"): CLASS_GATES[LOW_BITS],
    ("coreml", "palette4"): CLASS_GATES[LOW_BITS],
    ("coreml", "w8a8"): CLASS_GATES[LOW_BITS],
}


def precision_class(target: str, precision: str) -> str:
    """The class of a precision; unknown names count as low bits, the widest."""
    gate = GATES.get((target, precision))
    same = [name for name, known in CLASS_GATES.items() if gate == known]
    if same:
        return same[0]
    return next((name for name in (FP32, FP16) if precision.startswith(name)), LOW_BITS)


def gate_for(target: str, precision: str) -> Gate:
    """The gate of an artefact: its own line of the table, else that of its precision class."""
    return GATES.get((target, precision)) or CLASS_GATES[precision_class(target, precision)]


def operator_tolerance(target: str, precision: str) -> OperatorTolerance:
    """The tolerance of one operator's output in such an artefact."""
    return OPERATOR_TOLERANCES[precision_class(target, precision)]
