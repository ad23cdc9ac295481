"""Figures of the README and of docs/few_bits.md, from the newest result files: ``python -m benchmarks.report`` writes.

They stand between pairs of marker comments; with --check nothing is written and the exit code tells whether they agree.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks import few_bits, latency_tables
from benchmarks.emulated_table import emulated_markdown, reports
from benchmarks.loader import THEIRS, LoaderResult
from benchmarks.loader import latest as latest_loader
from benchmarks.marked import marks, with_tables
from benchmarks.record import LatencyResult
from benchmarks.render import RenderResult
from benchmarks.render import latest as latest_render
from benchmarks.spine import RESULTS, SpineResult, latest
from runtime.atomic import write_text
from runtime.errors import HeadPoseError
from training.card_record import PHOTOGRAPHS, RENDERED, Card, CardSet
from training.models.shipped import better, shipped_cards

BEGIN, END = marks("benchmarks")
README = Path(__file__).resolve().parent.parent / "README.md"
_SHARED_LOAD = 0.5  # of the machine before a measurement: half a core was busy
_ENGINE_NAMES = {"onnx": "ONNX Runtime", "tflite": "LiteRT", "coreml": "Core ML", "pytorch": "PyTorch"}
_MODEL_NAMES = {"repnext_m4": "6DRepNeXt, RepNeXt-M4", "repvgg_b1g2": "6DRepNet, RepVGG-B1g2 (fused)"}


def markdown(result: SpineResult, source: str) -> str:
    """The tables of a result file; `source` is its path as the README shall name it."""
    device = result.device
    lines = [
        f"{device.model}, {device.cores} cores, {device.os}; one thread, models in turns, "
        f"{len(result.latencies[0].samples_ms)} rounds. Source: `{source}`.",
        "",
        "| model | precision | engine | MB | p50 ms | p95 ms | mean / max ° from PyTorch |",
        "|---|---|---|--:|--:|--:|--:|",
        *(_latency_row(r) for r in sorted(result.latencies, key=lambda r: r.latency_ms.p50)),
        "",
        "| promise | measured | limit |",
        "|---|--:|--:|",
        *_promise_rows(result),
        "",
        "Memory is that of the largest process; an export runs two side by side.",
    ]
    return "\n".join(lines)


def _latency_row(result: LatencyResult) -> str:
    model, stats, parity = result.model, result.latency_ms, result.parity
    name = _MODEL_NAMES.get(model.backbone, model.backbone)
    degrees = "–" if parity is None else f"{in_degrees(parity['mean_deg'])} / {in_degrees(parity['max_deg'])}"
    doubt = "" if result.valid else " (not quotable: " + "; ".join(result.invalid_reasons) + ")"
    cells = (name, model.precision, _ENGINE_NAMES[model.target], f"{model.size_bytes / 1e6:.1f}")
    return f"| {' | '.join(cells)} | {stats.p50:.1f}{doubt} | {milliseconds(stats.p95)} | {degrees} |"


def milliseconds(value: float | None) -> str:
    """One decimal, or a dash where a tool did not tell."""
    return "–" if value is None else f"{value:.1f}"


def in_degrees(angle: float) -> str:
    """Four decimals, and no zero for what is only small."""
    return f"{angle:.4f}" if angle >= 1e-4 else "< 0.0001"


def _promise_rows(result: SpineResult) -> list[str]:
    rows = []
    for promise in result.promises:
        sign = "≥" if promise.at_least else "≤"
        kept = "" if promise.kept else " **(missed)**"
        value = f"{promise.value:.3g} {promise.unit}"
        rows.append(f"| {promise.name} | {value}{kept} | {sign} {promise.limit:g} {promise.unit} |")
    empty = [statistics.median(cost.seconds) for cost in result.processes if cost.name == "an empty Python"]
    rows += [f"| (Python that does nothing) | {seconds:.3g} s | |" for seconds in empty]
    return rows


def loader_markdown(result: LoaderResult, source: str) -> str:
    """The table of a loader's result; `source` is its path as the README shall name it."""
    lines = [
        f"{result.device.model}, {result.clock}, {result.pictures} pictures of 450 × 450 px in turns, to "
        f"{result.input_size} px. Source: `{source}`.",
        "",
        "| loader | JPEG quality | pictures a second of one core | over 6DRepNet's pipeline |",
        "|---|--:|--:|--:|",
    ]
    for run in result.runs:
        theirs = next(cost for cost in run.pipelines if cost.name == THEIRS)
        for cost in run.pipelines:
            ratio = f"{cost.images_per_second / theirs.images_per_second:.2f} ×" if cost is not theirs else ""
            lines.append(f"| {cost.name} | {run.quality} | {cost.images_per_second:.0f} | {ratio} |")
    if not result.valid:
        lines += ["", f"The machine was busy while this was measured: {'; '.join(result.invalid_reasons)}."]
    return "\n".join(lines)


