"""``headpose doctor``: which targets are usable here, and how to get the others.

Plain print, no table package: this command has to work where the others do not.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from export.doctor import Report, Verdict

_INDENT = " " * 24


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--deep", action="store_true", help="also import the heavy packages (takes a minute or two)")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the findings; 0 if everything that is installed works, 1 if something is broken."""
    from export.doctor import examine

    report = examine(deep=args.deep)
    if args.json:
        print(json.dumps(report.to_json(), indent=1))
    else:
        _print_report(report)
    return 0 if report.healthy else 1


def _print_report(report: Report) -> None:
    memory = "" if report.memory_available_gb is None else f", {report.memory_available_gb} GB of memory"
    print(f"headpose {report.headpose}, Python {report.python}, {report.system}, {_git_words(report.git)}")
    print(f"{report.disk_free_gb} GB of disk{memory} free\n")
    for verdict in report.targets:
        _print_verdict(verdict)
    for note in report.notes:
        print(f"\nnote: {note}")
    if not report.healthy:
        print("\nSomething that is installed does not work: see 'broken' above.")


def _print_verdict(verdict: Verdict) -> None:
    head = f"{verdict.state:<8} {verdict.target:<14} "
    text = f"{verdict.purpose}: {verdict.reason}"
    print(textwrap.fill(text, width=118, initial_indent=head, subsequent_indent=_INDENT, break_on_hyphens=False))
    if verdict.install:
        print(f"{_INDENT}{verdict.install}")


def _git_words(git: dict[str, object]) -> str:
    if not git["commit"]:
        return "not a git checkout"
    return f"commit {str(git['commit'])[:8]}" + (" with changes that are not committed" if git["dirty"] else "")
