"""The canonical form of JSON in which Python, Swift and Kotlin agree byte for byte.

UTF-8, no spaces, keys in the order of their code points, no escapes but those that JSON demands, numbers in the
shortest digits that read back the same; a number without a fraction that fits into 64 bits is written as a whole one
(2.0 → 2), because a reader in another language cannot tell the two apart.
"""

from __future__ import annotations

import json
from typing import Any

_WHOLE = 2**63  # what Swift and Kotlin count in


def canonical(data: Any) -> str:
    return json.dumps(_normal(data), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        return int(value)
    return value
