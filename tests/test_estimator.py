"""The way from a picture to poses, with a session whose answer follows from the pixels it is given."""

from __future__ import annotations

import json
import warnings

import cv2
import numpy as np
import pytest
from fake_session import FakeSession, fake_info, pose_of_color
from skimage import data

from runtime.detector import Face, FaceDetector
from runtime.errors import HeadPoseError
from runtime.estimator import HeadPose, HeadPoseEstimator, UntrainedWeightsWarning
from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation, geodesic_deg

ASTRONAUT = data.astronaut()


class FakeDetector:
    """Says that there is a face in each of the given boxes."""

    def __init__(self, *boxes: Box) -> None:
        self.boxes = boxes

    def detect(self, image: np.ndarray) -> list[Face]:
        return [Face(box, 0.9 - 0.1 * i, np.zeros((6, 2))) for i, box in enumerate(self.boxes)]


def colored(*patches: tuple[Box, tuple[int, int, int]]) -> np.ndarray:
    image = np.zeros((300, 600, 3), np.uint8)
    for box, color in patches:
        left, top, right, bottom = (int(v) for v in box)
        image[top:bottom, left:right] = color
    return image


LEFT, RIGHT = Box(60, 80, 160, 180), Box(400, 100, 500, 200)  # faces; their crops are 150 × 150
AROUND_LEFT, AROUND_RIGHT = Box(30, 40, 190, 210), Box(370, 60, 530, 230)


def test_each_face_gets_the_pose_of_its_own_crop():
    colors = [(200, 100, 140), (90, 180, 128)]
    image = colored((AROUND_LEFT, colors[0]), (AROUND_RIGHT, colors[1]))
    session = FakeSession()
    heads = HeadPoseEstimator(session, detector=FakeDetector(LEFT, RIGHT)).predict(image)
    assert session.batches == [2]  # one call for both
    for head, box, color in zip(heads, (LEFT, RIGHT), colors, strict=True):
        pitch, yaw, roll = pose_of_color(*color)
        assert head.box == box
        assert (head.pitch_deg, head.yaw_deg, head.roll_deg) == pytest.approx((pitch, yaw, roll), abs=1e-3)
        assert geodesic_deg(head.rotation, euler_to_rotation(pitch, yaw, roll)) < 1e-3
    assert [head.score for head in heads] == pytest.approx([0.9, 0.8])


def test_the_channels_are_red_green_blue():
    image = colored((AROUND_LEFT, (255, 128, 128)))
    (head,) = HeadPoseEstimator(FakeSession(), detector=FakeDetector(LEFT)).predict(image)
    assert (head.yaw_deg, head.pitch_deg, head.roll_deg) == pytest.approx((127 / 4, 0, 0), abs=1e-3)


def test_outside_the_picture_is_black():
    """A face in the corner: its crop reaches beyond, a known share of it is inside."""
    white = np.full((300, 300, 3), 255, np.uint8)
    (head,) = HeadPoseEstimator(FakeSession(), detector=FakeDetector(Box(-50, 0, 50, 100))).predict(white)
    inside = 75 / 150 * (150 - 35) / 150  # crop: x -75..75, y -35..115
    assert head.yaw_deg == pytest.approx(pose_of_color(255 * inside, 0, 0)[1], abs=0.3)


def test_with_the_real_detector():
    (head,) = HeadPoseEstimator(FakeSession(), threads=1).predict(ASTRONAUT)
    assert abs((head.box.left + head.box.right) / 2 - 224) < 8
    crop = ASTRONAUT[38:192, 147:301].reshape(-1, 3).mean(axis=0)  # 1.5 × the face, by hand
    pitch, yaw, roll = pose_of_color(*crop)
    assert (head.pitch_deg, head.yaw_deg, head.roll_deg) == pytest.approx((pitch, yaw, roll), abs=1.5)


def test_no_face_is_no_error_and_runs_nothing():
    session = FakeSession()
    assert HeadPoseEstimator(session, detector=FaceDetector(threads=1)).predict(np.zeros((50, 50, 3), np.uint8)) == []
    assert session.batches == []


