"""`headpose export --install`: what lands in an app's folder of models, what stays, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_session import fake_info

from export import install as installing
from export.commands import export as export_command
from export.install import APPS, app_named, install, models_folder
from export.manifest import manifest_entry, update_manifest
from export.pipeline import ExportResult
from export.prover import Exported
from runtime.artifact import sha256_of
from runtime.command_line import run_command
from runtime.errors import HeadPoseError

IOS = APPS["ios"]
PASSED = SimpleNamespace(passed=True, mean_deg=0.01, max_deg=0.1)
FAILED = SimpleNamespace(passed=False, mean_deg=9.0, max_deg=90.0, explanation=lambda: "max 90° exceeds 6°")


def package(folder: Path, name: str, content: str) -> Path:
    weights = folder / name / "Data" / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    (weights / "weight.bin").write_text(content)
    (folder / name / "Manifest.json").write_text("{}")
    return folder / name


def exported(folder: Path, *made: tuple, written: bool = True) -> ExportResult:
    """As export leaves it: (stem, target, parity, content) each, with a manifest of what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = []
    for stem, target, parity, content in made:
        if target == "coreml":
            path = package(folder, f"{stem}.mlpackage", content)
        else:
            path = folder / f"{stem}.onnx"
            path.write_text(content)
        info = replace(fake_info(), name=stem, target=target)
        artifacts.append(Exported(path, info, 1, 0.0, parity, written=written))
    manifest = update_manifest(folder, [manifest_entry(e.path, e.info) for e in artifacts])
    return ExportResult(artifacts, manifest, all(e.parity is None or e.parity.passed for e in artifacts))


def listed(folder: Path) -> dict[str, str]:
    return {e["file"]: e["sha256"] for e in json.loads((folder / "manifest.json").read_text())["artifacts"]}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "Models"
    folder.mkdir()
    return folder


def test_only_core_ml_files_that_passed_are_copied_whole_and_listed(tmp_path, models):
    made = [("a", "coreml", PASSED, "A"), ("b", "coreml", FAILED, "B"), ("c", "onnx", PASSED, "C")]
    done = install(exported(tmp_path / "out", *made), IOS, models)
    assert done.files == ("a.mlpackage",)
    assert names(models) == ["a.mlpackage", "manifest.json"]
    assert sha256_of(models / "a.mlpackage") == sha256_of(tmp_path / "out" / "a.mlpackage")
    assert listed(models) == {"a.mlpackage": sha256_of(models / "a.mlpackage")}
    assert listed(tmp_path / "out").keys() == {"a.mlpackage", "b.mlpackage", "c.onnx"}  # the export is as it was


def test_files_whose_parity_nobody_asked_for_are_copied(tmp_path, models):
    assert install(exported(tmp_path / "out", ("a", "coreml", None, "A")), IOS, models).files == ("a.mlpackage",)


@pytest.mark.parametrize("written", [True, False], ids=["kept on demand", "not written"])
def test_nothing_is_copied_if_nothing_passed(tmp_path, models, written):
    done = install(exported(tmp_path / "out", ("a", "coreml", FAILED, "A"), written=written), IOS, models)
    assert done.files == ()
    assert done.next_step == "no file for the iOS app passed its parity gate: nothing was installed"
    assert names(models) == []


def test_a_second_install_replaces_what_the_first_put_there_and_keeps_the_rest(tmp_path, models):
    package(models, "mine.mlpackage", "my own")
    (models / "README.md").write_text("read me")
    install(exported(tmp_path / "1", ("a", "coreml", PASSED, "old"), ("b", "coreml", PASSED, "B")), IOS, models)
    install(exported(tmp_path / "2", ("a", "coreml", PASSED, "new")), IOS, models)
    assert names(models) == ["README.md", "a.mlpackage", "b.mlpackage", "manifest.json", "mine.mlpackage"]
    assert (models / "a.mlpackage/Data/weights/weight.bin").read_text() == "new"
    assert listed(models) == {name: sha256_of(models / name) for name in ("a.mlpackage", "b.mlpackage")}
    assert (models / "mine.mlpackage/Data/weights/weight.bin").read_text() == "my own"


def test_a_line_of_the_manifest_goes_when_its_package_was_deleted(tmp_path, models):
    install(exported(tmp_path / "1", ("a", "coreml", PASSED, "A")), IOS, models)
    (models / "a.mlpackage").rename(tmp_path / "elsewhere")
    install(exported(tmp_path / "2", ("b", "coreml", PASSED, "B")), IOS, models)
    assert listed(models).keys() == {"b.mlpackage"}


