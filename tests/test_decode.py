"""Fast decoding: the same pixels as Pillow's, and no half picture."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from runtime.errors import HeadPoseError
from runtime.images import read_image
from training.data.decode import read_rgb


def picture(width=61, height=47, mode="RGB"):
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([x * 4 % 256, y * 5 % 256, (x * y) % 256], axis=-1).astype(np.uint8)
    pixels[:10, :20] = 255, 0, 0  # red at the left top: a turn or a swap of channels shows
    return Image.fromarray(pixels).convert(mode)


def saved(path, image=None, **options):
    (image or picture()).save(path, **options)
    return path


def pillow_rgb(path):
    return np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {"quality": 95, "subsampling": 2}),
        ("a.jpg", {"quality": 95, "subsampling": 0}),
        ("a.jpg", {"quality": 60, "progressive": True}),
        ("a.png", {}),
        ("a.webp", {"lossless": True}),
        ("a.bmp", {}),
    ],
    ids=["jpeg 4:2:0", "jpeg 4:4:4", "progressive", "png", "webp", "bmp"],
)
def test_pixels_are_those_of_pillow(tmp_path, name, options):
    file = saved(tmp_path / name, **options)
    out = read_rgb(file)
    assert out.dtype == np.uint8
    assert out.shape == (47, 61, 3)
    assert np.abs(out.astype(int) - pillow_rgb(file)).max() <= 1
    assert out[4, 8, 0] > 200 > 60 > out[4, 8, 2]  # red, not blue


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_exif_orientation_turns_the_picture_upright(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = saved(tmp_path / f"turned.{suffix}", exif=exif)
    out = read_rgb(file)
    assert out.shape == ((47, 61, 3) if orientation < 5 else (61, 47, 3))
    assert np.abs(out.astype(int) - pillow_rgb(file)).max() <= 1


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "I;16"])
def test_every_mode_of_png_becomes_what_the_runtime_sees(tmp_path, mode):
    image = picture(mode="L").convert("I;16") if mode == "I;16" else picture(mode=mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    file = saved(tmp_path / "a.png", image)
    np.testing.assert_array_equal(read_rgb(file), read_image(file))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_jpeg_of_other_colours_becomes_rgb(tmp_path, mode):
    file = saved(tmp_path / "a.jpg", picture(mode=mode))
    assert np.abs(read_rgb(file).astype(int) - pillow_rgb(file)).mean() < 2


def test_transparent_colour_of_a_png_is_laid_on_white(tmp_path):
    file = saved(tmp_path / "a.png", transparency=(255, 0, 0))
    assert read_rgb(file)[4, 8].tolist() == [255, 255, 255]


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.999])
def test_a_cut_jpeg_is_an_error(tmp_path, progressive, share):
    file = saved(tmp_path / "a.jpg", progressive=progressive)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(HeadPoseError, match=r"a\.jpg .*cut off.*get the file again"):
        read_rgb(file)


def test_a_jpeg_whose_end_became_zeros_is_an_error(tmp_path):
    file = saved(tmp_path / "a.jpg")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) * 4))
    read_image(file)  # the decoder itself sees nothing wrong
    with pytest.raises(HeadPoseError, match="cut off"):
        read_rgb(file)


def test_a_thumbnail_does_not_hide_a_cut(tmp_path):
    thumb = saved(tmp_path / "thumb.jpg", picture(16, 16)).read_bytes()
    whole = saved(tmp_path / "a.jpg").read_bytes()
    segment = b"\xff\xe1" + (len(thumb) + 2).to_bytes(2, "big") + thumb
    file = tmp_path / "b.jpg"
    file.write_bytes(whole[:2] + segment + whole[2:])
    assert read_rgb(file).shape == (47, 61, 3)
    file.write_bytes(whole[:2] + segment + whole[2 : len(whole) // 2])
    with pytest.raises(HeadPoseError, match="cut off"):
        read_rgb(file)


def test_data_behind_a_jpeg_is_allowed(tmp_path):
    file = saved(tmp_path / "a.jpg")
    expected = read_rgb(file)
    file.write_bytes(file.read_bytes() + b"\xff\xda and a film")
    np.testing.assert_array_equal(read_rgb(file), expected)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_cut_png_is_an_error(tmp_path, share):
    file = saved(tmp_path / "a.png")
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(HeadPoseError, match=r"a\.png"):
        read_rgb(file)


def test_a_damaged_png_is_an_error(tmp_path):
    file = saved(tmp_path / "a.png")
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 0x55
    file.write_bytes(raw)
    with pytest.raises(HeadPoseError, match="damaged"):
        read_rgb(file)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xff\xd8\xff", "cut off"),
        (b"plain text", "is not a picture"),
        (b"\x89PNG\r\n\x1a\n", "is not a|damaged"),
    ],
    ids=["empty", "only a start", "text", "only a signature"],
)
def test_what_is_no_picture_is_an_error(tmp_path, content, words):
    file = tmp_path / "a.jpg"
    file.write_bytes(content)
    with pytest.raises(HeadPoseError, match=words) as caught:
        read_rgb(file)
    assert str(file) in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(HeadPoseError, match=r"none\.jpg is not there"):
        read_rgb(tmp_path / "none.jpg")
    with pytest.raises(HeadPoseError, match="is a folder"):
        read_rgb(tmp_path)
