"""Every augmentation step: image and label move together, or neither does."""

import pickle

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from runtime.rotation import euler_to_rotation, image_axes, mirror, rotation_to_euler
from training.data.augment import Edge, Flip, Move, Occlude
from training.data.augment_photometric import (
    Coarse,
    ColorCast,
    ColorJitter,
    Gamma,
    GaussianBlur,
    Grayscale,
    Jpeg,
    Levels,
    MotionBlur,
    Noise,
    PillowBlur,
    Sharpen,
    color_matrix,
)
from training.data.drawn_faces import FaceStyle, draw_face

SIZE, ARM = 160, 45.0
POSES = [(0, 0, 0), (15, 40, -20), (-25, -60, 35), (30, 85, 10)]
GEOMETRIC = [Flip(), Move(angle_deg=30), Move(scale=1.3), Move(shift=0.1), Move(30, 1.2, 0.05)]
PHOTOMETRIC = [
    ColorJitter(), ColorCast(), Gamma(), Levels(), Grayscale(), Noise(), PillowBlur(), GaussianBlur(), Sharpen(),
    MotionBlur(), Coarse(), Jpeg(),
]  # fmt: skip
EVERY = [*GEOMETRIC, Occlude(), Edge(), *PHOTOMETRIC]
FRONT_LIT = FaceStyle((224, 172, 140), (70, 45, 30), (20, 60, 160), (0.0, 0.0, -1.0))  # turns with the image


def by_name(step):
    return repr(step)


def spot(x, y, sigma=4.0):
    """A bright round spot on dark gray, (SIZE, SIZE, 3)."""
    columns, rows = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)
    light = 20 + 200 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return np.repeat(light.round().astype(np.uint8)[..., None], 3, axis=2)


def place(image):
    """Centre of the spot, x and y in pixels."""
    light = image.mean(axis=2)
    weight = np.where(light > (light.min() + light.max()) / 2, light - np.median(light), 0.0)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    return np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()


def arms_after(step, rotation, seed):
    """The head's axes as the step leaves them in the image, (3, 2) pixels, and the label that it returns."""
    middle = np.array([SIZE, SIZE]) / 2
    tips = [middle, *(middle + ARM * axis for axis in image_axes(rotation))]
    results = [step(spot(*tip), rotation, np.random.default_rng(seed)) for tip in tips]
    center, *ends = (place(image) for image, _ in results)
    return np.array(ends) - center, results[0][1]


def photograph():
    grain = np.random.default_rng(3).normal(0, 5, (112, 112, 3))
    return (draw_face(8, 25, -12, 112) + grain).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("pose", POSES, ids=str)
def test_a_flip_exchanges_left_and_right_of_head_and_label(pose):
    rotation = euler_to_rotation(*pose)
    arms, label = arms_after(Flip(), rotation, 0)
    # the spot at the head's right is in the mirror at its left: X changes its sign, Y and Z are where the label says
    np.testing.assert_allclose(arms, ARM * image_axes(label) * [[-1], [1], [1]], atol=0.2)
    np.testing.assert_allclose(rotation_to_euler(label), np.array(pose) * [1, -1, -1], atol=1e-9)


