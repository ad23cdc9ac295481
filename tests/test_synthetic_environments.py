"""Light of panorama files: where it falls in from, how much of it, and what is said of files that are none."""

import json
import pickle
from dataclasses import replace

import cv2
import numpy as np
import pytest
from tiny_head import write_tiny_head

import headpose
from runtime.errors import HeadPoseError
from training.data.synthetic import dressing, environments
from training.data.synthetic.backgrounds import Backgrounds
from training.data.synthetic.catalogue import Catalogue
from training.data.synthetic.environments import Environments, taken_lights
from training.data.synthetic.head import HeadModel
from training.data.synthetic.lighting import (
    ENVIRONMENTS,
    drawn_environment,
    irradiance,
    panorama_directions,
    sh_from_environment,
)
from training.data.synthetic.scene_plan import plan_scene
from training.data.synthetic.studio import Studio
from training.data.synthetic.world import ASSETS_VARIABLE, World

PLAIN = {"turn_deg": 0.0, "level": 1.0, "most": 3.0, "exposure": 0.0, "warmth": 0.0}
PLACES = {
    "left": (-1.0, 0.1, 0.0),
    "right, above": (0.8, 0.6, 0.0),
    "before the face": (0.2, 0.3, 0.93),
    "behind the head": (-0.3, 0.1, -0.95),
    "straight up": (0.0, 1.0, 0.0),
    "on the seam": (0.01, -0.2, 0.98),
}
NORMALS = np.random.default_rng(0).normal(size=(40, 3))
NORMALS /= np.linalg.norm(NORMALS, axis=1, keepdims=True)


def unit(direction):
    return np.array(direction) / np.linalg.norm(direction)


def degrees_between(a, b):
    return np.degrees(np.arccos(np.clip(unit(a) @ unit(b), -1, 1)))


def with_lamp(direction, radius_deg=4.0, strength=300.0, height=128, colour=(1.0, 0.8, 0.6)):
    """(H, 2H, 3) dim, uneven light and a reddish lamp."""
    directions, _ = panorama_directions(height, 2 * height)
    around = 0.4 + 0.1 * directions[..., 1:2] + 0.05 * np.sin(7 * directions[..., :1])
    lamp = directions @ unit(direction) > np.cos(np.radians(radius_deg))
    return (around + lamp[..., None] * strength * np.array(colour)).astype(np.float32)


def write(file, panorama):
    file.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(file), np.ascontiguousarray(panorama[..., ::-1]))
    return file


def place_of(tmp_path, panorama):
    """Environments with one file, `places/one.hdr`."""
    return Environments([write(tmp_path / "places" / "one.hdr", panorama).parent])


def falls_in(lights, sh, normals):
    """(N, 3) irradiance of lights and harmonics together."""
    total = irradiance(sh, normals)
    for one in lights:
        total = total + np.pi * np.maximum(normals @ np.array(one.direction), 0)[:, None] * np.array(one.colour)
    return total


def summed(panorama, normals):
    """Irradiance by adding up every pixel's light times the cosine at which it falls in."""
    directions, solid = panorama_directions(*panorama.shape[:2])
    cosines = np.maximum(np.einsum("hwd,nd->nhw", directions, normals), 0)
    return np.einsum("nhw,hwc,hw->nc", cosines, panorama, solid)


@pytest.mark.parametrize("direction", PLACES.values(), ids=PLACES)
def test_the_main_light_is_where_the_lamp_is(tmp_path, direction):
    lights, sh = place_of(tmp_path, with_lamp(direction)).light("places/one.hdr", 0, PLAIN)
    assert degrees_between(lights[0].direction, direction) < 3
    assert lights[0].colour[0] > lights[0].colour[1] > lights[0].colour[2]
    directions = panorama_directions(60, 120)[0].reshape(-1, 3)
    brightest = directions[falls_in(lights, sh, directions).sum(axis=1).argmax()]
    assert degrees_between(brightest, direction) < 10


@pytest.mark.parametrize("direction", PLACES.values(), ids=PLACES)
def test_the_harmonics_of_a_file_are_brightest_towards_the_lamp(tmp_path, direction):
    sh = sh_from_environment(place_of(tmp_path, with_lamp(direction, 14.0)).panorama("places/one.hdr"))
    directions = panorama_directions(60, 120)[0].reshape(-1, 3)
    assert degrees_between(directions[irradiance(sh, directions).sum(axis=1).argmax()], direction) < 10


