"""``headpose inspect``: what is inside an exported file."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from export.inspect import Inspection
    from runtime.artifact import ArtifactInfo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", help=".onnx, .tflite or .mlpackage")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(args: argparse.Namespace) -> int:
    """Print; 0 if the file is as it was exported, 1 if it was altered."""
    from export.inspect import inspect

    found = inspect(args.file)
    if args.json:
        print(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
    else:
        _print(found)
    return 1 if found.manifest == "altered" else 0


def _print(found: Inspection) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    facts = Table(title=found.file, show_header=False)
    facts.add_column(style="bold")
    facts.add_column(overflow="fold")
    for name, value in [*_file_facts(found), *(_record_facts(found.info) if found.info else [])]:
        facts.add_row(name, value)
    console.print(facts)
    total = sum(found.weight_bytes.values())
    operators = Table(title="operators")
    operators.add_column("type")
    for column in ("count", "weights, bytes", "share"):
        operators.add_column(column, justify="right")
    for op in found.operators:
        share = f"{op.weight_bytes / total:.1%}" if total and op.weight_bytes else "–"
        operators.add_row(op.kind, str(op.count), f"{op.weight_bytes:,}", share)
    console.print(operators)


def _file_facts(found: Inspection) -> list[tuple[str, str]]:
    total = sum(found.weight_bytes.values())
    types = ", ".join(f"{name} {size / total:.1%}" for name, size in found.weight_bytes.items()) or "none"
    verdict = {
        "matches": "as exported (the hash is the one in manifest.json)",
        "altered": "[red]ALTERED since it was exported (the hash is not the one in manifest.json)[/]",
        "not listed": "no manifest.json names it",
    }
    return [
        ("format", found.format),
        ("size", f"{found.size_bytes / 1e6:.2f} MB"),
        ("sha256", found.sha256),
        ("integrity", verdict[found.manifest]),
        ("weights", f"{total / 1e6:.2f} MB: {types}"),
        *([] if found.info else [("record", "[yellow]none: not made by headpose export[/]")]),
    ]


def _record_facts(info: ArtifactInfo) -> list[tuple[str, str]]:
    weights, git = info.checkpoint, info.git
    dirty = " with uncommitted changes" if git.get("dirty") else ""
    return [
        ("network", f"{info.model}, {info.backbone}, {info.precision}"),
        ("input", f"{info.input_size} × {info.input_size}, {json.dumps(info.input, ensure_ascii=False)}"),
        ("output", info.output),
        ("normalisation", json.dumps(info.normalization)),
        ("crop", json.dumps(info.crop)),
        (
            "weights from",
            f"{weights.source} ({weights.sha256[:12]}…), {weights.licence}, data: {weights.training_data}",
        ),
        ("trained", "yes" if weights.trained else "[yellow]NO: seeded weights, the poses mean nothing[/]"),
        ("parity", _parity(info)),
        ("made by", f"{git.get('commit')}{dirty}, {info.created}"),
        ("tools", ", ".join(f"{name} {version}" for name, version in info.tools.items())),
        ("licence", info.license),
        *(("convention", f"{name}: {text}") for name, text in info.conventions.items()),
    ]


def _parity(info: ArtifactInfo) -> str:
    if info.parity is None:
        return "not checked"
    p = info.parity
    verdict = "passed" if p.get("passed") else "FAILED"
    return f"{verdict}: mean {p['mean_deg']:.4f}°, max {p['max_deg']:.4f}° over {p['images']} images, {p['engine']}"
