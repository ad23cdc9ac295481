"""docs/few_bits.md: what files in few bits cost and save, from the newest result files, and the README's part."""

from __future__ import annotations

from pathlib import Path

from benchmarks import graph_work, quantization
from benchmarks.marked import marks, with_tables
from benchmarks.pareto import ParetoResult, Point, front
from benchmarks.pareto import latest as latest_pareto
from benchmarks.pareto_table import pareto_markdown
from benchmarks.spine import RESULTS, Promise

PAGE = Path(__file__).resolve().parent.parent / "docs" / "few_bits.md"
BACKBONE, ORIGINAL = "repnext_m4", "repvgg_b1g2"  # whose promises these are, and that of the published 6DRepNet
_BACKBONES = ("repnext_m0", "repnext_m4")


def promises(result: ParetoResult) -> list[Promise]:
    """The figures that the project set itself for RepNeXt-M4 in few bits; those whose files are not there are left out.

    Args:
        result: one run, so that its times can be divided by each other.
    """
    known = {(p.backbone, p.target, p.precision): p for p in result.points}
    made = [_speed(result, known.get((ORIGINAL, "onnx", "fp32")))]
    for target, few, limit in (("onnx", "int8", 1.6), ("tflite", "int8_static", 1.8)):
        whole, small = (known.get((BACKBONE, target, precision)) for precision in ("fp32", few))
        made.append(_ratio(f"{target} {few} over {target} fp32, RepNeXt-M4", whole, small, limit))
    for precision, megabytes, degrees in (("palette6", 10.5, 0.5), ("palette4", 7.5, 1.0), ("w8a8", None, 1.0)):
        point = known.get((BACKBONE, "coreml", precision))
        if point is not None and megabytes is not None:
            size = round(point.size_bytes / 1e6, 2)
            made.append(Promise(f"Core ML {precision} of RepNeXt-M4", size, megabytes, False, "MB"))
        if point is not None and point.loss_mean_deg is not None:
            name = f"Core ML {precision} of RepNeXt-M4, mean angle to PyTorch"
            made.append(Promise(name, round(point.loss_mean_deg, 3), degrees, False, "°"))
    return [one for one in made if one is not None]


def _speed(result: ParetoResult, slow: Point | None) -> Promise | None:
    timed = [p for p in result.points if p.backbone == BACKBONE and p.p50_ms is not None and p.gate_passed]
    best = min(timed, key=lambda p: p.p50_ms or 0.0, default=None)
    name = "6DRepNet's RepVGG-B1g2, fp32 in ONNX Runtime, over the fastest file of RepNeXt-M4 within its gate"
    return _ratio(f"{name} ({best.target} {best.precision})" if best else name, slow, best, 5.0)


def _ratio(name: str, slow: Point | None, fast: Point | None, limit: float) -> Promise | None:
    if slow is None or fast is None or slow.p50_ms is None or fast.p50_ms is None:
        return None
    return Promise(name, round(slow.p50_ms / fast.p50_ms, 2), limit, True, "×")


def promises_markdown(result: ParetoResult, source: str) -> str:
    """A Markdown table of `promises`."""
    lines = [
        f"One run, one thread, medians. Source: `{source}`.",
        "",
        "| promise | measured | limit |",
        "|---|--:|--:|",
    ]
    for one in promises(result):
        missed = "" if one.kept else " **(missed)**"
        sign = "≥" if one.at_least else "≤"
        lines.append(f"| {one.name} | {one.value:g} {one.unit}{missed} | {sign} {one.limit:g} {one.unit} |")
    return "\n".join(lines)


def front_markdown(result: ParetoResult, source: str) -> str:
    """The table of `pareto_markdown` with each network's fronts of size and of time alone, and 6DRepNet's network."""
    kept: set[str] = set()
    for backbone in {p.backbone for p in result.points}:
        own = [p for p in result.points if p.backbone == backbone]
        kept |= {p.file for cost in ("size_bytes", "p50_ms") for p in front(own, cost)}
    points = tuple(p for p in result.points if p.file in kept or p.backbone == ORIGINAL)
    return pareto_markdown(result, source, points)


def tables(page: Path, results: Path = RESULTS) -> dict[str, str]:
    """Marker → table, of every result that is there; `page` is where they stand, for the names of sources."""
    made = {}
    if pareto := latest_pareto(results):
        source = source_of(pareto[0], page)
        made["pareto"] = pareto_markdown(pareto[1], source)
        made["front"] = front_markdown(pareto[1], source)
        made["promises"] = promises_markdown(pareto[1], source)
    if work := graph_work.latest(folder=results):
        made["graph"] = graph_work.graph_work_markdown(work[1], source_of(work[0], page))
    for backbone in _BACKBONES:
        if steps := quantization.latest(backbone, results):
            made[f"steps-{backbone}"] = quantization.quantization_markdown(steps[1], source_of(steps[0], page))
    return made


def source_of(path: Path, page: Path) -> str:
    """The path of a result file as a page of this project names it: from the project's root."""
    root = page.resolve().parent
    root = root.parent if root.name == "docs" else root
    return path.resolve().relative_to(root).as_posix()


def current(page: Path = PAGE, results: Path = RESULTS) -> str:
    """The page as it should be with the newest results; HeadPoseError for markers that do not pair."""
    text = page.read_text(encoding="utf-8")
    for name, table in tables(page, results).items():
        if marks(name)[0] in text:
            text = with_tables(text, table, name)
    return text
