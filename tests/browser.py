"""A headless Chromium for tests: Selenium with the chromedriver and the Chromium of the system, nothing downloaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--hide-scrollbars",
)
ENTER, SPACE = "\ue007", " "  # code points of keys, as WebDriver has them


def missing() -> str | None:
    """Why no browser can be opened here, and what to do; None if one can."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed: pip install 'sixdrepnext[dev]'"
    if shutil.which("chromedriver") and _binary():
        return None
    return "no Chromium with chromedriver: on Debian, apt-get install chromium chromium-driver"


def _binary() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


class Browser:
    """One window."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, page: Path) -> None:
        self.driver.get(page.resolve().as_uri())

    def leave(self) -> None:
        """To an empty page."""
        self.driver.get("about:blank")

    def run(self, script: str, *args: Any) -> Any:
        """What a function body of JavaScript returns."""
        return self.driver.execute_script(script, *args)

    def find(self, selector: str) -> Any:
        """The first element that fits; selenium's NoSuchElementException if there is none."""
        return self.driver.find_element("css selector", selector)

    def click(self, selector: str) -> None:
        """With the mouse, after the element was brought to the middle of the window."""
        element = self.find(selector)
        self.run("arguments[0].scrollIntoView({block: 'center', inline: 'center'})", element)
        element.click()

    def type(self, selector: str, text: str) -> None:
        self.find(selector).send_keys(text)

    def resize(self, width: int, height: int) -> None:
        """The size of the page itself."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", **metrics)

    def devtools(self, command: str, **params: Any) -> Any:
        """A command of Chromium's own: https://chromedevtools.github.io/devtools-protocol/."""
        return self.driver.execute_cdp_cmd(command, params)

    def screenshot(self, path: Path, *, whole: bool = False) -> Path:
        """A PNG file of what the window shows, or of the whole page."""
        if whole:
            width, height = self.run("return [innerWidth, document.documentElement.scrollHeight]")
            self.resize(width, height)
        path.write_bytes(self.driver.get_screenshot_as_png())
        return path

    def console(self) -> list[str]:
        """Messages of the console since the last call."""
        return [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Addresses that the page asked for since the last call, its own included."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A window with a fresh profile in a folder; the driver and the browser end with it."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = _binary() or ""
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        yield Browser(driver)
    finally:
        driver.quit()


__all__ = ["ENTER", "SPACE", "Browser", "chromium", "missing"]
