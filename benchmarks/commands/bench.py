"""``headpose bench``: latency, measured and compared; each of its parts is a command of its own."""

from __future__ import annotations

import argparse

from benchmarks.commands import bench_android, bench_compare, bench_host, bench_iphone

_PARTS = {
    "host": (bench_host, "latency of exported files on this computer, in turns"),
    "android": (bench_android, "latency of .tflite files on an Android phone, through adb"),
    "iphone": (bench_iphone, "latency of Core ML packages on an iPhone: our app, coremltools, or Xcode's report"),
    "compare": (bench_compare, "what became slower between two sets of results; its exit code is a gate"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the parts and their options."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, (module, text) in _PARTS.items():
        part = parts.add_parser(name, help=text, description=text, formatter_class=parser.formatter_class)
        module.add_arguments(part)


def run(args: argparse.Namespace) -> int:
    """Run the part; its exit code."""
    return _PARTS[args.part][0].run(args)
