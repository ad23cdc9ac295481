"""Measures a set of weights for its card: on held-out rendered heads by who is shown and how, and on photographs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from runtime.provenance import git_state, package_versions
from runtime.rotation import euler_to_rotation, geodesic_deg
from runtime.sessions import Session
from training.bootstrap import (
    RESAMPLES,
    SEED,
    Figure,
    Weights,
    figures,
    interval_facts,
    weighted_mean,
    weighted_percentiles,
)
from training.card_record import PERSON, PHOTOGRAPHS, RENDERED, Card, CardSet, PartScore, PartTable
from training.data.source import PoseSource, Progress, silent
from training.data.synthetic.head import NEUTRAL_PITCH_DEG
from training.evaluate import Evaluation, evaluate
from training.metrics import YAW_EDGES_DEG, bins_of
from training.run_facts import rendered_parameters

Array = npt.NDArray[np.floating]
Parts = dict[str, dict[str, npt.NDArray[np.bool_]]]
"""Title of a table → name of a part → (N,) which faces are in it."""

LARGE_DEG = 20.0
IN_PLANE_EDGES_DEG = (0.0, 15.0, 30.0, 45.0)
PITCH_EDGES_DEG = (0.0, 15.0, 30.0, 45.0)
COVERS = ("glasses", "hat", "mask", "hand", "patch")
_FRAMING = "runtime"
_BARE = "none of these"
_AFLW_KEY = re.compile(r"image\d{5}")
_TOOLS = ("numpy", "torch", "opencv-python-headless")


def measured(card: Card, sets: Sequence[CardSet], *, overwrite: bool = False) -> Card:
    """The card with these figures; HeadPoseError if it has some of the kind already and may not replace them."""
    for one in sets:
        if card.measured(one.kind) and not overwrite:
            raise HeadPoseError(f"the card of {card.name} has figures on {one.kind} already: pass --overwrite")
    kept = [one for one in card.sets if one.kind not in {new.kind for new in sets}]
    order = (RENDERED, PHOTOGRAPHS)
    found = tuple(sorted([*kept, *sets], key=lambda one: order.index(one.kind)))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return replace(card, sets=found, evaluated={"git": git_state(), "tools": package_versions(_TOOLS), "created": now})


def measure_rendered(
    session: Session,
    folder: str | Path,
    *,
    limit: int = 0,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    progress: Progress = silent,
) -> CardSet:
    """Errors on a set of `headpose synth --held-out`, whole and by yaw, skin tone, age, sex, cover, ….

    Args:
        session: the opened weights.
        folder: of the set.
        limit: only so many faces, evenly spread; 0 for all.
        resamples: of the bootstrap over people; 0 for no intervals.
        seed: of the bootstrap.
        progress: called with a text, faces done and faces in all.

    Raises:
        HeadPoseError: the folder is no rendered set, its people may have been trained on, its scenes are damaged.
    """
    from training.data.registry import open_dataset, spread

    place = Path(folder)
    facts = rendered_parameters(place)
    if facts.get("held_out") is not True:
        raise HeadPoseError(f"the people in {place} may have been trained on: render with  headpose synth --held-out")
    if (pitch := facts.get("neutral_pitch_deg", NEUTRAL_PITCH_DEG)) != NEUTRAL_PITCH_DEG:
        raise HeadPoseError(
            f"the labels in {place} count from a neutral pose of {pitch:g}°, not {NEUTRAL_PITCH_DEG:g}°: render again"
        )
    scenes = _scenes(place)
    whole = open_dataset("FaceList", place, progress=progress)
    source = spread(whole, limit)
    result = evaluate(session, source, framing=_FRAMING, resamples=0, progress=progress)
    parts = _parts(_of_faces(source, result, scenes, place), result, source)
    about = (
        f"{len(result.indices)} heads of {len(set(result.per_image.groups))} people, rendered by this program; skins, "
        f"hair, backgrounds and people of a part of the catalogue that no training set shows; {_spread(facts)}"
    )
    return _card_set(RENDERED, place.resolve().name, about, result, (), parts, facts, resamples, seed)


def _spread(facts: dict[str, Any]) -> str:
    """In words, how often each pose is in a rendered set."""
    if facts.get("density") == "uniform":
        return "poses spread evenly"
    return f"poses about as often as in {str(facts.get('density', 'an unknown density')).replace('300w-lp', '300W-LP')}"


def measure_photographs(
    session: Session,
    folder: str | Path,
    *,
    leave_out: Sequence[str] = (),
    resamples: int = RESAMPLES,
    seed: int = SEED,
    progress: Progress = silent,
) -> CardSet:
    """Errors on a folder of labelled photographs, framed by our own detector.

    Args:
        session: the opened weights.
        folder: photographs and labels.json (`training.data.labelled_photos`).
        leave_out: keys that do not count in the figures; the mean with them is given too.
        resamples: of the bootstrap; 0 for no intervals.
        seed: of the bootstrap.
        progress: called with a text, faces done and faces in all.

    Raises:
        HeadPoseError: a folder that cannot be read, a key that is not there, no face that counts.
    """
    from training.data.registry import open_dataset

    source = open_dataset("LabelledPhotos", folder, progress=progress)
    for key in leave_out:
        if key not in source.keys:
            raise unknown_name("photograph", key, source.keys)
    if len(set(leave_out)) == len(source):
        raise HeadPoseError(f"all {len(source)} photographs of {folder} are left out: leave one in")
    result = evaluate(session, source, framing=_FRAMING, resamples=0, max_skipped=0, progress=progress)
    published = all(_AFLW_KEY.fullmatch(key) for key in source.keys)
    what = "AFLW2000-3D photographs for validation only, not an AFLW2000 MAE" if published else "photographs"
    about = f"{len(source)} {what}"
    return _card_set(PHOTOGRAPHS, source.name, about, result, tuple(leave_out), {}, None, resamples, seed)


def _scenes(folder: Path) -> dict[str, dict[str, Any]]:
    """Key of a picture → its scene."""
    file = folder / "scenes.jsonl"
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return {str(line["image"]): dict(line["scene"]) for line in lines}
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HeadPoseError(f"{file} cannot be read ({reason}): run  headpose synth  again to finish it") from error


def _of_faces(
    source: PoseSource, result: Evaluation, scenes: dict[str, dict[str, Any]], folder: Path
) -> list[dict[str, Any]]:
    keys = [source.keys[i] for i in result.indices]
    if lost := [key for key in keys if key not in scenes]:
        raise HeadPoseError(f"{folder / 'scenes.jsonl'} does not tell of {lost[0]}: run  headpose synth  again")
    return [scenes[key] for key in keys]


def _parts(scenes: Sequence[dict[str, Any]], result: Evaluation, source: PoseSource) -> Parts:
    """The tables of a rendered set."""
    pitch, yaw, _ = np.abs(result.per_image.true_deg).T
    turn = np.abs(in_plane_deg(source.rotations[result.indices]))

    def named(values: Sequence[str]) -> dict[str, npt.NDArray[np.bool_]]:
        return {name: np.array([value == name for value in values]) for name in sorted(set(values))}

    covered = {name: np.array([name in scene["occluders"] for scene in scenes]) for name in COVERS}
    covered[_BARE] = np.array([not scene["occluders"] for scene in scenes])
    return {
        "yaw to either side, degrees": {part.name: part.members for part in bins_of(yaw, YAW_EDGES_DEG, closed=True)},
        "pitch up or down, degrees": {part.name: part.members for part in bins_of(pitch, PITCH_EDGES_DEG)},
        "turn in the picture's plane, degrees": {p.name: p.members for p in bins_of(turn, IN_PLANE_EDGES_DEG)},
        PERSON: named([f"{scene['age']} {scene['group']} {scene['sex']}" for scene in scenes]),
        "skin tone": named([scene["group"] for scene in scenes]),
        "age": named([scene["age"] for scene in scenes]),
        "sex": named([scene["sex"] for scene in scenes]),
        "what covers the face": covered,
        "hair": named(["hair" if scene["hair"] else "none" for scene in scenes]),
    }


def in_plane_deg(rotations: Array) -> Array:
    """(N, 3, 3) → (N,) angle in the picture between upright and the head's axis, clockwise.

    Unlike roll it stays what is seen where |yaw| is near 90°.
    """
    up = np.asarray(rotations, dtype=np.float64)[:, 1]
    return np.asarray(np.degrees(np.arctan2(up[:, 0], up[:, 1])), dtype=np.float64)


def _card_set(
    kind: str,
    name: str,
    about: str,
    result: Evaluation,
    left_out: tuple[str, ...],
    parts: Parts,
    rendered: dict[str, Any] | None,
    resamples: int,
    seed: int,
) -> CardSet:
    rows = result.per_image
    counts = np.array([key not in left_out for key in rows.keys])
    error = rows.errors.geodesic_deg
    inside = {(title, part): mask & counts for title, table in parts.items() for part, mask in table.items()}
    columns = [
        np.where(counts, error, np.nan),
        np.where(counts, rows.errors.euler_deg.mean(axis=1), np.nan),
        np.where(counts, 100.0 * (error > LARGE_DEG), np.nan),
        error,
        *(np.where(mask, error, np.nan) for mask in inside.values()),
    ]
    found = figures(_statistic(error, counts, np.column_stack(columns)), rows.groups, resamples=resamples, seed=seed)
    median, p95, mean, mae, large, everything, *rest = found
    means = dict(zip(inside, rest))
    return CardSet(
        kind=kind,
        name=name,
        about=about,
        framing=_FRAMING,
        n=int(counts.sum()),
        left_out=left_out,
        skipped=len(result.record.data.skipped),
        geodesic_mean_deg=mean,
        geodesic_median_deg=median,
        geodesic_p95_deg=p95,
        euler_mae_deg=mae,
        above_20_percent=large,
        with_left_out_deg=everything,
        straight_ahead_deg=round(float(_ahead_deg(rows.true_deg[counts]).mean()), 6),
        interval=interval_facts(rows.groups, resamples, seed),
        tables=tuple(
            PartTable(title, tuple(_part_score(part, inside[title, part], means[title, part]) for part in table))
            for title, table in parts.items()
        ),
        rendered=rendered,
    )


def _ahead_deg(angles_deg: Array) -> Array:
    """Pitch, yaw, roll (N, 3) → (N,) angles from 'straight ahead'."""
    return np.asarray(geodesic_deg(euler_to_rotation(*angles_deg.T), np.eye(3)), dtype=np.float64)


def _part_score(name: str, mask: npt.NDArray[np.bool_], mean: Figure) -> PartScore:
    n = int(mask.sum())
    return PartScore(name, n, mean if n else None)


def _statistic(error: Array, counts: npt.NDArray[np.bool_], columns: Array) -> Any:
    """Weights → median and 95th percentile of what counts, then the means of the columns."""
    order = np.flatnonzero(counts)[np.argsort(error[counts])]

    def of(weights: Weights) -> Array:
        drawn = weights[order]
        middle = weighted_percentiles(error[order], drawn, (50, 95)) if drawn.any() else np.full(2, np.nan)
        return np.concatenate([middle, weighted_mean(columns, weights)])

    return of
