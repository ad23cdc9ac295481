"""Two evaluations of the same images, laid side by side: errors in pairs, robustness, size, compute, latency.

Both models see the same images, so the difference is taken image by image and its interval comes from resampling the
differences; two separate intervals may overlap where the paired difference is beyond doubt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.host import measure, ratios_to_first
from benchmarks.pairing import Pair, pair
from benchmarks.record import LatencyResult
from benchmarks.turns import Ratio
from runtime.artifact import sha256_of
from runtime.errors import HeadPoseError
from runtime.provenance import git_state
from training.bootstrap import RESAMPLES, SEED, Figure, IntervalFacts, figures, interval_facts, weighted_mean
from training.complexity import Complexity
from training.evaluation_files import PerImage, read_evaluation
from training.evaluation_record import EvaluatedModel, EvaluationRecord
from training.metrics import ANGLES, YAW_EDGES_DEG, bins_of

Array = npt.NDArray[np.floating]
Progress = Callable[[str, int, int], None]

COMPARISON_SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("compare.schema.json")


@dataclass(frozen=True)
class Difference:
    """One error of both models, degrees."""

    name: str
    """'geodesic', 'MAE', 'yaw', 'geodesic, |yaw| 30–60', 'blur 2 px', …"""
    n: int
    """Images."""
    a: float
    """Mean of A."""
    b: float
    """Mean of B."""
    difference: Figure
    """B − A with the interval of the paired bootstrap: negative means that B errs less."""
    significant: bool
    """Whether the interval excludes 0."""


@dataclass(frozen=True)
class Side:
    """One of the two models."""

    model: EvaluatedModel
    """What ran."""
    complexity: Complexity | None
    """Parameters and MACs, None where unknown."""
    created: str
    """When it was evaluated, UTC."""


@dataclass(frozen=True)
class Comparison:
    """Two models on the same images."""

    a: Side
    """The first: what is compared with."""
    b: Side
    """The second."""
    data: str
    """Data set."""
    framing: str
    """How faces were cut out."""
    n: int
    """Images that both have."""
    only_a: int
    """Images that only A has: left out."""
    only_b: int
    """Images that only B has: left out."""
    errors: tuple[Difference, ...]
    """Geodesic, MAE, the three angles, geodesic by yaw."""
    robustness: tuple[Difference, ...]
    """Geodesic errors under the disturbances that both were measured under."""
    interval: IntervalFacts
    """How the intervals came about."""
    latency: tuple[LatencyResult, ...]
    """A and B in turns on this computer; empty if not measured."""
    latency_ratio: Ratio | None
    """Median latency of B over that of A."""
    latency_note: str
    """Why it was not measured, or what to know about it."""
    git: dict[str, Any]
    """Commit of the code that compared and whether its tree was dirty."""
    created: str
    """UTC time, ISO 8601."""
    schema: int = COMPARISON_SCHEMA
    """Version of this record."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps; tuples become lists."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @staticmethod
    def from_json(data: dict[str, Any], where: str = "the comparison") -> Comparison:
        """Inverse of `to_json`; HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            if data["schema"] != COMPARISON_SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {COMPARISON_SCHEMA}")
            parts = {
                "a": _side_from_json(data["a"]),
                "b": _side_from_json(data["b"]),
                "errors": tuple(_difference_from_json(entry) for entry in data["errors"]),
                "robustness": tuple(_difference_from_json(entry) for entry in data["robustness"]),
                "interval": IntervalFacts(**data["interval"]),
                "latency": tuple(LatencyResult.from_json(entry, where) for entry in data["latency"]),
                "latency_ratio": None if data["latency_ratio"] is None else Ratio(**data["latency_ratio"]),
            }
            return Comparison(**{**data, **parts})
        except (KeyError, TypeError, ValueError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): compare again") from error


def _side_from_json(data: dict[str, Any]) -> Side:
    size = None if data["complexity"] is None else Complexity(**data["complexity"])
    return Side(EvaluatedModel(**data["model"]), size, data["created"])


def _difference_from_json(data: dict[str, Any]) -> Difference:
    return Difference(**{**data, "difference": Figure(**data["difference"])})


def compare(
    a: str | Path,
    b: str | Path,
    *,
    common: bool = False,
    latency: bool = True,
    rounds: int = 50,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    progress: Progress = lambda text, done, total: None,
) -> tuple[Comparison, Pair]:
    """Lay two evaluations side by side.

    Args:
        a: folder or evaluation.json of the model that is compared with.
        b: of the other.
        common: leave out images that only one of them has, instead of refusing.
        latency: measure both files in turns on this computer, if they are still what was evaluated.
        rounds: samples of each.
        resamples: of the bootstrap; 0 for no intervals.
        seed: of the bootstrap.
        progress: called with a text, steps done and steps in all.

    Returns:
        The comparison, and the rows behind it.

    Raises:
        HeadPoseError: a damaged record, other data, framing, labels or images.
    """
    if rounds < 1 or resamples < 0:
        raise HeadPoseError("a comparison needs at least one round, and no negative number of resamples")
    rows = pair(read_evaluation(a), read_evaluation(b), common=common)
    progress("comparing", 0, 1)
    asked = _latency(rows.a.model, rows.b.model, rounds, progress) if latency else _Latency(note="not asked for")
    comparison = Comparison(
        a=_side(rows.a),
        b=_side(rows.b),
        data=rows.a.data.name,
        framing=rows.a.protocol.framing,
        n=len(rows.rows_a.keys),
        only_a=rows.only_a,
        only_b=rows.only_b,
        errors=_differences(_columns(rows.rows_a), _columns(rows.rows_b), rows.rows_a.groups, resamples, seed),
        robustness=_differences(*_shared(rows), rows.rows_a.groups, resamples, seed),
        interval=interval_facts(rows.rows_a.groups, resamples, seed),
        latency=asked.results,
        latency_ratio=asked.ratio,
        latency_note=asked.note,
        git=git_state(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return comparison, rows


def _side(record: EvaluationRecord) -> Side:
    return Side(record.model, record.complexity, record.created)


def _columns(rows: PerImage) -> dict[str, Array]:
    """Name → (N,) errors, NaN where an image does not count."""
    geodesic, euler = rows.errors.geodesic_deg, rows.errors.euler_deg
    parts = bins_of(np.abs(rows.true_deg[:, 1]), YAW_EDGES_DEG, closed=True)
    return {
        "geodesic": geodesic,
        "MAE": euler.mean(axis=1),
        **dict(zip(ANGLES, euler.T)),
        **{f"geodesic, |yaw| {p.name}": np.where(p.members, geodesic, np.nan) for p in parts if p.members.any()},
    }


def _shared(rows: Pair) -> tuple[dict[str, Array], dict[str, Array]]:
    names = [name for name in rows.rows_a.disturbed if name in rows.rows_b.disturbed]
    a, b = ({name: side.disturbed[name] for name in names} for side in (rows.rows_a, rows.rows_b))
    return a, b


def _differences(
    a: dict[str, Array], b: dict[str, Array], groups: Sequence[str], resamples: int, seed: int
) -> tuple[Difference, ...]:
    """B − A of every column, all of them on the same resamples."""
    if not a:
        return ()
    table = np.column_stack([b[name] - a[name] for name in a])
    found = figures(lambda weights: weighted_mean(table, weights), groups, resamples=resamples, seed=seed)
    return tuple(
        Difference(
            name=name,
            n=int(np.isfinite(a[name]).sum()),
            a=round(float(np.nanmean(a[name])), 6),
            b=round(float(np.nanmean(b[name])), 6),
            difference=figure,
            significant=excludes_zero(figure),
        )
        for name, figure in zip(a, found)
    )


def excludes_zero(figure: Figure) -> bool:
    """Whether the interval lies on one side of 0; False without an interval."""
    return figure.low is not None and figure.high is not None and (figure.low > 0 or figure.high < 0)


@dataclass(frozen=True)
class _Latency:
    note: str
    results: tuple[LatencyResult, ...] = ()
    ratio: Ratio | None = None


def _latency(a: EvaluatedModel, b: EvaluatedModel, rounds: int, progress: Progress) -> _Latency:
    for side, model in (("A", a), ("B", b)):
        if fault := _not_measurable(side, model):
            return _Latency(f"not measured: {fault}")
    if a.path == b.path:
        return _Latency("not measured: A and B are the same file")
    results = measure([str(a.path), str(b.path)], threads=1, rounds=rounds, progress=progress)
    note = "one image, one thread, in turns on this computer"
    if "pytorch" in (a.target, b.target):
        note += "; PyTorch runs a checkpoint in the form it has: export both to learn what a device would need"
    return _Latency(note, tuple(results), ratios_to_first(results)[0])


def _not_measurable(side: str, model: EvaluatedModel) -> str:
    """Why the file of a side cannot be measured; empty if it can."""
    if model.path is None:
        return f"{side} has weights that are named and no file"
    file = Path(model.path)
    if not file.exists():
        return f"the file of {side}, {file}, is not there any more"
    if sha256_of(file) != model.sha256:
        return f"the file of {side}, {file}, is not the one that was evaluated"
    return ""
