"""Pictures of every kind that the readers meet, written here pixel by pixel and read back."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from runtime.errors import HeadPoseError
from runtime.images import find_images, read_image, save_image

RGB = np.random.default_rng(1).integers(0, 256, (6, 9, 3), dtype=np.uint8)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_16_bit(values: np.ndarray) -> bytes:
    """A PNG written by hand: (H, W) gray or (H, W, 3) RGB of 16 bits."""
    color_type = 0 if values.ndim == 2 else 2
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, color_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff", ".PNG"])
def test_lossless_round_trip(tmp_path, suffix):
    save_image(tmp_path / f"a{suffix}", RGB)
    back = read_image(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(back, RGB)
    assert (back.dtype, back.flags["C_CONTIGUOUS"]) == (np.uint8, True)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_lossy_round_trip_keeps_channel_order(tmp_path, suffix):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 220
    save_image(tmp_path / f"a{suffix}", red)
    assert np.abs(read_image(tmp_path / f"a{suffix}").astype(int) - red).max() < 8


# What a viewer shows for each EXIF orientation, with NumPy's turns and mirrors.
UPRIGHT = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(RGB).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), UPRIGHT[orientation](RGB))


def test_transparent_pixels_lie_on_white(tmp_path):
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0] = [(200, 100, 0, 255), (200, 100, 0, 0), (200, 100, 0, 128)]
    Image.fromarray(rgba).save(tmp_path / "a.png")
    half = [round(c * 128 / 255 + 255 * 127 / 255) for c in (200, 100, 0)]
    np.testing.assert_allclose(read_image(tmp_path / "a.png")[0], [(200, 100, 0), (255, 255, 255), half], atol=1)


def test_gray_with_alpha(tmp_path):
    Image.fromarray(np.array([[[40, 255], [40, 0]]], np.uint8), "LA").save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), [[[40] * 3, [255] * 3]])


def test_palette_with_a_transparent_entry(tmp_path):
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 0, 0])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "a.png", transparency=0)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), [[[255, 255, 255], [200, 0, 0]]])
    picture.save(tmp_path / "b.png")
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), [[[10, 20, 30], [200, 0, 0]]])


def test_gray_and_one_bit(tmp_path):
    Image.fromarray(RGB[..., 0]).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), np.repeat(RGB[..., :1], 3, axis=2))
    Image.fromarray(RGB[..., 0] > 127).save(tmp_path / "b.png")
    np.testing.assert_array_equal(read_image(tmp_path / "b.png")[..., 1], np.where(RGB[..., 0] > 127, 255, 0))


def test_16_bit_gray_is_scaled(tmp_path):
    values = np.array([[0, 128, 129, 257, 32768, 65534, 65535]], np.uint16)
    (tmp_path / "a.png").write_bytes(png_16_bit(values))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png")[0, :, 2], [0, 0, 1, 1, 128, 255, 255])
    Image.fromarray(values).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), read_image(tmp_path / "a.png"))


def test_16_bit_rgb(tmp_path):
    (tmp_path / "a.png").write_bytes(png_16_bit(RGB.astype(np.uint16) * 257))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), RGB)


@pytest.mark.parametrize("top", [1.0, 255.0])
def test_float_gray(tmp_path, top):
    Image.fromarray(np.array([[0, 0.5, 1]], np.float32) * np.float32(top)).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif")[0, :, 0], [0, 128, 255])


def test_cmyk_jpeg(tmp_path):
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)  # no cyan: red
    assert np.abs(read_image(tmp_path / "a.jpg").astype(int) - [255, 0, 0]).max() < 12


def test_of_an_animation_the_first_picture(tmp_path):
    first, second = Image.new("RGB", (4, 4), (255, 0, 0)), Image.new("RGB", (4, 4), (0, 0, 255))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    assert read_image(tmp_path / "a.gif")[0, 0].tolist() == [255, 0, 0]


def test_one_pixel(tmp_path):
    save_image(tmp_path / "a.png", RGB[:1, :1])
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), RGB[:1, :1])


def half_a_file(suffix: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(stream, suffix)
    return stream.getvalue()[: len(stream.getvalue()) // 2]


BAD_FILES = {
    "empty": (b"", "is empty: give a PNG"),
    "html": (b"\n<!DOCTYPE html><html>404</html>", "is a web page, not a picture: give"),
    "text": (b"hello", "is not a picture that can be read: give"),
    "half a png": (half_a_file("PNG"), r"is damaged or cut off \(.*\): get the file again"),
    "half a jpeg": (half_a_file("JPEG"), r"is damaged or cut off \(.*\): get the file again"),
    "half a webp": (half_a_file("WEBP"), r"(damaged or cut off|not a picture that can be read)"),
    "png header only": (b"\x89PNG\r\n\x1a\n", r"(damaged or cut off|not a picture that can be read)"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_told_in_one_sentence(tmp_path, case):
    content, message = BAD_FILES[case]
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(HeadPoseError, match=message) as caught:
        read_image(tmp_path / "a.jpg")
    assert str(tmp_path / "a.jpg") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_picture_that_claims_to_be_huge(tmp_path):
    content = bytearray(png_16_bit(np.zeros((1, 1), np.uint16)))
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 16, 0, 0, 0, 0)
    content[8 : 8 + 25] = png_chunk(b"IHDR", header)
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(HeadPoseError, match="more than 179 million pixels: make it smaller"):
        read_image(tmp_path / "a.png")


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(HeadPoseError, match=r"gone\.png is not there: give"):
        read_image(tmp_path / "gone.png")
    with pytest.raises(HeadPoseError, match="is a folder: give the path of a picture"):
        read_image(tmp_path)


def test_find_images_by_name_without_hidden_files(tmp_path):
    for name in ("b.PNG", "a.jpg", ".hidden.png", "notes.txt", "c.webp"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    assert [p.name for p in find_images(tmp_path)] == ["a.jpg", "b.PNG", "c.webp"]


def test_find_images_tells_an_empty_or_missing_folder(tmp_path):
    with pytest.raises(HeadPoseError, match="holds no picture"):
        find_images(tmp_path)
    with pytest.raises(HeadPoseError, match="cannot be listed: No such file"):
        find_images(tmp_path / "gone")


def test_save_image_keeps_what_is_there(tmp_path):
    save_image(tmp_path / "new" / "a.png", RGB)
    with pytest.raises(HeadPoseError, match=r"a\.png exists already: choose another place or pass --overwrite"):
        save_image(tmp_path / "new" / "a.png", RGB[::-1], overwrite=False)
    np.testing.assert_array_equal(read_image(tmp_path / "new" / "a.png"), RGB)
    assert os.listdir(tmp_path / "new") == ["a.png"]


def test_save_image_leaves_nothing_half_written(tmp_path):
    with pytest.raises(HeadPoseError, match=r"unknown picture suffix '\.pgn': did you mean '\.png'"):
        save_image(tmp_path / "a.pgn", RGB)
    with pytest.raises(HeadPoseError, match=r"a\.webp cannot be written \(.*\): choose another suffix"):
        save_image(tmp_path / "a.webp", np.zeros((1, 20_000, 3), np.uint8))  # WebP ends at 16383 pixels
    assert list(tmp_path.iterdir()) == []


HEAVY = ("torch", "cv2", "PIL", "ai_edge_litert", "onnxruntime", "rich", "av", "pygame")


@pytest.mark.parametrize(
    "module",
    ["runtime", "runtime.estimator", "runtime.images", "runtime.draw", "runtime.video", "runtime.live",
     "runtime.commands.predict"],
)  # fmt: skip
def test_importing_brings_no_heavy_package(module):
    code = f"import sys, {module}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
