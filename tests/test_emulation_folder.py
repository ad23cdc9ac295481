"""The folder that emulated parity needs: where it is, what may be wrong with it, and how it is made."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from stand_in_emulation import HEAD, stand_in

from export.emulation import debian, install
from export.emulation.__main__ import main
from export.emulation.folder import FOLDER_VARIABLE, INSTALL, WHEELS, default_folder, open_emulation
from runtime.errors import HeadPoseError

PROJECT = WHEELS.parent.parent.parent

# --- the folder ---


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda f: (f / "emulation.json").unlink(), f"does not hold them: .*{INSTALL} --into"),
        (lambda f: (f / "emulation.json").write_text("{"), f"cannot be read .*{INSTALL} --overwrite --into"),
        (lambda f: (f / "emulation.json").write_text('{"schema": 2}'), "schema 2, this version reads 1"),
        (lambda f: (f / "emulation.json").write_text("[]"), "cannot be read"),
        (lambda f: (f / "qemu-aarch64").unlink(), "is damaged, qemu-aarch64 is missing"),
        (lambda f: shutil.rmtree(f / "site"), "is damaged, site/numpy is missing"),
        (lambda f: shutil.rmtree(f / "arm64"), r"is damaged, arm64/usr/bin/python3\.11 is missing"),
        (
            lambda f: (f / "emulation.json").write_text(
                json.dumps({**json.loads((f / "emulation.json").read_text()), "wheels_sha256": "0" * 64})
            ),
            "was made with other versions of the wheels",
        ),
    ],
    ids=["nothing", "half a record", "schema", "list", "no qemu", "no wheels", "no root", "old wheels"],
)
def test_a_folder_that_cannot_be_used(harm: Any, message: str, tmp_path: Path) -> None:
    stand_in(tmp_path / "folder")
    harm(tmp_path / "folder")
    with pytest.raises(HeadPoseError, match=message):
        open_emulation(tmp_path / "folder")


def test_where_the_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert default_folder() == tmp_path / "cache" / "headpose" / "aarch64"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == Path.home() / ".cache" / "headpose" / "aarch64"


# --- making it ---


def test_wheels_are_pinned_by_hash_in_the_versions_of_the_project() -> None:
    lines = [line for line in WHEELS.read_text().splitlines() if not line.startswith("#")]
    found = [re.fullmatch(r"([a-z-]+)==([0-9.]+) --hash=sha256:[0-9a-f]{64}", line) for line in lines]
    assert None not in found
    pins = set((PROJECT / "constraints.txt").read_text().splitlines())
    assert {f"{m[1]}=={m[2]}" for m in found if m} <= pins
    assert [m[1] for m in found if m] == ["ai-edge-litert", "numpy", "onnxruntime"]


def tool(folder: Path, name: str, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An executable of that name before all others."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


TARGETS = r"printf 'Debian-Security\thttp://a.example/debian-security/\nDebian\thttp://b.example/debian/\n'"


def test_apt_gets_a_state_of_its_own_and_the_systems_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = f"""
case "$1" in indextargets) {TARGETS}; exit 0;; esac
echo "$@" >> {tmp_path}/calls
folder=$(dirname "$2"); [ "$3" = install ] && touch "$folder/archives/some_1%3a2_arm64.deb"
exit 0"""
    tool(tmp_path / "bin", "apt-get", body, monkeypatch)
    files = debian.fetch(["some", "other"], "bookworm", "arm64", tmp_path)
    assert [file.name for file in files] == ["some_1%3a2_arm64.deb"]
    folder = tmp_path / "bookworm-arm64"
    source = (folder / "sources.list").read_text()
    assert re.fullmatch(r"deb \[arch=arm64 signed-by=\S+\] http://b\.example/debian/ bookworm main\n", source)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split()[2:] for call in calls] == [
        ["update", "--error-on=any"],
        ["install", "--download-only", "some", "other"],
    ]
    places = re.findall(r'^Dir::\S+ "(.+)";$', (folder / "apt.conf").read_text(), re.MULTILINE)
    assert len(places) == 10
    assert all(Path(place).is_relative_to(folder) for place in places)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("exit 0", "apt knows no Debian archive here: run  apt-get update"),
        (
            f'[ "$1" = indextargets ] && {{ {TARGETS}; exit 0; }}; echo W: x >&2; echo "E: no net" >&2; exit 100',
            "E: no net",
        ),
        ("exit 7", "apt-get failed: exit code 7"),
    ],
    ids=["no Debian", "no network", "mute"],
)
def test_apt_that_cannot(body: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path / "bin", "apt-get", body, monkeypatch)
    with pytest.raises(HeadPoseError, match=message):
        debian.fetch(["some"], "bookworm", "arm64", tmp_path)


def test_a_system_without_debians_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HeadPoseError, match="needs apt-get and dpkg and dpkg-deb: make the folder on a Deb"):
        install.install(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb, a Debian system's own tool")
def test_real_packages_are_unpacked(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "DEBIAN").mkdir(parents=True)
    fields = "Package: some\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b.example>\nDescription: x\n"
    (source / "DEBIAN" / "control").write_text(fields)
    (source / "usr" / "bin").mkdir(parents=True)
    (source / "usr" / "bin" / "tool").write_bytes(bytes(range(256)) * 400)
    package = tmp_path / "some.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", source, package], check=True, capture_output=True)
    debian.unpack(package, tmp_path / "root")
    debian.unpack_file(package, "usr/bin/tool", tmp_path / "alone")
    contents = (source / "usr" / "bin" / "tool").read_bytes()
    assert (tmp_path / "root" / "usr" / "bin" / "tool").read_bytes() == contents
    assert (tmp_path / "alone").read_bytes() == contents
    with pytest.raises(HeadPoseError, match=r"some\.deb holds no usr/bin/other"):
        debian.unpack_file(package, "usr/bin/other", tmp_path / "nothing")
    package.write_bytes(package.read_bytes()[:300])
    with pytest.raises(HeadPoseError, match="dpkg-deb failed"):
        debian.unpack(package, tmp_path / "root")
    with pytest.raises(HeadPoseError, match=r"some\.deb"):
        debian.unpack_file(package, "usr/bin/tool", tmp_path / "nothing")


@pytest.fixture
def made_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything that is fetched is a stand-in; the folder that it would be put into."""
    source = tmp_path / "made"
    stand_in(source, "echo aarch64")

    def fetch(packages: list[str], release: str, architecture: str, scratch: Path) -> list[Path]:
        return [scratch / f"{packages[0]}_1%3a2_{architecture}.deb"]

    monkeypatch.setattr(debian, "check_tools", lambda: None)
    monkeypatch.setattr(debian, "own_architecture", lambda: "amd64")
    monkeypatch.setattr(debian, "fetch", fetch)
    monkeypatch.setattr(debian, "unpack", lambda package, root: shutil.copytree(source / "arm64", root))
    monkeypatch.setattr(debian, "unpack_file", lambda package, name, place: shutil.copy(source / "qemu-aarch64", place))
    monkeypatch.setattr(install, "install_wheels", lambda site: shutil.copytree(source / "site", site))
    return tmp_path / "cache" / "folder"


