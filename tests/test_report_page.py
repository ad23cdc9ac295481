"""The report as a file: whole, self-contained, escaped, with a row for every result; and the command that writes it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from report_results import ANDROID, BUSY, IPHONE, made, sample_results

from benchmarks.commands import report
from benchmarks.html_report.page import render_page
from benchmarks.html_report.table import COLUMNS, FILTERS
from benchmarks.published import read_published
from benchmarks.stored import store
from runtime.command_line import run_command

HOSTILE = "<script>window.hacked = 1</script>\"'><img src=x onerror=hacked()>&amp;"
VOID = {"meta", "link", "input", "br", "col"}


class Page(HTMLParser):
    """Elements with their attributes; raises for tags that do not pair."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text():
    return render_page(sample_results(), read_published())


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def run(*argv):
    return run_command(report, "headpose report", "", [str(part) for part in argv])


def test_every_result_has_a_row_and_a_part_of_its_own(page):
    results = sample_results()
    rows = [a for a in page.all("tr") if a.get("data-of")]
    parts = [a["id"] for a in page.all("details") if a.get("id")]
    assert sorted(row["data-of"] for row in rows) == sorted(parts) == sorted(f"m{i + 1}" for i in range(len(results)))
    assert sum("invalid" in (row.get("class") or "") for row in rows) == sum(not r.valid for r in results)
    assert sum("untrained-row" in (row.get("class") or "") for row in rows) == sum(not r.model.trained for r in results)
    assert sum("older" in (row.get("class") or "") for row in rows) == 3


def test_published_figures_are_in_no_row_of_results(page):
    figures = [a["data-figure"] for a in page.all("tr") if "data-figure" in a]
    assert sorted(figures) == sorted(figure.id for figure in read_published())
    assert not any("data-of" in a for a in page.all("tr") if "data-figure" in a)
    marks = sum("published-mark" in (a.get("class") or "") for a in page.all("span"))
    assert marks == len(figures)


def test_ids_are_unique_and_links_lead_somewhere(page):
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"] for a in page.all("a")]
    assert {link[1:] for link in links} <= set(ids)
    assert all(link.startswith("#") for link in links)


def test_nothing_is_asked_of_any_network(text, page):
    loaded = [a[k] for _, a in page.elements for k in ("src", "href", "data", "poster", "action", "srcset") if k in a]
    assert [place for place in loaded if not place.startswith("#")] == ["data:,"]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    assert not re.search(r"url\(|@import|@font-face", style)
    assert not re.search(r"https?:|//[a-z]|fetch\(|XMLHttpRequest|import\(", text.replace("http-equiv", ""))


