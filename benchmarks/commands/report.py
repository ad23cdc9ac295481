"""``headpose report``: all stored latency results as one HTML page that works from a file, without any network."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--results",
        metavar="DIR|FILE",
        help="results of bench host, android and iphone (default: those of the project)",
    )
    parser.add_argument("--out", default="report.html", metavar="FILE", help="the page (default: %(default)s)")
    parser.add_argument("--overwrite", action="store_true", help="replace a page that is there already")


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
    print(f"{out}: {len(results)} results on {devices} device{'s' if devices > 1 else ''}, {len(published)} published")
    return 0
