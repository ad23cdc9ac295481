"""AFLW2000-3D: 2,000 faces of 450×450 with fitted 3D models (Zhu et al., CVPR 2016), the usual test set."""

from __future__ import annotations

from pathlib import Path

from runtime.errors import HeadPoseError, unknown_name
from runtime.rotation import euler_to_rotation
from training.data.file_source import FileSource
from training.data.filelists import LIST_NAME, faces_within
from training.data.label_index import LabelIndex, load_index
from training.data.read_list import read_filename_list
from training.data.source import PoseSource, Progress, silent

_TERMS = "academic research only (AFLW2000-3D and AFLW)"
LANDMARKS = ("all", "visible")


def open_aflw2000(
    data_dir: str | Path,
    filename_list: str | Path | None = None,
    *,
    landmarks: str = "all",
    progress: Progress = silent,
) -> PoseSource:
    """Open AFLW2000-3D.

    Most of its faces have hidden landmarks, written as (-1, 452). Published results take the box of all 21, hidden
    ones too, so that the crop of a turned face reaches the left and lower border of the picture.

    Args:
        data_dir: the folder with image00002.jpg, image00002.mat …
        filename_list: `<data_dir>/filenames.txt` if None, and where there is none, every face whose angles are within
            99° (1,969 of 2,000, the published rule).
        landmarks: 'all' for the published boxes, 'visible' for those of the landmarks that are seen.
        progress: told while labels are read; they are read once and kept beside the list.

    Raises:
        HeadPoseError: no folder, no face in it, an unknown `landmarks`, names in the list that are not there, a .mat
            file that cannot be used, a face without two visible landmarks.
    """
    if landmarks not in LANDMARKS:
        raise unknown_name("landmarks of AFLW2000", landmarks, LANDMARKS)
    root = Path(data_dir)
    names, index = _labels(root, filename_list, progress)
    blind = [name for name, left in zip(names, index.boxes_visible[:, 0]) if left != left]
    if landmarks == "visible" and blind:
        raise HeadPoseError(f"{len(blind)} faces in {root} have no visible landmark (first: {blind[0]}): use all")
    return FileSource(
        name="AFLW2000-3D",
        terms=_TERMS,
        keys=names,
        groups=names,
        rotations=euler_to_rotation(*index.angles_deg.T).astype("float64"),
        angles_deg=index.angles_deg,
        boxes=index.boxes_all if landmarks == "all" else index.boxes_visible,
        root=root,
        files=[f"{name}.jpg" for name in names],
    )


def _labels(root: Path, filename_list: str | Path | None, progress: Progress) -> tuple[list[str], LabelIndex]:
    list_path = root / LIST_NAME if filename_list is None else Path(filename_list)
    if filename_list is None and not list_path.exists():
        return faces_within(root, progress=progress)
    names = read_filename_list(list_path, root)
    return names, load_index(root, names, list_path, progress)
