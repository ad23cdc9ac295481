"""Golden rotations, drawings and crops: scipy, published formulas, exact fractions and real pixels say the same."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from golden import rotation_cases
from golden.reading import cases
from scipy.spatial.transform import Rotation

from runtime.errors import HeadPoseError
from runtime.preprocess import Box, crop_box, crop_face

pytestmark = pytest.mark.filterwarnings("ignore:Gimbal lock detected")


# --- rotations: scipy, and 6DRepNet's published drawing formulas


def scipy_rotation(pitch_deg, yaw_deg, roll_deg):
    return Rotation.from_euler("ZYX", [roll_deg, yaw_deg, pitch_deg], degrees=True)


@pytest.mark.parametrize("case", cases("rotations.json", "euler_to_rotation"))
def test_euler_angles_make_scipys_rotation(case):
    wanted = scipy_rotation(case["pitch_deg"], case["yaw_deg"], case["roll_deg"]).as_matrix()
    np.testing.assert_allclose(case["rotation"], wanted, atol=1e-12)


@pytest.mark.parametrize("case", cases("rotations.json", "rotation_to_euler"))
def test_euler_angles_are_in_range_and_make_the_rotation_again(case):
    pitch, yaw, roll = case["pitch_deg"], case["yaw_deg"], case["roll_deg"]
    np.testing.assert_allclose(scipy_rotation(pitch, yaw, roll).as_matrix(), case["rotation"], atol=1e-6)
    assert abs(yaw) <= 90
    assert max(abs(pitch), abs(roll)) <= 180
    if case["name"] in rotation_cases.LOCKED:
        assert roll == 0
        assert abs(yaw) == pytest.approx(90, abs=1e-4)


@pytest.mark.parametrize("case", cases("rotations.json", "sixd_to_rotation"))
def test_the_six_numbers_make_the_rotation_of_a_qr_decomposition(case):
    columns = np.array(case["sixd"], dtype=float).reshape(2, 3).T
    first, second = np.linalg.norm(columns, axis=0)
    found = np.array(case["rotation"])
    if min(first, second) < 1e-6 or np.linalg.matrix_rank(columns / [first, second], tol=1e-9) < 2:
        assert np.abs(found).max() <= 1 + 1e-12  # nothing to orthogonalise: finite, and no longer than a unit vector
        return
    q, r = np.linalg.qr(columns / [first, second])
    x, y = (q * np.sign(np.diag(r))).T
    np.testing.assert_allclose(found, np.stack([x, y, np.cross(x, y)], axis=1), atol=1e-9)


@pytest.mark.parametrize("case", cases("rotations.json", "rotation_to_sixd"))
def test_the_six_numbers_are_the_first_two_columns(case):
    assert case["sixd"] == np.array(case["rotation"])[:, :2].T.ravel().tolist()


@pytest.mark.parametrize("case", cases("rotations.json", "geodesic_deg"))
def test_geodesics_are_scipys_magnitudes(case):
    a, b = Rotation.from_matrix(case["a"]), Rotation.from_matrix(case["b"])
    assert case["deg"] == pytest.approx(math.degrees((a * b.inv()).magnitude()), abs=1e-6)


@pytest.mark.parametrize("case", cases("rotations.json", "mirror"))
def test_mirrored_angles_have_the_other_sign(case):
    roll, yaw, pitch = Rotation.from_matrix(case["rotation"]).as_euler("ZYX", degrees=True)
    np.testing.assert_allclose(scipy_rotation(pitch, -yaw, -roll).as_matrix(), case["mirrored"], atol=1e-7)


@pytest.mark.parametrize("case", cases("rotations.json", "rotate_in_plane"))
def test_turns_are_scipys(case):
    turned = Rotation.from_matrix(case["rotation"]) * Rotation.from_euler("z", case["angle_deg"], degrees=True)
    np.testing.assert_allclose(turned.as_matrix(), case["turned"], atol=1e-12)


@pytest.mark.parametrize("case", cases("rotations.json", "to_opencv"))
def test_opencv_columns_are_the_heads_axes_with_y_and_z_turned_over(case):
    right, up, forward = np.array(case["rotation"])  # in a camera frame with y up and z towards the viewer
    flip = np.array([1, -1, -1])
    wanted = np.stack([flip * right, -flip * up, -flip * forward], axis=1)
    np.testing.assert_allclose(case["opencv"], wanted, atol=1e-12)


def published_axes(pitch_deg, yaw_deg, roll_deg):
    """6DRepNet's utils.draw_axis with size 1, from the paper's repository."""
    p, y, r = math.radians(pitch_deg), -math.radians(yaw_deg), math.radians(roll_deg)
    cos, sin = math.cos, math.sin
    return [
        [cos(y) * cos(r), cos(p) * sin(r) + cos(r) * sin(p) * sin(y)],
        [-cos(y) * sin(r), cos(p) * cos(r) - sin(p) * sin(y) * sin(r)],
        [sin(y), -cos(y) * sin(p)],
    ]


@pytest.mark.parametrize("case", cases("rotations.json", "image_axes"))
def test_axes_in_the_image_are_6drepnets(case):
    angles = {**rotation_cases.POSES, **rotation_cases.LOCKED, **rotation_cases.WRAPS}[case["name"]]
    np.testing.assert_allclose(case["axes"], published_axes(*angles), atol=1e-12)


@pytest.mark.parametrize("case", cases("projections.json", "axes"))
def test_drawn_axes_start_in_the_middle_and_have_their_length(case):
    pitch, yaw, roll = Rotation.from_matrix(case["rotation"]).as_euler("ZYX", degrees=True)[::-1]
    wanted = np.array(case["center"]) + case["size"] * np.array(published_axes(pitch, yaw, roll))
    assert [line["start"] for line in case["lines"]] == [case["center"]] * 3
    np.testing.assert_allclose([line["end"] for line in case["lines"]], wanted, atol=1e-5)
    assert [line["color"] for line in case["lines"]] == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


@pytest.mark.parametrize("case", cases("projections.json", "cube"))
def test_drawn_cubes_are_the_shadows_of_cubes(case):
    right, up, forward = np.array(case["rotation"]) * [1, -1, 1] * case["size"]  # y down in the picture
    vectors = np.array([line["end"] for line in case["lines"]]) - [line["start"] for line in case["lines"]]
    x, y, z = right[:2], -up[:2], forward[:2]
    ring = [x, y, -x, -y]
    np.testing.assert_allclose(vectors, [*ring, z, z, z, z, *ring], atol=1e-9)
    np.testing.assert_allclose(
        np.mean([line["start"] for line in case["lines"][:4]], axis=0), case["center"], atol=1e-9
    )


@pytest.mark.parametrize("case", cases("projections.json", "overlay"))
def test_labels_say_the_angles(case):
    pitch, yaw, roll = Rotation.from_matrix(case["rotation"]).as_euler("ZYX", degrees=True)[::-1]
    told = {line.split()[0]: float(line.split()[1].rstrip("°")) for line in case["label"]}
    if abs(yaw) < 89:
        assert told == pytest.approx({"yaw": yaw, "pitch": pitch, "roll": roll}, abs=0.0501)
    assert len(case["lines"]) == (3 if case["style"] == "axes" else 12)


# --- crops: exact fractions, and pixels that are really turned, mirrored and cut


def half_up(value):
    return math.floor(value + Fraction(1, 2))


@pytest.mark.parametrize("case", cases("crops.json", "crop_box"))
def test_crop_boxes_are_those_of_exact_arithmetic(case):
    left, top, right, bottom = (Fraction(str(v)) for v in case["face_box"])
    side = max(1, half_up(Fraction(3, 2) * max(right - left, bottom - top)))
    x = half_up((left + right) / 2 - Fraction(side, 2))
    y = half_up((top + bottom) / 2 - (bottom - top) / 10 - Fraction(side, 2))
    assert case["crop_box"] == [x, y, x + side, y + side]


@pytest.mark.parametrize("case", cases("crops.json", "empty"))
def test_an_empty_box_has_no_crop(case):
    left, top, right, bottom = case["face_box"]
    assert left >= right or top >= bottom
    with pytest.raises(HeadPoseError, match="is empty"):
        crop_box(Box(*case["face_box"]))


@pytest.mark.parametrize("case", cases("crops.json", "transform"))
def test_a_marked_pixel_ends_where_the_transform_says(case):
    scale, (width, height) = 8, case["buffer_size"]
    quarters, size = case["turn_deg"] // 90, 2 * case["input_size"]
    for point in case["points"][2:]:  # those inside the picture
        x, y = (np.array(point["buffer"]) * scale).astype(int)
        buffer = np.zeros((height * scale, width * scale, 3), dtype=np.uint8)
        buffer[y - 8 : y + 8, x - 8 : x + 8] = 255
        upright = np.rot90(buffer, -quarters)
        display = upright[:, ::-1] if case["mirrored"] else upright
        seen = upright if case["view"] == "upright" else buffer
        network = crop_face(np.ascontiguousarray(seen), Box(*(np.array(case["face_box"]) * scale)), size)
        np.testing.assert_allclose(middle(upright) / scale, point["upright"], atol=0.01)
        np.testing.assert_allclose(middle(display) / scale, point["display"], atol=0.01)
        if network.any():  # the larger picture's crop has its corners elsewhere by less than a small pixel
            np.testing.assert_allclose(middle(network) / 2, point["network"], atol=1.0)


def middle(image):
    weight = image[..., 0].astype(np.float64)
    y, x = np.indices(weight.shape)
    return np.array([(weight * (x + 0.5)).sum(), (weight * (y + 0.5)).sum()]) / weight.sum()


@pytest.mark.parametrize("case", cases("crops.json", "transform"))
def test_the_rotation_on_the_screen_is_that_of_the_turned_and_mirrored_picture(case):
    turn = case["turn_deg"] if case["view"] == "buffer" else 0
    upright = Rotation.from_matrix(case["network_rotation"]) * Rotation.from_euler("z", turn, degrees=True)
    np.testing.assert_allclose(case["upright_rotation"], upright.as_matrix(), atol=1e-12)
    roll, yaw, pitch = upright.as_euler("ZYX", degrees=True)
    sign = -1 if case["mirrored"] else 1
    wanted = scipy_rotation(pitch, sign * yaw, sign * roll).as_matrix()
    np.testing.assert_allclose(case["display_rotation"], wanted, atol=1e-9)
