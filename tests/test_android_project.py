"""The Android app's Gradle project, manifest, resources and assets: what can be checked without Android's tools."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "android_app"
APP = HOME / "app" / "src" / "main"
SOURCES = "app/src/main/kotlin/org/sixdrepnext/headpose"
WRAPPER_SHA256 = "55243ef57851f12b070ad14f7f5bb8302daceeebc5bce5ece5fa6edb23e1145c"


def project(*arguments):
    command = [sys.executable, str(HOME / "ci" / "project.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_scripts_and_catalogue_agree():
    done = project("catalogue", HOME)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("file", "right", "wrong", "words"),
    [
        ("app/build.gradle.kts", "libs.litert.gpu)", "libs.litert.gp)", "uses libs.litert.gp, which"),
        ("build.gradle.kts", "libs.plugins.kotlin.jvm", "libs.plugins.kotlin.jv", "uses libs.plugins.kotlin.jv,"),
        ("gradle/libs.versions.toml", 'version.ref = "camerax" }', 'version.ref = "camera" }', "is of version camera,"),
        ("gradle/libs.versions.toml", 'lifecycle = "2.10.0"', 'lifecycle = "2.10.0"\nspare = "1"', "version spare is"),
        ("app/build.gradle.kts", "    implementation(libs.litert.gpu)", "    //", "litert-gpu is in the catalogue and"),
        ("settings.gradle.kts", '":core"', '":cor"', "the module cor has no"),
    ],
    ids=["library", "plugin", "version", "spare version", "spare library", "module"],
)
def test_a_mistake_in_the_project_is_found(tmp_path, file, right, wrong, words):
    for part in (
        "settings.gradle.kts",
        "build.gradle.kts",
        "gradle/libs.versions.toml",
        "app/build.gradle.kts",
        "core/build.gradle.kts",
    ):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HOME / part, tmp_path / part)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert right in text
    (tmp_path / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    done = project("catalogue", tmp_path)
    assert done.returncode == 1
    assert words in done.stderr


def test_the_checks_compile_with_the_builds_own_compiler():
    versions = tomllib.loads((HOME / "gradle" / "libs.versions.toml").read_text(encoding="utf-8"))["versions"]
    package = json.loads((HOME / "ci" / "package.json").read_text(encoding="utf-8"))
    assert package["dependencies"]["kotlin-compiler"] == versions["kotlin"]


def test_the_wrapper_is_gradles_own_and_pins_what_it_fetches():
    wrapper = HOME / "gradle" / "wrapper"
    assert hashlib.sha256((wrapper / "gradle-wrapper.jar").read_bytes()).hexdigest() == WRAPPER_SHA256
    properties = (wrapper / "gradle-wrapper.properties").read_text(encoding="utf-8")
    assert re.search(r"^distributionSha256Sum=[0-9a-f]{64}$", properties, re.MULTILINE)
    assert re.search(
        r"^distributionUrl=https\\://services\.gradle\.org/distributions/gradle-[\d.]+-bin\.zip$",
        properties,
        re.MULTILINE,
    )
    assert WRAPPER_SHA256 in (HOME / "README.md").read_text(encoding="utf-8")
    assert os.access(HOME / "gradlew", os.X_OK)


# --- manifest, resources, assets

ANDROID = "{http://schemas.android.com/apk/res/android}"


def merged_manifest(tmp_path):
    assert project("manifest", HOME, tmp_path / "AndroidManifest.xml").returncode == 0
    return ElementTree.parse(tmp_path / "AndroidManifest.xml").getroot()


def test_the_app_can_use_the_camera_and_nothing_else(tmp_path):
    asked = [entry.get(f"{ANDROID}name") for entry in merged_manifest(tmp_path).iter("uses-permission")]
    assert asked == ["android.permission.CAMERA"]
    text = (APP / "AndroidManifest.xml").read_text(encoding="utf-8")
    for network in ("INTERNET", "ACCESS_NETWORK_STATE"):
        assert f'android.permission.{network}" tools:node="remove"' in text


def test_only_the_launcher_may_start_it_from_outside(tmp_path):
    exported = {
        e.get(f"{ANDROID}name"): e.get(f"{ANDROID}exported") for e in merged_manifest(tmp_path).find("application")
    }
    assert exported == {".MainActivity": "true", "androidx.core.content.FileProvider": "false"}


def test_every_string_is_used_and_none_is_written_into_a_screen():
    strings = {e.get("name") for e in ElementTree.parse(APP / "res" / "values" / "strings.xml").iter("string")}
    code = "\n".join(file.read_text(encoding="utf-8") for file in (HOME / SOURCES).rglob("*.kt"))
    used = set(re.findall(r"(?<!android\.)\bR\.string\.(\w+)", code)) | {"app_name"}
    assert strings == used
    assert not re.findall(r'\bText\("[A-Z]', code.replace('Text("SHA-256', ""))


def test_strings_and_their_arguments_fit():
    strings = {e.get("name"): e.text for e in ElementTree.parse(APP / "res" / "values" / "strings.xml").iter("string")}
    wanted = {name: len(set(re.findall(r"%(\d)\$", text))) for name, text in strings.items()}
    code = "\n".join(file.read_text(encoding="utf-8") for file in (HOME / SOURCES / "ui").rglob("*.kt"))
    calls = re.findall(r"stringResource\(R\.string\.(\w+)((?:, (?:[^(),]|\([^()]*(?:\([^()]*\)[^()]*)*\))+)*)\)", code)
    assert {name for name, _ in calls} >= {name for name, count in wanted.items() if count}
    for name, rest in calls:
        given = len(re.findall(r", ", re.sub(r"\((?:[^()]|\([^()]*\))*\)", "()", rest)))
        assert given == wanted[name], f"{name} takes {wanted[name]} and is given {given}"


def test_the_bundled_crop_is_what_python_cuts_from_the_bundled_photograph():
    from runtime.images import read_image
    from runtime.preprocess import Box, crop_face

    example = APP / "assets" / "example"
    golden = json.loads((example / "golden.json").read_text(encoding="utf-8"))
    cut = crop_face(read_image(example / "example.jpg"), Box(*golden["face_box"]), golden["size"])
    assert np.array_equal(read_image(example / "crop.png"), cut)


def test_the_golden_poses_are_of_the_shipped_weights():
    golden = json.loads((APP / "assets" / "example" / "golden.json").read_text(encoding="utf-8"))
    from export.gates import GATES
    from export.install import APPS

    runs = {f"{target}/{precision}" for target, precision in GATES if target in APPS["android"].targets}
    assert set(golden["tolerance_deg"]) == runs
    for pose in golden["poses"]:
        rotation = np.array(pose["rotation"]).reshape(3, 3)
        assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-5)
        weights = ROOT / "weights" / f"{pose['backbone']}.safetensors"
        if weights.exists():
            assert hashlib.sha256(weights.read_bytes()).hexdigest() == pose["checkpoint_sha256"]


def test_models_are_not_committed_and_not_compressed():
    assert "app/src/main/assets/models/*" in (HOME / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert 'noCompress += "tflite"' in (HOME / "app" / "build.gradle.kts").read_text(encoding="utf-8")


# --- sources


def test_sources_are_short_and_the_logic_needs_no_android():
    files = sorted((HOME / "app").rglob("*.kt"))
    assert len(files) > 30
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300, file.name
        assert not re.search(r"\bprintln?\(|\bT[O]DO\b", text), file.name
        if "logic" in file.parts:
            assert not re.search(r"^import (android|com\.google)", text, re.MULTILINE), file.name


def test_every_library_that_is_imported_has_a_stub_and_a_coordinate():
    scripts = (HOME / "app" / "build.gradle.kts").read_text(encoding="utf-8")
    needed = {
        "androidx.camera.core": "camera.camera2",
        "androidx.camera.view": "camera.view",
        "com.google.ai.edge.litert": "litert",
    }
    imports = "\n".join(file.read_text(encoding="utf-8") for file in (HOME / SOURCES).rglob("*.kt"))
    for package, coordinate in needed.items():
        assert f"import {package}." in imports
        assert re.search(rf"implementation\(libs\.(androidx\.)?{re.escape(coordinate)}\)", scripts), coordinate
