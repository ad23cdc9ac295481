"""Metadata of .tflite files: what is written is read back, and the model stays what it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import HeadPoseError
from runtime.tflite_file import Ends, read_tflite_graph, read_tflite_metadata, write_tflite_metadata

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")

DETECTOR = Path(__file__).resolve().parents[1] / "runtime/assets/face_detection_short_range.tflite"


@pytest.fixture(params=["fp32", "fp16"])
def model(request: pytest.FixtureRequest, exported_m0: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(exported_m0 / f"sixdrepnet_repnext_m0_{request.param}.tflite", tmp_path / "model.tflite"))


def _run(path: Path) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    image = np.random.default_rng(0).uniform(0, 255, (1, 224, 224, 3)).astype(np.float32)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def test_entries_are_added_and_replaced_and_the_rest_stays(model: Path) -> None:
    before, graph, answer = read_tflite_metadata(model), read_tflite_graph(model), _run(model)
    write_tflite_metadata(model, {"mine": b"one", "binary": bytes(range(256))})
    write_tflite_metadata(model, {"mine": "zwei – länger".encode()})
    after = read_tflite_metadata(model)
    assert after == {**before, "mine": "zwei – länger".encode(), "binary": bytes(range(256))}
    assert read_tflite_graph(model) == graph
    np.testing.assert_array_equal(_run(model), answer)


def test_constants_stay_on_16_byte_borders(model: Path) -> None:
    write_tflite_metadata(model, {"x": b"123"})  # an odd length, so that everything else would move
    data = np.frombuffer(model.read_bytes(), dtype=np.uint8)
    root = schema.Model.GetRootAs(data.tobytes(), 0)
    start = np.frombuffer(root._tab.Bytes, dtype=np.uint8).__array_interface__["data"][0]
    views = [root.Buffers(i).DataAsNumpy() for i in range(root.BuffersLength()) if root.Buffers(i).DataLength()]
    places = [view.__array_interface__["data"][0] - start for view in views]
    assert len(places) > 100
    assert {place % 16 for place in places} == {0}


def test_signature_and_description_survive(model: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    before = Interpreter(str(model)).get_signature_list()
    write_tflite_metadata(model, {"x": b"1"})
    assert Interpreter(str(model)).get_signature_list() == before
    assert before


def test_input_and_output_get_names_in_signature_and_graph(model: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    graph, answer = read_tflite_graph(model), _run(model)
    write_tflite_metadata(model, {}, Ends("picture", "pose"))
    interpreter = Interpreter(str(model))
    assert interpreter.get_signature_list() == {"serving_default": {"inputs": ["picture"], "outputs": ["pose"]}}
    assert interpreter.get_input_details()[0]["name"] == "picture"
    assert interpreter.get_output_details()[0]["name"] == "pose"
    assert read_tflite_graph(model).ops == graph.ops
    np.testing.assert_array_equal(_run(model), answer)


def test_two_outputs_cannot_have_one_name(tmp_path: Path) -> None:
    path = Path(shutil.copy(DETECTOR, tmp_path / "detector.tflite"))
    with pytest.raises(HeadPoseError, match=r"has 2 inputs or outputs to be named 'pose'"):
        write_tflite_metadata(path, {}, Ends("picture", "pose"))
    assert path.read_bytes() == DETECTOR.read_bytes()


def test_constants_behind_the_flatbuffer_are_brought_inside(tmp_path: Path) -> None:
    """The large-model layout: a buffer gives a place in the file instead of holding the data."""
    import flatbuffers

    weights = np.arange(8, dtype=np.float32)
    path = tmp_path / "large.tflite"

    def pack(offset: int) -> bytes:
        graph = schema.SubGraphT(tensors=[schema.TensorT(shape=[8], buffer=1, name="w")], inputs=[], outputs=[0])
        buffers = [schema.BufferT(), schema.BufferT(offset=offset, size=weights.nbytes)]
        root = schema.ModelT(version=3, operatorCodes=[], subgraphs=[graph], buffers=buffers)
        builder = flatbuffers.Builder()
        builder.Finish(root.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    length = len(pack(1000))
    path.write_bytes(pack(length) + weights.tobytes())
    assert read_tflite_graph(path).tensors[0].constant_bytes == 32
    write_tflite_metadata(path, {"headpose": b"{}"})
    root = schema.Model.GetRootAs(path.read_bytes(), 0)
    assert root.Buffers(1).Size() == 0
    np.testing.assert_array_equal(root.Buffers(1).DataAsNumpy().view(np.float32), weights)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a TFLite model"),
        (b"<!DOCTYPE html><html></html>", "is not a TFLite model"),
        (b"\xff\xff\xff\x7fTFL3" + b"\xff" * 40, "is damaged"),
    ],
    ids=["empty", "a web page", "offsets that lead nowhere"],
)
def test_damaged_files(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.tflite"
    path.write_bytes(content)
    for action in (read_tflite_metadata, read_tflite_graph, lambda p: write_tflite_metadata(p, {"a": b"b"})):
        with pytest.raises(HeadPoseError, match=message):
            action(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HeadPoseError, match=r"cannot read .*none\.tflite"):
        read_tflite_metadata(tmp_path / "none.tflite")


def test_graph_names_operators_and_constants(exported_m0: Path) -> None:
    graph = read_tflite_graph(exported_m0 / "sixdrepnet_repnext_m0_fp32.tflite")
    convolutions = [op for op in graph.ops if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D")]
    # RepNeXt-M0 folded: 14 blocks of 6, whose 7×7 kernel is three bands, 3 downsamples of 4, 2 in the stem, 1 head
    assert len(convolutions) == 14 * (6 + 2) + 3 * 4 + 2 + 1
    weights = graph.tensors[convolutions[0].inputs[1]]
    assert (weights.dtype, weights.shape, weights.constant_bytes) == ("FLOAT32", (20, 3, 3, 3), 20 * 27 * 4)
