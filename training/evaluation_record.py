"""What an evaluation found, as it is stored: the model, the data, the protocol, every figure with its interval.

training/evaluation.schema.json describes the JSON form.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runtime.errors import HeadPoseError
from training.bootstrap import Figure, IntervalFacts
from training.complexity import Complexity
from training.metrics import LEGACY_RULE, WRAP_RULE
from training.scores import Scores

EVALUATION_SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("evaluation.schema.json")


@dataclass(frozen=True)
class EvaluatedModel:
    """What ran."""

    name: str
    """<model>_<backbone>_<precision>."""
    backbone: str
    """Backbone name."""
    target: str
    """'pytorch', 'onnx', 'tflite' or 'coreml'."""
    precision: str
    """'fp32', 'fp16', …"""
    input_size: int
    """Side of the square input in pixels."""
    path: str | None
    """The file as it was given, None for shipped or seeded weights, which have a name instead."""
    sha256: str
    """Hash of that file (of the tensors for seeded weights)."""
    size_bytes: int | None
    """Its size on disk."""
    engine: str
    """What executed it."""
    trained: bool
    """False for seeded weights: the errors say nothing of the method."""
    training_data: str
    """What the weights were fitted to."""
    licence: str
    """Of the weights."""
    checkpoint_sha256: str
    """Hash of the weights that an exported file was made from."""


@dataclass(frozen=True)
class EvaluatedData:
    """What it ran on."""

    name: str
    """Data set."""
    terms: str
    """Licence or terms of use."""
    n: int
    """Images that have a score."""
    skipped: dict[str, str]
    """Key of every image that could not be read → why."""
    label_form: str
    """Where the true Euler angles come from."""
    seen_in_training: bool
    """Whether the record of the weights names this data set: the figures are then no test."""
    options: dict[str, str]
    """What the set was opened with: landmarks, split, list of files, limit, …"""


@dataclass(frozen=True)
class Protocol:
    """How errors are counted."""

    framing: str
    """How the picture was cut around the face."""
    channel_order: str = "RGB"
    """Of the pixels that the network got."""
    euler_order: str = "R = Rz(roll) Ry(yaw) Rx(pitch), pitch, yaw, roll in degrees"
    """Decoding of matrices."""
    wrap_rule: str = WRAP_RULE
    """Of `euler_mae_deg`."""
    legacy_rule: str = LEGACY_RULE
    """Of `legacy_mae_deg`."""
    maev_rule: str = "mean angle between matching rows of the matrices (TriNet)"
    """Of `maev_deg`."""


@dataclass(frozen=True)
class RobustnessPoint:
    """The error under one disturbance at one level."""

    condition: str
    """'blur', …"""
    level: float
    """How strong."""
    unit: str
    """Of the level."""
    geodesic_mean_deg: Figure
    """Mean angle between truth and estimate."""


@dataclass(frozen=True)
class EvaluationRecord:
    """One model on one data set."""

    model: EvaluatedModel
    """What ran."""
    data: EvaluatedData
    """On what."""
    protocol: Protocol
    """By which rules."""
    scores: Scores
    """The figures."""
    straight_ahead_deg: float
    """Mean geodesic error of always answering 'straight ahead': what a model must beat to have learnt anything."""
    interval: IntervalFacts
    """How the intervals came about."""
    robustness: tuple[RobustnessPoint, ...]
    """Disturbed images; empty if not asked for. Level 0 is `scores`."""
    complexity: Complexity | None
    """Parameters and MACs of the network; None where it cannot be built here."""
    git: dict[str, Any]
    """Commit of the code that evaluated and whether its tree was dirty."""
    tools: dict[str, str]
    """Versions of the packages that ran it."""
    created: str
    """UTC time, ISO 8601."""
    schema: int = EVALUATION_SCHEMA
    """Version of this record."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for json.dumps; tuples become lists."""
        data: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return data

    @staticmethod
    def from_json(data: dict[str, Any], where: str = "the evaluation") -> EvaluationRecord:
        """Inverse of `to_json`; HeadPoseError naming `where` if it is damaged or of another schema version."""
        try:
            if data["schema"] != EVALUATION_SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {EVALUATION_SCHEMA}")
            parts = {
                "model": EvaluatedModel(**data["model"]),
                "data": EvaluatedData(**data["data"]),
                "protocol": Protocol(**data["protocol"]),
                "scores": Scores.from_json(data["scores"]),
                "interval": IntervalFacts(**data["interval"]),
                "robustness": tuple(_point(entry) for entry in data["robustness"]),
                "complexity": None if data["complexity"] is None else Complexity(**data["complexity"]),
            }
            return EvaluationRecord(**{**data, **parts})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise HeadPoseError(f"{where} cannot be read ({error}): evaluate again") from error


def _point(data: dict[str, Any]) -> RobustnessPoint:
    return RobustnessPoint(**{**data, "geodesic_mean_deg": Figure(**data["geodesic_mean_deg"])})