@pytest.mark.parametrize(("radius_deg", "strength"), [(1.0, 9000.0), (4.0, 300.0), (14.0, 20.0), (30.0, 2.0)])
def test_lights_and_harmonics_together_send_what_the_file_does(tmp_path, radius_deg, strength):
    panorama = with_lamp(PLACES["right, above"], radius_deg, strength, colour=(1.0, 1.0, 1.0))
    lights, sh = place_of(tmp_path, panorama).light("places/one.hdr", 0, PLAIN)
    truth = summed(panorama.astype(np.float64), NORMALS)
    mean = summed(panorama.astype(np.float64), panorama_directions(12, 24)[0].reshape(-1, 3))
    weights = panorama_directions(12, 24)[1].ravel() / (4 * np.pi)
    level = (mean.mean(axis=1) * weights).sum() / np.pi  # what a white wall gets on the average
    assert np.abs(falls_in(lights, sh, NORMALS) - truth / level).max() < 0.06 * truth.max() / level


def test_turning_turns_light_and_harmonics(tmp_path):
    """The view moves to the right: what was on the right comes before the camera, behind the head."""
    ours = place_of(tmp_path, with_lamp((1.0, 0.2, 0.0)))
    lights, sh = ours.light("places/one.hdr", 0, PLAIN)
    turned, turned_sh = ours.light("places/one.hdr", 0, {**PLAIN, "turn_deg": 90.0})
    turn = np.array([[0, 0, 1.0], [0, 1, 0], [-1, 0, 0]])
    np.testing.assert_allclose(turned[0].direction, turn @ np.array(lights[0].direction), atol=1e-6)
    np.testing.assert_allclose(irradiance(turned_sh, NORMALS @ turn.T), irradiance(sh, NORMALS), rtol=1e-4)
    assert degrees_between(turned[0].direction, (0, 0.2, -1)) < 3


def test_level_scales_all_of_the_light(tmp_path):
    ours = place_of(tmp_path, with_lamp(PLACES["left"]))
    once, twice = (falls_in(*ours.light("places/one.hdr", 0, {**PLAIN, "level": x}), NORMALS) for x in (0.5, 1.0))
    np.testing.assert_allclose(twice, 2 * once)


@pytest.mark.parametrize("cast", [(0.2, 0.5, 1.0), (1.0, 0.6, 0.0)], ids=["dusk", "sodium lamps"])
def test_the_camera_takes_a_part_of_a_cast_away(tmp_path, cast):
    ours = place_of(tmp_path, np.full((16, 32, 3), cast, np.float32))
    red, green, blue = irradiance(ours.light("places/one.hdr", 0, PLAIN)[1], NORMALS).mean(axis=0) / np.pi
    assert (red + green + blue) / 3 == pytest.approx(1.0, rel=0.01)
    assert min(red, blue) / max(red, blue) >= 1.5 * min(cast[0], cast[2])
    assert min(red, blue) / max(red, blue) < 0.6


def test_a_sun_of_one_pixel_keeps_its_light_in_the_small_picture(tmp_path):
    panorama = np.full((256, 512, 3), 0.25, np.float32)
    panorama[70, 301] = 4096.0  # exact in RGBE
    small = place_of(tmp_path, panorama).panorama("places/one.hdr")
    assert small.shape == (32, 64, 3)
    large, less = ((p * panorama_directions(*p.shape[:2])[1][..., None]).sum() for p in (panorama, small))
    assert less == pytest.approx(large, rel=1e-4)


@pytest.mark.parametrize(("height", "name"), [(2, "tiny"), (20, "smaller"), (100, "no multiple")])
def test_panoramas_of_other_sizes(tmp_path, height, name):
    ours = place_of(tmp_path, np.full((height, 2 * height, 3), 0.5, np.float32))
    np.testing.assert_allclose(ours.panorama("places/one.hdr"), 0.5, rtol=0.01)
    _, sh = ours.light("places/one.hdr", 0, PLAIN)
    np.testing.assert_allclose(irradiance(sh, NORMALS) / np.pi, 1.0, rtol=0.02)