@pytest.mark.parametrize("pose", POSES, ids=str)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("step", GEOMETRIC[1:], ids=by_name)
def test_axes_in_the_image_follow_the_label(step, pose, seed):
    arms, label = arms_after(step, euler_to_rotation(*pose), seed)
    expected = ARM * image_axes(label)
    factor = (arms * expected).sum() / (expected**2).sum()
    assert 1 / step.scale - 0.01 <= factor <= step.scale + 0.01
    np.testing.assert_allclose(arms, factor * expected, atol=0.35)
    np.testing.assert_allclose(label @ label.T, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_a_turn_keeps_the_middle_and_reaches_both_ways(seed):
    image, label = Move(angle_deg=30)(spot(SIZE / 2, SIZE / 2), np.eye(3), np.random.default_rng(seed))
    np.testing.assert_allclose(place(image), SIZE / 2, atol=0.05)
    assert abs(rotation_to_euler(label)[2]) <= 30


def test_ranges_are_used():
    rotation, seeds = euler_to_rotation(5, 30, 10), range(60)
    rolls = [rotation_to_euler(Move(30)(spot(80, 80), np.eye(3), np.random.default_rng(s))[1])[2] for s in seeds]
    assert min(rolls) < -25
    assert max(rolls) > 25
    moved = [Move(shift=0.1)(spot(80, 80), rotation, np.random.default_rng(s)) for s in seeds]
    offsets = np.array([place(image) for image, _ in moved]) - SIZE / 2
    assert (np.abs(offsets) <= 0.1 * SIZE + 0.1).all()
    assert (offsets.min(axis=0) < -0.08 * SIZE).all()
    assert (offsets.max(axis=0) > 0.08 * SIZE).all()
    assert all((label == rotation).all() for _, label in moved)
    lengths = [np.linalg.norm(arms_after(Move(scale=1.3), np.eye(3), s)[0][0]) / ARM for s in range(30)]
    assert min(lengths) < 0.85
    assert max(lengths) > 1.18


def test_a_turned_drawing_looks_like_a_drawing_of_the_new_label():
    pose = (10.0, 50.0, 20.0)
    image = draw_face(*pose, SIZE, FRONT_LIT)
    for seed in range(5):
        moved, label = Move(angle_deg=30)(image, euler_to_rotation(*pose), np.random.default_rng(seed))
        angle_deg = _angle_between(euler_to_rotation(*pose), label)
        right = np.abs(_head(moved) - _head(draw_face(*rotation_to_euler(label), SIZE, FRONT_LIT))).mean()
        wrong_roll = draw_face(pose[0], pose[1], pose[2] + angle_deg, SIZE, FRONT_LIT)
        other_way = draw_face(*rotation_to_euler(euler_to_rotation(*pose) @ _rz(-angle_deg)), SIZE, FRONT_LIT)
        if abs(angle_deg) > 8:
            assert right < 0.5 * np.abs(_head(moved) - _head(wrong_roll)).mean()
            assert right < 0.3 * np.abs(_head(moved) - _head(other_way)).mean()
        assert right < 8


def test_a_mirrored_drawing_looks_like_a_drawing_of_the_new_label():
    image = draw_face(10, 35, 15, SIZE, FRONT_LIT)
    mirrored, label = Flip()(image, euler_to_rotation(10, 35, 15), np.random.default_rng(0))
    again = draw_face(*rotation_to_euler(label), SIZE, FRONT_LIT)
    assert np.abs(_head(mirrored) - _head(again)).mean() < 6
    assert np.abs(_head(mirrored) - _head(image)).mean() > 15


def _rz(angle_deg):
    return euler_to_rotation(0, 0, angle_deg)


def _angle_between(before, after):
    return rotation_to_euler(before.T @ after)[2]


def _head(image):
    """The middle of the picture, where the head is; the wall behind it does not turn."""
    return image[36:-36, 36:-36].astype(float)


@pytest.mark.parametrize("step", [*PHOTOMETRIC, Occlude(), Edge()], ids=by_name)
def test_the_label_keeps_its_bits(step):
    rotation = euler_to_rotation(12, -34, 5)
    before = rotation.copy()
    _, label = step(photograph(), rotation, np.random.default_rng(0))
    assert label.tobytes() == before.tobytes()
    assert rotation.tobytes() == before.tobytes()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("step", PHOTOMETRIC, ids=by_name)
def test_colours_and_sharpness_move_nothing(step, seed):
    for x, y in [(80.0, 80.0), (52.3, 101.7), (118.6, 60.2)]:
        image, _ = step(spot(x, y, 6.0), np.eye(3), np.random.default_rng(seed))
        np.testing.assert_allclose(place(image), [x, y], atol=0.6 if isinstance(step, Coarse) else 0.25)


@pytest.mark.parametrize("step", EVERY, ids=by_name)
def test_a_step_is_a_pure_function_that_travels(step):
    image, rotation = photograph(), euler_to_rotation(1, 2, 3)
    kept = image.copy()
    image.flags.writeable = False
    once, label = step(image, rotation, np.random.default_rng(5))
    again, same = pickle.loads(pickle.dumps(step))(image, rotation, np.random.default_rng(5))
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(label, same)
    np.testing.assert_array_equal(image, kept)
    assert not np.shares_memory(once, image)
    assert (once.dtype, once.shape) == (image.dtype, image.shape)
    assert once.flags["C_CONTIGUOUS"]
    assert (once != image).mean() > 0.01


@pytest.mark.parametrize("step", [s for s in EVERY if not isinstance(s, Flip | Grayscale | PillowBlur)], ids=by_name)
def test_other_seeds_give_other_pixels(step):
    images = [step(photograph(), np.eye(3), np.random.default_rng(seed))[0] for seed in range(6)]
    assert len({image.tobytes() for image in images}) == 6


@pytest.mark.parametrize("step", EVERY, ids=by_name)
@pytest.mark.parametrize("side", [32, 96])
def test_any_size_is_taken(step, side):
    image = np.ascontiguousarray(photograph()[:side, :side])
    assert step(image, np.eye(3), np.random.default_rng(0))[0].shape == (side, side, 3)


def test_occluders_never_hide_the_whole_face():
    image = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    shares, faces = [], []
    for seed in range(300):
        out, _ = Occlude(most=3, largest=0.08)(image, np.eye(3), np.random.default_rng(seed))
        covered = (out != image).any(axis=2)
        shares.append(covered.mean())
        faces.append(covered[15:75, 15:75].mean())  # the face is two thirds of its crop
    assert max(shares) < 0.25
    assert max(faces) < 0.55
    assert np.mean(shares) > 0.03
    assert min(shares) > 0


def test_an_edge_is_black_along_one_side_or_two_that_meet():
    image, sides = np.full((80, 80, 3), 90, np.uint8), set()
    for seed in range(200):
        out, _ = Edge(0.25)(image, np.eye(3), np.random.default_rng(seed))
        kept = out[..., 0] == 90
        rows, columns = np.flatnonzero(kept.any(axis=1)), np.flatnonzero(kept.any(axis=0))
        assert kept.sum() == len(rows) * len(columns)  # what is left is one rectangle
        assert min(len(rows), len(columns)) >= 60
        assert (out[~kept] == 0).all()
        gone = {"top": rows[0] > 0, "bottom": rows[-1] < 79, "left": columns[0] > 0, "right": columns[-1] < 79}
        assert not (gone["top"] and gone["bottom"])
        assert not (gone["left"] and gone["right"])
        sides |= {name for name, cut in gone.items() if cut}
    assert sides == {"top", "bottom", "left", "right"}


def test_levels_spread_what_is_between_them_and_no_more():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    for seed in range(50):
        out = Levels(0.3, 0.35)(ramp, np.eye(3), np.random.default_rng(seed))[0][0, :, 0].astype(int)
        assert (np.diff(out) >= 0).all()
        assert out[0] == 0
        assert out[255] == 255
        assert (out == 0).mean() <= 0.31
        assert (out == 255).mean() <= 0.36
        middle = (out > 5) & (out < 250)
        slope = np.polyfit(np.arange(256)[middle], out[middle], 1)[0]
        assert 1.0 <= slope <= 1 / (1 - 0.3 - 0.35) + 0.02


@pytest.mark.parametrize("quality", [20, 50, 90])
def test_jpeg_marks_are_those_of_the_format(quality):
    import io

    stream = io.BytesIO()
    Image.fromarray(photograph()).save(stream, "JPEG", quality=quality, subsampling=2)
    theirs = np.asarray(Image.open(stream)).astype(float)
    ours, _ = Jpeg(quality, quality)(photograph(), np.eye(3), np.random.default_rng(0))
    assert np.abs(ours - theirs).mean() < 0.5


@pytest.mark.parametrize("image", [photograph(), np.indices((40, 50)).sum(0)[..., None].repeat(3, 2).astype(np.uint8)])
def test_blur_is_that_of_pillow_to_the_bit(image):
    noisy = image ^ np.random.default_rng(1).integers(0, 8, image.shape, dtype=np.uint8)
    ours, _ = PillowBlur()(noisy, np.eye(3), np.random.default_rng(0))
    np.testing.assert_array_equal(ours, np.asarray(Image.fromarray(noisy).filter(ImageFilter.BLUR)))


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        ("Brightness", {"brightness": 0.7}),
        ("Contrast", {"contrast": 1.3}),
        ("Contrast", {"contrast": 0.6}),
        ("Color", {"saturation": 1.4}),
        ("Color", {"saturation": 0.0}),
    ],
)
def test_colour_factors_are_those_of_pillow_and_so_of_torchvision(name, factors):
    image = photograph()
    luma = np.asarray(Image.fromarray(image).convert("L"))
    matrix = color_matrix(**{"brightness": 1, "contrast": 1, "saturation": 1, **factors}, hue_deg=0, mean=luma.mean())
    ours = (image @ matrix[:, :3].T + matrix[:, 3]).clip(0, 255)
    theirs = np.asarray(getattr(ImageEnhance, name)(Image.fromarray(image)).enhance(*factors.values())).astype(float)
    assert np.abs(ours - theirs).max() < 2