def test_predict_crops_of_any_size():
    crops = [np.full(shape, value, np.uint8) for shape, value in (((32, 32, 3), 100), ((90, 40, 3), 160))]
    rotations = HeadPoseEstimator(FakeSession()).predict_crops(crops)
    expected = [euler_to_rotation(*pose_of_color(v, v, v)) for v in (100, 160)]
    np.testing.assert_allclose(rotations, expected, atol=1e-6)
    assert HeadPoseEstimator(FakeSession()).predict_crops([]).shape == (0, 3, 3)


def test_untrained_weights_are_told_once():
    with pytest.warns(UntrainedWeightsWarning, match=r"sixdrepnet_fake_fp32 holds UNTRAINED weights: .* noise"):
        estimator = HeadPoseEstimator(FakeSession(trained=False), detector=FakeDetector(LEFT))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(estimator.predict(ASTRONAUT)) == 1


def test_trained_weights_are_not_warned_about():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        HeadPoseEstimator(FakeSession())


@pytest.mark.parametrize(
    "answer",
    [np.full((1, 3, 3), np.nan, np.float32), np.zeros((2, 3, 3), np.float32), np.zeros((1, 6), np.float32)],
    ids=["nan", "too many", "six numbers"],
)
def test_a_session_that_gives_nonsense(answer):
    session = FakeSession()
    session.run = lambda images: answer
    with pytest.raises(HeadPoseError, match=r"not 1 finite rotations: check the artefact with +headpose parity"):
        HeadPoseEstimator(session, detector=FakeDetector(LEFT)).predict(ASTRONAUT)


def test_what_is_no_picture_is_told():
    estimator = HeadPoseEstimator(FakeSession(), detector=FakeDetector(LEFT))
    with pytest.raises(HeadPoseError, match="a picture is a uint8 RGB array"):
        estimator.predict(ASTRONAUT[..., 0])
    with pytest.raises(HeadPoseError, match="a picture is a uint8 RGB array"):
        estimator.predict_crops([ASTRONAUT.astype(np.float32)])


def test_missing_artefact(tmp_path):
    with pytest.raises(HeadPoseError, match=r"net\.onnx does not exist: give the path of an exported artefact"):
        HeadPoseEstimator(tmp_path / "net.onnx")


def test_to_dict_survives_json():
    head = HeadPose(Box(1.234567, 2, 3, 4), 0.87654321, np.eye(3, dtype=np.float32), 1.0, -2.0, 3.25)
    back = json.loads(json.dumps(head.to_dict()))
    assert back["box"] == [1.23, 2, 3, 4]
    assert back["rotation"] == np.eye(3).tolist()
    assert (back["score"], back["yaw_deg"], back["pitch_deg"], back["roll_deg"]) == (0.8765, 1.0, -2.0, 3.25)


def test_a_real_artefact_agrees_with_its_own_session(exported_m0):
    """The shipped file, from the picture to the pose, against the same file fed by hand with OpenCV's crop."""
    from runtime.sessions import open_session

    artifact = next(exported_m0.glob("*fp32.tflite"))
    with pytest.warns(UntrainedWeightsWarning):
        estimator = HeadPoseEstimator(artifact, threads=1)
    (head,) = estimator.predict(ASTRONAUT)
    side = int(np.floor(1.5 * max(head.box.width, head.box.height) + 0.5))
    x = int(np.floor((head.box.left + head.box.right) / 2 - side / 2 + 0.5))
    y = int(np.floor((head.box.top + head.box.bottom) / 2 - 0.1 * head.box.height - side / 2 + 0.5))
    crop = cv2.resize(ASTRONAUT[y : y + side, x : x + side], (224, 224), interpolation=cv2.INTER_LINEAR)
    expected = open_session(artifact, threads=1).run(crop[None])[0]
    assert geodesic_deg(head.rotation, expected) < 1e-3


def test_fake_info_is_like_a_real_one():
    assert type(fake_info()).from_json(fake_info().to_json()) == fake_info()
