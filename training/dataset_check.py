"""What is wrong with a copy of a data set, and where: counts, partners, pictures, labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from runtime.errors import HeadPoseError, unknown_name
from training.data.biwi import find_sequences, read_calibration, read_pose
from training.data.biwi_boxes import BOXES_NAME, read_boxes
from training.data.biwi_split import SEQUENCES
from training.data.source import Progress, silent
from training.in_turn import counted

LISTED = 20  # problems of one kind that are named; all are counted
SUBSETS = {"AFW": 5_207, "HELEN": 37_676, "IBUG": 1_786, "LFPW": 16_556}
_FOLDERS = {f"{name}{flip}": count for flip in ("", "_Flip") for name, count in SUBSETS.items()}
PUBLISHED: dict[str, dict[str, int]] = {
    "Pose_300W_LP": {"pictures": 122_450, "labels within 99°": 122_415, **_FOLDERS},
    "AFLW2000": {"pictures": 2_000, "labels within 99°": 1_969},
    "BIWI": {"sequences": 24, "frames": 15_678},
}
"""Data set → what is counted → how many there are as published."""
_BOXED, _BOXED_PUBLISHED = "frames with a face box", 13_219  # depends on the detector: no problem if it differs
_MAT_SIZE, _BIWI_SIZE = (450, 450), (640, 480)
_LIMIT_DEG = 99.0
_MAX_DEG = 360.0  # larger: degrees where radians belong, or no angle at all


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    kind: str
    """Key of `DatasetReport.totals`."""
    file: str
    """Relative to the data set's folder."""
    reason: str
    """For people."""


@dataclass(frozen=True)
class DatasetReport:
    """What a check found."""

    dataset: str
    """Key of `PUBLISHED`."""
    folder: str
    """Where it looked."""
    decoded: bool
    """Whether every picture was decoded, or only its header read."""
    counts: dict[str, tuple[int, int | None]]
    """What was counted → found, published."""
    totals: dict[str, int]
    """Kind of problem → how many."""
    problems: tuple[Problem, ...]
    """The first `LISTED` of each kind."""

    @property
    def clean(self) -> bool:
        """Nothing is wrong."""
        return not self.totals

    def to_json(self) -> str:
        """The report as JSON text."""
        return json.dumps({"schema": 1, "clean": self.clean, **asdict(self)}, indent=1, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> DatasetReport:
        """Read what `to_json` wrote; HeadPoseError if it is something else."""
        try:
            r = json.loads(text)
            problems = tuple(Problem(**problem) for problem in r["problems"])
            counts = {name: (found, published) for name, (found, published) in r["counts"].items()}
            return DatasetReport(r["dataset"], r["folder"], r["decoded"], counts, r["totals"], problems)
        except (ValueError, KeyError, TypeError) as error:
            raise HeadPoseError(f"this is no report of a data set ({error}): run  headpose prepare check") from error


class _Finder:
    """Collects what one check finds under a folder."""

    def __init__(self, root: Path, size: tuple[int, int], decode: bool, progress: Progress) -> None:
        self.root, self.size, self.decode, self.progress = root, size, decode, progress
        self.totals: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.counts: dict[str, int] = {}

    def add(self, kind: str, path: Path, reason: str) -> None:
        self.totals[kind] = self.totals.get(kind, 0) + 1
        if self.totals[kind] <= LISTED:
            name = path.relative_to(self.root).as_posix()
            self.problems.append(Problem(kind, name, reason.replace(str(path), "it")))

    def partners(self, labels: set[str], pictures: set[str], suffixes: tuple[str, str]) -> None:
        """Names that lack one of their two files are problems. Suffixes: label's, picture's."""
        for name in sorted(pictures - labels):
            self.add("no label beside the picture", self.root / f"{name}{suffixes[1]}", f"no {suffixes[0]} beside it")
        for name in sorted(labels - pictures):
            self.add("no picture beside the label", self.root / f"{name}{suffixes[0]}", f"no {suffixes[1]} beside it")

    def picture(self, path: Path) -> None:
        """Header, size, and with `decode` every pixel."""
        from PIL import Image

        from training.data.decode import read_rgb

        try:
            with Image.open(path) as opened:
                size = opened.size
            if self.decode:
                read_rgb(path)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, HeadPoseError) as error:
            self.add("unreadable picture", path, "no picture header" if isinstance(error, OSError) else str(error))
            return
        if size != self.size:
            wanted = f"{self.size[0]}×{self.size[1]}"
            self.add("wrong picture size", path, f"{size[0]}×{size[1]} pixels, not {wanted} as published")

    def each(self, names: Sequence[str], text: str) -> Iterable[str]:
        return counted(names, text, len(names), self.progress)


def check_dataset(
    dataset: str, data_dir: str | Path, *, decode: bool = False, progress: Progress = silent
) -> DatasetReport:
    """Look through a copy of a data set.

    Args:
        dataset: key of `PUBLISHED`.
        data_dir: its folder.
        decode: decode every picture; without, only headers are read, and a picture that is cut off passes.
        progress: told of files.

    Raises:
        HeadPoseError: unknown data set, or a folder that holds nothing of it.
    """
    if dataset not in _CHECKS:
        raise unknown_name("data set", dataset, _CHECKS)
    folder = Path(data_dir)
    if not folder.is_dir():
        raise HeadPoseError(f"the folder {folder} does not exist: give the place of {dataset} with --data_dir")
    found = _CHECKS[dataset](folder, decode, progress)
    published = PUBLISHED[dataset]
    for name, count in published.items():
        if found.counts.get(name, 0) != count:
            reason = f"{found.counts.get(name, 0):,} {name}, not {count:,} as published"
            found.add("count", found.root, reason)
    counts: dict[str, tuple[int, int | None]] = {
        name: (count, published.get(name, _BOXED_PUBLISHED if name == _BOXED else None))
        for name, count in found.counts.items()
    }
    return DatasetReport(dataset, str(folder), decode, counts, found.totals, tuple(found.problems))