def test_hue_turns_colours_and_keeps_gray_and_luma():
    matrix = color_matrix(1, 1, 1, 120, 100)
    np.testing.assert_allclose(matrix[:, :3] @ [90, 90, 90] + matrix[:, 3], 90, atol=0.01)
    luma = np.array([0.299, 0.587, 0.114])
    colors = np.random.default_rng(0).uniform(0, 255, (20, 3))
    np.testing.assert_allclose((colors @ matrix[:, :3].T) @ luma, colors @ luma, atol=1e-6)
    thrice = np.linalg.matrix_power(matrix[:, :3], 3)
    np.testing.assert_allclose(thrice, np.eye(3), atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_gaussian_and_white(seed):
    gray = np.full((200, 200, 3), 128, np.uint8)
    noisy, _ = Noise(4.0, 9.0)(gray, np.eye(3), np.random.default_rng(seed))
    noise = noisy.astype(float) - 128
    assert abs(noise.mean()) < 0.15
    assert 3.8 < noise.std() < 9.3
    assert np.mean(np.abs(noise) < noise.std()) == pytest.approx(0.683, abs=0.06)
    assert abs((noise[:, 1:] * noise[:, :-1]).mean() / noise.var()) < 0.02
    assert abs((noise[..., 0] * noise[..., 1]).mean() / noise.var()) < 0.02


def test_gamma_keeps_black_and_white_and_the_order():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    middles = []
    for seed in range(40):
        out = Gamma(1.8)(ramp, np.eye(3), np.random.default_rng(seed))[0][..., 0].ravel().astype(int)
        assert (out[0], out[-1]) == (0, 255)
        assert (np.diff(out) >= 0).all()
        middles.append(out[128])
    assert min(middles) == pytest.approx(255 * (128 / 255) ** 1.8, abs=6)
    assert max(middles) == pytest.approx(255 * (128 / 255) ** (1 / 1.8), abs=6)


def test_grayscale_is_the_luma():
    out, _ = Grayscale()(photograph(), np.eye(3), np.random.default_rng(0))
    luma = np.asarray(Image.fromarray(photograph()).convert("L")).astype(int)
    assert np.abs(out - luma[..., None]).max() <= 1


@pytest.mark.parametrize("seed", range(5))
def test_a_cast_keeps_the_luma_of_gray(seed):
    out, _ = ColorCast(0.3)(np.full((8, 8, 3), 120, np.uint8), np.eye(3), np.random.default_rng(seed))
    assert out[0, 0] @ [0.299, 0.587, 0.114] == pytest.approx(120, abs=1)
    assert np.ptp(out[0, 0].astype(int)) > 5


def impulse_spread(step, seed, side=224):
    """Standard deviations along the longest and the shortest direction of what becomes of a small spot."""
    image = np.zeros((side, side, 3), np.uint8)
    image[110:113, 110:113] = 255
    light = step(image, np.eye(3), np.random.default_rng(seed))[0][..., 0].astype(float)
    rows, columns = np.mgrid[:side, :side]
    covariance = np.cov(np.stack([columns.ravel(), rows.ravel()]), aweights=light.ravel())
    own = 2 / 3  # variance of three pixels
    return np.sqrt(np.maximum(np.linalg.eigvalsh(covariance) - own, 0))


@pytest.mark.parametrize("seed", range(4))
def test_gaussian_blur_is_round_and_as_wide_as_it_says(seed):
    short, long = impulse_spread(GaussianBlur(1.5, 1.5), seed)
    assert short == pytest.approx(1.5, abs=0.15)
    assert long == pytest.approx(1.5, abs=0.15)


@pytest.mark.parametrize("seed", range(4))
def test_sharpening_overshoots_at_an_edge_and_leaves_flat_parts_alone(seed):
    edge = np.full((224, 224, 3), 80, np.uint8)
    edge[:, 112:] = 160
    out = Sharpen(2.0)(edge, np.eye(3), np.random.default_rng(seed))[0].astype(int)[20, :, 0]
    amount = np.random.default_rng(seed).uniform(size=2)[1] * 2.0  # its second draw
    rise = amount * 40  # at the edge itself the blurred picture is half-way; half a pixel beside it, nearly
    assert 0.3 * rise < out[112] - 160 <= rise + 1
    assert 80 - out[111] == pytest.approx(out[112] - 160, abs=1)  # as far below as above
    assert set(out[:90]) == {80}
    assert set(out[134:]) == {160}


@pytest.mark.parametrize("seed", range(4))
def test_motion_blur_is_a_line_as_long_as_it_says(seed):
    short, long = impulse_spread(MotionBlur(9, 9), seed)
    assert long == pytest.approx(9 / np.sqrt(12), abs=0.35)  # of an even line
    assert short < 0.75


def test_coarse_leaves_no_fine_detail():
    checkers = (np.indices((112, 112)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, 2)
    out, _ = Coarse(32, 32)(checkers, np.eye(3), np.random.default_rng(0))
    assert out.std() < 25
    ramp = np.tile(np.arange(112, dtype=np.uint8) * 2, (112, 1))[..., None].repeat(3, 2)
    out, _ = Coarse(32, 64)(ramp, np.eye(3), np.random.default_rng(0))
    assert np.abs(out[:, 8:-8].astype(int) - ramp[:, 8:-8]).max() <= 3


def test_a_flip_twice_is_nothing():
    rotation = euler_to_rotation(10, 20, 30)
    image, label = Flip()(*Flip()(photograph(), rotation, None), None)
    np.testing.assert_array_equal(image, photograph())
    np.testing.assert_allclose(label, rotation, atol=1e-15)
    np.testing.assert_array_equal(Flip()(photograph(), rotation, None)[1], mirror(rotation))
