"""Shared schemes: what Run, Test, Profile and Archive do, and in which configuration.

Tests run in Release, without the debugger and without the runtime checks that it brings, because one of them is the
benchmark. The test action has no environment of its own: `headpose bench iphone` hands its order to xcodebuild as
TEST_RUNNER_HEADPOSE_BENCHMARK, which arrives in the test as HEADPOSE_BENCHMARK (man page of xcodebuild); a variable of
that name in the scheme would stand in its way.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from project import TARGETS, Target
from settings import APP

PROJECT_FILE = f"{APP}.xcodeproj"
_APP = TARGETS[0]
_DEBUGGER = {
    "selectedDebuggerIdentifier": "Xcode.DebuggerFoundation.Debugger.LLDB",
    "selectedLauncherIdentifier": "Xcode.DebuggerFoundation.Launcher.LLDB",
}
_NO_DEBUGGER = {
    "selectedDebuggerIdentifier": "",
    "selectedLauncherIdentifier": "Xcode.IDEFoundation.Launcher.PosixSpawn",
}
_NO_CHECKS = {"disableMainThreadChecker": "YES", "disablePerformanceAntipatternChecker": "YES"}
_LAUNCH = {
    "launchStyle": "0",
    "useCustomWorkingDirectory": "NO",
    "ignoresPersistentStateOnLaunch": "NO",
    "debugDocumentVersioning": "YES",
    "debugServiceExtension": "internal",
    "allowLocationSimulation": "YES",
}
_METAL_UNCHECKED = {"enableGPUFrameCaptureMode": "3", "enableGPUValidationMode": "1"}  # 3 and 1: disabled

RUN_CONFIGURATION = {APP: "Debug", f"{APP} Release": "Release"}
"""Scheme → what its Run action builds; the second one also leaves the debugger away, for honest figures on screen."""


def scheme(run_configuration: str) -> str:
    """The text of an .xcscheme whose Run action builds `run_configuration`."""
    root = ElementTree.Element("Scheme", {"LastUpgradeVersion": "1600", "version": "1.7"})
    _build(root)
    _test(root)
    _run(root, run_configuration)
    profile = _child(
        root,
        "ProfileAction",
        buildConfiguration="Release",
        shouldUseLaunchSchemeArgsEnv="YES",
        savedToolIdentifier="",
        useCustomWorkingDirectory="NO",
        debugDocumentVersioning="YES",
    )
    _runnable(profile)
    _child(root, "AnalyzeAction", buildConfiguration="Debug")
    _child(root, "ArchiveAction", buildConfiguration="Release", revealArchiveInOrganizer="YES")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + _text(root, 0)


def _build(root: ElementTree.Element) -> None:
    action = _child(root, "BuildAction", parallelizeBuildables="YES", buildImplicitDependencies="YES")
    entries = _child(action, "BuildActionEntries")
    for target in TARGETS:
        other = "NO" if target.tests else "YES"
        uses = {f"buildFor{use}": other for use in ("Running", "Profiling", "Archiving", "Analyzing")}
        _buildable(_child(entries, "BuildActionEntry", buildForTesting="YES", **uses), target)


def _test(root: ElementTree.Element) -> None:
    action = _child(
        root,
        "TestAction",
        buildConfiguration="Release",
        **_NO_DEBUGGER,
        **_NO_CHECKS,
        shouldUseLaunchSchemeArgsEnv="NO",
    )
    _buildable(_child(action, "MacroExpansion"), _APP)
    testables = _child(action, "Testables")
    for target in TARGETS:
        if target.tests:
            _buildable(_child(testables, "TestableReference", skipped="NO", parallelizable="NO"), target)


def _run(root: ElementTree.Element, configuration: str) -> None:
    honest = configuration == "Release"
    how = {**_NO_DEBUGGER, **_NO_CHECKS, **_METAL_UNCHECKED} if honest else _DEBUGGER
    _runnable(_child(root, "LaunchAction", buildConfiguration=configuration, **how, **_LAUNCH))


def _runnable(action: ElementTree.Element) -> None:
    _buildable(_child(action, "BuildableProductRunnable", runnableDebuggingMode="0"), _APP)


def _buildable(parent: ElementTree.Element, target: Target) -> None:
    _child(
        parent,
        "BuildableReference",
        BuildableIdentifier="primary",
        BlueprintIdentifier=target.ref.id,
        BuildableName=target.product,
        BlueprintName=target.name,
        ReferencedContainer=f"container:{PROJECT_FILE}",
    )


def _child(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)


def _text(element: ElementTree.Element, depth: int) -> str:
    """As Xcode writes it: three spaces, every attribute on a line of its own, an end tag always."""
    indent = "   " * depth
    attributes = "".join(f'\n{indent}   {key} = "{value}"' for key, value in element.items())
    children = "".join(_text(child, depth + 1) for child in element)
    return f"{indent}<{element.tag}{attributes}>\n{children}{indent}</{element.tag}>\n"
