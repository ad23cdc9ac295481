"""Golden vectors of android_app/core alone: what the phone does itself and an iPhone leaves to its system.

    python -m tests.kotlin_vectors          # from the repository's root

`cuts.json`: crops of a small picture in all four turns, as runtime.preprocess cuts them. `detections.json`: BlazeFace's
anchors, decoded outputs and merged faces as runtime.blazeface has them, and whole searches of runtime.detector with a
network that is a stand-in: its answers are written down, so that Kotlin's search can be given the same ones.
`metadata.json`: small .tflite and .onnx files with and without the record that an export embeds.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime import blazeface
from runtime.artifact import METADATA_KEY
from runtime.atomic import write_text
from runtime.detector import FaceDetector
from runtime.preprocess import Box, crop_face

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "android_app" / "core" / "src" / "test" / "resources"
Case = dict[str, Any]
Pixels = npt.NDArray[np.uint8]

BOXES = {
    "inside": (14, 16, 26, 30),
    "shrunk": (6, 8, 34, 36),
    "over the edge": (-6, 20, 12, 44),
    "whole": (0, 0, 30, 30),
}
TURNS = (0, 90, 180, 270)


def buffer() -> Pixels:
    """A picture (45, 60, 3) with coarse structure and some noise."""
    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    fine = np.ascontiguousarray(np.kron(coarse, np.ones((5, 5, 1), dtype=np.uint8)))
    return np.asarray(fine ^ rng.integers(0, 8, fine.shape, dtype=np.uint8))


def turned(picture: Pixels, degrees: int) -> Pixels:
    """Clockwise."""
    return np.ascontiguousarray(np.rot90(picture, k=-degrees // 90))


def cuts() -> Case:
    picture = buffer()
    cases = [
        {"name": f"{name}, {turn} degrees, {size}", "turn_deg": turn, "face_box": list(map(float, box)), "size": size}
        | {"rgb": _packed(crop_face(turned(picture, turn), Box(*map(float, box)), size))}
        for turn in TURNS
        for name, box in BOXES.items()
        for size in (12, 28)
    ]
    return {"picture": _picture(picture), "cuts": cases}


def detections() -> Case:
    return {
        "anchors": [{"name": "centres", "centers": blazeface.anchor_centers().tolist()}],
        "decoded": [
            _decoded(name, seed, least) for name, seed, least in (("many", 1, 0.5), ("sure", 2, 0.9), ("none", 3, 1))
        ],
        "searches": [_searched(name, faces, turn) for name, faces, turn in SEARCHES],
    }


def outputs(seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Some anchors around three places answer, two of them with numbers that are no box."""
    rng = np.random.default_rng(seed)
    regressors, logits = np.zeros((896, 16), np.float32), np.full(896, -9.0, np.float32)
    for x, y, side in ((0.3, 0.3, 0.2), (0.34, 0.32, 0.22), (0.75, 0.6, 0.4)):
        near = np.abs(blazeface.anchor_centers() - (x, y)).max(axis=1) < 0.06
        for anchor in np.flatnonzero(near):
            middle = (np.array((x, y)) - blazeface.anchor_centers()[anchor]) * 128
            points = rng.normal(0, 9, 12)
            regressors[anchor] = [*(middle + rng.normal(0, 1.5, 2)), *(side * 128 + rng.normal(0, 2, 2)), *points]
            logits[anchor] = rng.normal(1.5, 1.5)
    regressors[700, 2], logits[700] = -4, 3
    regressors[701, 0], regressors[701, 2:4], logits[701] = np.inf, 9, 3
    return regressors, logits


def _decoded(name: str, seed: int, least: float) -> Case:
    regressors, logits = outputs(seed)
    found = blazeface.decode(regressors, logits, least)
    case = {"name": name, "min_score": least, **_sparse(regressors, logits)}
    merged, kept = blazeface.merge(found), blazeface.suppress(found)
    return {**case, "decoded": _rows(found), "merged": _rows(merged), "suppressed": _rows(kept)}


SEARCHES = (  # bright discs in a dark picture: x, y, radius
    ("one face", ((24.0, 18.0, 5.5),), 0),
    ("one face, turned", ((24.0, 18.0, 5.5),), 90),
    ("at the edge, turned", ((33.0, 5.0, 5.5),), 270),
    ("nothing", (), 180),
)


def disc_network(tile: Pixels) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """A stand-in for the network that takes bright pixels for a face: one anchor answers, the next one nearly alike."""
    regressors, logits = np.zeros((896, 16), np.float32), np.full(896, -50.0, np.float32)
    y, x = np.nonzero(tile.mean(axis=2) > 128)
    if len(x):
        center, spread = np.array((x.mean(), y.mean())), np.array((x.std(), y.std())) * 4 + 1
        anchor = int(np.abs(blazeface.anchor_centers() * 128 - center).sum(axis=1).argmin())
        for shift in (0, 1):
            offset = center - blazeface.anchor_centers()[anchor + shift] * 128
            regressors[anchor + shift, :4] = [*(offset + shift), *spread]
            regressors[anchor + shift, 4:] = np.arange(12) + offset[0]
            logits[anchor + shift] = 2.5 - shift - 8 * abs(float(spread[0] / 128) - 0.4)
    return regressors, logits