def _of_a_user(models: Path, tmp_path: Path) -> None:
    package(models, "a.mlpackage", "my own")


def _altered(models: Path, tmp_path: Path) -> None:
    install(exported(tmp_path / "1", ("a", "coreml", PASSED, "A")), IOS, models)
    package(models, "a.mlpackage", "altered by hand")


def _other_manifest(models: Path, tmp_path: Path) -> None:
    (models / "manifest.json").write_text('{"name": "of another program"}')


def _manifest_of_strangers(models: Path, tmp_path: Path) -> None:
    (models / "manifest.json").write_text('{"schema": 1, "artifacts": ["a.mlpackage"]}')


@pytest.mark.parametrize(
    ("before", "named"),
    [
        pytest.param(_of_a_user, "a.mlpackage is not as headpose put it there", id="a user's file"),
        pytest.param(_altered, "a.mlpackage is not as headpose put it there", id="altered by hand"),
        pytest.param(_other_manifest, "manifest.json is none of ours", id="another manifest"),
        pytest.param(_manifest_of_strangers, "manifest.json is none of ours", id="manifest with strange lines"),
    ],
)
def test_what_is_not_ours_stays_unless_asked(tmp_path, models, before, named):
    before(models, tmp_path)
    result = exported(tmp_path / "new", ("a", "coreml", PASSED, "new"), ("b", "coreml", PASSED, "B"))
    was = sha256_of(models)
    with pytest.raises(HeadPoseError, match=f"{named}.*--overwrite"):
        install(result, IOS, models)
    assert sha256_of(models) == was  # not even b
    install(result, IOS, models, overwrite=True)
    assert listed(models) == {name: sha256_of(models / name) for name in ("a.mlpackage", "b.mlpackage")}
    assert (models / "a.mlpackage/Data/weights/weight.bin").read_text() == "new"


def test_the_same_file_put_there_by_hand_is_no_obstacle(tmp_path, models):
    package(models, "a.mlpackage", "A")
    install(exported(tmp_path / "out", ("a", "coreml", PASSED, "A")), IOS, models)
    assert listed(models).keys() == {"a.mlpackage"}


def test_a_copy_that_fails_half_way_leaves_everything_as_it_was(tmp_path, models, monkeypatch):
    install(exported(tmp_path / "1", ("a", "coreml", PASSED, "old")), IOS, models)
    result = exported(tmp_path / "2", ("a", "coreml", PASSED, "new"), ("b", "coreml", PASSED, "B"))
    was, copy = sha256_of(models), installing.shutil.copytree

    def fails_at_the_second(source, target, *more):
        copy(source, target, *more)
        if Path(source).name == "b.mlpackage":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(installing.shutil, "copytree", fails_at_the_second)
    with pytest.raises(HeadPoseError, match="No space left on device"):
        install(result, IOS, models)
    assert sha256_of(models) == was
    assert names(models) == ["a.mlpackage", "manifest.json"]


def test_an_unknown_app_is_named_with_the_nearest():
    with pytest.raises(HeadPoseError, match="unknown app 'iso': did you mean 'ios'"):
        app_named("iso")


def test_without_a_checkout_it_says_to_clone(tmp_path, monkeypatch):
    monkeypatch.setattr(installing, "CHECKOUT", tmp_path / "site-packages")
    with pytest.raises(HeadPoseError, match=r"clone the repository.*--install-to DIR"):
        models_folder(IOS)
    assert models_folder(IOS, tmp_path / "x" / "y") == tmp_path / "x" / "y"


@pytest.mark.parametrize("app", APPS.values(), ids=APPS)
def test_the_folders_are_those_of_this_checkout(app):
    assert (installing.CHECKOUT / app.home / app.models / "README.md").is_file()


