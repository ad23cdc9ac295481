"""What is known of a rendered face: rotation, landmarks, box, and the record from which it can be rendered again.

**The neutral pose.** A label counts from the neutral head of the Basel Face Model, as 300W-LP's do. MakeHuman's neutral
head looks down by `head.NEUTRAL_PITCH_DEG` against it, so a head is drawn looking up by that much more than its label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation
from training.data.synthetic.camera import Camera, from_ray, head_matrix
from training.data.synthetic.head import NEUTRAL_PITCH_DEG, HeadModel
from training.data.synthetic.landmarks import EYES, MOUTH, landmarks_68
from training.data.synthetic.mesh import Floats
from training.data.synthetic.scene_plan import ScenePlan

Array = npt.NDArray[np.float64]

NEUTRAL = np.asarray(euler_to_rotation(NEUTRAL_PITCH_DEG, 0.0, 0.0), dtype=np.float64)
"""(3, 3): the rotation of MakeHuman's frame of a head whose label is the identity."""

# Found on 233 rendered heads that our detector sees: linear in the middles of eyes, mouth and all landmarks. On those
# the rule misses the detector's box by 2.5 % of the landmarks' diagonal in place and 6 % in size (one deviation); on
# photographs by 3.3 % and 7 %.
_BOX_EYES, _BOX_MOUTH, _BOX_NOSE = 0.36, 0.17, -0.40
_BOX_SIDE = 0.77  # of the diagonal of the landmarks' own box


@dataclass(frozen=True, eq=False)
class LabelledFace:
    """One rendered picture with its labels."""

    rgb: npt.NDArray[np.uint8]
    """(S, S, 3) sRGB."""
    rotation: Array
    """(3, 3) relative to the ray from the eye to the head, in the convention of `runtime.rotation`."""
    landmarks: Array
    """(68, 2) pixels of iBUG's landmarks, hidden ones too; x right and y down from the picture's left upper corner."""
    box: Box
    """The face in pixels, about as our detector sees it."""
    group: str
    """The identity, which a split keeps together."""
    record: dict[str, Any]
    """JSON of everything that the picture follows from, and of its labels."""


def drawn_rotation(label: npt.ArrayLike) -> Array:
    """(3, 3) label → (3, 3) rotation of MakeHuman's frame."""
    return NEUTRAL @ np.asarray(label, dtype=np.float64)


def plan_camera(plan: ScenePlan) -> tuple[Camera, Array]:
    """The camera of a plan and the (4, 4) place of its head."""
    camera = Camera(plan.fov_deg, plan.distance, plan.axis)
    position = camera.place(*plan.place)
    return camera, head_matrix(from_ray(drawn_rotation(plan.rotation), position), position)


def plan_neck(plan: ScenePlan) -> Array:
    """(3, 3) for `HeadModel.bend`: the neck that leaves the shoulders where the plan has them."""
    return drawn_rotation(plan.neck)


def face_landmarks(model: HeadModel, vertices: Floats, camera: Camera, place: Array, size: int) -> Array:
    """(V, 3) vertices of the head at `place` → (68, 2) pixels."""
    points = landmarks_68(model, vertices).astype(np.float64)
    return camera.project(points @ place[:3, :3].T + place[:3, 3], size)


def detector_box(landmarks: npt.ArrayLike) -> Box:
    """(68, 2) pixels → the square that the runtime's face detector gives for such a face, about."""
    points = np.asarray(landmarks, dtype=np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    parts = ((_BOX_EYES, points[EYES].mean(axis=0)), (_BOX_MOUTH, points[MOUTH].mean(axis=0)), (_BOX_NOSE, points[30]))
    x, y = middle + sum(share * (part - middle) for share, part in parts)
    half = _BOX_SIDE * float(np.hypot(*(high - low))) / 2
    return Box(float(x - half), float(y - half), float(x + half), float(y + half))


def scene_record(plan: ScenePlan, camera: Camera, landmarks: Array, size: int) -> dict[str, Any]:
    """JSON types: the plan, the picture's size, the camera's matrix for OpenCV, and the landmarks."""
    return {
        "scene": plan.to_json(),
        "size": size,
        "intrinsics": camera.intrinsics(size).round(4).tolist(),
        "landmarks": landmarks.round(3).tolist(),
    }