def test_a_folder_is_made_tried_and_left_alone_afterwards(
    made_here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["install", "--into", str(made_here)]) == 0
    output = capsys.readouterr()
    assert f"{made_here} is ready: qemu 10.0.0 (stand-in)" in output.out
    assert "[4/5] trying it" in output.err
    record = open_emulation(made_here).record
    assert record.debian == ("python3.11-minimal_1:2_arm64",)
    assert [path.name for path in made_here.parent.iterdir()] == ["folder"]
    assert main(["check", "--folder", str(made_here)]) == 0
    (made_here / "mark").touch()
    assert main(["install", "--into", str(made_here)]) == 0  # whole: nothing to do
    assert (made_here / "mark").exists()
    assert main(["install", "--into", str(made_here), "--overwrite"]) == 0
    assert not (made_here / "mark").exists()


@pytest.mark.parametrize("error", [HeadPoseError("no wheels"), KeyboardInterrupt()], ids=["failed", "interrupted"])
def test_half_a_folder_is_never_left(error: BaseException, made_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(site: Path) -> None:
        raise error

    monkeypatch.setattr(install, "install_wheels", fails)
    with pytest.raises(type(error)):
        install.install(made_here)
    assert list(made_here.parent.iterdir()) == []


def test_what_does_not_run_is_not_kept(made_here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As with qemu 7.2, which crashes when the engines are imported."""
    qemu = made_here.parent.parent / "made" / "qemu-aarch64"
    for body, message in (
        ("kill -SEGV $$", "does not run here (exit code -11)"),
        ("echo x86_64", "runs on x86_64, not"),
    ):
        qemu.write_text(HEAD + body)
        assert main(["install", "--into", str(made_here)]) == 2
        assert message in capsys.readouterr().err.splitlines()[-1]
        assert list(made_here.parent.iterdir()) == []


def test_folders_of_others_are_never_replaced(made_here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_here.mkdir(parents=True)
    (made_here / "thesis.tex").write_text("years of work")
    assert main(["install", "--into", str(made_here), "--overwrite"]) == 2
    assert "holds other files: choose a new or empty folder with --into" in capsys.readouterr().err
    assert (made_here / "thesis.tex").read_text() == "years of work"
    (made_here / "thesis.tex").unlink()
    assert main(["install", "--into", str(made_here)]) == 0  # empty


def test_pip_checks_hashes(tmp_path: Path) -> None:
    """The real pip with a wheel of a folder: the right hash is unpacked, another one or none is refused."""
    import hashlib
    import zipfile

    name = "some_pkg-1.0-cp311-cp311-manylinux_2_28_aarch64.whl"
    with zipfile.ZipFile(tmp_path / name, "w") as wheel:
        wheel.writestr("some_pkg.py", "x = 1\n")
        wheel.writestr("some_pkg-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-pkg\nVersion: 1.0\n")
        wheel.writestr("some_pkg-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_aarch64\n")
        wheel.writestr("some_pkg-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    wheels = tmp_path / "wheels.txt"
    listed = f"--no-index\n--find-links {tmp_path}\nsome-pkg==1.0 --hash=sha256:{digest}"
    wheels.write_text(listed)
    install.install_wheels(tmp_path / "site", wheels)
    assert (tmp_path / "site" / "some_pkg.py").read_text() == "x = 1\n"
    for other in (listed.replace(digest, "0" * 64), listed.partition(" --hash")[0]):
        wheels.write_text(other)
        with pytest.raises(HeadPoseError, match=r"pip could not fetch the aarch64 wheels: .*(?i:hash)"):
            install.install_wheels(tmp_path / "other", wheels)