def test_the_policy_allows_our_script_alone(text, page):
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = [a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{hashed}'" in policy
    assert [k for _, a in page.elements for k in a if k.startswith("on")] == []


def _hostile():
    one = made(HOSTILE, HOSTILE, name=HOSTILE, invalid=(HOSTILE,), error=5.0, parity=0.1)
    device = replace(one.device, model=HOSTILE, soc=HOSTILE, os=HOSTILE)
    names = ("engine", "tool", "compute_units_requested", "protocol", "mode")
    how = replace(one.run, **dict.fromkeys(names, HOSTILE))
    accuracy = replace(one.accuracy, dataset=HOSTILE)
    more = {"tools": {HOSTILE: HOSTILE}, "parity": {HOSTILE: HOSTILE}}
    return replace(one, device=device, run=how, accuracy=accuracy, **more)


def test_no_name_in_a_result_becomes_markup():
    text = render_page(
        [_hostile(), made()], [replace(read_published()[0], model=HOSTILE, source=HOSTILE, device=HOSTILE)]
    )
    page = Page(text)
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert text.count(HOSTILE) == 0
    assert sum(HOSTILE in data for data in page.texts) > 10
    assert [k for _, a in page.elements for k in a if k.startswith("on")] == []


def test_filters_and_rows_speak_of_the_same_things(page):
    named = {a["data-filter"] for a in page.all("select")}
    assert named == set(FILTERS)
    offered = {a["value"] for a in page.all("option")} - {""}
    for row in (a for a in page.all("tr") if a.get("data-of")):
        assert {row[f"data-{name}"] for name in named} <= offered


def test_headings_say_that_they_sort(page):
    headings = [a for a in page.all("th") if a.get("aria-sort")]
    assert {a["aria-sort"] for a in headings} == {"none"}
    assert len(headings) == len(COLUMNS) + 20  # and two tables of published figures


@pytest.mark.parametrize(
    ("results", "names"),
    [
        ([made()], ["iPhone 12", "any Android phone"]),
        ([made(), made(device=ANDROID)], ["iPhone 12"]),
        ([made(), made(device=IPHONE), made(device=ANDROID)], []),
    ],
    ids=["none", "Android", "both"],
)
def test_phones_without_results_have_a_row_with_a_command(results, names):
    text = render_page(results, read_published())
    empty = re.findall(r'<tr class="empty">(.*?)</tr>', text)
    assert [re.search(r">([^<]+)</th>", row)[1] for row in empty] == names
    assert all("<code>headpose bench " in row for row in empty)


def test_parts_without_data_are_left_out():
    text = render_page([made()], read_published())
    sections = {a["id"] for a in Page(text).all("section")}
    assert sections == {"summary", "table", "latency", "history", "published", "measurements"}
    full = {a["id"] for a in Page(render_page(sample_results(), read_published())).all("section")}
    assert full - sections == {"error", "stages", "units", "operators", "memory"}


def test_the_summary_quotes_no_doubtful_result():
    text = render_page([made(p50=9.0), made("repnext_m0", p50=3.0, invalid=(BUSY,))], read_published())
    card = re.search(r'<div class="card"><h3>.*?</div>', text)[0]
    assert "RepNeXt-M4" in card
    assert "RepNeXt-M0" not in card
    assert "1 of the 2 newest results may not be quoted" in text


def test_a_result_without_samples_says_so():
    text = render_page([made(told=False)], read_published())
    assert "the tool told no samples" in text
    assert "<svg" not in text[text.index('id="measurements"') :]


def test_the_command_writes_one_file_and_never_over_another(tmp_path, capsys):
    for result in sample_results():
        store(result, tmp_path / "results")
    out = tmp_path / "report.html"
    assert run("--results", tmp_path / "results", "--out", out) == 0
    assert f"{out}: 29 results on 3 devices" in capsys.readouterr().out
    first = out.read_text(encoding="utf-8")
    Page(first)
    assert run("--results", tmp_path / "results", "--out", out) == 2
    assert "exists already" in capsys.readouterr().err
    out.write_text("mine")
    assert run("--results", tmp_path / "results", "--out", out) == 2
    assert out.read_text() == "mine"
    assert run("--results", tmp_path / "results", "--out", out, "--overwrite") == 0
    assert out.read_text(encoding="utf-8") == first
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "results"]


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda folder: folder / "nowhere", "there is no"),
        (lambda folder: folder, "holds no latency result"),
        (lambda folder: _written(folder, "{"), "cannot be read"),
        (lambda folder: _written(folder, json.dumps({**made().to_json(), "schema": 99})), "schema 99"),
    ],
    ids=["missing", "empty", "truncated", "another schema"],
)
def test_bad_results_are_named_and_nothing_is_written(prepare, words, tmp_path, capsys):
    folder = tmp_path / "results"
    folder.mkdir()
    assert run("--results", prepare(folder), "--out", tmp_path / "report.html") == 2
    error = capsys.readouterr().err
    assert error.count("error:") == 1
    assert words in error
    assert not (tmp_path / "report.html").exists()


def _written(folder, text):
    (folder / "one.json").write_text(text)
    return folder


def test_a_place_that_cannot_be_written(tmp_path, capsys):
    store(made(), tmp_path / "results")
    assert run("--results", tmp_path / "results", "--out", tmp_path / "gone" / "report.html") == 2
    assert "cannot write" in capsys.readouterr().err


def test_what_is_on_the_page_as_json_keeps_published_figures_apart(tmp_path, capsys):
    import json

    import headpose
    from benchmarks.published import read_published
    from benchmarks.stored import store

    (one, *_) = sample_results()
    store(one, tmp_path / "results")
    argv = ["report", "--results", str(tmp_path / "results"), "--out", str(tmp_path / "r.html"), "--json"]
    assert headpose.main(argv) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["results"] == [one.to_json()]
    assert [figure["id"] for figure in data["published"]] == [figure.id for figure in read_published()]
