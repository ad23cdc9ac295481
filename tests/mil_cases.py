"""Small Core ML programs for the tests of the executor: many one-operator cases in one package."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runtime.mil import MilProgram, load_program

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class Case:
    """One operator on given inputs, and what it must give by an evaluation of its own."""

    id: str
    inputs: tuple[np.ndarray, ...]
    build: Callable[..., Any]
    """(mb, *variables) → variable or tuple of variables."""
    expected: Callable[..., Any]
    """(*inputs as arrays) → array or tuple of arrays."""
    tolerance: float = 2e-6


def save_program(path: Path, inputs: dict[str, np.ndarray], build: Callable[..., dict[str, Any]], target: str) -> None:
    """Write an .mlpackage: `build(mb, {name: variable})` → {output name: variable}. No pass rewrites the operators."""
    logging.getLogger("coremltools").setLevel(logging.ERROR)
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb
    from coremltools.converters.mil.mil import Function, Program, types

    kinds = {"float32": types.fp32, "float16": types.fp16, "int32": types.int32}
    opset = getattr(ct.target, target)
    program = Program()
    places = {k: mb.placeholder(shape=v.shape, dtype=kinds[str(v.dtype)]) for k, v in inputs.items()}
    with Function(places, opset_version=opset) as function:
        named = build(mb, function.inputs)
        function.set_outputs([_output(mb, name, variable) for name, variable in named.items()])
    program.add_function("main", function)
    model = ct.convert(
        program,
        source="milinternal",
        convert_to="mlprogram",
        minimum_deployment_target=opset,
        compute_precision=ct.precision.FLOAT32,
        pass_pipeline=ct.PassPipeline.EMPTY,
        skip_model_load=True,
    )
    model.save(str(path))


def _output(mb: Any, name: str, variable: Any) -> Any:
    kind = variable.dtype.__type_info__().name
    if kind in ("fp32", "fp16", "int32"):
        return mb.identity(x=variable, name=name)
    return mb.cast(x=variable, dtype="int32", name=name)  # an output cannot be bool or of another integer type


def pack_cases(cases: Sequence[Case], path: Path, target: str) -> tuple[MilProgram, dict[str, np.ndarray]]:
    """All cases as one package, loaded again, and the feeds for it."""
    feeds = {_name(c.id, f"in{i}"): a for c in cases for i, a in enumerate(c.inputs)}

    def build(mb: Any, variables: Any) -> dict[str, Any]:
        outputs = {}
        for case in cases:
            made = case.build(mb, *[variables[_name(case.id, f"in{i}")] for i in range(len(case.inputs))])
            made = made if isinstance(made, tuple | list) else (made,)
            outputs.update({_name(case.id, f"out{i}"): v for i, v in enumerate(made)})
        return outputs

    save_program(path, feeds, build, target)
    return load_program(path), feeds


def _name(case: str, suffix: str) -> str:
    return f"{case}_{suffix}".replace("-", "_")


def assert_case(case: Case, results: dict[str, np.ndarray]) -> None:
    """Compare shape and values of all outputs of one case."""
    expected = case.expected(*case.inputs)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for i, want in enumerate(expected):
        got, want = results[_name(case.id, f"out{i}")], np.asarray(want)
        assert got.shape == want.shape
        np.testing.assert_allclose(got.astype(np.float64), want.astype(np.float64), rtol=1e-5, atol=case.tolerance)
    assert _name(case.id, f"out{len(expected)}") not in results
