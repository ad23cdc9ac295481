"""Backgrounds: how many, how different, the same each time; and the skins and eyes that are drawn."""

import pickle
import time

import numpy as np
import pytest
from PIL import Image

from runtime.errors import HeadPoseError
from training.data.synthetic.backgrounds import KINDS, SAMPLES, VARIANTS, Backgrounds


@pytest.fixture(scope="module")
def backgrounds():
    return Backgrounds()


@pytest.fixture(scope="module")
def thumbnails(backgrounds):
    """(N, 768) of 16×16 pixels, by Pillow's box filter."""
    drawn = [name for name in backgrounds.names if name.startswith("drawn/")]
    small = [Image.fromarray(backgrounds.picture(name)).resize((16, 16), Image.Resampling.BOX) for name in drawn]
    return np.stack([np.asarray(picture, np.float64).ravel() for picture in small])


def test_more_than_a_hundred_are_clearly_different(thumbnails):
    chosen = []
    for thumbnail in thumbnails:  # each further than 12 of 255 levels (RMS) from all that were taken before
        if all(np.sqrt(np.mean((thumbnail - other) ** 2)) > 12.0 for other in chosen):
            chosen.append(thumbnail)
    assert len(chosen) >= 150


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_picture_at_any_size(kind):
    for size in (32, 97):
        picture = KINDS[kind](np.random.default_rng(1), size)
        assert picture.shape == (size, size, 3)
        assert np.isfinite(picture).all()
        assert picture.std() > 2.0  # not one flat colour
    assert not np.array_equal(KINDS[kind](np.random.default_rng(2), 97), picture)


def test_a_picture_does_not_depend_on_what_was_drawn_before(backgrounds):
    names = [f"drawn/{kind}/3" for kind in KINDS]
    other = Backgrounds()
    for name in reversed(names):
        assert np.array_equal(other.picture(name), backgrounds.picture(name))
    assert not np.array_equal(Backgrounds(seed=1).picture(names[0]), backgrounds.picture(names[0]))


def test_draws_repeat_by_their_seed_and_vary(backgrounds):
    first, again = (
        [backgrounds.draw(rng, 64) for _ in range(5)] for rng in (np.random.default_rng(9), np.random.default_rng(9))
    )
    assert np.array_equal(first, again)
    assert first[0].shape == (64, 64, 3)
    assert first[0].dtype == np.uint8
    pieces = [backgrounds.draw(np.random.default_rng(seed), 64, "drawn/room/0") for seed in range(6)]
    assert min(np.abs(a.astype(int) - b).mean() for a in pieces for b in pieces if a is not b) > 2.0


def test_a_copy_in_another_process_draws_the_same(backgrounds):
    copy = pickle.loads(pickle.dumps(Backgrounds()))
    name = "drawn/stones/1"
    assert np.array_equal(
        copy.draw(np.random.default_rng(0), 40, name), backgrounds.draw(np.random.default_rng(0), 40, name)
    )


def test_a_draw_takes_milliseconds(backgrounds, thumbnails):
    rng, name = np.random.default_rng(0), "drawn/bricks/0"
    backgrounds.draw(rng, 224, name)
    times = []
    for _ in range(30):
        start = time.perf_counter()
        backgrounds.draw(rng, 224, name)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.004  # 1 ms on a quiet core; a base picture made anew would take 6


def test_free_sample_photographs_are_among_them(backgrounds):
    pytest.importorskip("skimage", reason="scikit-image is not installed: its sample pictures are left out")
    assert {name for name in backgrounds.names if name.startswith("sample/")} == {f"sample/{name}" for name in SAMPLES}
    assert not {"astronaut", "camera", "lfw_subset"} & set(SAMPLES)  # people, whose pose has no label
    assert backgrounds.picture("sample/coffee").std() > 20


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "wallpapers"
    (place / "more").mkdir(parents=True)
    ramp = np.broadcast_to(np.linspace(0, 255, 900)[None, :, None], (700, 900, 3)).astype(np.uint8)
    Image.fromarray(ramp).save(place / "ramp.png")
    Image.new("RGB", (300, 200), (250, 20, 20)).save(place / "more" / "red.jpg", quality=95)
    (place / "readme.txt").write_text("none of these")
    return place


def test_pictures_of_a_folder_are_drawn_too(folder):
    ours = Backgrounds([folder])
    assert {"wallpapers/ramp.png", "wallpapers/more/red.jpg"} <= set(ours.names)
    assert len(ours.names) == len(Backgrounds().names) + 2
    assert ours.picture("wallpapers/ramp.png").shape == (384, 494, 3)  # 700×900 with a shorter side of 384
    red = ours.draw(np.random.default_rng(0), 32, "wallpapers/more/red.jpg")
    assert red[..., 0].min() > 2 * red[..., 1].max()


def test_pieces_of_a_picture_lie_all_over_it_both_ways_round(folder):
    ours, rng = Backgrounds([folder]), np.random.default_rng(0)
    pieces = [ours.draw(rng, 16, "wallpapers/ramp.png").astype(float) for _ in range(60)]
    rising = [piece[:, -1].mean() > piece[:, 0].mean() for piece in pieces]
    assert 15 < sum(rising) < 45  # mirrored half of the time
    means = [piece.mean() for piece in pieces]
    assert min(means) < 90 < 170 < max(means)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: Backgrounds([folder / "nowhere"]), "not there"),
        (lambda folder: Backgrounds([empty(folder)]), "holds no picture"),
        (lambda folder: Backgrounds([folder, folder]), "two folders"),
        (lambda folder: Backgrounds().picture("drawn/brick/0"), "did you mean"),
        (lambda folder: Backgrounds().picture(f"drawn/room/{VARIANTS}"), "unknown background"),
        (lambda folder: Backgrounds([damaged(folder)]).picture("bad/x.png"), "x.png"),
    ],
    ids=["missing", "empty", "twice", "unknown", "beyond", "damaged"],
)
def test_what_is_wrong_is_said(folder, make, words):
    with pytest.raises(HeadPoseError, match=words):
        make(folder)


def empty(folder):
    (folder.parent / "empty").mkdir()
    return folder.parent / "empty"


def damaged(folder):
    place = folder.parent / "bad"
    place.mkdir()
    (place / "x.png").write_bytes((folder / "ramp.png").read_bytes()[:200])
    return place
