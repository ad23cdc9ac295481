"""Puts exported files where an app's project finds them: what its folder of models holds is built into the app.

The folder's own manifest.json tells what an earlier install put there: a package that is still what the manifest says
may be replaced, any other file of that name is somebody's own.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.manifest import MANIFEST_NAME, read_manifest, update_manifest
from export.pipeline import ExportResult
from export.prover import Exported
from runtime.artifact import sha256_of
from runtime.atomic import make_folder, replacing
from runtime.errors import HeadPoseError, unknown_name

CHECKOUT = Path(__file__).resolve().parents[1]
_DETECTOR = "runtime/assets/face_detection_short_range.tflite"


@dataclass(frozen=True)
class App:
    """An app of this project that runs exported files."""

    title: str
    """For people."""
    targets: tuple[str, ...]
    """The targets whose files it runs; the first is what an install exports if nothing else is said."""
    home: str
    """Its folder in a checkout."""
    models: str
    """The folder below `home` that its build takes models from."""
    next_step: str
    """What to do after an install; {home} is where `home` is."""
    extras: tuple[tuple[str, str], ...] = ()
    """Files that its build takes as well: (path in a checkout, path below `home`)."""


APPS = {
    "ios": App(
        title="iOS app",
        targets=("coreml",),
        home="ios_app",
        models="HeadPose/Models",
        next_step="open {home}/HeadPose.xcodeproj in Xcode, choose your iPhone and press Run",
    ),
    "android": App(
        title="Android app",
        targets=("tflite", "onnx"),
        home="android_app",
        models="app/src/main/assets/models",
        next_step="open {home} in Android Studio, choose your phone and press Run",
        extras=((_DETECTOR, "app/src/main/assets/detector/face_detection_short_range.tflite"),),
    ),
}


@dataclass(frozen=True)
class Installed:
    """What an install did."""

    folder: Path
    """Where the app's models are."""
    files: tuple[str, ...]
    """Names of the files that are there now because of it, sorted; none if no file passed its gate."""
    next_step: str
    """One line for people."""


def app_named(name: str) -> App:
    """The app of that name; HeadPoseError for an unknown one."""
    if name not in APPS:
        raise unknown_name("app", name, APPS)
    return APPS[name]


def models_folder(app: App, chosen: str | Path | None = None) -> Path:
    """Where the app's models go: `chosen`, which is made, or the folder of this checkout.

    Raises HeadPoseError if this program does not run from a checkout with the app.
    """
    if chosen is not None:
        return make_folder(Path(chosen))
    home = CHECKOUT / app.home
    if not home.is_dir():
        raise HeadPoseError(
            f"the {app.title} is not here, because headpose was installed without it: clone the repository and run "
            "headpose there, or name the app's folder of models with --install-to DIR"
        )
    return make_folder(home / app.models)


def install(result: ExportResult, app: App, folder: Path, *, overwrite: bool = False) -> Installed:
    """Copy what `result` has for the app, and its lines of the manifest, into `folder`.

    A file that missed its parity gate is never copied, not even one that was kept on demand. Files are complete before
    the first takes its place; other files and the manifest's lines about them stay.

    Args:
        result: of `export.pipeline.export`.
        app: of `APPS`.
        folder: of `models_folder`.
        overwrite: also replace files of the same names that no install put there.

    Raises:
        HeadPoseError: such a file is in the way, the manifest is not ours, or the folder cannot be written.
    """
    chosen = [e for e in result.artifacts if e.info.target in app.targets and _may_ship(e)]
    if not chosen:
        return Installed(folder, (), f"no file for the {app.title} passed its parity gate: nothing was installed")
    names = sorted(e.path.name for e in chosen)
    made = {entry["file"]: entry for entry in read_manifest(result.manifest.parent)["artifacts"]}
    known = _known(folder)
    if not overwrite:
        _check_ours(folder, [made[name] for name in names], known)
    _copy([e.path for e in chosen], folder)
    if known is None:
        (folder / MANIFEST_NAME).unlink()
    update_manifest(folder, [made[name] for name in names])
    if _is_own(app, folder):
        _copy_extras(app)
    return Installed(folder, tuple(names), _next_step(app, folder, names))


def _may_ship(exported: Exported) -> bool:
    return exported.written and (exported.parity is None or exported.parity.passed)


def _known(folder: Path) -> dict[str, str] | None:
    """File → hash of what the folder's manifest lists; None for a manifest that is none of ours."""
    try:
        listed: list[dict[str, Any]] = read_manifest(folder)["artifacts"]
        return {entry["file"]: entry["sha256"] for entry in listed}
    except (HeadPoseError, KeyError, TypeError):
        return None


def _check_ours(folder: Path, entries: list[dict[str, Any]], known: dict[str, str] | None) -> None:
    """Raise HeadPoseError for the first file in the way that is neither what was installed nor what is to be."""
    spared = "; what was exported is complete in the folder that --out names"
    if known is None:
        raise HeadPoseError(f"{folder / MANIFEST_NAME} is none of ours: take it away or pass --overwrite{spared}")
    for entry in entries:
        place = folder / entry["file"]
        if place.exists() and sha256_of(place) not in (entry["sha256"], known.get(entry["file"])):
            raise HeadPoseError(f"{place} is not as headpose put it there: take it away or pass --overwrite{spared}")


def _copy(paths: Sequence[Path], folder: Path) -> None:
    """All or, if one cannot be copied, none: each takes its place when the last is complete."""
    with ExitStack() as places:
        for path in paths:
            part = places.enter_context(replacing(folder / path.name))
            if path.is_dir():
                shutil.copytree(path, part)
            else:
                shutil.copy2(path, part)


def _is_own(app: App, folder: Path) -> bool:
    return folder.resolve() == (CHECKOUT / app.home / app.models).resolve()


def _copy_extras(app: App) -> None:
    for source, place in app.extras:
        target = CHECKOUT / app.home / place
        make_folder(target.parent)
        with replacing(target) as part:
            shutil.copy2(CHECKOUT / source, part)


def _next_step(app: App, folder: Path, names: list[str]) -> str:
    count = "1 file is" if len(names) == 1 else f"{len(names)} files are"
    home = CHECKOUT / app.home
    if not _is_own(app, folder):
        return f"{count} in {folder}: add that folder to your app's project and build it"
    return f"{count} in {_shown(folder)}: {app.next_step.format(home=_shown(home))}"


def _shown(path: Path) -> Path:
    """Below the current folder, a path as one would type it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
