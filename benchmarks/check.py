"""Whether stored results are what they should be: ``python -m benchmarks.check``; exit code 1 names what is not.

Every JSON file under benchmarks/results must be of a known kind, fit its JSON Schema and be read back by its record;
and the generated tables of the pages must be what the results say.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import export.emulation
from benchmarks import report
from benchmarks.graph_work import GraphWorkResult
from benchmarks.loader import LoaderResult
from benchmarks.pareto import ParetoResult
from benchmarks.quantization import QuantizationResult
from benchmarks.record import LatencyResult
from benchmarks.render import RenderResult
from benchmarks.spine import SpineResult
from benchmarks.stored import RESULTS
from export.emulation.record import EmulatedReport
from runtime.errors import HeadPoseError

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Kind:
    """One kind of result file."""

    ending: str
    """How its files' names end."""
    schema: Path | None
    """Its schema; None where the record alone says what it is."""
    read: Callable[[dict[str, Any], str], object]
    """Makes the record; HeadPoseError for anything else."""


_EMULATED = Path(export.emulation.__file__).with_name("emulated.schema.json")
LATENCY = Kind(".json", _HERE / "schema.json", LatencyResult.from_json)
KINDS = (
    Kind("-spine.json", _HERE / "spine.schema.json", SpineResult.from_json),
    Kind("-pareto.json", _HERE / "pareto.schema.json", ParetoResult.from_json),
    Kind("-loader.json", _HERE / "loader.schema.json", LoaderResult.from_json),
    Kind("-render.json", _HERE / "render.schema.json", RenderResult.from_json),
    Kind("-graph-work.json", None, GraphWorkResult.from_json),
    Kind("-quantization.json", None, QuantizationResult.from_json),
    Kind("-emulated.json", _EMULATED, lambda data, where: EmulatedReport.from_dict(data)),
    LATENCY,
)


def faults(folder: Path = RESULTS) -> list[str]:
    """One sentence for every file that is not what it should be, in order of their names."""
    found = []
    for file in sorted(folder.rglob("*.json")):
        kind = next(kind for kind in KINDS if file.name.endswith(kind.ending))
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            kind.read(data, file.name)
        except (HeadPoseError, ValueError) as error:
            found.append(f"{file.relative_to(folder)}: {error}")
            continue
        found += [f"{file.relative_to(folder)}: {fault}" for fault in _against_schema(data, kind)]
    return found


def _against_schema(data: Any, kind: Kind) -> list[str]:
    if kind.schema is None:
        return []
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    files = {kind.schema, *_HERE.glob("*schema.json")}
    schemas = {file: json.loads(file.read_text(encoding="utf-8")) for file in files}
    named = [(own.get("$id", file.name), Resource.from_contents(own)) for file, own in schemas.items()]
    registry: Registry = Registry().with_resources(named)
    errors = Draft202012Validator(schemas[kind.schema], registry=registry).iter_errors(data)
    return [f"{'/'.join(map(str, error.absolute_path)) or 'the file'}: {error.message}" for error in errors]


def main(argv: Sequence[str] | None = None) -> int:
    """0 if every result fits and the tables are up to date, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="default: %(default)s")
    folder = parser.parse_args(argv).results
    wrong = faults(folder)
    for fault in wrong:
        print(f"error: {fault}", file=sys.stderr)
    count = sum(1 for _ in folder.rglob("*.json"))
    print(f"{count - len({fault.partition(':')[0] for fault in wrong})} of {count} result files fit")
    return max(int(bool(wrong or not count)), report.main(["--check"]))


if __name__ == "__main__":
    raise SystemExit(main())
