"""Checks of the Gradle project that need no Gradle, and the manifest as the build would hand it to aapt2.

    python android_app/ci/project.py catalogue [HOME]          aliases, versions, plugins, modules
    python android_app/ci/project.py manifest HOME OUT         the manifest with the build's own values filled in

Only the standard library. Exit code 1 and one line per fault if something is wrong.
"""

from __future__ import annotations

import re
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

ANDROID = "http://schemas.android.com/apk/res/android"
TOOLS = "http://schemas.android.com/tools"
NEWER_THAN_AAPT2 = ("uses-native-library",)
"""Elements of Android 12 and later that Debian's aapt2 (Android 10) does not know: left out for it."""
NEWER_ATTRIBUTES = ("dataExtractionRules", "enableOnBackInvokedCallback")
"""Likewise attributes; what they refer to is looked for here."""


def aliases_used(text: str) -> set[str]:
    """Accessors of the catalogue in a build script: `libs.androidx.core.ktx` as `androidx.core.ktx`."""
    code = re.sub(r"//.*", "", text)
    found = re.findall(r"\blibs\.([A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*)", code)
    return {name.removesuffix(".get") for name in found}


def accessor(alias: str) -> str:
    """How a build script writes an alias."""
    return re.sub(r"[-_]", ".", alias)


def catalogue_faults(home: Path) -> list[str]:
    """Everything that is wrong with the catalogue and its use, one line each."""
    catalogue = tomllib.loads((home / "gradle" / "libs.versions.toml").read_text(encoding="utf-8"))
    scripts = sorted([*home.glob("*.gradle.kts"), *home.glob("*/build.gradle.kts")])
    used = {name: script.name for script in scripts for name in aliases_used(script.read_text(encoding="utf-8"))}
    return sorted([*unknown(catalogue, used), *without_version(catalogue), *spare(catalogue, used)]) + module_faults(
        home
    )


def references(catalogue: dict[str, Any]) -> list[tuple[str, str]]:
    """(alias, version that it refers to) of libraries and plugins."""
    entries = [*catalogue["libraries"].items(), *catalogue["plugins"].items()]
    return [(alias, entry["version"]["ref"]) for alias, entry in entries if "version" in entry]


def unknown(catalogue: dict[str, Any], used: dict[str, str]) -> list[str]:
    """What scripts and entries refer to and the catalogue does not have."""
    known = {accessor(alias) for alias in catalogue["libraries"]}
    known |= {f"plugins.{accessor(alias)}" for alias in catalogue["plugins"]}
    known |= {f"versions.{accessor(name)}" for name in catalogue["versions"]}
    missing = " which the catalogue does not have"
    scripts = [f"{script} uses libs.{name},{missing}" for name, script in used.items() if name not in known]
    wanted = [(alias, ref) for alias, ref in references(catalogue) if ref not in catalogue["versions"]]
    return scripts + [f"{alias} is of version {ref},{missing}" for alias, ref in wanted]


def without_version(catalogue: dict[str, Any]) -> list[str]:
    """Libraries without a version that no bill of materials of the catalogue gives them."""
    modules = {alias: entry["module"] for alias, entry in catalogue["libraries"].items() if "version" not in entry}
    has_bom = "androidx-compose-bom" in catalogue["libraries"]
    lost = [alias for alias, module in modules.items() if not (has_bom and module.startswith("androidx.compose."))]
    return [f"{alias} has no version, and no bill of materials gives it one" for alias in lost]


def spare(catalogue: dict[str, Any], used: dict[str, str]) -> list[str]:
    """Libraries and versions that nothing uses."""
    libraries = [alias for alias in catalogue["libraries"] if accessor(alias) not in used]
    wanted = {ref for _, ref in references(catalogue)}
    wanted |= {name.removeprefix("versions.") for name in used if name.startswith("versions.")}
    versions = [f"the version {name}" for name in catalogue["versions"] if name not in wanted]
    return [f"{name} is in the catalogue and nothing uses it" for name in [*libraries, *versions]]


def module_faults(home: Path) -> list[str]:
    """Modules that the settings include and that have no build script."""
    settings = (home / "settings.gradle.kts").read_text(encoding="utf-8")
    modules = re.findall(r'":([a-z]+)"', settings)
    if not modules:
        return ["settings.gradle.kts includes no module"]
    return [
        f"the module {name} has no build.gradle.kts"
        for name in modules
        if not (home / name / "build.gradle.kts").is_file()
    ]


def namespace(home: Path) -> str:
    """The app's package, by its build script."""
    found = re.search(r'applicationId = "([^"]+)"', (home / "app" / "build.gradle.kts").read_text(encoding="utf-8"))
    if not found:
        raise SystemExit("app/build.gradle.kts names no applicationId")
    return found[1]


def write_manifest(home: Path, out: Path) -> None:
    """The app's manifest as the build merges it: package and placeholders filled in, what is removed removed."""
    text = (home / "app" / "src" / "main" / "AndroidManifest.xml").read_text(encoding="utf-8")
    ElementTree.register_namespace("android", ANDROID)
    root = ElementTree.fromstring(text.replace("${applicationId}", namespace(home)))
    root.set("package", namespace(home))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get(f"{{{TOOLS}}}node") == "remove" or child.tag in NEWER_THAN_AAPT2:
                parent.remove(child)
        for name in NEWER_ATTRIBUTES:
            check_reference(home, parent.attrib.pop(f"{{{ANDROID}}}{name}", ""))
    out.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)


def check_reference(home: Path, value: str) -> None:
    """End with a sentence if `value` is a reference to a file among the resources that is not there."""
    if value.startswith("@"):
        kind, name = value[1:].split("/")
        if not list((home / "app" / "src" / "main" / "res").glob(f"{kind}*/{name}.xml")):
            raise SystemExit(f"AndroidManifest.xml refers to {value}, which is not among the resources")


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    match arguments:
        case ["catalogue", *rest]:
            faults = catalogue_faults(Path(rest[0]) if rest else Path(__file__).resolve().parents[1])
            print("\n".join(faults) or "the catalogue and its use agree", file=sys.stderr if faults else sys.stdout)
            return 1 if faults else 0
        case ["manifest", home, out]:
            write_manifest(Path(home), Path(out))
            return 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
