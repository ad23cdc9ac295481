"""The report in a real browser: cells, sorting with mouse and keys, filters, links, silence, light and dark."""

from __future__ import annotations

import io

import numpy as np
import pytest
from browser import ENTER, chromium, missing
from PIL import Image
from report_results import sample_results
from test_report_page import _hostile

from benchmarks.html_report import labels
from benchmarks.html_report.page import render_page
from benchmarks.html_report.table import COLUMNS
from benchmarks.published import read_published

if reason := missing():
    pytest.skip(reason, allow_module_level=True)

RESULTS = [*sample_results(), _hostile()]
NAMES = [column.name for column in COLUMNS]
SHOWN = "return [...document.querySelectorAll('#results-body tr')].filter(r => r.offsetParent !== null)"
CELLS = f"{SHOWN}.map(r => r.cells[arguments[0]].textContent.trim())"


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chromium")
    with chromium(folder) as browser:
        browser.leave()
        yield browser


@pytest.fixture
def page(window, tmp_path):
    """The report, freshly opened; its address stands in `file`."""
    window.file = tmp_path / "report.html"
    window.file.write_text(render_page(RESULTS, read_published()), encoding="utf-8")
    window.resize(1280, 900)
    window.console(), window.requests()
    window.open(window.file)
    return window


def column(page, name):
    return page.run(CELLS, NAMES.index(name))


def header(name):
    return f"#results tr.headings th:nth-child({NAMES.index(name) + 1})"


def test_cells_are_those_of_the_records(page):
    page.click("#older")
    found = sorted(zip(column(page, "p50"), column(page, "precision"), column(page, "date"), column(page, "weights")))
    expected = sorted(
        (
            labels.ms(r.latency_ms.p50),
            r.model.precision,
            r.created[:10],
            "trained" if r.model.trained else "untrained",
        )
        for r in RESULTS
    )
    assert found == expected
    reasons = [text for text in column(page, "verdict") if text != "quotable"]
    assert sorted(reasons) == sorted(f"not quotable {'; '.join(r.invalid_reasons)}" for r in RESULTS if not r.valid)


def test_older_measurements_are_hidden_at_first(page):
    assert len(column(page, "p50")) == len(RESULTS) - 3
    assert (
        page.run("return document.querySelector('#count').textContent") == f"{len(RESULTS) - 3} of {len(RESULTS)} shown"
    )


@pytest.mark.parametrize("key", ["mouse", "keys"])
def test_a_heading_sorts_and_says_so(page, key):
    medians = sorted(float(text) for text in column(page, "p50"))
    for order, expected in (("ascending", medians), ("descending", medians[::-1])):
        if key == "mouse":
            page.click(f"{header('p50')} button")
        else:
            page.type(f"{header('p50')} button", ENTER)
        assert [float(text) for text in column(page, "p50")] == expected
        assert page.run("return document.querySelector(arguments[0]).ariaSort", header("p50")) == order
    page.click(f"{header('precision')} button")
    texts = column(page, "precision")
    assert texts != sorted(texts, reverse=True)
    assert page.run("return document.querySelectorAll('#results th[aria-sort=none]').length") == len(COLUMNS) - 1


@pytest.mark.parametrize("presses", [1, 2], ids=["ascending", "descending"])
def test_cells_without_a_value_are_last_either_way(page, presses):
    for _ in range(presses):
        page.click(f"{header('peak')} button")
    texts = column(page, "peak")
    known = [text for text in texts if text != "–"]
    assert texts == [*known, *["–"] * (len(texts) - len(known))]
    assert 5 < len(known) < len(texts)


def test_filters_leave_what_fits_in_table_and_pictures(page):
    page.run(
        "const s = document.querySelector('select[data-filter=engine]'); s.value = 'LiteRT'; "
        "s.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert set(column(page, "engine")) == {"LiteRT"}
    bars = "return [...document.querySelectorAll('#latency .row[data-of]')].filter(r => r.offsetParent !== null).length"
    assert page.run(bars) == len(column(page, "engine"))
    page.type("#search", "m4 int8_static")
    assert column(page, "precision") == ["int8_static"]
    page.click("#clear")
    assert len(column(page, "p50")) == len(RESULTS) - 3
    page.type("#search", "no such thing")
    assert column(page, "p50") == []
    assert page.run("return document.querySelectorAll('tr.empty').length") == 0  # all awaited phones were measured


def test_a_link_opens_the_measurement(page):
    page.click("#results-body tr:first-child th a")
    opened = page.run("return [...document.querySelectorAll('#measurements details[open]')].map(d => d.id)")
    assert opened == page.run("return [document.querySelector('#results-body tr').dataset.of]")
    assert page.run("return document.querySelector('details[open] dl').textContent").count("sha256") == 2


def test_nothing_is_loaded_and_nothing_complains(page):
    page.click("#theme")
    page.click(f"{header('p50')} button")
    assert [address for address in page.requests() if address != "data:,"] == [page.file.resolve().as_uri()]
    assert page.run("return performance.getEntriesByType('resource').map(e => e.name)") == []
    assert page.console() == []


def test_a_name_that_is_a_script_does_not_run(page):
    assert page.run("return typeof window.hacked") == "undefined"
    assert page.run("return document.scripts.length") == 1
    assert any("<script>" in text for text in column(page, "precision"))


def test_the_policy_stops_a_script_that_came_in_all_the_same(page):
    page.run("const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)")
    assert page.run("return typeof window.hacked") == "undefined"
    assert any("Content Security Policy" in message for message in page.console())


@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_the_page_is_no_wider_than_the_window(page, width):
    page.resize(width, 800)
    assert page.run("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_readable(page, scheme, tmp_path):
    page.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    pixels = np.asarray(Image.open(page.screenshot(tmp_path / "page.png")).convert("L"), dtype=float)
    assert pixels.std() > 10
    assert (np.median(pixels) > 200) == (scheme == "light")
    ink, ground = page.run("const c = getComputedStyle(document.body); return [c.color, c.backgroundColor]")
    assert contrast(ink, ground) > 7
    page.click("#theme")
    flipped = Image.open(io.BytesIO(page.screenshot(tmp_path / "other.png").read_bytes())).convert("L")
    assert (np.median(np.asarray(flipped)) > 200) == (scheme == "dark")


def contrast(a, b):
    """Of two CSS colours: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""

    def luminance(colour):
        parts = np.array([int(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]) / 255
        linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_it_prints(page):
    from selenium.webdriver.common.print_page_options import PrintOptions

    options = PrintOptions()
    options.orientation = "landscape"
    pdf = page.driver.print_page(options)  # base64
    assert len(pdf) > 50_000
