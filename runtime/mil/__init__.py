"""Executes the ML Program of an .mlpackage on any system, with PyTorch as the arithmetic.

It proves the conversion: the graph, the weights (compressed ones too), the preprocessing, what fp16 storage costs.
It does not prove the arithmetic of Apple's Neural Engine or GPU; only a device does.
"""

from runtime.mil.load import load_program
from runtime.mil.overflow import Overflow, find_overflow
from runtime.mil.program import MODES, MilProgram, OperatorCount

__all__ = ["MODES", "MilProgram", "OperatorCount", "Overflow", "find_overflow", "load_program"]
