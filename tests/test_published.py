"""Published figures: the file agrees with its schema, says what the papers say, and a damaged one is named."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

import jsonschema
import pytest

from benchmarks.published import PUBLISHED, SCHEMA_FILE, PublishedFigure, read_published
from runtime.errors import HeadPoseError

DATA = json.loads(PUBLISHED.read_text(encoding="utf-8"))


def test_the_file_agrees_with_its_schema():
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(DATA, schema)
    assert set(schema["$defs"]["figure"]["required"]) == {field.name for field in fields(PublishedFigure)}


def test_everything_in_the_file_is_read():
    assert [asdict(figure) for figure in read_published()] == DATA["figures"]


@pytest.mark.parametrize(
    ("name", "ms"),
    zip("012345", (0.59, 0.86, 1.00, 1.11, 1.48, 2.20)),
    ids=lambda value: f"m{value}" if isinstance(value, str) else "",
)
def test_the_table_of_repnext(name, ms):
    """Its README's table of ImageNet models; the Performance tab of Xcode 14 tells medians."""
    (figure,) = [f for f in read_published() if f.id == f"repnext-m{name}-iphone12"]
    assert (figure.ms, figure.statistic, figure.backbone) == (ms, "median", f"repnext_m{name}")
    assert (figure.device_id, figure.os, figure.compute_units) == ("iPhone13,2", "iOS 16.0.2", "all")
    assert figure.task == "image classification"
    assert "2406.16004" in figure.source


@pytest.mark.parametrize(
    ("name", "text"),
    [("repnext-m2-iphone12", "1.00"), ("fastvit-t8-iphone12pro", "0.8"), ("6drepnet-litert-pixel8a", "21")],
    ids=["two decimals", "one", "none"],
)
def test_figures_are_written_as_their_sources_do(name, text):
    (figure,) = [f for f in read_published() if f.id == name]
    assert figure.ms_text == text
    assert all(f.ms == round(f.ms, f.decimals) for f in read_published())


def test_the_head_pose_network_on_a_phone():
    (figure,) = [f for f in read_published() if f.task == "head pose"]
    assert (figure.device, figure.ms, figure.size_mb) == ("Pixel 8a", 21, 157)
    assert figure.statistic == "not told"
    assert "pull request 211" in figure.source


def test_two_tools_tell_different_figures_of_the_same_networks():
    """Why published figures are not mixed: FastViT by its own authors' tool and by RepNeXt's authors in Xcode."""
    ms = {(f.model, f.tool): f.ms for f in read_published() if f.family == "FastViT"}
    both = {model for model, tool in ms if tool == "ModelBench"} & {m for m, tool in ms if tool != "ModelBench"}
    assert both == {"FastViT-T8", "FastViT-T12", "FastViT-SA12", "FastViT-SA24"}
    xcode = "Xcode 14, Performance tab"
    assert all(ms[model, xcode] > ms[model, "ModelBench"] for model in both)


def _changed(**values: object) -> dict:
    return {**DATA, "figures": [{**DATA["figures"][0], **values}]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({**DATA, "schema": 9}, "schema 9, this version reads 1"),
        ({**DATA, "figures": DATA["figures"][:1] * 2}, "repnext-m0-iphone12 stands twice"),
        (_changed(ms=0), "repnext-m0-iphone12 has a figure that is no positive number"),
        (_changed(ms="0.59"), "no positive number"),
        (_changed(ms=None), "no positive number"),
        (_changed(ms=True), "no positive number"),
        (_changed(load_ms=-1), "no positive number"),
        (_changed(statistic="best"), "is a 'best', which is none of median"),
        (_changed(colour="red"), "colour"),
        ({"schema": 1}, "figures"),
        ([], "cannot be read"),
    ],
    ids=[
        "schema",
        "twice",
        "zero",
        "text",
        "none",
        "boolean",
        "negative",
        "statistic",
        "a field more",
        "empty",
        "list",
    ],
)
def test_a_damaged_file_is_named(data, words, tmp_path):
    path = tmp_path / "published.json"
    path.write_text(json.dumps(data))
    with pytest.raises(HeadPoseError, match=words):
        read_published(path)


@pytest.mark.parametrize("text", [None, "{", "\ufeff"], ids=["missing", "truncated", "no JSON"])
def test_a_file_that_is_none(text, tmp_path):
    path = tmp_path / "published.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(HeadPoseError, match=r"published\.json cannot be read"):
        read_published(path)
