"""Exposure against light that is summed up by brute force; what lens and sensor do, by statistics."""

import numpy as np
import pytest

from training.data.synthetic.exposure import MIDDLE_LIGHT, developed, exposed, metered
from training.data.synthetic.lighting import (
    Light,
    drawn_environment,
    drawn_lights,
    panorama_directions,
    scaled_sh,
    sh_from_environment,
)

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
PLAIN = {"blur": 0.0, "noise": 0.0, "saturation": 1.0, "contrast": 1.0, "seed": 1.0}
WHITE_SKIN = 0.35  # the albedo for which the camera neither opens nor closes


def summed(lights, panorama, level):
    """Mean luminance of a white ball's picture, from the panorama's own pixels and the lights."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (2, 4000))
    inside = x * x + y * y < 0.95
    normals = np.stack([x, y, np.sqrt(np.maximum(1 - x * x - y * y, 0))], axis=1)[inside]
    directions, solid = panorama_directions(*panorama.shape[:2])
    towards, radiance = directions.reshape(-1, 3), panorama.reshape(-1, 3).astype(np.float64)
    scale = level * 4 * np.pi / ((radiance * solid.reshape(-1, 1)).sum(axis=0).mean())
    cosines = np.maximum(normals @ towards.T, 0) * solid.ravel()
    sent = cosines @ radiance * scale / np.pi
    for light in lights:
        direction = np.array(light.direction) / np.linalg.norm(light.direction)
        sent += np.maximum(normals @ direction, 0)[:, None] * light.colour
    return float((sent @ LUMINANCE).mean())


@pytest.mark.parametrize("kind", ["sky", "room", "studio"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_meter_reads_the_light_that_a_ball_sends_back(kind, seed):
    rng = np.random.default_rng(seed)
    panorama = np.minimum(drawn_environment(rng, kind), 1.5)  # nothing that the harmonics would cut
    lights = drawn_lights(rng, 3)
    sh = scaled_sh(sh_from_environment(panorama), 0.6)
    assert metered(lights, sh) == pytest.approx(summed(lights, panorama, 0.6), rel=0.06)


def test_light_from_behind_is_not_metered():
    behind = [Light((0.0, 0.0, -1.0), (5.0, 5.0, 5.0))]
    assert metered(behind, np.zeros((9, 3))) == 0


@pytest.fixture(params=range(4))
def light(request):
    rng = np.random.default_rng(request.param)
    sh = scaled_sh(sh_from_environment(drawn_environment(rng)), float(rng.uniform(0.05, 2)))
    return drawn_lights(rng, 3), sh


def test_the_meter_reads_the_target_after_exposure(light):
    assert metered(*exposed(*light, 0.0, 0.0, WHITE_SKIN)) == pytest.approx(MIDDLE_LIGHT)


@pytest.mark.parametrize("stops", [-1.0, 0.5, 1.0])
def test_a_stop_doubles_the_light(light, stops):
    first, second = (exposed(*light, value, 0.3, 0.2) for value in (0.0, stops))
    assert metered(*second) == pytest.approx(2**stops * metered(*first))
    np.testing.assert_allclose(second[1], 2**stops * first[1])
    for before, after in zip(first[0], second[0], strict=True):
        assert after.direction == before.direction
        np.testing.assert_allclose(after.colour, 2**stops * np.array(before.colour))


def test_warmth_moves_red_against_blue(light):
    cold, even, warm = (exposed(*light, 0.0, warmth, WHITE_SKIN) for warmth in (-1.0, 0.0, 1.0))
    for pick in (lambda one: one[0][0].colour, lambda one: one[1][0]):
        red_over_blue = [pick(one)[0] / pick(one)[2] for one in (cold, even, warm)]
        assert red_over_blue[0] < 0.85 * red_over_blue[1] < 0.85**2 * red_over_blue[2]
        assert pick(warm)[1] == pytest.approx(pick(cold)[1])


def test_cameras_open_up_for_dark_faces_but_not_to_equality(light):
    levels = [metered(*exposed(*light, 0.0, 0.0, albedo)) * albedo for albedo in (0.05, 0.15, 0.4)]
    assert levels[0] < levels[1] < levels[2]
    assert levels[2] / levels[0] < 0.7 * 0.4 / 0.05


def test_no_light_is_no_error():
    lights, sh = exposed([], np.zeros((9, 3)), 0.0, 0.0, 0.0)
    assert lights == ()
    assert np.isfinite(sh).all()


def grey(level=120, side=96):
    return np.full((side, side, 3), level, np.uint8)


@pytest.mark.parametrize("level", [0, 1, 60, 118, 200, 255])
def test_a_plain_camera_changes_nothing(level):
    picture = grey(level)
    picture[10:20] = (30, 90, 200)
    np.testing.assert_array_equal(developed(picture, PLAIN), picture)


@pytest.mark.parametrize("noise", [1.0, 3.0, 6.0])
def test_noise_is_as_strong_as_asked_and_of_no_colour(noise):
    picture = grey()
    drawn = developed(picture, {**PLAIN, "noise": noise, "saturation": 0.7}).astype(float) - picture
    assert drawn.std() == pytest.approx(np.hypot(noise, 12**-0.5), rel=0.03)
    np.testing.assert_allclose(drawn.mean(axis=(0, 1)), 0, atol=4 * noise / 96)


def test_a_seed_gives_the_same_noise_again_and_another_one_another():
    post = {**PLAIN, "noise": 4.0}
    np.testing.assert_array_equal(developed(grey(), post), developed(grey(), dict(post)))
    assert (developed(grey(), post) != developed(grey(), {**post, "seed": 2.0})).mean() > 0.5


def test_the_picture_that_is_developed_is_left_alone():
    picture = grey()
    developed(picture, {**PLAIN, "noise": 5.0, "blur": 1.0})
    assert (picture == 120).all()


def test_saturation_leaves_luminance_and_grey():
    picture = grey()
    picture[:48] = (180, 90, 60)
    for saturation in (0.0, 0.6, 1.2):
        drawn = developed(picture, {**PLAIN, "saturation": saturation}).astype(float)
        np.testing.assert_allclose(drawn @ LUMINANCE, picture @ LUMINANCE, atol=1)
        assert np.ptp(drawn[0, 0]) == pytest.approx(saturation * 120, abs=1.5)
        np.testing.assert_array_equal(drawn[60:], picture[60:])


def test_contrast_spreads_levels_around_the_middle():
    for level, expected in ((118, 118), (68, 58), (168, 178), (250, 255)):
        assert developed(grey(level), {**PLAIN, "contrast": 1.2})[0, 0, 0] == expected


@pytest.mark.parametrize("side", [112, 224, 448])
def test_blur_is_counted_in_pixels_of_224(side):
    picture = np.zeros((side, side, 3), np.uint8)
    picture[:, side // 2 :] = 200
    row = developed(picture, {**PLAIN, "blur": 1.0})[side // 2, :, 0].astype(float)
    share = np.diff(row) / 200
    at = np.arange(side - 1) - (side / 2 - 1)
    assert np.sqrt((share * at**2).sum()) == pytest.approx(side / 224, rel=0.15)
    assert share.sum() == pytest.approx(1)