def weights_markdown(cards: Mapping[str, Card]) -> str:
    """What is shipped, and its figures as the cards have them."""
    chosen = better(cards.values())
    if chosen is None:
        return "No trained weights are shipped yet: `--checkpoint default` is a seeded, **untrained** network."
    compared = len(cards) > 1 and all(card.measured(PHOTOGRAPHS) for card in cards.values())
    why = ", the one with the lower error on photographs, which is no surer than the intervals" if compared else ""
    name = f"default-{chosen.name.rpartition('_')[2]}"
    lines = [
        f"`--checkpoint default` is `{name}`{why}. Mean geodesic errors in degrees with 95 % "
        "intervals; the cards have them by yaw, skin tone, age, sex and what covers the face, and the known failures.",
        "",
        "| weights | MB | held-out rendered heads | photographs | licence | card |",
        "|---|--:|--:|--:|---|---|",
        *(_weights_row(card) for card in cards.values()),
    ]
    abouts = {one.about: one.name for card in cards.values() if (one := card.measured(PHOTOGRAPHS))}
    notes = [f"Photographs: {name}, {about}." for about, name in abouts.items()]
    return "\n".join([*lines, *(["", *notes] if notes else [])])


def _weights_row(card: Card) -> str:
    name = f"`default-{card.name.rpartition('_')[2]}`, {'trained' if card.trained else '**untrained**'}"
    figures = [_weights_figure(card.measured(kind)) for kind in (RENDERED, PHOTOGRAPHS)]
    link = f"[weights/{card.name}.md](weights/{card.name}.md)"
    return f"| {' | '.join([name, f'{card.size_bytes / 1e6:.1f}', *figures, card.licence, link])} |"


def _weights_figure(found: CardSet | None) -> str:
    if found is None:
        return "not measured"
    left_out = f" ({', '.join(found.left_out)} left out)" if found.left_out else ""
    return f"{found.geodesic_mean_deg.text()}, n = {found.n}{left_out}"


def render_markdown(result: RenderResult, source: str) -> str:
    """The table of a renderer's result; `source` is its path as the README shall name it."""
    who = "MakeHuman's skins and hair" if result.asset_pack else "drawn skins, no hair"
    rows = [
        ("processor time", result.processor_ms, result.images_per_second),
        ("wall clock", result.wall_ms, result.wall_images_per_second),
    ]
    load = "unknown" if result.load is None else f"{result.load:.1f}"
    lines = [
        f"{result.device.model}, one thread; {result.driver}; {result.pictures} labelled pictures of {result.size} × "
        f"{result.size} px after {result.warmup} others, {who}; load of the machine before the run {load}, of "
        f"{result.device.cores} cores. Source: `{source}`.",
        "",
        "| clock | ms a picture, mean | p50 and p95 of tens | pictures a second |",
        "|---|--:|--:|--:|",
    ]
    for name, samples, rate in rows:
        p50, p95 = np.percentile(samples, [50, 95])
        lines.append(f"| {name} | {np.mean(samples):.1f} | {p50:.1f}, {p95:.1f} | {rate:.1f} |")
    if result.load is not None and result.load >= _SHARED_LOAD:
        lines += ["", "Other work ran on the same cores: it is in the wall clock, and not in the processor time."]
    if not result.valid:
        lines += ["", f"The machine was busy while this was measured: {'; '.join(result.invalid_reasons)}."]
    return "\n".join(lines)


def current(readme: Path = README, results: Path = RESULTS) -> str:
    """The README as it should be with the newest result; HeadPoseError if there is no result."""
    newest = latest(results)
    if newest is None:
        raise HeadPoseError(f"{results} holds no result yet: run  make bench")
    path, result = newest
    text = with_tables(readme.read_text(encoding="utf-8"), markdown(result, few_bits.source_of(path, readme)))
    more = {
        "latency": latency_tables.tables(results),
        "emulated": emulated_markdown(reports(results)),
        "weights": weights_markdown(shipped_cards()),
        **few_bits.tables(readme, results),
    }
    if loader := latest_loader(results):
        more["loader"] = loader_markdown(loader[1], few_bits.source_of(loader[0], readme))
    if render := latest_render(results):
        more["render"] = render_markdown(render[1], few_bits.source_of(render[0], readme))
    for name, table in more.items():
        if marks(name)[0] in text:
            text = with_tables(text, table, name)
    return text


def main(argv: Sequence[str] | None = None) -> int:
    """Write the tables of the two pages, or check them; 0 if they agree, 1 if not, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, tell whether the pages are up to date")
    args = parser.parse_args(argv)
    outdated = 0
    try:
        for page, text in ((README, current()), (few_bits.PAGE, few_bits.current())):
            same = text == page.read_text(encoding="utf-8")
            outdated += not same
            if not args.check and not same:
                write_text(page, text)
            print(f"{page.name} {'is up to date' if same else 'is out of date' if args.check else 'was updated'}")
    except HeadPoseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 1 if args.check and outdated else 0


if __name__ == "__main__":
    raise SystemExit(main())
