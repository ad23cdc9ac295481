"""Meshes on the graphics card: what stays is uploaded once for each topology, what moves is written into one buffer."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.synthetic.mesh import Topology
from training.data.synthetic.parts import ALPHA_MODES, Part

_KEPT = 160  # topologies; a scene has about ten, all kinds of hair, clothes and occluders some 100


@dataclass(frozen=True, eq=False)
class _Slot:
    """Buffers of one part of a scene."""

    moving: Any
    indices: Any
    arrays: dict[str, Any]

    def release(self) -> None:
        for item in (*self.arrays.values(), self.moving, self.indices):
            item.release()


class _Layout:
    """One topology: its corners made unique, and a slot for each time that it occurs in a scene."""

    def __init__(self, context: Any, programs: dict[str, Any], topology: Topology, vertices: int) -> None:
        topology.check(vertices)
        self.topology = topology  # held, so that no other object can get its identity
        self._context, self._programs = context, programs
        pairs = topology.triangles.astype(np.int64) * max(len(topology.uv), 1) + topology.uv_triangles
        unique, corners = np.unique(pairs.ravel(), return_inverse=True)
        self.rows = unique // max(len(topology.uv), 1)
        self.corners = np.ascontiguousarray(corners.reshape(-1, 3), dtype=np.int32)
        uv = np.ascontiguousarray(topology.uv[unique % max(len(topology.uv), 1)], dtype=np.float32)
        self.uv = context.buffer(uv.tobytes())
        self.slots: list[_Slot] = []

    def slot(self, index: int) -> _Slot:
        while len(self.slots) <= index:
            self.slots.append(self._new_slot())
        return self.slots[index]

    def _new_slot(self) -> _Slot:
        moving = self._context.buffer(reserve=len(self.rows) * 24, dynamic=True)
        indices = self._context.buffer(self.corners.tobytes(), dynamic=True)
        contents = {
            **{mode: [(moving, "3f 3f", "position", "normal"), (self.uv, "2f", "uv")] for mode in ALPHA_MODES},
            "shadow": [(moving, "3f 12x", "position"), (self.uv, "2f", "uv")],
            "solid": [(moving, "3f 12x", "position")],
        }
        arrays = {
            name: self._context.vertex_array(self._programs[name], content, index_buffer=indices)
            for name, content in contents.items()
        }
        return _Slot(moving, indices, arrays)

    def release(self) -> None:
        for slot in self.slots:
            slot.release()
        self.uv.release()


class Meshes:
    """The layouts of the topologies that were drawn last."""

    def __init__(self, context: Any, programs: dict[str, Any]) -> None:
        self._context, self._programs = context, programs
        self._layouts: OrderedDict[int, _Layout] = OrderedDict()

    def upload(self, parts: tuple[Part, ...]) -> list[dict[str, Any]]:
        """Write the parts' vertices; the vertex arrays of each by program, in the parts' order.

        Raises HeadPoseError for a topology that does not fit its vertices.
        """
        used: dict[int, int] = {}
        arrays = []
        for part in parts:
            key = id(part.topology)
            layout = self._layout(part)
            slot = layout.slot(used.get(key, 0))
            used[key] = used.get(key, 0) + 1
            slot.moving.write(np.ascontiguousarray(part.interleaved()[layout.rows]))
            if part.material.alpha == "blend":
                slot.indices.write(np.ascontiguousarray(layout.corners[_far_first(part)]))
            arrays.append(slot.arrays)
        while len(self._layouts) > max(_KEPT, len(used)):
            self._layouts.popitem(last=False)[1].release()
        return arrays

    def _layout(self, part: Part) -> _Layout:
        key = id(part.topology)
        if key not in self._layouts:
            self._layouts[key] = _Layout(self._context, self._programs, part.topology, len(part.vertices))
        else:
            part.topology.check(len(part.vertices))
        self._layouts.move_to_end(key)
        return self._layouts[key]


def _far_first(part: Part) -> npt.NDArray[np.int64]:
    """(T,) triangles in the order of their middles' distance, the farthest first."""
    squared = (part.seen() ** 2).sum(axis=1)
    return np.argsort(-squared[part.topology.triangles].sum(axis=1), kind="stable")
