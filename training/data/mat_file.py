"""Numeric variables of MATLAB 5 files, the format of the .mat files of 300W-LP and AFLW2000-3D.

Our own reader, because SciPy's (1.17) ends the whole process with a segmentation fault on some damaged files, and one
bad file among 122,450 must cost no more than itself. The layout is Level 5 of "MAT-File Format" (The MathWorks).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_HEADER = 128  # bytes of text, version and byte order
_VERSION_7_3 = 0x0200  # that one is HDF5
_MATRIX, _COMPRESSED = 14, 15  # types of elements
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_NUMERIC_CLASSES = range(6, 16)  # double, single and the integers; others are text, cells, structures …
_COMPLEX = 0x0800
_LARGEST = 1 << 24  # bytes of a variable: head pose needs a few hundred


class DamagedMatError(ValueError):
    """The bytes are no whole MATLAB 5 file; the message says in a few words why."""


class _Element(NamedTuple):
    kind: int
    payload: bytes
    end: int
    """Where the next one starts."""


def read_variables(data: bytes, names: Collection[str]) -> dict[str, npt.NDArray[np.generic] | None]:
    """Content of a .mat file → the named variables that it has, None for one that holds no real numbers.

    Raises:
        DamagedMatError: not a MATLAB 5 file, cut off, or inconsistent.
    """
    order = _byte_order(data)
    found: dict[str, npt.NDArray[np.generic] | None] = {}
    at = _HEADER
    try:
        while at < len(data) and len(found) < len(names):
            kind, payload, at = _element(data, at, order)
            if kind == _COMPRESSED:
                kind, payload, _ = _element(_inflated(payload), 0, order)
            if kind == _MATRIX:
                _read_matrix(payload, order, names, found)
    except (struct.error, zlib.error, ValueError) as error:  # ValueError: a name that is no ASCII, an impossible shape
        raise DamagedMatError(str(error)) from error
    return found


def _byte_order(data: bytes) -> str:
    order = {b"IM": "<", b"MI": ">"}.get(data[126:128])
    if order is None:
        raise DamagedMatError("no mark of a MATLAB 5 file")
    if struct.unpack(f"{order}H", data[124:126])[0] == _VERSION_7_3:
        raise DamagedMatError("it is of MATLAB version 7.3 and must be saved as version 7")
    return order


def _element(data: bytes, at: int, order: str) -> _Element:
    """The element at a place: its type and its bytes."""
    kind, size = struct.unpack_from(f"{order}II", data, at)
    start = at + 8
    padding = 0 if kind == _COMPRESSED else -size % 8
    if kind >> 16:  # a small one: the upper half is its size, and its bytes stand where the size stood
        kind, size, start, padding = kind & 0xFFFF, kind >> 16, at + 4, 4 - (kind >> 16)
        if padding < 0:
            raise DamagedMatError("an element of an impossible size")
    if start + size > len(data):
        raise DamagedMatError("it is cut off")
    return _Element(kind, data[start : start + size], start + size + padding)


def _inflated(payload: bytes) -> bytes:
    """Checked by zlib's sum; not more than `_LARGEST` bytes, so that no file can fill the memory."""
    stream = zlib.decompressobj()
    data = stream.decompress(payload, _LARGEST)
    if not stream.eof:
        raise DamagedMatError("a compressed variable is cut off or huge")
    return data


def _read_matrix(
    payload: bytes, order: str, names: Collection[str], found: dict[str, npt.NDArray[np.generic] | None]
) -> None:
    flags = _element(payload, 0, order)
    dimensions = _element(payload, flags.end, order)
    name = _element(payload, dimensions.end, order)
    text = name.payload.decode("ascii")
    if text not in names:
        return
    bits = struct.unpack_from(f"{order}I", flags.payload)[0]
    numbers = (bits & 0xFF) in _NUMERIC_CLASSES and not bits & _COMPLEX
    shape = np.frombuffer(dimensions.payload, f"{order}i4").tolist()
    found[text] = _values(_element(payload, name.end, order), shape, order) if numbers else None


def _values(element: _Element, shape: list[int], order: str) -> npt.NDArray[np.generic]:
    if element.kind not in _NUMBERS or min(shape, default=0) < 0:
        raise DamagedMatError("a variable of an unknown type or shape")
    return np.frombuffer(element.payload, order + _NUMBERS[element.kind]).reshape(shape, order="F")
