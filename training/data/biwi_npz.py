"""BIWI as FSA-Net's scripts pack it: face crops and angles in one .npz.

`image` (N, S, S, 3) uint8 in OpenCV's order BGR, `pose` (N, 3) yaw, pitch, roll in degrees, `img_size`. Published are
BIWI_noTrack.npz (13,219 frames) for models trained on 300W-LP, and BIWI_train.npz and BIWI_test.npz for the 70/30
protocol, to be used as they are. `headpose prepare biwi --format npz` writes this form and adds the frames' `names`.

The published files name no sequence, so who is in which crop is lost. Runs of similar poses would cut one person's
sequence in two wherever the detector lost the face, and let that person into both training and validation: so all crops
of a nameless file are one group, which is never split.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from runtime.errors import HeadPoseError, unknown_name
from runtime.rotation import euler_to_rotation
from training.data.biwi import TERMS
from training.data.biwi_split import person_of
from training.data.source import Image

Array = npt.NDArray[np.float64]

CHANNELS = ("bgr", "rgb")
_LOCAL_HEADER = 30  # bytes of a zip member's header before its name
_MAX_DEG = 360.0  # larger angles are in another unit, or no angles


@dataclass(frozen=True, eq=False)
class _File:
    """What of one .npz is needed to open it: everything but the pictures."""

    path: Path
    shape: tuple[int, int, int, int]
    """Of `image`."""
    pose: Array
    """(N, 3) yaw, pitch, roll in degrees."""
    names: list[str] | None
    """N frames, '01/frame_00003', if the file has them."""


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether in Fortran's order, and type of the array in an .npy stream, which stands at its data then."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    return np.lib.format.read_array_header_2_0(stream)


def _image_shape(archive: zipfile.ZipFile) -> tuple[int, int, int, int]:
    with archive.open("image.npy") as stream:
        shape, fortran, kind = _header(stream)
    if kind.hasobject:
        raise ValueError("image is an array of Python objects, which may run code when it is read")
    if kind != np.uint8 or fortran or len(shape) != 4 or shape[3] != 3 or 0 in shape:
        raise ValueError(f"image is {kind} {shape}, not uint8 (N, S, S, 3)")
    return shape[0], shape[1], shape[2], shape[3]


def _read(path: Path) -> _File:
    """Everything but the pictures of one .npz; HeadPoseError if it is no such file."""
    if not path.is_file():
        raise HeadPoseError(f"{path} is {'a folder' if path.is_dir() else 'not there'}: give an .npz file of BIWI")
    try:
        with zipfile.ZipFile(path) as archive:
            shape = _image_shape(archive)
        with np.load(path, allow_pickle=False) as columns:
            pose = np.asarray(columns["pose"], dtype=np.float64)
            names = [str(n) for n in columns["names"]] if "names" in columns else None
        if pose.shape != (shape[0], 3) or (names is not None and len(names) != shape[0]):
            raise ValueError(f"{shape[0]} pictures, but pose {pose.shape}")
        if not (np.abs(pose) <= _MAX_DEG).all():
            raise ValueError(
                f"the pose of picture {int(np.argmin((np.abs(pose) <= _MAX_DEG).all(axis=1)))} is no angle"
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        reason = str(error).strip("'\"")
        raise HeadPoseError(
            f"{path} is no FSA-Net .npz of BIWI (image, pose) or is damaged ({reason}): get it again"
        ) from error
    return _File(path, shape, pose, names)


def _pictures(path: Path) -> Image:
    """The `image` array; mapped into memory if it lies uncompressed in the file, so that workers share it."""
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo("image.npy")
            if entry.compress_type != zipfile.ZIP_STORED:
                with archive.open(entry) as stream:
                    return np.asarray(np.lib.format.read_array(stream, allow_pickle=False), dtype=np.uint8)
        with path.open("rb") as file:
            file.seek(entry.header_offset)
            header = file.read(_LOCAL_HEADER)
            lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
            file.seek(lengths, 1)
            shape, _, kind = _header(file)
            return np.memmap(file, dtype=kind, mode="r", offset=file.tell(), shape=shape)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise HeadPoseError(f"the pictures of {path} cannot be read ({error}): get the file again") from error


@dataclass(frozen=True, eq=False)
class BiwiCrops:
    """N face crops of one or several .npz files. Fulfils `PoseSource`; the box of each is its whole picture."""

    files: Sequence[_File]
    """In the order of the faces."""
    channels: str
    """Order of the stored bytes, one of `CHANNELS`."""
    keys: Sequence[str]
    """N: the frames' names if the files have them, else 'BIWI_test/00000'."""
    groups: Sequence[str]
    """N: people if the files name the frames, else files."""
    rotations: Array
    """(N, 3, 3), the convention of `runtime.rotation`."""
    boxes: Array
    """(N, 4)."""
    name: str = "BIWI"
    terms: str = TERMS
    _open: dict[Path, Image] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keys)

    def picture(self, index: int) -> Image:
        """The crop, RGB (S, S, 3) uint8, if `channels` says the truth about the file.

        The published evaluations fed BGR where RGB was meant: `channels='rgb'` on a file in BGR repeats that.
        """
        if not 0 <= index < len(self):
            raise IndexError(index)
        for file in self.files:
            if index < file.shape[0]:
                break
            index -= file.shape[0]
        if file.path not in self._open:
            self._open[file.path] = _pictures(file.path)
        stored = self._open[file.path][index]
        return np.array(stored[..., ::-1] if self.channels == "bgr" else stored, order="C")

    def __getstate__(self) -> dict[str, Any]:
        """Without the pictures: a worker opens the files itself."""
        return {**self.__dict__, "_open": {}}


def open_biwi_npz(path: str | Path | Sequence[str | Path], *, channels: str = "bgr") -> BiwiCrops:
    """Open one .npz of BIWI, or several one after the other.

    Args:
        path: file or files.
        channels: order in which the file stores the colours; FSA-Net's script writes 'bgr'.

    Raises:
        HeadPoseError: no such file, truncated, without `image` or `pose`, arrays of objects, poses that are no angles,
            unknown channels.
    """
    if channels not in CHANNELS:
        raise unknown_name("channel order", channels, CHANNELS)
    files = [_read(Path(p)) for p in ([path] if isinstance(path, str | Path) else path)]
    if not files:
        raise HeadPoseError("no .npz of BIWI is named: give one or several")
    pose = np.concatenate([file.pose for file in files])
    rotations = np.asarray(euler_to_rotation(pose[:, 1], pose[:, 0], pose[:, 2]), dtype=np.float64)
    boxes = np.concatenate([np.tile([0.0, 0.0, f.shape[2], f.shape[1]], (f.shape[0], 1)) for f in files])
    keys = [key for file in files for key in file.names or _numbers(file)]
    groups = [group for file in files for group in _groups(file)]
    return BiwiCrops(files, channels, keys, groups, rotations, boxes)


def _numbers(file: _File) -> list[str]:
    return [f"{file.path.stem}/{i:05d}" for i in range(file.shape[0])]


def _groups(file: _File) -> list[str]:
    if file.names is None:
        return [file.path.stem] * file.shape[0]
    return [person_of(name.partition("/")[0]) for name in file.names]