def test_the_phone_benchmark_builds_from_the_same_folder():
    from benchmarks.iphone.app_benchmark import MODELS, PROJECT

    assert PROJECT.parent / MODELS == models_folder(IOS)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """`headpose export ARGS` with an export that takes no time; returns the exit code and what export was asked for."""
    asked = {}

    def fake_export(checkpoint, backbone, *, targets, out, **more):
        asked.update(targets=targets, **more)
        verdicts = {"good": PASSED, "bad": FAILED}
        made = [
            (f"{name}_{target}", target, verdicts[name], "x") for name in checkpoint.split("+") for target in targets
        ]
        return exported(Path(out), *[m for m in made if m[1] != "tflite"])

    monkeypatch.setattr("export.pipeline.export", fake_export)
    monkeypatch.setattr(installing, "CHECKOUT", tmp_path / "checkout")
    (tmp_path / "checkout" / "ios_app").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "checkout")

    def run(*args):
        arguments = [str(arg) for arg in ("--out", tmp_path / "out", *args)]
        return run_command(export_command, "headpose export", "test", arguments), asked

    return run


def test_install_ios_exports_core_ml_alone_and_says_what_to_do_next(command, capsys):
    code, asked = command("--checkpoint", "good", "--install", "ios")
    assert (code, asked["targets"]) == (0, ["coreml"])
    assert names(Path("ios_app/HeadPose/Models")) == ["good_coreml.mlpackage", "manifest.json"]
    assert capsys.readouterr().out.splitlines()[-1] == (
        "1 file is in ios_app/HeadPose/Models: "
        "open ios_app/HeadPose.xcodeproj in Xcode, choose your iPhone and press Run"
    )


def test_without_install_nothing_is_installed_and_all_targets_are_made(command):
    code, asked = command("--checkpoint", "good")
    assert (code, asked["targets"]) == (0, ["onnx", "tflite", "coreml"])
    assert names(Path("ios_app")) == []


def test_a_failed_gate_keeps_its_exit_code_and_its_file_out(command, tmp_path, capsys):
    args = [
        "--checkpoint",
        "good+bad",
        "--install",
        "ios",
        "--install-to",
        tmp_path / "here",
        "--targets",
        "onnx,coreml",
    ]
    code, asked = command(*args)
    assert (code, asked["targets"]) == (1, ["onnx", "coreml"])
    assert names(tmp_path / "here") == ["good_coreml.mlpackage", "manifest.json"]
    assert f"1 file is in {tmp_path / 'here'}: add that folder" in capsys.readouterr().out


def test_its_json_form_is_one_object(command, capsys):
    assert command("--checkpoint", "bad", "--install", "ios", "--json")[0] == 1
    installed = json.loads(capsys.readouterr().out)["installed"]
    assert (installed["app"], installed["files"]) == ("ios", [])
    assert "nothing was installed" in installed["next"]
    assert command("--checkpoint", "good", "--json")[0] == 0
    assert json.loads(capsys.readouterr().out)["installed"] is None


@pytest.mark.parametrize(
    ("args", "message"),
    [
        pytest.param(["--install", "ios", "--targets", "onnx"], "add coreml to --targets", id="wrong target"),
        pytest.param(["--install", "android", "--targets", "coreml"], "needs tflite or onnx files", id="neither"),
        pytest.param(["--install-to", "x"], "say which one, as in --install ios", id="folder without app"),
        pytest.param(["--install", "windows"], "unknown app 'windows'", id="unknown app"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_exported(command, capsys, args, message):
    code, asked = command(*args)
    assert (code, asked) == (2, {})
    assert message in capsys.readouterr().err


def test_the_android_app_gets_files_of_both_its_engines(tmp_path, models):
    made = [("a", "onnx", PASSED, "A"), ("b", "onnx", FAILED, "B"), ("c", "coreml", PASSED, "C")]
    done = install(exported(tmp_path / "out", *made), APPS["android"], models)
    assert done.files == ("a.onnx",)
    assert APPS["android"].targets[0] == "tflite"  # what an install exports if nothing else is said


def test_the_android_app_gets_the_face_detector_too(tmp_path, models, monkeypatch):
    from runtime.artifact import sha256_of

    app = APPS["android"]
    source = installing.CHECKOUT / app.extras[0][0]
    (tmp_path / "runtime/assets").mkdir(parents=True)
    (tmp_path / app.extras[0][0]).write_bytes(source.read_bytes())
    (tmp_path / app.home).mkdir()
    monkeypatch.setattr(installing, "CHECKOUT", tmp_path)
    installing._copy_extras(app)
    assert sha256_of(tmp_path / app.home / app.extras[0][1]) == sha256_of(source)
    assert installing._is_own(app, models_folder(app))
    assert not installing._is_own(app, tmp_path / "elsewhere")
