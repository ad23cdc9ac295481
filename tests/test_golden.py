"""The golden vectors: what is committed is what the code says today, and records keep to their schemas."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import jsonschema
import pytest
from golden import canonical, manifest_cases, record_cases, write
from golden.reading import FOLDER, cases, read

from benchmarks.record import SCHEMA_FILE, LatencyResult
from runtime.artifact import ArtifactInfo

ROOT = Path(__file__).resolve().parents[1]
TEXTS = write.texts()
BYTE_FOR_BYTE = ("record_full.json", "record_minimal.json", "order.json")
LIMIT = 1e-9  # of numbers that another computer's library of sines may round otherwise


def differences(a, b, where=""):
    """Places where two JSON values differ; floats may by LIMIT."""
    if isinstance(a, float) and isinstance(b, float):
        return [] if math.isclose(a, b, rel_tol=LIMIT, abs_tol=LIMIT) else [f"{where}: {a} ≠ {b}"]
    if type(a) is not type(b):
        return [f"{where}: {a!r} ≠ {b!r}"]
    if isinstance(a, dict):
        keys = [] if list(a) == list(b) else [f"{where}: {list(a)} ≠ {list(b)}"]
        return keys + [d for key in a.keys() & b.keys() for d in differences(a[key], b[key], f"{where}.{key}")]
    if isinstance(a, list):
        length = [] if len(a) == len(b) else [f"{where}: {len(a)} ≠ {len(b)} items"]
        return length + [d for i, (x, y) in enumerate(zip(a, b)) for d in differences(x, y, f"{where}[{i}]")]
    return [] if a == b else [f"{where}: {a!r} ≠ {b!r}"]


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_committed_is_what_the_code_says(name):
    committed = (FOLDER / name).read_text(encoding="utf-8")
    again = "run  python -m tests.golden.write  and look at the difference"
    if name in BYTE_FOR_BYTE:
        assert committed == TEXTS[name], again
    assert differences(json.loads(committed), json.loads(TEXTS[name])) == [], again
    assert committed.count("\n") == TEXTS[name].count("\n"), again


def test_there_are_no_other_golden_files_and_no_two_cases_of_one_name():
    assert {path.name for path in FOLDER.glob("*.json")} == set(TEXTS)
    for name in write.GROUPS:
        for group, found in read(name).items():
            names = [case["name"] for case in found]
            assert len(set(names)) == len(names), f"{name}: {group}"


# --- records, orders, manifests: their schemas, and the readers of the project


@pytest.mark.parametrize("name", ["record_full.json", "record_minimal.json"])
def test_records_keep_to_the_schema_and_come_back_from_their_reader(name):
    data = read(name)
    jsonschema.validate(data, json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert canonical.canonical(LatencyResult.from_json(data).to_json()) == text
    assert re.search(r"\s", re.sub(r'"(?:\\.|[^"\\])*"', "", text)) is None  # outside of its texts


def test_the_full_record_has_every_field_and_the_minimal_one_none_that_may_be_missing():
    full, minimal = read("record_full.json"), read("record_minimal.json")
    assert [key for key, value in full.items() if value in (None, [], {})] == ["invalid_reasons"]
    for key in ("accuracy", "energy_mj", "memory_mb", "parity", "first_ms"):
        assert minimal[key] is None
    assert minimal["placement"] == minimal["operators"] == []


FORMS = [*cases("json_forms.json", "numbers"), *cases("json_forms.json", "texts"), *cases("json_forms.json", "keys")]


@pytest.mark.parametrize("case", FORMS)
def test_canonical_texts_read_back_the_same(case):
    assert json.loads(case["text"]) == case["value"]
    assert canonical.canonical(json.loads(case["text"])) == case["text"]


def test_canonical_keys_are_in_the_order_of_their_code_points():
    (case,) = read("json_forms.json")["keys"]
    keys = list(json.loads(case["text"]))
    assert keys == sorted(keys, key=lambda key: [ord(c) for c in key])
    assert keys.index("a10") < keys.index("a9")


def test_the_manifest_keeps_to_its_schema_and_its_records_are_read():
    manifest = read("manifest.json")
    jsonschema.validate(manifest, json.loads((ROOT / "export" / "manifest.schema.json").read_text(encoding="utf-8")))
    for entry in manifest["artifacts"]:
        info = ArtifactInfo.from_json(json.dumps(entry))
        assert entry["file"].startswith(info.name)
    assert [e["file"] for e in manifest["artifacts"]] == sorted(e["file"] for e in manifest["artifacts"])


@pytest.mark.parametrize("case", cases("picks.json", "picks"))
def test_what_is_picked_fits_and_is_there(case):
    entries = {entry["file"]: entry for entry in read("manifest.json")["artifacts"]}
    there = entries if case["present"] is None else {file: entries[file] for file in case["present"]}
    asked = {key: case[key] for key in ("target", "precision", "backbone") if case[key] is not None}
    fits = [file for file, entry in there.items() if asked.items() <= entry.items()]
    assert case["file"] == (min(fits) if fits else None)
    assert set(case["listed_but_absent"]).isdisjoint(there)


def test_the_commit_in_the_cases_is_one():
    assert len(record_cases.COMMIT) == 40
    assert manifest_cases.manifest()["artifacts"][0]["git"]["commit"] == record_cases.COMMIT