def test_several_lamps_are_several_lights_the_brightest_first():
    places = [PLACES[name] for name in ("left", "right, above", "before the face")]
    panorama = sum(with_lamp(place, 6.0, strength, 32) for place, strength in zip(places, (20.0, 60.0, 40.0)))
    lights, rest = taken_lights(panorama, 3)
    assert [degrees_between(a.direction, b) < 4 for a, b in zip(lights, (places[1], places[2], places[0]))] == [
        True
    ] * 3
    assert rest.max() < 0.1 * panorama.max()
    solid = panorama_directions(32, 64)[1][..., None]
    taken = np.pi * np.sum([light.colour for light in lights], axis=0)
    np.testing.assert_allclose((rest * solid).sum((0, 1)) + taken, (panorama * solid).sum((0, 1)), rtol=1e-6)
    assert len(taken_lights(panorama, 1)[0]) == 1


def test_even_light_has_no_direction():
    lights, rest = taken_lights(np.full((32, 64, 3), 0.5), 3)
    assert lights == ()
    np.testing.assert_array_equal(rest, 0.5)


@pytest.mark.parametrize("kind", ENVIRONMENTS)
def test_drawn_environments_are_lit_without_files(kind):
    lights, sh = Environments().light(kind, 5, {**PLAIN, "most": 2.0})
    expected = sh_from_environment(drawn_environment(np.random.default_rng(5), kind))
    np.testing.assert_allclose(sh / sh[0], expected / expected[0])
    assert 1 <= len(lights) <= 2


def test_names_do_not_depend_on_where_the_folder_lies_and_files_are_read_once(tmp_path, monkeypatch):
    for above in ("here", "there"):
        write(tmp_path / above / "places" / "indoors" / "hall.HDR.hdr", with_lamp(PLACES["left"]))
        write(tmp_path / above / "places" / "park.hdr", with_lamp(PLACES["right, above"]))
    here, there = (Environments([tmp_path / above / "places"]) for above in ("here", "there"))
    assert here.names == there.names == (*ENVIRONMENTS, "places/indoors/hall.HDR.hdr", "places/park.hdr")
    np.testing.assert_array_equal(here.panorama("places/park.hdr"), there.panorama("places/park.hdr"))
    here.check()
    monkeypatch.setattr(environments, "read_hdr", None)
    here.check()
    assert pickle.loads(pickle.dumps(here)).names == here.names


def damaged(folder):
    file = write(folder / "bad" / "cut.hdr", with_lamp(PLACES["left"]))
    file.write_bytes(file.read_bytes()[:2000])
    return file.parent


def in_exr(folder):
    (folder / "exr").mkdir()
    (folder / "exr" / "one.exr").write_bytes(b"v/1\x01\x02\x00\x00\x00channels")
    return folder / "exr"


def empty(folder):
    (folder / "empty").mkdir()
    (folder / "empty" / "readme.txt").touch()
    return folder / "empty"


def written(name, panorama):
    return lambda folder: write(folder / name / "one.hdr", panorama).parent


WRONG = {
    "no folder": (lambda folder: folder / "nowhere", "nowhere is not there: give a folder of .hdr files"),
    "empty": (empty, "empty holds no .hdr or .exr file"),
    "damaged": (damaged, "cut.hdr is no picture of linear light: give a Radiance .hdr file"),
    "no panorama": (written("flat", np.ones((8, 8, 3), np.float32)), "8 × 8 pixels: a panorama is twice as wide"),
    "black": (written("dark", np.zeros((8, 16, 3), np.float32)), "one.hdr is black or has no finite light"),
    "OpenEXR": (in_exr, "one.exr here: convert it to a Radiance .hdr file"),
}


