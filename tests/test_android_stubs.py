"""The stubs that the Android app is compiled against: each names its source; what is published as data is audited."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from published_api import files, packages, published
from stub_audit import audit

HOME = Path(__file__).resolve().parents[1] / "android_app"
STUBS = sorted(file for file in (HOME / "ci" / "stubs").rglob("*.kt") if file.name != "stub.kt")
# Nobody has compared these with their source yet; a new stub file has no place in this list.
NOT_COMPARED = {
    "androidx.compose.foundation.selection.kt",
    "androidx.compose.foundation.shape.kt",
    "androidx.compose.ui.graphics.painter.kt",
    "androidx.compose.ui.layout.kt",
    "androidx.compose.ui.platform.kt",
    "androidx.compose.ui.res.kt",
    "androidx.compose.ui.semantics.kt",
    "androidx.compose.ui.text.style.kt",
    "androidx.test.platform.app.kt",
}
# Package of signatures → what of the stubs it is, at the least: classes and members.
AUDITED = {
    "chaquopy-stubs-android": (40, 110),
    "chaquopy-stubs-androidx-activity-activity": (13, 8),
    "chaquopy-stubs-androidx-core-core": (1, 2),
    "chaquopy-stubs-androidx-lifecycle-lifecycle-livedata-core": (3, 7),
}
CATALOGUE = {
    "chaquopy-stubs-androidx-activity-activity": "activityCompose",
    "chaquopy-stubs-androidx-core-core": "core",
    "chaquopy-stubs-androidx-lifecycle-lifecycle-livedata-core": "lifecycle",
}


def head_of(file):
    return file.read_text(encoding="utf-8").split("@file:", 1)[0]


def auditor_of(file):
    """The package of signatures that the head of a stub file names, if it names one."""
    named = re.search(r"^// Audited by the tests with (\S+)\.$", head_of(file), re.MULTILINE)
    return named[1] if named else None


def was_compared(head):
    """With what, exactly, and when: a commit of a file, or a version of class files."""
    exact = re.search(r"^//   https://github\.com/\S+, commit [0-9a-f]{40}:\n//   \S+\.(?:txt|kt|java)$", head, re.M)
    exact = exact or re.search(r"the class files of \S+ \S+ \d[\w.-]+$", head, re.MULTILINE)
    return bool(exact and re.search(r"signatures \(compared on \d{4}-\d{2}-\d{2}\):$", head, re.MULTILINE))


@pytest.mark.parametrize("file", STUBS, ids=lambda file: file.name)
def test_every_stub_names_the_published_signature_it_follows(file):
    head = head_of(file)
    assert "https://" in head
    assert auditor_of(file) or was_compared(head) or file.name in NOT_COMPARED


def test_what_was_compared_is_not_called_uncompared():
    assert {file.name for file in STUBS if auditor_of(file) or was_compared(head_of(file))} & NOT_COMPARED == set()
    assert {file.name for file in STUBS} >= NOT_COMPARED


def test_all_stubs_of_android_are_audited():
    folder = [file for file in STUBS if file.parent.name == "android"]
    assert {auditor_of(file) for file in folder} == {"chaquopy-stubs-android"}
    assert {auditor_of(file) for file in STUBS} - {None} == set(AUDITED)


def test_the_signatures_are_installed_and_none_hides_another():
    missing = set(AUDITED) - set(packages())
    assert missing == set(), "the stubs cannot be audited: pip install -c constraints.txt -e '.[dev]'"
    assert {package: found for package, found in files().items() if len(found) > 1} == {}


@pytest.mark.parametrize("package", AUDITED)
def test_the_stubs_agree_with_the_published_api(package):
    report = audit([file for file in STUBS if auditor_of(file) == package])
    assert report.faults == []
    classes, members = AUDITED[package]
    assert len(report.classes) >= classes
    assert len(report.members) >= members


@pytest.mark.parametrize("package", CATALOGUE)
def test_the_signatures_are_of_the_version_that_the_app_is_built_with(package):
    catalogue = tomllib.loads((HOME / "gradle" / "libs.versions.toml").read_text(encoding="utf-8"))
    assert packages()[package].rpartition(".")[0] == catalogue["versions"][CATALOGUE[package]]


def test_the_signatures_of_android_are_of_the_sdk_that_the_app_is_built_with():
    script = (HOME / "app" / "build.gradle.kts").read_text(encoding="utf-8")
    release = re.search(r"release\((\d+)\)|compileSdk = (\d+)", script)
    assert packages()["chaquopy-stubs-android"].partition(".")[0] == (release[1] or release[2])


@pytest.mark.parametrize(
    ("name", "parameters", "returns"),
    [
        ("android.os.BatteryManager.getIntProperty", ("int",), "int"),
        ("android.graphics.Matrix.postScale", ("float", "float"), "bool"),
        ("android.content.ContentResolver.openInputStream", ("android.net.Uri",), "java.io.InputStream"),
        ("android.graphics.BitmapFactory.decodeStream", ("java.io.InputStream",), "android.graphics.Bitmap"),
    ],
)
def test_the_published_signatures_are_read_with_their_types(name, parameters, returns):
    owner, _, method = name.rpartition(".")
    assert (parameters, returns) in [(one.parameters, one.returns) for one in published(owner).methods[method]]
