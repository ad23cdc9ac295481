"""``headpose bench iphone``: latency of Core ML packages on an iPhone, by our app, by coremltools, or from Xcode."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.iphone.published import Comparison
    from benchmarks.iphone.run import Prepared, Request
    from benchmarks.record import LatencyResult

_EPILOG = """ways to measure (--with):
  app          our app's own benchmark, as a test that xcodebuild runs on the iPhone: a steady rate, thermal state,
               compute plan, every protocol; any iOS that the app runs on (the default)
  coremltools  coremltools' MLModelBenchmarker on the iPhone: load, first, samples, compute plan; iOS 17 and later
  report       Xcode's own performance report, an .mlperf of its Performance tab: read on every system (the default
               if there is a --report); several reports of one file are joined

The first two need a Mac with Xcode and an iPhone in developer mode. Neither was at hand when this was written: they are
UNVERIFIED on real devices, tested against coremltools itself and the documented formats of Xcode's tools. A report of
Xcode 26 was at hand as it was published by its owner.

presets (--preset):
  headpose        our own protocol: 50 to warm up, then 1000 or 2 s, the median (the default)
  modelbench      20 rounds of 50, each with the model re-created, trimmed mean, as Apple's ModelBench
  xcode           3 times 3 loads and 40 predictions, the median, as Xcode's performance report
  iphone12-ios16  all three, with the figures beside them that RepNeXt published for iPhone 12 and iOS 16 (1.48 ms for
                  repnext_m4): how far apart they are, and what differs

  headpose bench iphone out/sixdrepnet_repnext_m4_fp16.mlpackage --preset iphone12-ios16 --development-team TEAM"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("artifacts", nargs="+", metavar="ARTEFACT", help=".mlpackage files of  headpose export")
    parser.add_argument("--device", metavar="NAME|UDID", help="which iPhone (default: the only one)")
    parser.add_argument(
        "--compute-units",
        metavar="UNITS[,…]",
        help="all, cpuAndNeuralEngine, cpuAndGPU, cpuOnly; each is measured (default: the preset's, which is all)",
    )
    parser.add_argument("--with", dest="ways", metavar="WAY[,…]", help="app, coremltools, report; see below")
    parser.add_argument("--report", nargs="+", default=[], metavar="FILE", help="performance reports of Xcode, .mlperf")
    parser.add_argument("--preset", default="headpose", metavar="NAME", help="how to measure; see below")
    parser.add_argument(
        "--development-team", metavar="ID", help="team that signs the app, of Xcode › Settings › Accounts"
    )
    parser.add_argument(
        "--project", metavar="PATH", help="Xcode project of the app (default: ios_app/HeadPose.xcodeproj)"
    )
    parser.add_argument(
        "--labels",
        default="shipped",
        metavar="FOLDER|shipped|synthetic|none",
        help="labelled faces, as of export: the package's error on them, as this computer reads it, stands beside "
        "its latency (default: %(default)s)",
    )
    parser.add_argument("--save", metavar="DIR", help="also keep each result as DIR/<device>/<date>-<artefact>.json")
    parser.add_argument("--json", action="store_true", help="print every sample and fact as JSON")


def run(args: argparse.Namespace) -> int:
    """Measure and print; 0 also where the figures may not be quoted or compared, which the output then says."""
    from benchmarks.iphone.published import compare_all
    from benchmarks.iphone.run import prepare

    request = _request(args)
    results = _measure(prepare(request), args.save, args.labels)
    comparisons = compare_all(results, request.preset)
    if args.json:
        _print_json(results, comparisons)
    else:
        from rich.console import Console

        from benchmarks.iphone.table import print_results

        print_results(results, comparisons, Console())
    return 0


def _request(args: argparse.Namespace) -> Request:
    from pathlib import Path

    from benchmarks.iphone.app_benchmark import PROJECT
    from benchmarks.iphone.presets import preset_named
    from benchmarks.iphone.run import Request, units_from, ways_from

    preset = preset_named(args.preset)
    return Request(
        artefacts=tuple(args.artifacts),
        ways=ways_from(args.ways, args.report),
        preset=preset,
        compute_units=units_from(args.compute_units, preset),
        reports=tuple(args.report),
        device=args.device,
        team=args.development_team,
        project=Path(args.project) if args.project else PROJECT,
    )


def _measure(prepared: Prepared, folder: str | None, labels: str) -> list[LatencyResult]:
    """All ways after one another; what a way found is kept at once, so that a fault of the next one loses nothing."""
    from contextlib import nullcontext
    from dataclasses import replace
    from pathlib import Path

    from benchmarks.details import LabelledErrors
    from benchmarks.iphone.run import measure_way
    from benchmarks.lock import only_benchmark
    from benchmarks.stored import store
    from runtime.progress import progress_bar

    results = []
    paths = {artefact.model.sha256: artefact.path for artefact in prepared.artefacts}
    errors = LabelledErrors(labels)
    alone = nullcontext() if prepared.phone is None else only_benchmark()
    with alone, progress_bar() as progress:
        for way in prepared.request.ways:
            found = [
                replace(result, accuracy=errors.of(paths[result.model.sha256], result.model))
                for result in measure_way(prepared, way, progress)
            ]
            results += found
            for result in found if folder else []:
                print(f"written: {store(result, Path(str(folder)))}", file=sys.stderr)
    return results


def _print_json(results: list[LatencyResult], comparisons: tuple[Comparison, ...]) -> None:
    from dataclasses import asdict

    data = {"results": [result.to_json() for result in results], "published": [asdict(each) for each in comparisons]}
    print(json.dumps(data, indent=1, ensure_ascii=False))