def _searched(name: str, discs: tuple[tuple[float, float, float], ...], turn: int) -> Case:
    looks: list[Case] = []

    def network(tile: Pixels, min_score: float) -> blazeface.Detections:
        regressors, logits = disc_network(tile)
        value = tile.astype(np.float64) / 127.5 - 1
        columns = np.round(value.mean(axis=(0, 2))[::8], 6).tolist()
        told = _sparse(regressors, logits, -49)
        looks.append({"columns": columns, "mean": round(float(value.mean()), 8), **told})
        return blazeface.merge(blazeface.decode(regressors, logits, min_score))

    finder = object.__new__(FaceDetector)  # without its network
    finder.min_score, finder.min_face_px, finder.search = 0.65, 24.0, "whole"
    finder._network = network  # type: ignore[assignment]
    picture = np.full((36, 48, 3), 20, np.uint8)
    rows, columns = np.mgrid[0:36, 0:48] + 0.5
    for x, y, radius in discs:
        picture[np.hypot(columns - x, rows - y) <= radius] = (250, 200, 220)
    faces = finder.detect(turned(picture, turn))
    found = [{"box": list(f.box), "score": f.score, "keypoints": f.keypoints.tolist()} for f in faces]
    return {"name": name, "turn_deg": turn, "picture": _picture(picture), "looks": looks, "found": found}


def _sparse(regressors: npt.NDArray[np.float32], logits: npt.NDArray[np.float32], least: float = -8) -> Case:
    """Outputs without the anchors that say nothing; what is no number is written as text."""
    answers = [
        {"anchor": int(anchor), "logit": _short(logits[anchor]), "values": [_short(v) for v in regressors[anchor]]}
        for anchor in np.flatnonzero(logits > least)
    ]
    return {"rest": float(logits.min()), "answers": answers}


def _short(value: np.float32) -> float | str:
    """The shortest digits of a 32-bit number."""
    return float(str(value)) if np.isfinite(value) else str(value)


def _rows(found: blazeface.Detections) -> list[Case]:
    rows = zip(found.boxes, found.keypoints, found.scores, strict=True)
    return [{"box": box.tolist(), "keypoints": points.tolist(), "score": float(score)} for box, points, score in rows]


def metadata() -> Case:
    """Files of both formats with a record and without one; broken ones."""
    record = json.loads((ROOT / "tests" / "golden" / "manifest.json").read_text(encoding="utf-8"))["artifacts"][-1]
    facts = {key: value for key, value in record.items() if key not in ("file", "sha256", "size_bytes")}
    text = json.dumps(facts, ensure_ascii=False).encode()
    good = tflite({"other": b"\x01\x02", METADATA_KEY: text})
    graph = onnx_model({"other": "1, 2", METADATA_KEY: text.decode()})
    zipped = b"PK\x03\x04" + good[4:8] * 9
    return {
        **_group("tflite", facts, good, tflite({"min_runtime_version": b"1.5.0"}), tflite({})),
        "tflite broken": _broken(good[: len(good) // 2], zipped, graph),
        **_group("onnx", facts, graph, onnx_model({"other": "1, 2"}), onnx_model({})),
        "onnx broken": _broken(graph[: len(graph) // 2], zipped, good),
    }


def _group(target: str, facts: Case, good: bytes, others: bytes, nothing: bytes) -> Case:
    files = {"with a record": good, "with nothing of ours": others, "without any metadata": nothing}
    return {
        target: [
            {"name": name, "bytes": _text(data), "facts": facts if data is good else None}
            for name, data in files.items()
        ]
    }


def _broken(cut_off: bytes, zipped: bytes, other: bytes) -> list[Case]:
    files = {"cut off": cut_off, "a zip": zipped, "the other format": other, "empty": b""}
    return [{"name": name, "bytes": _text(data)} for name, data in files.items()]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def onnx_model(entries: dict[str, str]) -> bytes:
    """An .onnx file that copies its input, with these metadata entries, by the onnx package."""
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 3]) for name in ("image", "rotation")]
    graph = helper.make_graph([helper.make_node("Identity", ["image"], ["rotation"])], "g" * 200, ends[:1], ends[1:])
    opset = helper.make_opsetid("", 20)
    model = helper.make_model(graph, producer_name="headpose", opset_imports=[opset], ir_version=10)
    helper.set_model_props(model, entries)
    return bytes(model.SerializeToString(deterministic=True))


def tflite(entries: dict[str, bytes]) -> bytes:
    """A .tflite file without a graph, with these metadata entries, by LiteRT's own schema."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT()
    model.version, model.description, model.subgraphs, model.operatorCodes = 3, "no graph", [], []
    model.buffers, model.metadata = [schema.BufferT()], []
    for name, content in entries.items():
        entry, data = schema.MetadataT(), schema.BufferT()
        entry.name, entry.buffer = name, len(model.buffers)
        data.data = np.frombuffer(content, dtype=np.uint8)
        model.metadata.append(entry)
        model.buffers.append(data)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _picture(pixels: Pixels) -> Case:
    return {"width": pixels.shape[1], "height": pixels.shape[0], "rgb": _packed(pixels)}


def _packed(pixels: Pixels) -> str:
    return _text(np.ascontiguousarray(pixels).tobytes())


FILES: dict[str, Callable[[], Case]] = {"cuts.json": cuts, "detections.json": detections, "metadata.json": metadata}


def text_of(name: str) -> str:
    """What a file holds: one case a line."""
    groups = FILES[name]()
    parts = []
    for group, value in groups.items():
        if isinstance(value, list):
            lines = ",\n".join(f"  {json.dumps(case, ensure_ascii=False, allow_nan=False)}" for case in value)
            parts.append(f" {json.dumps(group)}: [\n{lines}\n ]")
        else:
            parts.append(f" {json.dumps(group)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> int:
    for name in FILES:
        text = text_of(name)
        write_text(FOLDER / name, text)
        print(f"{name}: {len(text.encode()):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
