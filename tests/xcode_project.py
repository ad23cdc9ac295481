"""Reads an Xcode project with a parser that is not ours, and says what is wrong with it.

The parser is PyPI's openstep-parser, which comes with pbxproj. What it cannot say is whether Xcode likes the project.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PHASES = ["PBXSourcesBuildPhase", "PBXFrameworksBuildPhase", "PBXResourcesBuildPhase"]
_ID = re.compile(r"[0-9A-F]{24}")


def read_project(file: Path) -> dict[str, Any]:
    """project.pbxproj as nested dicts; raises whatever the parser raises for a damaged one."""
    from openstep_parser import OpenStepDecoder

    with file.open(encoding="utf-8") as stream:
        return OpenStepDecoder.ParseFromFile(stream)


def named(project: dict[str, Any], isa: str) -> dict[str, dict[str, Any]]:
    """Objects of a kind by id."""
    return {key: value for key, value in project["objects"].items() if value["isa"] == isa}


def targets(project: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Targets by name."""
    return {target["name"]: target for target in named(project, "PBXNativeTarget").values()}


def settings(project: dict[str, Any], target: str) -> dict[str, dict[str, Any]]:
    """Configuration → build settings of a target over those of the project."""
    objects = project["objects"]
    whole = _configurations(objects, objects[project["rootObject"]])
    own = _configurations(objects, targets(project)[target])
    return {name: {**whole[name], **own[name]} for name in own}


def _configurations(objects: dict[str, Any], owner: dict[str, Any]) -> dict[str, Any]:
    made = [objects[i] for i in objects[owner["buildConfigurationList"]]["buildConfigurations"]]
    return {each["name"]: each["buildSettings"] for each in made}


def references(value: Any) -> Iterator[str]:
    """Every id in a value, keys too."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from references(key)
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, str) and _ID.fullmatch(value):
        yield value


def project_faults(project: dict[str, Any], folder: Path) -> list[str]:
    """What is wrong with a project that lies in `folder`: ids, targets, folders."""
    objects = project["objects"]
    used = {project["rootObject"], *(i for value in objects.values() for i in references(value))}
    faults = [f"dangling {i}" for i in sorted(used - objects.keys())]
    faults += [f"orphan {i} {objects[i]['isa']}" for i in sorted(objects.keys() - used)]
    if faults:
        return faults  # what follows walks along references
    for target in targets(project).values():
        faults += [f"{target['name']}: {fault}" for fault in _target_faults(objects, target, folder)]
    return faults + _package_faults(project, folder)


def _target_faults(objects: dict[str, Any], target: dict[str, Any], folder: Path) -> Iterator[str]:
    if sorted(_configurations(objects, target)) != ["Debug", "Release"]:
        yield "needs the configurations Debug and Release"
    if [objects[i]["isa"] for i in target["buildPhases"]] != PHASES:
        yield f"needs the phases {PHASES}"
    for group in map(objects.get, target["fileSystemSynchronizedGroups"]):
        if not (folder / group["path"]).is_dir():
            yield f"no folder {group['path']}"
            continue
        left_out = [e for i in group.get("exceptions", []) for e in objects[i]["membershipExceptions"]]
        yield from (f"exception {e} is not there" for e in left_out if not (folder / group["path"] / e).exists())
        yield from folder_faults(folder / group["path"], left_out)


def _package_faults(project: dict[str, Any], folder: Path) -> list[str]:
    faults, manifests = [], []
    for package in named(project, "XCLocalSwiftPackageReference").values():
        manifest = folder / package["relativePath"] / "Package.swift"
        if manifest.is_file():
            manifests.append(manifest.read_text(encoding="utf-8"))
        else:
            faults.append(f"no package at {package['relativePath']}")
    for product in named(project, "XCSwiftPackageProductDependency").values():
        if not any(f'.library(name: "{product["productName"]}"' in text for text in manifests):
            faults.append(f"no package has a product {product['productName']}")
    return faults


def folder_faults(folder: Path, left_out: list[str]) -> Iterator[str]:
    """What keeps a synchronized folder from being built: files of one name, since a bundle is flat; hidden files."""
    seen: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        packed = any(part.endswith((".mlpackage", ".xcassets")) for part in inside.parts[:-1])
        if packed or inside.as_posix() in left_out or (path.is_dir() and not path.suffix):
            continue
        if path.name.startswith("."):
            yield f"{inside} is hidden, and would be copied into the bundle"
        if path.name in seen and path.suffix != ".lproj":
            yield f"{inside} and {seen[path.name]} have one name"
        if path.suffix == ".md":
            yield f"{inside} would be copied into the bundle"
        seen[path.name] = inside


def scheme_faults(text: str, project: dict[str, Any], container: str) -> list[str]:
    """What is wrong with a scheme: targets that are none, or not as it calls them."""
    objects = project["objects"]
    faults = []
    for reference in ElementTree.fromstring(text).iter("BuildableReference"):
        target = objects.get(reference.get("BlueprintIdentifier"), {})
        product = objects.get(target.get("productReference"), {}).get("path")
        if target.get("isa") != "PBXNativeTarget":
            faults.append(f"no target {reference.get('BlueprintIdentifier')}")
        elif (reference.get("BlueprintName"), reference.get("BuildableName")) != (target["name"], product):
            faults.append(f"{reference.get('BlueprintName')} is called {target['name']}, {product}")
        if reference.get("ReferencedContainer") != f"container:{container}":
            faults.append(f"another container: {reference.get('ReferencedContainer')}")
    return faults


def xcconfig_faults(text: str) -> list[str]:
    """Lines that are neither a setting, an include nor a comment."""
    setting = re.compile(r'[A-Z_][A-Z0-9_]*(?:\[[a-z]+=[^\]]+\])* = \S.*|#include\??\s+"[^"]+"')
    lines = [line.partition("//")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not setting.fullmatch(line)]
