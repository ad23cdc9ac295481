"""``headpose report``: all stored latency results as one HTML page that works from a file, without any network."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.published import PublishedFigure
    from benchmarks.record import LatencyResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--results",
        metavar="DIR|FILE",
        help="results of bench host, android and iphone (default: those of the project)",
    )
    parser.add_argument("--out", default="report.html", metavar="FILE", help="the page (default: %(default)s)")
    parser.add_argument("--overwrite", action="store_true", help="replace a page that is there already")
    parser.add_argument(
        "--json", action="store_true", help="also print what is on the page as JSON, every sample in it"
    )


def run(args: argparse.Namespace) -> int:
    """Read and write; 0."""
    from benchmarks.html_report.page import render_page
    from benchmarks.published import read_published
    from benchmarks.stored import RESULTS, read_results
    from runtime.atomic import check_new, write_text

    out = Path(args.out)
    check_new(out, overwrite=args.overwrite)
    results, published = read_results(args.results or RESULTS), read_published()
    write_text(out, render_page(results, published), overwrite=args.overwrite)
    devices = len({(result.device.kind, result.device.model) for result in results})
    if args.json:
        print(json.dumps(_on_the_page(results, published), indent=1, ensure_ascii=False))
        return 0
    print(f"{out}: {len(results)} results on {devices} device{'s' if devices > 1 else ''}, {len(published)} published")
    return 0


def _on_the_page(results: Sequence[LatencyResult], published: Sequence[PublishedFigure]) -> dict[str, Any]:
    """Measured and published apart, as on the page."""
    from dataclasses import asdict

    return {"results": [result.to_json() for result in results], "published": [asdict(figure) for figure in published]}
