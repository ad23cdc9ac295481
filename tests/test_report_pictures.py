"""Parts of the report: elements are escaped, axes are true, pictures show what the results say."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_results import ANDROID, BUSY, EMULATED, HOST, IPHONE, made, samples

from benchmarks.html_report import bars, labels, scatter
from benchmarks.html_report.history import history_pictures, median_interval
from benchmarks.html_report.markup import Markup, el
from benchmarks.html_report.scale import around, linear, logarithmic, nice_step, ticks_of
from benchmarks.html_report.series import entries, fewest_threads, histories, newest, series_of, without_versions
from benchmarks.record import UnitShare


def tree(markup):
    return ElementTree.fromstring(f"<x>{markup}</x>")


def of_class(markup, name):
    return [node for node in tree(markup).iter() if name in (node.get("class") or "").split()]


# --- elements ---


@given(st.text(alphabet=st.characters(min_codepoint=32, blacklist_categories=("Cs", "Cc")), max_size=40))
def test_any_text_comes_back_as_it_was(text):
    node = ElementTree.fromstring(el("a", text, href=text, data_of=text))
    assert (node.text or "", node.get("href"), node.get("data-of")) == (text, text, text)
    assert len(list(node)) == 0


def test_markup_is_kept_and_attributes_are_named_as_in_html():
    made_ = el("td", el("b", "1 < 2"), None, " & ", 3, class_="n", data_v=1.005, hidden=True, title=None, open=False)
    assert made_ == '<td class="n" data-v="1" hidden><b>1 &lt; 2</b> &amp; 3</td>'
    assert el("input", type="search") == '<input type="search">'
    assert isinstance(el("i"), Markup)


# --- axes ---


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=12), st.sampled_from([linear, around, logarithmic]))
def test_axes_hold_all_values_in_order_and_their_ticks_are_on_them(values, axis):
    scale = axis(values, 0.0, 100.0)
    places = [scale.place(value) for value in sorted(values)]
    assert places == sorted(places)
    assert scale.low <= min(values) * 1.001
    assert max(values) <= scale.high * 1.001
    assert all(0 <= place <= 100 for place in places)
    ticks = ticks_of(scale)
    assert 1 <= len(ticks) <= 14
    assert all(0 <= scale.place(tick) <= 100.001 for tick in ticks)


@pytest.mark.parametrize(
    ("largest", "step"), [(161.0, 50), (1.0, 0.2), (0.03, 0.01), (5.0, 1), (9.3, 2)], ids=lambda value: str(value)
)
def test_steps_are_round(largest, step):
    assert nice_step(largest) == pytest.approx(step)


def test_equal_ratios_are_equally_far_on_a_logarithmic_axis():
    scale = logarithmic([1.0, 100.0], 0.0, 100.0)
    assert scale.place(10) - scale.place(1) == pytest.approx(scale.place(100) - scale.place(10))


# --- which results belong together ---


def test_the_newest_of_a_series_counts_and_other_ways_of_measuring_are_other_series():
    old, new = made(created="2026-01-01"), made(created="2026-02-01")
    others = [
        made(threads=2),
        made(device=ANDROID),
        made(units="gpu"),
        made(protocol="xcode"),
        made(stages={"detect": 1.0, "inference": 40.0}),
        made(target="tflite"),
        replace(old, run=replace(old.run, mode="compiled")),
    ]
    found = [entry.result for entry in entries([new, *others, old]) if entry.newest]
    assert new in found
    assert old not in found
    assert len(found) == 1 + len(others) == len(newest([new, *others, old]))


def test_a_new_version_of_an_engine_or_another_file_is_the_same_series():
    one = made()
    other = replace(one, run=replace(one.run, engine="onnxruntime 2.0.0 (CPU)"), model=replace(one.model, sha256="0"))
    assert series_of(one) == series_of(other)
    assert [len(of_one) for of_one in histories([one, other]).values()] == [2]


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("onnxruntime 1.31.1 (CPU)", "onnxruntime (CPU)"),
        ("LiteRT 2.3.0 (XNNPACK)", "LiteRT (XNNPACK)"),
        ("ios_app v1.2", "ios_app"),
        ("int8 engine", "int8 engine"),
    ],
    ids=["onnx", "tflite", "app", "no version"],
)
def test_versions_are_taken_out_of_names(text, bare):
    assert without_versions(text) == bare


def test_of_threads_the_fewest_are_kept():
    one, two, phone = made(), made(threads=2), made(threads=4, device=ANDROID)
    assert fewest_threads([two, phone, one]) == [phone, one]


# --- names and numbers ---


@pytest.mark.parametrize(
    ("value", "text"), [(0.592, "0.59"), (1.0, "1.00"), (51.64, "51.6"), (161.3, "161"), (None, "–")], ids=str
)
def test_milliseconds(value, text):
    assert labels.ms(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-5, "< 0.0001"), (0.0047, "0.0047"), (0.12, "0.120"), (1.5, "1.50"), (None, "–")],
    ids=str,
)
def test_degrees(value, text):
    assert labels.degrees(value) == text


@pytest.mark.parametrize(
    ("backbone", "name"),
    [
        ("repnext_m4", "RepNeXt-M4"),
        ("repvgg_b1g2", "RepVGG-B1g2"),
        ("timm:r18", "timm:r18"),
        ("repnext", "repnext"),
    ],
    ids=["repnext", "repvgg", "timm", "no variant"],
)
def test_names_of_backbones(backbone, name):
    assert labels.backbone_name(backbone) == name


@pytest.mark.parametrize(
    ("device", "name"),
    [(IPHONE, "iPhone 12 (A14)"), (ANDROID, "Example Phone 8 (Example SoC)"), (HOST, "Example CPU")],
    ids=["iphone", "android", "host"],
)
def test_names_of_devices(device, name):
    assert labels.device_name(device) == name


# --- pictures ---


def test_a_histogram_has_every_sample_or_counts_it_as_beyond():
    result = made(p50=10.0)
    taken = (*result.samples_ms, 20.0, 30.0, 1.0)
    picture = bars.spread(replace(result, samples_ms=taken))
    heights = [float(node.get("height")) for node in tree(picture).iter("rect")]
    ratios = np.asarray(taken) / result.latency_ms.p50
    inside = ((ratios >= bars.BELOW) & (ratios <= bars.ABOVE)).sum()
    tallest = max(np.histogram(ratios, bins=bars.BINS, range=(bars.BELOW, bars.ABOVE))[0])
    assert sum(heights) * tallest / 22 == pytest.approx(inside, abs=0.2)
    assert [node.text for node in of_class(picture, "beyond")] == [f"{(ratios > bars.ABOVE).sum()} beyond"]
    assert [node.text for node in of_class(picture, "below")] == [f"{(ratios < bars.BELOW).sum()} below"]


def test_bars_are_as_long_as_the_medians_and_one_in_doubt_does_not_stretch_the_axis():
    found = entries([made(p50=10.0), made("repnext_m0", p50=40.0), made("x", p50=900.0, invalid=(BUSY,))])
    drawn = bars.latency_rows(found)
    widths = [float(re.search(r"width:([\d.]+)%", node.get("style"))[1]) for node in of_class(drawn, "bar")]
    medians = [entry.result.latency_ms.p50 for entry in found]
    assert widths[1] / widths[0] == pytest.approx(medians[1] / medians[0], rel=0.01)
    assert widths[1] > 70
    assert widths[2] == 100
    assert len(of_class(drawn, "over")) == 1
    assert len(of_class(drawn, "bad")) == 1


def test_stages_are_stacked_in_order():
    (entry,) = entries([made(p50=60.0, stages={"decode": 5.0, "detect": 10.0, "inference": 40.0, "crop": 5.0})])
    pieces = of_class(bars.stage_rows([entry]), "bar")
    starts = [float(re.search(r"left:([\d.]+)%", node.get("style"))[1]) for node in pieces]
    assert [node.get("title").partition(":")[0] for node in pieces] == ["detect", "crop", "inference", "decode"]
    assert starts == pytest.approx([0, 100 / 6, 25, 100 * 55 / 60], abs=0.02)


def test_compute_units_are_shown_by_count_and_by_cost():
    (entry,) = entries([made(placement=(UnitShare("ane", 30, 0.97), UnitShare("cpu", 10, 0.03)))])
    pieces = of_class(bars.unit_rows([entry]), "bar")
    widths = [float(re.search(r"width:([\d.]+)%", node.get("style"))[1]) for node in pieces]
    assert widths == pytest.approx([75, 25, 97, 3])


def _dots(results, kind=scatter.error_dots):
    return kind(entries(results))


def test_points_of_results_in_doubt_and_of_untrained_networks_are_marked():
    results = [
        made(error=5.6, parity=0.01),
        made("repnext_m0", error=6.1, parity=0.02, invalid=(BUSY,)),
        made("repnext_m1", parity=0.02, trained=False),
        made(
            "repnext_m2",
            precision="fp16",
            target="coreml",
            parity=0.1,
            invalid=(EMULATED,),
        ),
        made("repnext_m4", stages={"inference": 40.0}, error=5.6, name="whole"),
    ]
    drawn = scatter.scatter(_dots(results, scatter.parity_dots), "lost", log_degrees=True)
    assert len(of_class(drawn, "dot")) == 3
    assert len(of_class(drawn, "invalid")) == 1
    assert len(of_class(drawn, "untrained-dot")) == 1
    assert len(_dots(results)) == 2


def test_points_stand_where_their_numbers_are():
    dots = _dots([made(p50=10.0, error=4.0), made("a", p50=20.0, error=6.0), made("b", p50=40.0, error=8.0)])
    drawn = tree(scatter.scatter(dots, "error", log_degrees=False))
    at = [(float(c.get("cx")), float(c.get("cy"))) for c in drawn.iter("circle")]
    medians = np.log([dot.entry.result.latency_ms.p50 for dot in dots])
    assert (at[1][0] - at[0][0]) / (at[2][0] - at[1][0]) == pytest.approx(
        (medians[1] - medians[0]) / (medians[2] - medians[1]), rel=0.01
    )
    assert at[0][1] - at[1][1] == pytest.approx(at[1][1] - at[2][1], abs=0.05)
    assert at[0][1] > at[1][1]


def test_labels_never_cover_each_other():
    rng = np.random.default_rng(0)
    results = [
        made(f"repnext_m{i}", p50=float(p), error=float(e)) for i, (p, e) in enumerate(rng.uniform(5, 9, (40, 2)))
    ]
    dots = _dots(results)
    times = logarithmic([d.entry.result.latency_ms.p50 for d in dots], scatter.LEFT, scatter.WIDTH)
    placed = scatter._label_places(dots, times, around([d.degrees for d in dots], 300, 10))
    boxes = []
    for dot in dots:
        if dot.entry.id in placed:
            x, y, anchor = placed[dot.entry.id]
            width = 6.3 * len(labels.short_label(dot.entry.result))
            left = {"begin": x, "end": x - width, "middle": x - width / 2}[anchor]
            boxes.append((left, y - 10, left + width, y + 3))
    assert 10 < len(boxes) < 40
    assert not any(a is not b and scatter._overlap(a, b) for a in boxes for b in boxes)


def test_the_interval_of_a_median_holds_it_and_shrinks_with_more_samples():
    few, many = samples(10.0, 40), samples(10.0, 4000)
    low, high = median_interval(few)
    assert low < np.median(few) < high
    narrow = median_interval(many)
    assert 0.02 < (narrow[1] - narrow[0]) / (high - low) < 0.3
    assert median_interval(()) is None


def test_a_history_needs_two_dates_and_stands_in_their_order():
    found = entries([made(created="2026-03-01", p50=12.0), made(created="2026-01-01"), made("repnext_m0")])
    by_series = {}
    for entry in sorted(found, key=lambda e: e.result.created):
        by_series.setdefault(series_of(entry.result), []).append(entry)
    drawn = tree(history_pictures(by_series))
    assert len(list(drawn.iter("figure"))) == 1
    across = [float(c.get("cx")) for c in drawn.iter("circle")]
    assert across == sorted(across)
    titles = [node.text for node in drawn.iter("title")]
    assert titles[0].startswith("2026-01-01: median 49.3 ms")
    assert "95 % interval" in titles[0]
