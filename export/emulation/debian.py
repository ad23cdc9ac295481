"""Signed Debian packages of another architecture or release, by this computer's apt and from its own mirror.

Nothing of the system changes: apt gets a state of its own in a scratch folder (see apt.conf(5), section
"DIRECTORIES"), an empty list of installed packages, so that every dependency comes too, and one source: the mirror
that the system names for Debian, checked with Debian's own keys. No right to administer is needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from runtime.errors import HeadPoseError

_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_TOOLS = ("apt-get", "dpkg", "dpkg-deb")
_NOT_DEBIAN = (
    "make the folder on a Debian computer or in a Debian container of the same processor, and copy it here whole "
    "(HEADPOSE_EMULATION says where it is)"
)

# Hooks of the system clean up or report after its own updates; they have no business here.
_CONFIGURATION = """
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear APT::Architectures;
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Get::Assume-Yes "true";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "{folder}";
Dir::State::lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}";
Dir::Cache::archives "{folder}/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "{folder}/none";
Dir::Etc::preferences "{folder}/none/preferences";
Dir::Etc::preferencesparts "{folder}/none";
Dir::Log "{folder}";
"""


def check_tools() -> None:
    """Raise HeadPoseError on a system without Debian's tools or keys."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        raise HeadPoseError(f"fetching Debian packages needs {' and '.join(missing)}: {_NOT_DEBIAN}")
    if not _KEYS.exists():
        raise HeadPoseError(
            f"Debian's keys ({_KEYS}) are not here to check its packages with: install debian-archive-keyring, or "
            + _NOT_DEBIAN
        )


def own_architecture() -> str:
    """This computer's, as dpkg calls it: 'amd64'."""
    return _run(["dpkg", "--print-architecture"]).strip()


def mirror() -> str:
    """URI of the Debian archive that this system is set up with, as apt itself reads its sources.

    Raises HeadPoseError if it names none, or has not read its lists yet.
    """
    fields = "$(LABEL)\t$(REPO_URI)"
    for line in _run(["apt-get", "indextargets", "--format", fields, "Created-By: Packages"]).splitlines():
        label, _, uri = line.partition("\t")
        if label == "Debian":  # 'Debian-Security' and what third parties offer are other archives
            return uri
    raise HeadPoseError(f"apt knows no Debian archive here: run  apt-get update  as root, or {_NOT_DEBIAN}")


def fetch(packages: Sequence[str], release: str, architecture: str, scratch: Path) -> list[Path]:
    """Download packages and everything they depend on.

    Args:
        packages: names.
        release: Debian's code name, 'bookworm'.
        architecture: 'arm64', …
        scratch: folder for apt's state and the files; readable by everybody, so that apt may drop its rights.

    Returns the .deb files, by name. Raises HeadPoseError with apt's own words.
    """
    folder = scratch / f"{release}-{architecture}"
    for name in ("lists/partial", "archives/partial", "none"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    source = f"deb [arch={architecture} signed-by={_KEYS}] {mirror()} {release} main\n"
    (folder / "sources.list").write_text(source, encoding="utf-8")
    configuration = folder / "apt.conf"
    configuration.write_text(_CONFIGURATION.format(architecture=architecture, folder=folder), encoding="utf-8")
    apt = ["apt-get", "--config-file", str(configuration)]
    _run([*apt, "update", "--error-on=any"])
    _run([*apt, "install", "--download-only", *packages])
    return sorted((folder / "archives").glob("*.deb"))


def unpack(package: Path, root: Path) -> None:
    """Put a package's files under `root`; nothing of it is run."""
    _run(["dpkg-deb", "--extract", str(package), str(root)])


def unpack_file(package: Path, name: str, place: Path) -> None:
    """Take one file, 'usr/bin/…', out of a package that is large; HeadPoseError if it is not there."""
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as files:
                for member in files:
                    stream = files.extractfile(member) if member.name.removeprefix("./") == name else None
                    if stream is not None:
                        with place.open("wb") as copy:
                            shutil.copyfileobj(stream, copy)
                        return
        except tarfile.TarError as error:
            raise HeadPoseError(f"{package.name} cannot be unpacked ({error}): try again") from error
        finally:
            process.kill()
    raise HeadPoseError(f"{package.name} holds no {name}: Debian has changed it")


def _run(command: list[str]) -> str:
    """Standard output; HeadPoseError with the last error line."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in said if line.startswith(("E:", "dpkg"))] or said
        raise HeadPoseError(f"{command[0]} failed: {(errors or [f'exit code {done.returncode}'])[0]}")
    return done.stdout
