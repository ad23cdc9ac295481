"""300W-LP: 122,450 faces of 450×450, the photographs of 300-W turned to large poses (Zhu et al., CVPR 2016)."""

from __future__ import annotations

import re
from pathlib import Path

from runtime.errors import HeadPoseError
from runtime.rotation import euler_to_rotation
from training.data.file_source import FileSource
from training.data.filelists import LIST_NAME
from training.data.label_index import load_index
from training.data.read_list import read_filename_list
from training.data.source import PoseSource, Progress, silent

_TERMS = "academic research only (300W-LP, 300-W and the sets that it is made of: AFW, HELEN, IBUG, LFPW)"

# Every name ends in the number of the rotation, 0 for the photograph as it was. Before it stands the number of the
# face, but not in LFPW (whose one number before it is the photograph's) and not always in IBUG.
_PHOTOGRAPH = (
    re.compile(r"(AFW_\d+)_\d+_\d+"),
    re.compile(r"(HELEN_\d+)_\d+_\d+"),
    re.compile(r"(IBUG_image_\d+)(?:_\d+){1,2}"),
    re.compile(r"(LFPW_image_(?:train|test)_\d+)_\d+"),
)
_FLIP = re.compile(r"_flip$", re.IGNORECASE)
_NUMBERS = "0123456789_-. "


def open_300w_lp(
    data_dir: str | Path, filename_list: str | Path | None = None, *, progress: Progress = silent
) -> PoseSource:
    """Open 300W-LP. Boxes are those of the 68 landmarks, as in 6DRepNet.

    Args:
        data_dir: the folder with AFW, AFW_Flip, HELEN …
        filename_list: `<data_dir>/filenames.txt` if None.
        progress: told while labels are read; they are read once and kept beside the list.

    Raises:
        HeadPoseError: no folder, no list, names in it that are not there, a .mat file that cannot be used.
    """
    root = Path(data_dir)
    list_path = root / LIST_NAME if filename_list is None else Path(filename_list)
    if filename_list is None and root.is_dir() and not list_path.exists():
        raise HeadPoseError(
            f"{root} has no {LIST_NAME} yet: make it with  headpose filenames --root_dir {root}  "
            "or name the list that you have"
        )
    names = read_filename_list(list_path, root)
    index = load_index(root, names, list_path, progress)
    return FileSource(
        name="300W-LP",
        terms=_TERMS,
        keys=names,
        groups=[group_of(name) for name in names],
        rotations=euler_to_rotation(*index.angles_deg.T).astype("float64"),
        angles_deg=index.angles_deg,
        boxes=index.boxes_all,
        root=root,
        files=[f"{name}.jpg" for name in names],
    )


def group_of(key: str) -> str:
    """The photograph that a face comes from: all its faces, turned copies and mirrored twins share it.

    'AFW_Flip/AFW_134212_1_0' → 'AFW_134212', 'LFPW/LFPW_image_train_0001_0' → 'LFPW_image_train_0001'. Of a name of
    another form every trailing number goes, and where nothing else is left, the folder is the group: that may put
    more faces together than need be, but never the same face on both sides of a split.
    """
    folder, name = (_FLIP.sub("", part) for part in key.rpartition("/")[::2])
    for pattern in _PHOTOGRAPH:
        if match := pattern.fullmatch(name):
            return match[1]
    stem = name.rstrip(_NUMBERS)
    return f"{folder}/{stem}" if folder and stem else folder or stem or "."
