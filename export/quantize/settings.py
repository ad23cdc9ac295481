"""What a user may say about quantisation; one frozen record, written into every file that it made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.quantize.calibration import SAMPLES, SHIPPED
from export.quantize.ranges import METHODS
from runtime.errors import HeadPoseError, unknown_name

AUTO = "auto"
CLIPPINGS = (AUTO, *METHODS)


@dataclass(frozen=True)
class Quantization:
    """How files in few bits are made. The defaults are what measured best on the shipped weights."""

    calibration: str | Path = SHIPPED
    """'shipped', 'synthetic', or a folder of faces; see `calibration.open_calibration`."""
    samples: int = SAMPLES
    """Calibration crops."""
    equalize: bool = True
    """Make channels more alike before rounding (export/quantize/equalize.py)."""
    correct_biases: bool = True
    """Take out the mean error of rounded weights (export/quantize/bias.py)."""
    compensate: bool = True
    """Let later weights make up for earlier ones that were put into palettes (export/quantize/compensate.py)."""
    sigmoid_gelu: bool = True
    """GELU as x·σ(1.702 x) in ONNX int8 and TFLite int8_static (export/quantize/silu.py)."""
    float_depthwise: bool = True
    """Depthwise kernels stay float32 in TFLite int8, whose engine has no fast kernel for them otherwise."""
    row_bands: bool = True
    """7×7 depthwise kernels are cut into bands of rows for TFLite (export/depthwise.py)."""
    even_concats: bool = True
    """What is concatenated in ONNX int8 shares one range, so that it is copied and not rounded anew."""
    clipping: str = AUTO
    """Which part of an activation's values its 8 bits span: key of `ranges.METHODS`, or 'auto'; see `clipping_for`."""
    keep_wide: tuple[str, ...] = ()
    """Modules that stay in float, by path: 'backbone.stages.0', 'head'."""
    widen: bool = True
    """Keep the blocks that lose most in float until the gate holds."""
    budget_deg: float | None = None
    """Mean loss that a file may have on the parity inputs, degrees, besides its gate."""

    def __post_init__(self) -> None:
        if self.clipping not in CLIPPINGS:
            raise unknown_name("method of clipping", self.clipping, CLIPPINGS)
        if self.budget_deg is not None and not self.budget_deg > 0:
            raise HeadPoseError(f"a budget of {self.budget_deg}° leaves nothing to round: give one above 0")

    def clipping_for(self, target: str) -> str:
        """The key of `ranges.METHODS` for a target.

        With 'auto' what lost fewest degrees on the shipped weights: 'mse' where 8 bits have a zero point (ONNX,
        TFLite), 'percentile' where they lie evenly about zero (Core ML).
        """
        if self.clipping != AUTO:
            return self.clipping
        return "percentile" if target == "coreml" else "mse"

    def record(self, target: str) -> dict[str, Any]:
        """JSON values of what is common to all files of a target."""
        return {
            "equalized": self.equalize,
            "biases_corrected": self.correct_biases,
            "compensated": self.compensate,
            "sigmoid_gelu": self.sigmoid_gelu,
            "clipping": self.clipping_for(target),
        }
