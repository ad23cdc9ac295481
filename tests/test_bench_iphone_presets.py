"""Presets of ``headpose bench iphone``: whose protocol they repeat, and what is said beside published figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from iphone_samples import result

from benchmarks.iphone.presets import PRESETS, PROTOCOLS, preset_named
from benchmarks.iphone.published import compare_all, quoted_figure
from benchmarks.iphone.table import comparison_lines
from runtime.errors import HeadPoseError

PRESET = PRESETS["iphone12-ios16"]
RNG = np.random.default_rng(3)


def measured(backbone="repnext_m4", **changes):
    made = result(**changes)
    return replace(made, model=replace(made.model, backbone=backbone))


@pytest.mark.parametrize(
    ("backbone", "published"),
    [("repnext_m0", 0.59), ("repnext_m1", 0.86), ("repnext_m2", 1.0), ("repnext_m3", 1.11), ("repnext_m4", 1.48),
     ("repnext_m5", 2.2)],
)  # fmt: skip
def test_every_variant_stands_beside_the_median_that_its_authors_published(backbone, published):
    (beside,) = compare_all([measured(backbone, samples=[published * 1.25] * 400)], PRESET)
    assert beside.published_ms == published
    assert beside.difference == pytest.approx(0.25, abs=2e-4)
    assert beside.comparable
    assert "iOS 16.0.2" in beside.source
    assert "Xcode 14" in beside.source
    assert "arXiv 2406.16004" in beside.source


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"os": "iOS 16.7.8"}, None),
        ({"os": "iOS 18.5"}, "iOS 18.5, not iOS 16"),
        ({"device": "iPhone13,3"}, "measured on iPhone 12 Pro (iPhone13,3), not on an iPhone 12 (iPhone13,2)"),
        ({"units": "cpuAndNeuralEngine"}, "compute units cpuAndNeuralEngine, not all"),
        ({"backbone": "repvgg_b1g2"}, "no figure of repvgg_b1g2 was published"),
    ],
    ids=["same", "later 16", "another iOS", "another phone", "other units", "another network"],
)
def test_what_is_comparable(changes, words):
    (beside,) = compare_all([measured(**changes)], PRESET)
    assert beside.comparable == (words is None)
    assert beside.not_comparable == (() if words is None else (words,))
    line = comparison_lines(beside)[0]
    assert ("NOT COMPARABLE" in line) == (words is not None)


def test_what_differs_is_always_said():
    (beside,) = compare_all([measured(os="iOS 16.7.8", protocol="headpose")], PRESET)
    assert beside.differs == (
        *PRESET.differs,
        "theirs was iOS 16.0.2, this iOS 16.7.8",
        "theirs is the median of Xcode's report, this was measured by the protocol 'headpose'",
    )
    lines = "\n".join(comparison_lines(beside))
    for words in ("NeuralNetwork format", "ImageNet classifier", "no normalisation", "iOS 16.0.2", "headpose"):
        assert words in lines
    own = measured()
    (same,) = compare_all([replace(own, run=replace(own.run, tool="Xcode performance report"))], PRESET)
    assert same.differs == PRESET.differs


def test_each_protocol_quotes_its_own_figure():
    samples = [float(ms) for ms in RNG.lognormal(0.4, 0.3, 1000)]
    rounds = np.sort(np.array(samples).reshape(20, 50), axis=1)
    by_hand = rounds[:, 10:40].mean(axis=1).mean()
    name, figure = quoted_figure(measured(samples=samples, protocol="modelbench"))
    assert (name, figure) == ("trimmed mean", pytest.approx(by_hand, abs=1e-3))
    for protocol in ("headpose", "xcode", "coremltools"):
        found = quoted_figure(measured(samples=samples, protocol=protocol))
        assert found == ("median", pytest.approx(np.median(samples), abs=1e-3))


def test_the_protocols_are_those_that_were_published():
    modelbench, xcode = PROTOCOLS["modelbench"], PROTOCOLS["xcode"]
    assert (modelbench.rounds, modelbench.iterations, modelbench.warmup, modelbench.loads) == (20, 50, 1, 1)
    assert (xcode.rounds, xcode.loads, xcode.iterations, xcode.warmup) == (3, 3, 40, 0)
    assert [protocol.name for protocol in PRESET.protocols] == ["xcode", "headpose", "modelbench"]
    assert PRESET.compute_units == ("all",)


def test_presets_without_published_figures_compare_nothing():
    assert compare_all([measured()], preset_named("headpose")) == ()
    with pytest.raises(HeadPoseError, match="did you mean 'modelbench'"):
        preset_named("model-bench")