@pytest.mark.parametrize(("make", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(tmp_path, make, words):
    with pytest.raises(HeadPoseError) as error:
        Environments([make(tmp_path)]).check()
    assert words in str(error.value)


def test_open_exr_is_read_where_opencv_can(tmp_path):
    panorama = with_lamp(PLACES["left"])
    try:
        write(tmp_path / "places" / "one.exr", panorama)
    except (AssertionError, cv2.error):
        pytest.skip("this OpenCV has no OpenEXR, or OPENCV_IO_ENABLE_OPENEXR=1 is not set")
    lights, _ = Environments([tmp_path / "places"]).light("places/one.exr", 0, PLAIN)
    assert degrees_between(lights[0].direction, PLACES["left"]) < 3


def test_unknown_names_and_twin_folders_are_told(tmp_path):
    ours = place_of(tmp_path, with_lamp(PLACES["left"]))
    with pytest.raises(HeadPoseError, match=r"unknown environment 'places/on.hdr': did you mean 'places/one.hdr'"):
        ours.light("places/on.hdr", 0, PLAIN)
    twin = write(tmp_path / "other" / "places" / "one.hdr", with_lamp(PLACES["left"])).parent
    with pytest.raises(HeadPoseError, match=r"two folders of environments hold places/one.hdr: rename"):
        Environments([tmp_path / "places", twin])


def test_half_of_the_scenes_have_light_of_a_file():
    names = (*ENVIRONMENTS, *(f"places/{number}.hdr" for number in range(5)))
    catalogue = Catalogue.of(None, Backgrounds().names, environments=names)
    drawn = [plan_scene(1, index, catalogue).environment for index in range(400)]
    assert 160 < sum("/" in name for name in drawn) < 240
    assert set(drawn) == set(names)
    for part in (True, False):
        assert catalogue.split(part).environments == names


def test_a_world_names_its_environments_and_pickles(tmp_path):
    folder = write(tmp_path / "places" / "one.hdr", with_lamp(PLACES["left"])).parent
    world = pickle.loads(pickle.dumps(World(write_tiny_head(tmp_path / "head.npz"), environments=(folder,))))
    assert world.parameters()["catalogue"]["environments"] == (*ENVIRONMENTS, "places/one.hdr")
    plain = replace(world, environments=())
    assert plain.parameters()["catalogue"]["environments"] == tuple(ENVIRONMENTS)
    assert json.dumps(plain.parameters()).count("places") == 0


@pytest.fixture
def dry_run(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv(ASSETS_VARIABLE, raising=False)
    model = write_tiny_head(tmp_path / "head.npz")

    def run(folder):
        words = ["synth", "--out", tmp_path / "set", "--count", 4, "--head-model", model, "--dry-run", "--json"]
        code = headpose.main([str(word) for word in (*words, "--environments", folder)])
        return code, *capsys.readouterr()

    return run


def test_the_command_counts_the_environments(tmp_path, dry_run):
    folder = write(tmp_path / "places" / "one.hdr", with_lamp(PLACES["left"])).parent
    code, out, _ = dry_run(folder)
    assert (code, json.loads(out)["environments"]) == (0, len(ENVIRONMENTS) + 1)


@pytest.mark.parametrize(("make", "words"), WRONG.values(), ids=WRONG)
def test_the_command_says_what_is_wrong_before_it_renders(tmp_path, dry_run, make, words):
    code, out, errors = dry_run(make(tmp_path))
    assert (code, out) == (2, "")
    assert errors.count("error:") == 1
    assert words in errors


@pytest.fixture
def studio(tmp_path, monkeypatch):
    """(environments) → a studio with the tests' head, whose skin cannot be painted."""
    pytest.importorskip("moderngl", reason="moderngl is not installed, so nothing that is rendered is tested")
    monkeypatch.setattr(dressing, "painted_skin", lambda picture, *_, **__: picture)
    model = HeadModel.load(write_tiny_head(tmp_path / "head.npz"))

    def opened(ours):
        try:
            return Studio(model, None, Backgrounds(seed=0), 64, ours)
        except HeadPoseError as error:
            pytest.skip(f"NOTHING THAT IS RENDERED IS TESTED: {error}")

    return opened


@pytest.mark.parametrize("radius_deg", [2.0, 25.0], ids=["sun", "window"])
def test_a_lamp_on_one_side_lights_this_side_of_the_head(tmp_path, studio, radius_deg):
    ours = place_of(tmp_path, with_lamp((-1.0, 0.2, 0.3), radius_deg, 12000.0 / radius_deg**2))
    plan = plan_scene(3, 0, Catalogue.of(None, Backgrounds().names, environments=ours.names))
    straight = tuple(map(tuple, np.eye(3).tolist()))
    turned = {"rotation": straight, "shoulders": straight, "neck": straight, "place": (0.0, 0.0), "axis": (0.0, 0.0)}
    sides = []
    with studio(ours) as opened:
        for turn_deg in (0.0, 180.0):
            light = {**PLAIN, "turn_deg": turn_deg, "exposure": -1.5}
            rendered = opened.render(replace(plan, environment="places/one.hdr", light=light, occluders=(), **turned))
            head = rendered.coverage > 0.95
            left = head & (np.arange(64) < 32)
            sides.append((rendered.rgb[left].mean(), rendered.rgb[head & ~left].mean()))
    assert sides[0][0] > 1.3 * sides[0][1]
    assert sides[1][1] > 1.3 * sides[1][0]
