"""Spherical harmonics against light that is summed up ray by ray; drawn environments and lights."""

import numpy as np
import pytest

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from training.data.synthetic.lighting import (
    ENVIRONMENTS,
    drawn_environment,
    drawn_lights,
    harmonics,
    irradiance,
    panorama_directions,
    read_hdr,
    scaled_sh,
    sh_from_environment,
    turn_panorama,
    turn_sh,
)

NORMALS = np.array([[0, 1, 0], [0, -1, 0], [1, 0, 0], [-1, 0, 0], [0, 0, 1], [0.48, 0.6, 0.64], [-0.6, 0.48, -0.64]])


def summed(panorama, normals):
    """Irradiance by adding up every pixel's light times the cosine at which it falls in."""
    directions, solid = panorama_directions(*panorama.shape[:2])
    cosines = np.maximum(np.einsum("hwd,nd->nhw", directions, normals), 0)
    return np.einsum("nhw,hwc,hw->nc", cosines, panorama, solid)


def test_the_panorama_covers_the_sphere_as_the_module_says():
    directions, solid = panorama_directions(64, 128)
    assert solid.sum() == pytest.approx(4 * np.pi)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=-1), 1)
    assert directions[0, :, 1].min() > 0.99
    assert directions[31:33, 63:65].mean((0, 1))[2] == pytest.approx(-1, abs=2e-3)  # the middle: behind the head
    assert directions[32, 96, 0] > 0.99  # a quarter to the right of it


def test_the_harmonics_are_orthonormal():
    directions, solid = panorama_directions(128, 256)
    basis = harmonics(directions)
    np.testing.assert_allclose(np.einsum("hwi,hwj,hw->ij", basis, basis, solid), np.eye(9), atol=1e-3)


def test_even_light_falls_in_as_pi_everywhere():
    np.testing.assert_allclose(irradiance(sh_from_environment(np.ones((32, 64, 3))), NORMALS), np.pi, rtol=2e-3)


def test_light_of_low_degree_is_exact():
    directions, _ = panorama_directions(128, 256)
    weights = np.random.default_rng(3).normal(size=(9, 3)) * 0.1
    weights[0] += 4
    panorama = harmonics(directions) @ weights
    assert panorama.min() > 0
    sh = sh_from_environment(panorama)
    np.testing.assert_allclose(irradiance(sh, NORMALS), summed(panorama, NORMALS), rtol=1e-3)


@pytest.mark.parametrize("kind", ENVIRONMENTS)
@pytest.mark.parametrize("seed", range(3))
def test_any_environment_is_near(kind, seed):
    """Nine numbers keep an environment's irradiance to a few per cent of its largest, as the paper promises."""
    panorama = drawn_environment(np.random.default_rng(seed), kind)
    truth = summed(panorama.astype(np.float64), NORMALS)
    assert np.abs(irradiance(sh_from_environment(panorama), NORMALS) - truth).max() < 0.06 * truth.max()


def test_a_lamp_on_the_left_lights_the_left():
    panorama = np.full((32, 64, 3), 0.1)
    panorama[13:19, 13:19] = 20  # a quarter turn to the left of the middle
    from_left, from_right = irradiance(sh_from_environment(panorama), [[-1, 0, 0], [1, 0, 0]])
    assert (from_left > 3 * from_right).all()


def test_a_turned_environment_has_turned_harmonics():
    panorama = drawn_environment(np.random.default_rng(5), "studio")
    sh = sh_from_environment(panorama)
    turn = euler_to_rotation(20, 50, -30)
    np.testing.assert_allclose(irradiance(turn_sh(sh, turn), NORMALS @ turn.T), irradiance(sh, NORMALS), atol=1e-9)


def test_turning_the_panorama_is_turning_the_harmonics():
    panorama = drawn_environment(np.random.default_rng(6), "room")
    quarter = sh_from_environment(turn_panorama(panorama, 90))
    # the view moves to the right: what was on the right, +x, comes before the camera, −z
    turn = np.array([[0, 0, 1.0], [0, 1, 0], [-1, 0, 0]])
    np.testing.assert_allclose(quarter, turn_sh(sh_from_environment(panorama), turn), atol=1e-6)


def test_scaling_sets_the_mean_of_a_white_wall():
    sh = scaled_sh(sh_from_environment(drawn_environment(np.random.default_rng(7))), 0.6)
    directions, solid = panorama_directions(64, 128)
    mean = (irradiance(sh, directions) * solid[..., None]).sum((0, 1)) / (4 * np.pi)
    assert mean.mean() / np.pi == pytest.approx(0.6, rel=1e-3)


def test_a_tiny_sun_is_cut():
    panorama = np.full((64, 128, 3), 0.2)
    calm = sh_from_environment(panorama)
    panorama[10, 40] = 1e6
    assert np.abs(sh_from_environment(panorama)).max() < 2 * np.abs(calm).max()


@pytest.mark.parametrize("bad", [np.ones((4, 8)), np.ones((4, 8, 4)), np.full((4, 8, 3), np.nan)])
def test_what_is_no_panorama_is_refused(bad):
    with pytest.raises(HeadPoseError, match="no panorama"):
        sh_from_environment(bad)


def test_environments_and_lights_follow_their_seed():
    first, again, other = (drawn_environment(np.random.default_rng(s)) for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert first.shape == (32, 64, 3)
    assert drawn_lights(np.random.default_rng(1)) == drawn_lights(np.random.default_rng(1))


def test_every_drawn_light_is_a_light():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        panorama, lights = drawn_environment(rng), drawn_lights(rng)
        assert np.isfinite(panorama).all()
        assert panorama.min() >= 0
        assert panorama.mean() > 0.01
        assert 1 <= len(lights) <= 3
        assert all(np.linalg.norm(light.direction) == pytest.approx(1) for light in lights)
        assert all(min(light.colour) > 0 for light in lights)


def test_an_unknown_environment_is_named():
    with pytest.raises(HeadPoseError, match="did you mean 'studio'"):
        drawn_environment(np.random.default_rng(0), "studoi")


def test_an_hdr_file_is_read_as_rgb(tmp_path):
    import cv2

    panorama = drawn_environment(np.random.default_rng(8))
    cv2.imwrite(str(tmp_path / "sky.hdr"), np.ascontiguousarray(panorama[..., ::-1]))
    read = read_hdr(tmp_path / "sky.hdr")
    # RGBE keeps 8 bits of the brightest channel
    np.testing.assert_allclose(read, panorama, atol=0.012 * panorama.max(axis=-1, keepdims=True).max())
    assert np.abs(read - panorama).mean() < np.abs(read - panorama[..., ::-1]).mean()


def test_files_that_are_no_environment_are_refused(tmp_path):
    import cv2

    with pytest.raises(HeadPoseError, match="cannot read the environment"):
        read_hdr(tmp_path / "none.hdr")
    (tmp_path / "text.hdr").write_text("no light")
    with pytest.raises(HeadPoseError, match="no picture of linear light"):
        read_hdr(tmp_path / "text.hdr")
    cv2.imwrite(str(tmp_path / "square.hdr"), np.ones((8, 8, 3), np.float32))
    with pytest.raises(HeadPoseError, match="twice as wide"):
        read_hdr(tmp_path / "square.hdr")
