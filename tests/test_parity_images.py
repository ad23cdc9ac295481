"""The inputs of the parity check: always the same, what their names say, and heads with the pose they claim."""

from __future__ import annotations

import numpy as np
import pytest

from export.parity_images import folder_images, parity_images, spread
from runtime.errors import HeadPoseError
from training.data.drawn_faces import STYLES, draw_face

SIZE = 96


@pytest.fixture(scope="module")
def images() -> dict[str, np.ndarray]:
    pytest.importorskip("skimage")
    return {image.name: image.pixels for image in parity_images(SIZE)}


def test_shapes_names_and_kinds(images: dict[str, np.ndarray]) -> None:
    assert len(images) == 45
    assert {pixels.shape for pixels in images.values()} == {(SIZE, SIZE, 3)}
    assert {pixels.dtype for pixels in images.values()} == {np.dtype(np.uint8)}
    assert sum(name.startswith("astronaut") for name in images) == 14
    assert sum(name.startswith("head") for name in images) == 10
    assert sum(name.startswith("rendered") for name in images) == 16
    assert len({pixels.tobytes() for pixels in images.values()}) == 45


def test_faces_are_photographs_and_rendered_heads() -> None:
    faces = {image.name for image in parity_images(SIZE) if image.face}
    assert len(faces) == 13 + 16
    assert {name.partition("_")[0] for name in faces} == {"astronaut", "rendered"}
    assert "astronaut_cut_off" not in faces


def test_always_the_same(images: dict[str, np.ndarray]) -> None:
    again = parity_images(SIZE)
    assert all(np.array_equal(images[image.name], image.pixels) for image in again)


def test_edge_cases_are_what_they_are_called(images: dict[str, np.ndarray]) -> None:
    assert set(np.unique(images["black"])) == {0}
    assert set(np.unique(images["white"])) == {255}
    assert set(np.unique(images["saturated_noise"])) == {0, 255}
    board = images["checkerboard"][..., 0].astype(int)
    assert (np.abs(np.diff(board, axis=0)) == 255).all()
    assert (np.abs(np.diff(board, axis=1)) == 255).all()
    assert (images["gradient"].min(), images["gradient"].max()) == (0, 255)


def test_astronaut_variants_are_what_they_are_called(images: dict[str, np.ndarray]) -> None:
    face = images["astronaut"].astype(int)
    np.testing.assert_array_equal(images["astronaut_mirrored"], face[:, ::-1])
    assert images["astronaut_dark"].mean() < face.mean() - 20
    assert images["astronaut_bright"].mean() > face.mean() + 20
    gray = images["astronaut_gray"]
    assert (gray == gray[..., :1]).all()
    assert (images["astronaut_cut_off"][:10] == 0).all()  # outside of the photograph
    for name in ("astronaut_small", "astronaut_jpeg"):
        assert 1 < np.abs(images[name] - face).mean() < 25


def test_the_astronaut_has_a_face(images: dict[str, np.ndarray]) -> None:
    """Skin where the cheeks must be: between red and yellow, red above green above blue."""
    cheeks = images["astronaut"][SIZE // 2 : SIZE * 5 // 8, SIZE * 3 // 8 : SIZE * 5 // 8].reshape(-1, 3).mean(0)
    assert cheeks[0] > cheeks[1] > cheeks[2]
    assert cheeks[0] > 150


def _features(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centres (x, y) in −1…1 of the whites of the eyes and of the mouth in a head of the first style."""
    size = image.shape[0]
    rgb = image.astype(int)
    head = np.hypot(*(np.mgrid[:size, :size] - size / 2)) < size * 0.4
    bright = rgb.max(-1)
    chroma = (rgb.max(-1) - rgb.min(-1)) / np.maximum(bright, 1)
    eyes = head & (chroma < 0.06) & (bright > 90)
    mouth = head & (rgb[..., 0] > 2.2 * rgb[..., 1])
    return tuple(np.argwhere(mask).mean(0)[::-1] / size * 2 - 1 for mask in (eyes, mouth))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("pose", "axis", "sign"),
    [((0, 35, 0), 0, -1), ((0, -35, 0), 0, 1), ((25, 0, 0), 1, -1), ((-25, 0, 0), 1, 1)],
    ids=["yaw > 0 to the image's left", "yaw < 0 to the right", "pitch > 0 looks up", "pitch < 0 looks down"],
)
def test_drawn_heads_turn_where_their_angles_say(pose: tuple[int, int, int], axis: int, sign: int) -> None:
    _, mouth = _features(draw_face(*pose, 256))
    _, frontal = _features(draw_face(0, 0, 0, 256))
    assert (mouth - frontal)[axis] * sign > 0.1
    assert abs((mouth - frontal)[1 - axis]) < 0.06


@pytest.mark.parametrize("roll", [30, -30])
def test_roll_is_clockwise(roll: int) -> None:
    """The line from the eyes to the mouth points down; a clockwise tilt moves its end to the image's left."""
    eyes, mouth = _features(draw_face(0, 0, roll, 256))
    down = mouth - eyes
    assert np.degrees(np.arctan2(-down[0], down[1])) == pytest.approx(roll, abs=3)


def test_styles_differ() -> None:
    assert len({draw_face(0, 0, 0, 32, style).tobytes() for style in STYLES}) == len(STYLES)


def test_spread_keeps_both_ends() -> None:
    images = parity_images(32)
    assert [image.name for image in spread(images, 3)] == [images[0].name, images[22].name, images[-1].name]
    assert spread(images, None) == images
    assert spread(images, 1000) == images
    with pytest.raises(HeadPoseError, match="leaves no image"):
        spread(images, 0)


def test_folder_images_are_cut_to_their_central_square(tmp_path: object) -> None:
    from pathlib import Path

    from PIL import Image

    folder = Path(str(tmp_path))
    wide = np.zeros((40, 100, 3), np.uint8)
    wide[:, 30:70] = (10, 200, 30)
    Image.fromarray(wide).save(folder / "b.png")
    Image.fromarray(np.full((30, 30), 77, np.uint8)).save(folder / "a.png")
    (folder / "notes.txt").write_text("not a picture")
    found = folder_images(folder, 20)
    assert [image.name for image in found] == ["a.png", "b.png"]
    assert (found[0].pixels == 77).all()
    assert (found[1].pixels == (10, 200, 30)).all()