def _check_300w_lp(data_dir: Path, decode: bool, progress: Progress) -> _Finder:
    root = next((r for r in (data_dir, data_dir / "300W_LP") if any((r / f).is_dir() for f in _FOLDERS)), None)
    if root is None:
        raise HeadPoseError(f"{data_dir} holds none of the folders AFW, HELEN, IBUG, LFPW: give the folder of 300W-LP")
    found = _Finder(root, _MAT_SIZE, decode, progress)
    for name in _FOLDERS:
        if not (root / name).is_dir():
            found.add("missing folder", root / name, "not there" + (" (mirrored twins)" if "_Flip" in name else ""))
        found.counts[name] = _check_pairs(found, root / name, sparse=False)
    return found


def _check_aflw2000(data_dir: Path, decode: bool, progress: Progress) -> _Finder:
    root = next((r for r in (data_dir, data_dir / "AFLW2000") if any(r.glob("image*.jpg"))), None)
    if root is None:
        raise HeadPoseError(f"{data_dir} holds no image00002.jpg …: give the folder of AFLW2000-3D")
    found = _Finder(root, _MAT_SIZE, decode, progress)
    _check_pairs(found, root, sparse=True)
    return found


def _check_pairs(found: _Finder, folder: Path, *, sparse: bool) -> int:
    """The .jpg and .mat files of one folder → number of pictures. `sparse`: 21 landmarks of which some are hidden."""
    prefix = "" if folder == found.root else f"{folder.name}/"
    pictures, labels = (
        {f"{prefix}{p.stem}" for p in folder.glob(f"*{suffix}") if not p.name.startswith("._")}
        for suffix in (".jpg", ".mat")
    )
    found.partners(labels, pictures, (".mat", ".jpg"))
    turns: dict[str, list[bytes]] = {}
    for name in found.each(sorted(pictures), f"checking {folder.name}"):
        found.picture(found.root / f"{name}.jpg")
        landmarks = _check_mat(found, found.root / f"{name}.mat", sparse=sparse) if name in labels else None
        if landmarks is not None and not sparse:
            turns.setdefault(name.rpartition("_")[0], []).append(landmarks)
    for photo, points in turns.items():
        if len(points) > 1 and len(set(points)) == 1:
            reason = f"all {len(points)} turns have the landmarks of one: this copy's landmarks are wrong, get another"
            found.add("same landmarks in all turns", found.root / f"{photo}_0.mat", reason)
    found.counts["pictures"] = found.counts.get("pictures", 0) + len(pictures)
    return len(pictures)


def _check_mat(found: _Finder, path: Path, *, sparse: bool) -> bytes | None:
    """The landmarks' bytes, None if the file cannot be used."""
    from training.data.mat import read_mat

    found.counts.setdefault("labels within 99°", 0)
    try:
        labels = read_mat(path)
    except HeadPoseError as error:
        found.add("unusable label", path, str(error))
        return None
    angles = (labels.pitch_deg, labels.yaw_deg, labels.roll_deg)
    largest = max(map(abs, angles))
    found.counts["labels within 99°"] += largest <= _LIMIT_DEG
    if largest > _MAX_DEG:
        told = ", ".join(f"{angle:.0f}" for angle in angles)
        found.add("label out of range", path, f"pitch, yaw, roll = {told}°: no angles, or degrees instead of radians")
    seen = labels.landmarks[:, labels.landmarks[0] >= 0] if sparse else labels.landmarks
    if seen.shape[1] < 2 or not (np.ptp(seen, axis=1) > 0).all():
        found.add("landmarks without area", path, f"{seen.shape[1]} landmarks that span no rectangle")
    return labels.landmarks.tobytes()


def _check_biwi(data_dir: Path, decode: bool, progress: Progress) -> _Finder:
    root = find_sequences(data_dir)
    found = _Finder(root, _BIWI_SIZE, decode, progress)
    found.counts["sequences"] = sum((root / s).is_dir() for s in SEQUENCES)
    found.counts["frames"] = 0
    for sequence in SEQUENCES:
        if (root / sequence).is_dir():
            _check_sequence(found, root / sequence)
        else:
            found.add("missing folder", root / sequence, "not there")
    if (data_dir / BOXES_NAME).is_file():
        found.counts[_BOXED] = len(read_boxes(data_dir / BOXES_NAME).boxes)
    return found


def _check_sequence(found: _Finder, folder: Path) -> None:
    pictures, poses = (
        {f"{folder.name}/{p.name.removesuffix(end)}" for p in folder.glob(f"frame_*{end}")}
        for end in ("_rgb.png", "_pose.txt")
    )
    found.counts["frames"] += len(pictures)
    found.partners(poses, pictures, ("_pose.txt", "_rgb.png"))
    for name in found.each(sorted(pictures), f"checking sequence {folder.name}"):
        found.picture(found.root / f"{name}_rgb.png")
        if name in poses:
            _try(found, read_pose, found.root / f"{name}_pose.txt", "unusable label")
    _try(found, read_calibration, folder / "rgb.cal", "unusable calibration")


def _try(found: _Finder, read: Callable[[Path], object], path: Path, kind: str) -> None:
    try:
        read(path)
    except HeadPoseError as error:
        found.add(kind, path, str(error))


_CHECKS: dict[str, Callable[[Path, bool, Progress], _Finder]] = {
    "Pose_300W_LP": _check_300w_lp,
    "AFLW2000": _check_aflw2000,
    "BIWI": _check_biwi,
}
