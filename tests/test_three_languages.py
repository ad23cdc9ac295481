"""One truth, three languages: the README says who reads which golden file, and who does sees a wrong value in it."""

from __future__ import annotations

import re
import shutil

import languages
import pytest
from language_suites import SUITES
from wrong_values import VALUES

IN_A_HURRY = {"rotations.json", "record_full.json"}
"""A value of each of these is tried always, the others with the slow tests."""
AT_LEAST = {"Python": 300, "Swift": 70, "Kotlin": 90}


# --- the README's table


def test_the_readme_says_who_reads_what():
    again = "run  python -m tests.languages  and look at the difference"
    assert languages.current() == languages.README.read_text(encoding="utf-8"), again


def test_every_golden_file_has_its_line():
    assert set(languages.ABOUT) == {path.name for path in languages.GOLDEN.glob("*.json")}
    assert {path.stem for path in languages.one_phones()} == set(languages.ABOUT_ONE_PHONE)
    assert "|  |" not in languages.table()


@pytest.mark.parametrize("language", languages.LANGUAGES, ids=lambda language: language.name)
def test_every_group_is_read_except_what_is_the_other_phones(language):
    there = {(file, group) for file in languages.ABOUT for group in languages.groups(file)}
    read = {(r.file, r.group) for r in languages.readings() if r.language == language.name}
    assert there - read == languages.OTHER_PHONES.get(language.name, set())
    assert read <= there


CALLS = {
    "Python": r"(?<!def )\bcases\((?=[^)])",
    "Swift": r"\bGolden\.(?:cases|data)\(",
    "Kotlin": r"\bGolden\.(?:cases|text)\((?!.*, (?:golden|cuts|files)\))",  # these three are Android's own
}


@pytest.mark.parametrize("language", languages.LANGUAGES, ids=lambda language: language.name)
def test_whoever_reads_names_group_and_file_in_plain_text(language):
    for source, text in languages.sources(language):
        for call in re.finditer(CALLS[language.name], text):
            line = text[call.start() : text.index("\n", call.start())]
            assert any(pattern.match(text, call.start()) for pattern in language.reads), f"{source}: {line}"


# --- one wrong value


def test_there_is_a_wrong_value_for_each_group_and_the_table_names_those_who_see_it():
    seen = {
        (v.file, v.group, language, test.split(".")[0])
        for v in VALUES
        for language in ("Swift", "Kotlin")
        for test in v.seen_by(language)
    }
    read = {(r.file, r.group, r.language, r.source) for r in languages.readings() if r.language != "Python"}
    assert seen <= read
    assert {place[:3] for place in seen} == {place[:3] for place in read}
    assert {(v.file, v.group) for v in VALUES} == {(f, group) for f in languages.ABOUT for group in languages.groups(f)}


@pytest.fixture(scope="module", params=SUITES)
def language(request):
    return request.param


@pytest.fixture(scope="module")
def suite(language):
    return SUITES[language]()


@pytest.fixture
def copy(tmp_path):
    """The golden files in a folder of their own."""
    folder = tmp_path / "golden"
    folder.mkdir()
    for path in languages.GOLDEN.glob("*.json"):
        shutil.copy2(path, folder)
    return folder


def test_with_an_unchanged_copy_every_test_passes(language, suite, copy):
    found = suite(copy)
    assert found.code == 0, found.text[-4000:]
    assert found.failed == set()
    assert found.passed >= AT_LEAST[language]


def values():
    quick = [next(value for value in VALUES if value.file == file) for file in IN_A_HURRY]
    return [pytest.param(v, id=v.name, marks=[] if v in quick else [pytest.mark.slow]) for v in VALUES]


@pytest.mark.parametrize("value", values())
def test_one_wrong_value_is_seen_by_just_the_tests_that_read_it(language, suite, copy, value):
    value.put_into(copy)
    found = suite(copy)
    assert found.failed == value.seen_by(language), found.text[-4000:]
    assert (found.code != 0) == bool(value.seen_by(language)), found.text[-4000:]
    if value.case and found.failed:
        assert value.case in found.text
