"""Reads and writes videos through PyAV: upright RGB frames in, H.264 with the original timing out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, MissingDependencyError

Image = npt.NDArray[np.uint8]

READ_SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".3gp", ".ts", ".wmv", ".flv")
WRITE_SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv")
_USUAL_RATE = Fraction(25)  # where a file does not tell its frame rate
_ENCODER = {"crf": "18", "preset": "veryfast"}  # close to lossless for the eye, quick enough beside the networks


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of a video."""

    image: Image
    """RGB (H, W, 3) uint8, upright."""
    index: int
    """0, 1, 2 …"""
    time_s: Fraction
    """When it is shown, seconds from the start of the file."""


def _package() -> Any:
    try:
        import av
    except ImportError as error:
        raise MissingDependencyError("av", "reading and writing videos", "video") from error
    return av


class VideoReader:
    """A video file, opened; iterate over it once, inside a `with`.

    Raises:
        HeadPoseError: unreadable file or no picture stream; while iterating, a damaged stream or no frame at all.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        av = _package()
        try:
            self._container = av.open(str(path))
        except (av.FFmpegError, OSError) as error:
            raise HeadPoseError(f"{path} cannot be read as a video ({_reason(error)}): get the file again") from error
        if not self._container.streams.video:
            self._container.close()
            raise HeadPoseError(f"{path} holds no video stream: give a file with pictures")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second on average."""
        return Fraction(self._stream.average_rate or _USUAL_RATE)

    @property
    def frames_expected(self) -> int | None:
        """Number of frames as the file tells it or as its length gives it; None if neither is known."""
        if self._stream.frames:
            return int(self._stream.frames)
        length_us = self._container.duration
        return round(length_us / 1e6 * self.frame_rate) if length_us else None

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        index, last = -1, Fraction(-1)
        try:
            for index, frame in enumerate(self._container.decode(self._stream)):
                known = frame.pts is not None and frame.time_base is not None
                time_s = Fraction(frame.pts) * frame.time_base if known else last + 1 / self.frame_rate
                last = time_s if time_s > last else last + 1 / self.frame_rate
                yield Frame(_upright(frame), index, last)
        except _package().FFmpegError as error:
            if index >= 0:
                raise HeadPoseError(f"{self.path} is damaged after {index + 1} frames ({_reason(error)})") from error
        if index < 0:
            raise HeadPoseError(f"{self.path} holds no frame that can be decoded: get the file again")


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _upright(frame: Any) -> Image:
    """The frame as RGB, turned as the file's display matrix asks (phones store portrait videos lying)."""
    quarter_turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), quarter_turns))


class VideoWriter:
    """An H.264 video (yuv420p, plays everywhere) without sound; use inside a `with`, which finishes the file.

    Args:
        path: .mp4, .mov, .m4v or .mkv.
        frame_rate: nominal frames per second; the frames' own times decide when each is shown.
    """

    def __init__(self, path: Path, frame_rate: Fraction) -> None:
        self._av = _package()
        self._container = self._av.open(str(path), "w")
        self._stream = self._container.add_stream("libx264", rate=frame_rate, options=dict(_ENCODER))
        self._stream.pix_fmt = "yuv420p"
        self._time_base = Fraction(1, 90000)  # divides the usual frame rates
        self._stream.codec_context.time_base = self._time_base
        self._size: tuple[int, int] | None = None

    def write(self, image: Image, time_s: Fraction) -> None:
        """Append RGB (H, W, 3) uint8, shown from `time_s`; an odd width or height grows by one repeated pixel."""
        image = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)), mode="edge")
        if self._size is None:
            self._size = (image.shape[1], image.shape[0])
            self._stream.width, self._stream.height = self._size
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        if (frame.width, frame.height) != self._size:
            frame = frame.reformat(*self._size)
        frame.time_base, frame.pts = self._time_base, round(time_s / self._time_base)
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None and self._size is not None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()
