"""The command ``headpose predict`` from end to end, with a session that needs no network file."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from skimage import data

import headpose
from runtime import sessions, video
from runtime.errors import HeadPoseError
from runtime.images import read_image, save_image
from runtime.video import VideoReader, VideoWriter

ASTRONAUT = data.astronaut()
NO_FACE = np.zeros((40, 60, 3), np.uint8)


@pytest.fixture(autouse=True)
def _fake_artifacts(monkeypatch, tmp_path):
    monkeypatch.setitem(sessions.SESSIONS, ".fake", "fake_session:FakeSession")
    monkeypatch.chdir(tmp_path)
    for name in ("net.fake", "untrained.fake"):
        (tmp_path / name).touch()
    save_image("astronaut.png", ASTRONAUT)


def predict(*args: object) -> int:
    return headpose.main(["predict", *map(str, args), "--artifact", "net.fake", "--threads", "1"])


def written() -> list[str]:
    """Everything in the folder but what the fixture put there, hidden files too."""
    given = {"net.fake", "untrained.fake", "astronaut.png"}
    return sorted(p for p in os.listdir() if p not in given)


def make_video(path: str, frames: int, rate: int = 10, size: tuple[int, int] = (128, 128)) -> None:
    with VideoWriter(Path(path), Fraction(rate)) as writer:
        for i in range(frames):
            picture = np.full((size[1], size[0], 3), 40 * i % 256, np.uint8)
            writer.write(picture, Fraction(i, rate))


def face_video(path: str, frames: int = 3) -> None:
    with VideoWriter(Path(path), Fraction(10)) as writer:
        for i in range(frames):
            writer.write(np.roll(ASTRONAUT[:256, 100:356], 4 * i, axis=1), Fraction(i, 10))


def test_json_of_one_picture_is_all_that_is_printed(capfd):
    assert predict("astronaut.png", "--json") == 0
    out, err = capfd.readouterr()
    assert err == ""
    result = json.loads(out)
    assert result["artifact"]["trained"] is True
    (picture,) = result["pictures"]
    assert (picture["source"], picture["width"], picture["height"]) == ("astronaut.png", 512, 512)
    (head,) = picture["poses"]
    left, top, right, bottom = head["box"]
    assert (abs((left + right) / 2 - 224) < 8, abs((top + bottom) / 2 - 124) < 8) == (True, True)
    np.testing.assert_allclose(np.array(head["rotation"]) @ np.transpose(head["rotation"]), np.eye(3), atol=1e-5)


def test_table_for_people(capsys):
    save_image("empty.png", NO_FACE)
    assert predict("astronaut.png") == 0
    assert "yaw" in capsys.readouterr().out
    assert predict("empty.png") == 0
    assert "no face" in capsys.readouterr().out
    assert written() == ["empty.png"]


@pytest.mark.parametrize("style", ["axes", "cube"])
def test_annotated_picture(style):
    assert predict("astronaut.png", "--out", "new/seen.png", "--draw", style) == 0
    changed = (read_image("new/seen.png") != ASTRONAUT).any(axis=-1)
    y, x = np.nonzero(changed)
    assert 90 < x.min() < x.max() < 330  # at the head
    assert 0 < y.min() < y.max() < 300
    assert os.listdir("new") == ["seen.png"]


def test_out_may_be_a_folder_and_the_kind_of_file_is_kept():
    save_image("a.jpg", NO_FACE)
    Image.fromarray(NO_FACE).save("b.gif")
    assert predict("a.jpg", "--out", "seen") == 0
    assert predict("b.gif", "--out", "seen") == 0  # cannot be written back as GIF
    assert sorted(os.listdir("seen")) == ["a.jpg", "b.png"]


def test_untrained_weights_are_told_on_the_error_stream(capsys):
    args = ["predict", "astronaut.png", "--artifact", "untrained.fake", "--json"]
    assert headpose.main(args) == 0
    out, err = capsys.readouterr()
    assert err.startswith("warning: sixdrepnet_fake_fp32 holds UNTRAINED weights")
    assert err.count("UNTRAINED") == 1
    assert json.loads(out)["artifact"]["trained"] is False


def test_folder_with_a_bad_picture_goes_on_and_ends_with_2(capsys):
    os.mkdir("photos")
    save_image("photos/a.png", ASTRONAUT)
    Path("photos/b.png").write_text("<html>not found</html>")
    save_image("photos/c.png", NO_FACE)
    assert predict("photos", "--json", "--out", "seen") == 2
    out, err = capsys.readouterr()
    assert "photos/b.png is a web page, not a picture" in err
    pictures = json.loads(out)["pictures"]
    assert [len(p.get("poses", "??????")) for p in pictures] == [1, 6, 0]
    assert "web page" in pictures[1]["error"]
    assert sorted(os.listdir("seen")) == ["a.png", "c.png"]


def test_folder_as_a_table(capsys):
    os.mkdir("photos")
    save_image("photos/a.png", NO_FACE)
    assert predict("photos") == 0
    assert "photos/a.png" in capsys.readouterr().out


def test_video_is_annotated_with_its_own_timing(capfd):
    face_video("in.mp4")
    assert predict("in.mp4", "--json", "--out", "seen", "--draw", "cube") == 0
    out, err = capfd.readouterr()
    assert "error" not in err
    frames = json.loads(out)["video"]["frames"]
    assert [f["time_s"] for f in frames] == [0.0, 0.1, 0.2]
    assert [len(f["poses"]) for f in frames] == [1, 1, 1]
    centers = [(f["poses"][0]["box"][0] + f["poses"][0]["box"][2]) / 2 for f in frames]
    np.testing.assert_allclose(np.diff(centers), 4, atol=1.5)  # the head moves by four pixels a frame
    assert os.listdir("seen") == ["in.mp4"]
    with av.open("seen/in.mp4") as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt, stream.average_rate) == ("h264", "yuv420p", 10)
        decoded = [f.to_ndarray(format="rgb24") for f in container.decode(stream)]
    with VideoReader("in.mp4") as reader:
        for frame, seen in zip(reader, decoded, strict=True):
            difference = np.abs(frame.image.astype(int) - seen).max(axis=-1)
            assert np.median(difference) < 6
            assert difference.max() > 100  # the cube


def test_video_table(capsys):
    face_video("in.mp4", 2)
    assert predict("in.mp4") == 0
    out = capsys.readouterr().out
    assert "2 frames at 10 per second, 2 with a face" in out
    assert "median" in out
    assert written() == ["in.mp4"]


def test_uneven_timing_and_odd_sizes_survive_a_rewrite():
    times = [Fraction(0), Fraction(1, 30), Fraction(1, 2), Fraction(3, 4)]
    with VideoWriter(Path("a.mp4"), Fraction(30000, 1001)) as writer:
        for i, time in enumerate(times):
            writer.write(np.full((33, 51, 3), 60 * i, np.uint8), time)
    with VideoReader("a.mp4") as reader:
        assert reader.frames_expected == 4
        frames = list(reader)
    assert [f.index for f in frames] == [0, 1, 2, 3]
    np.testing.assert_allclose([float(f.time_s) for f in frames], [float(t) for t in times], atol=1e-4)
    assert frames[0].image.shape == (34, 52, 3)
    assert [round(float(f.image.mean()) / 60) for f in frames] == [0, 1, 2, 3]


# Display matrices of QuickTime: (x, y) → (a·x + c·y, b·x + d·y), turning the picture clockwise as it is shown.
MATRICES = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


@pytest.mark.parametrize("clockwise", MATRICES)
def test_phone_videos_are_turned_upright(clockwise):
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:32, :48] = 255  # the left top quarter is white
    with VideoWriter(Path("a.mp4"), Fraction(5)) as writer:
        writer.write(picture, Fraction(0))
    content = bytearray(Path("a.mp4").read_bytes())
    start = content.index(b"tkhd") + 4 + 40
    for offset, value in zip((0, 4, 12, 16), MATRICES[clockwise], strict=True):
        content[start + offset : start + offset + 4] = (value << 16).to_bytes(4, "big", signed=True)
    Path("b.mp4").write_bytes(content)
    with VideoReader("b.mp4") as reader:
        (frame,) = reader
    expected = np.rot90(picture, -clockwise // 90)
    assert frame.image.shape == expected.shape
    assert np.abs(frame.image.astype(int) - expected).mean() < 5


def test_one_pixel_picture_and_video(capsys):
    save_image("dot.png", NO_FACE[:1, :1])
    make_video("dot.mp4", 2, size=(1, 1))
    assert predict("dot.png", "--out", "seen") == 0
    assert predict("dot.mp4", "--out", "seen") == 0
    assert sorted(os.listdir("seen")) == ["dot.mp4", "dot.png"]


def sound_only() -> None:
    with av.open("sound.mp4", "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def no_frames() -> None:
    """A video whose header promises frames and whose pictures are zeros."""
    make_video("hollow.mp4", 3)
    content = Path("hollow.mp4").read_bytes()
    start = content.index(b"mdat") + 4
    size = int.from_bytes(content[start - 8 : start - 4], "big") - 8
    Path("hollow.mp4").write_bytes(content[:start] + bytes(size) + content[start + size :])


def cut_off() -> None:
    face_video("cut.mp4", 8)
    content = Path("cut.mp4").read_bytes()
    Path("cut.mp4").write_bytes(content[: len(content) // 2])


def taken(name: str) -> None:
    Path("seen").mkdir()
    Path("seen", name).write_text("mine")


def half_a_picture() -> None:
    Path("a.png").write_bytes(Path("astronaut.png").read_bytes()[:9000])


def video_taken() -> None:
    taken("a.mp4")
    make_video("a.mp4", 1)


def folder() -> None:
    os.mkdir("folder")
    save_image("folder/a.png", NO_FACE)


BAD = {
    "missing source": (None, ["gone.png"], "gone.png does not exist: give a picture"),
    "web page": (lambda: Path("a.png").write_text("<html>"), ["a.png"], "a.png is a web page, not a picture"),
    "half a picture": (half_a_picture, ["a.png"], "a.png is damaged or cut"),
    "unknown kind": (lambda: Path("a.pdf").write_text("%PDF"), ["a.pdf"], "a.pdf is not a picture that can be read"),
    "empty folder": (lambda: os.mkdir("none"), ["none"], "none holds no picture"),
    "not a video": (lambda: Path("a.mp4").write_text("hello"), ["a.mp4"], "a.mp4 cannot be read as a video"),
    "empty video": (lambda: Path("a.mp4").touch(), ["a.mp4"], "a.mp4 cannot be read as a video"),
    "sound only": (sound_only, ["sound.mp4"], "sound.mp4 holds no video stream"),
    "no frames": (no_frames, ["hollow.mp4"], "hollow.mp4 holds no frame that can be decoded"),
    "cut off video": (cut_off, ["cut.mp4"], "cut.mp4 cannot be read as a video"),
    "bad suffix for out": (None, ["astronaut.png", "--out", "seen.pgn"], "did you mean '.png'"),
    "video to a picture": (lambda: make_video("a.mp4", 1), ["a.mp4", "--out", "x.png"], "unknown suffix for --out"),
    "folder to a file": (folder, ["folder", "--out", "x.png"], "needs a folder"),
    "onto itself": (None, ["astronaut.png", "--out", ".", "--overwrite"], "--out would replace astronaut.png itself"),
    "picture exists": (lambda: taken("astronaut.png"), ["astronaut.png", "--out", "seen"], "exists already: choose"),
    "video exists": (video_taken, ["a.mp4", "--out", "seen/a.mp4"], "pass --overwrite"),
    "out under a file": (None, ["astronaut.png", "--out", "net.fake/sub/a.png"], "cannot create the folder"),
    "threshold": (None, ["astronaut.png", "--detector-threshold", "7"], "face score must lie above 0"),
    "threads": (None, ["astronaut.png", "--threads", "0"], None),
    "webcam with out": (None, ["0", "--out", "seen"], "only shown in a window"),
    "webcam with json": (None, ["0", "--json"], "only shown in a window"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_and_leaves_nothing(case, capfd):
    prepare, args, message = BAD[case]
    if prepare is not None:
        prepare()
    before = {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()}
    base = ["--artifact", "net.fake"]
    out = [] if "--out" in args or args[0] == "0" else ["--out", "new"]
    assert headpose.main(["predict", *args, *base, *out]) == 2
    stdout, stderr = capfd.readouterr()
    assert stdout == ""
    lines = stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert (message or "--threads takes a number from 1 on, not 0") in lines[0]
    assert {p: p.read_bytes() for p in Path().rglob("*") if p.is_file()} == before
    assert not Path("new").exists()


def test_overwrite_replaces_what_out_names():
    taken("astronaut.png")
    assert predict("astronaut.png", "--out", "seen", "--overwrite") == 0
    assert read_image("seen/astronaut.png").shape == ASTRONAUT.shape


def test_two_pictures_of_one_name_are_told(capsys):
    os.mkdir("photos")
    for name in ("a.gif", "a.png"):
        Image.fromarray(NO_FACE).save(f"photos/{name}")
    assert predict("photos", "--out", "seen") == 2
    assert "would both be written to seen/a.png: rename one" in capsys.readouterr().err
    assert written() == ["photos"]


@pytest.mark.parametrize("artifact", ["gone.onnx", "net.onx"])
def test_missing_or_unknown_artifact(artifact, capsys):
    Path("net.onx").touch()
    assert headpose.main(["predict", "astronaut.png", "--artifact", artifact]) == 2
    message = "does not exist" if artifact == "gone.onnx" else "unknown artefact suffix '.onx': did you mean '.onnx'"
    assert message in capsys.readouterr().err


def test_an_interrupted_video_leaves_nothing(monkeypatch):
    face_video("in.mp4")

    def interrupted(self, image, time_s):
        raise KeyboardInterrupt

    monkeypatch.setattr(video.VideoWriter, "write", interrupted)
    assert predict("in.mp4", "--out", "seen") == 130
    assert os.listdir("seen") == []


def test_help_explains_the_exit_code(capsys):
    with pytest.raises(SystemExit):
        headpose.main(["predict", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "the exit code is then 2" in text
    assert "IMAGE|FOLDER|VIDEO|0" in text


class FakeCamera:
    """Three pictures, then an error, as when the cable is pulled."""

    def __init__(self, frames: int = 3) -> None:
        self.left, self.released = frames, False

    def read(self):
        self.left -= 1
        return (self.left >= 0, ASTRONAUT[..., ::-1] if self.left >= 0 else None)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def estimator():
    from fake_session import FakeSession

    from runtime.estimator import HeadPoseEstimator

    return HeadPoseEstimator(FakeSession(), threads=1)


@pytest.fixture
def pygame(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setenv("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    return pytest.importorskip("pygame")


@pytest.mark.parametrize("how", ["escape", "q", "close"])
def test_webcam_window_closes(pygame, estimator, monkeypatch, how):
    from runtime import live

    shown = []
    show = live._show

    def show_then_close(module, window, image):
        show(module, window, image)
        shown.append(pygame.surfarray.array3d(window).transpose(1, 0, 2).copy())
        if len(shown) == 2:
            kinds = {"escape": {"key": pygame.K_ESCAPE}, "q": {"key": pygame.K_q}}
            kind = pygame.QUIT if how == "close" else pygame.KEYDOWN
            pygame.event.post(pygame.event.Event(kind, kinds.get(how, {})))

    monkeypatch.setattr(live, "_show", show_then_close)
    camera = FakeCamera()
    assert live.run_webcam(estimator, camera=camera) == 2
    assert camera.released
    expected = np.asarray(Image.fromarray(ASTRONAUT).resize((720, 720), Image.Resampling.BILINEAR)).astype(int)
    below_the_label = np.abs(shown[0][400:, 120:840] - expected[400:])  # the window is 960 × 720
    assert below_the_label.mean() < 6
    assert not shown[0][:, :110].any()


def test_webcam_that_stops_is_told(pygame, estimator):
    from runtime.live import run_webcam

    camera = FakeCamera(1)
    with pytest.raises(HeadPoseError, match="the camera stopped giving pictures"):
        run_webcam(estimator, camera=camera)
    assert camera.released


def test_no_camera_and_no_display_are_told(capfd, monkeypatch, estimator):
    from runtime.live import run_webcam

    assert predict("99") == 2
    _, err = capfd.readouterr()
    assert err.strip() == (
        "error: camera 99 cannot be opened: connect one, close other programs that use it, or allow access"
    )
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    if os.name == "posix" and os.uname().sysname == "Linux":
        with pytest.raises(HeadPoseError, match=r"there is no display|window cannot be opened"):
            run_webcam(estimator, camera=FakeCamera())


@pytest.mark.parametrize(("package", "extra"), [("av", "video"), ("pygame", "webcam")])
def test_missing_packages_come_with_their_install_line(monkeypatch, estimator, package, extra):
    from runtime.live import run_webcam

    monkeypatch.setitem(sys.modules, package, None)
    opens = {"av": lambda: VideoReader("any.mp4"), "pygame": lambda: run_webcam(estimator, camera=FakeCamera())}
    with pytest.raises(HeadPoseError, match=rf"install it with +pip install 'sixdrepnext\[{extra}\]'"):
        opens[package]()


@contextmanager
def little_space():
    """A limit of 4 kB a file: writing more fails as on a full disk. The test runner's own log must not be written."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("source", ["astronaut.png", "noise.mp4"])
def test_a_full_disk_is_told_and_leaves_nothing(source, capfd):
    rng = np.random.default_rng(0)
    with VideoWriter(Path("noise.mp4"), Fraction(10)) as writer:
        for i in range(5):
            writer.write(rng.integers(0, 256, (128, 128, 3), dtype=np.uint8), Fraction(i, 10))
    with little_space():
        assert predict(source, "--out", "seen") == 2
    assert f"error: cannot write seen/{source}: File too large" in capfd.readouterr().err
    assert os.listdir("seen") == []
