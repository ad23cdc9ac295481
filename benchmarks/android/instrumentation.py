"""Reads what `am instrument -r` prints: whether the test ran, and why it failed.

Protocol: com.android.commands.am.Instrument and androidx.test's InstrumentationResultPrinter: lines
`INSTRUMENTATION_STATUS: key=value`, `INSTRUMENTATION_STATUS_CODE: n` (1 start, 0 passed, −1 error, −2 failed,
−3 ignored, −4 assumption failed), `INSTRUMENTATION_RESULT: key=value`, and `INSTRUMENTATION_CODE: −1` for a run that
came to its end, or `INSTRUMENTATION_FAILED`/`INSTRUMENTATION_ABORTED` for one that did not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PASSED, _STARTED, _COMPLETE = 0, 1, -1
_SKIPPED = {-3: "was ignored", -4: "was skipped by an assumption"}
_TAG = re.compile(r"^INSTRUMENTATION_(STATUS_CODE|STATUS|RESULT|CODE|FAILED|ABORTED): ?(.*)$")


@dataclass(frozen=True)
class Outcome:
    """How an instrumentation ended."""

    passed: int
    """Tests that passed."""
    failure: str | None
    """Why it did not do its work, in one line; None if every test passed, and there was one."""


def read_outcome(text: str) -> Outcome:
    """The end of a run from everything that `am instrument -r` printed."""
    entries, passed, values = _entries(text), 0, dict[str, str]()
    failure: str | None = None
    complete = False
    for tag, value in entries:
        if tag in ("STATUS", "RESULT"):
            key, _, content = value.partition("=")
            values[key] = content
        elif tag == "STATUS_CODE":
            passed += _number(value) == _PASSED
            failure = failure or _status_failure(_number(value), values)
            values = {}
        elif tag == "CODE":
            complete = _number(value) == _COMPLETE
        else:
            failure = failure or f"{tag.lower()}: {value or 'the system stopped it'}"
    if "shortMsg" in values:
        failure = failure or " ".join([values["shortMsg"], values.get("longMsg", "")]).strip()
    if not failure and not complete:
        failure = "it ended before it was done"
    if not failure and not passed:
        failure = "it ran no test"
    return Outcome(passed, failure)


def _entries(text: str) -> list[tuple[str, str]]:
    """(tag, value) in order; a value goes on over the lines that have no tag."""
    entries: list[tuple[str, str]] = []
    for line in text.splitlines():
        tagged = _TAG.match(line)
        if tagged:
            entries.append((tagged[1], tagged[2]))
        elif entries:
            tag, value = entries[-1]
            entries[-1] = tag, f"{value}\n{line}"
    return entries


def _number(value: str) -> int | None:
    found = re.match(r"\s*(-?\d+)", value)
    return int(found[1]) if found else None


def _status_failure(code: int | None, values: dict[str, str]) -> str | None:
    if code in (_PASSED, _STARTED):
        return None
    if "Error" in values:
        return values["Error"].strip()
    test = values.get("test", "the test")
    if code is not None and code in _SKIPPED:
        return f"{test} {_SKIPPED[code]}"
    stack = values.get("stack", "").strip().splitlines()
    return f"{test} failed: {stack[0] if stack else 'no reason given'}"
