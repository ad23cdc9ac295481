"""What Apple's tools write, in their formats, with figures made up here; and stand-ins for the tools themselves.

The stand-ins are small scripts called xcodebuild and xcrun. They keep to recorded transcripts: they answer what the
real ones are known to answer, and note what they were asked. They measure nothing.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace

import numpy as np
from fake_session import fake_info

from benchmarks.latency import LatencyStats
from benchmarks.record import Device, LatencyResult, LoadTimes, Model, Run, UnitShare
from runtime.artifact import METADATA_KEY, sha256_of, size_bytes

SIZE = 8
GIT = {"commit": None, "dirty": None}
UDID = "00008101-000A1B2C3D4E001E"
STEADY = tuple(1.5 + 0.01 * (i % 7) for i in range(400))


def info(name="tiny", backbone="repnext_m4", **changes):
    facts = replace(fake_info(size=SIZE), name=name, backbone=backbone, target="coreml", precision="fp16", git=GIT)
    return replace(facts, **changes)


def make_package(path, record=None):
    """An .mlpackage with an RGB image input and a (1, 3, 3) output: the mean colour times a matrix."""
    import coremltools as ct
    from coremltools.converters.mil import Builder as mb

    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 3, SIZE, SIZE))], opset_version=ct.target.iOS16)
    def program(image):
        colour = mb.reduce_mean(x=image, axes=[2, 3])
        numbers = mb.linear(x=colour, weight=np.arange(27, dtype=np.float32).reshape(9, 3) / 27)
        return mb.reshape(x=numbers, shape=[1, 3, 3], name="rotation")

    image = ct.ImageType("image", shape=(1, 3, SIZE, SIZE), scale=1 / 255, color_layout=ct.colorlayout.RGB)
    model = ct.convert(
        program,
        source="milinternal",
        convert_to="mlprogram",
        inputs=[image],
        compute_precision=ct.precision.FLOAT32,
        minimum_deployment_target=ct.target.iOS16,
        skip_model_load=True,
    )
    model.user_defined_metadata[METADATA_KEY] = (record or info()).to_json()
    model.save(str(path))
    return path


def model_of(package, facts):
    """The facts of a package as a record has them, put together here once more."""
    return Model(
        facts.name, facts.backbone, "coreml", facts.precision, SIZE, sha256_of(package), size_bytes(package), True,
        facts.checkpoint.sha256, GIT,
    )  # fmt: skip


def result(model=None, *, samples=STEADY, device="iPhone13,2", os="iOS 16.0.2", units="all", protocol="xcode", **more):
    """A record as the app sends it."""
    model = model or Model("tiny", "repnext_m4", "coreml", "fp16", SIZE, "a" * 64, 10, True, "0" * 64, GIT)
    facts = {"thermal_start": "nominal", "thermal_end": "nominal", "low_power": False}
    facts.update({key: more.pop(key) for key in list(more) if key in facts})
    return LatencyResult(
        model=model,
        device=Device("iphone", device, "A14", os, 6, 4.0, **facts),
        run=Run("ios_app", "Core ML", None, units, "ane", False, 0, len(samples), protocol=protocol),
        load_ms=LoadTimes(80.0, 20.0),
        first_ms=4.0,
        samples_ms=tuple(samples),
        latency_ms=LatencyStats.of(samples),
        tools={},
        created="2026-11-26T12:00:00+00:00",
        valid=True,
        invalid_reasons=(),
        placement=more.pop("placement", (UnitShare("ane", 61, 0.98), UnitShare("cpu", 3, 0.02))),
        **more,
    )


def operation(kind, unit=None, weight=None, blocks=()):
    """One operation of a report's modelStructure; without a unit it is a constant."""
    made = {"operatorName": kind, "blocks": list(blocks), "inputs": {}, "outputs": [{"name": "y", "type": {}}]}
    if unit is not None:
        states = [{"deviceType": {"cpu": {}}}, {"supported": {}}, {"deviceType": {"gpu": {}}}, {"supported": {}}]
        supported = [{"deviceType": {"cpu": {}}}, {"deviceType": {"gpu": {}}}]
        usage = {"preferred": {"deviceType": {unit: {}}}, "supported": supported, "allSupportStates": states}
        made["deviceUsage"] = usage
        made["cost"] = {"weight": weight}
    return made


OPERATIONS = (
    operation("const"),
    operation("ios16.conv", "neuralEngine", 0.75),
    operation("ios16.cond", "cpu", 0.05, blocks=[{"operations": [operation("ios16.linear", "neuralEngine", 0.15)]}]),
    operation("ios16.reshape", "gpu", 0.05),
)


def report(package, facts, *, samples_ms=STEADY[:120], operations=OPERATIONS, unit=2, **device):
    """report.json of an .mlperf: the keys that a report of Xcode 26 has, times in seconds."""
    raw = [{"metadataOutputVersion": "3.0", "userDefinedMetadata": {METADATA_KEY: facts.to_json()} if facts else {}}]
    loads = (413.0, 22.0, 17.0, 160.0, 18.0, 18.0, 156.0, 18.0, 18.0)
    return {
        "jsonVersion": 1,
        "deviceResultVersion": 4,
        "computeUnit": unit,
        "deviceInfo": {
            "modelName": "iPhone 12",
            "deviceType": {"iPhone": {}},
            "osNameAndVersionWithoutBuildNumber": "iOS 16.0.2",
            "serialNumber": "S", "deviceID": UDID, "displayName": "Somebody's phone",
            **device,
        },
        "deviceResults": {
            "perfRunConfig": {"loadCount": 3, "experimentIterations": 3, "predictionCount": 40},
            "predict": {"startTime": 810099232.229731, "samples": [ms / 1e3 for ms in samples_ms], "numOperations": 40},
            "load": {"startTime": 810099232.202602, "samples": [ms / 1e3 for ms in loads], "numOperations": 3},
            "compile": {"startTime": 810099231.958467, "samples": [0.0959, 0.0707, 0.0697], "numOperations": 3},
            "modelStructure": {
                "program": {"_0": {"functions": {"main": {"block": {"operations": list(operations)}, "inputs": []}}}}
            },
            "availableComputeDevices": [{"deviceType": {"neuralEngine": {}}}],
        },
        "modelMetadata": {
            "fileName": package.stem,
            "size": size_bytes(package),
            "modelUrl": "file:///somewhere/tiny.mlpackage",
            "modelType": "ML Program",
            "functionNames": [],
            "rawMetadata": json.dumps(raw),
        },
    }  # fmt: skip


def write_report(folder, data):
    """NAME.mlperf."""
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps(data, indent=2))
    return folder


def old_device(name="Phone", udid=UDID, model="iPhone13,2", os="16.0.2", **changes):
    """A device of `devicectl list devices` up to Xcode 26 (jsonVersion 2 and 3)."""
    changes = {"pairingState": "paired", "tunnelState": "connected", "developerModeStatus": "enabled", **changes}
    return {
        "identifier": f"CORE-{udid}",
        "capabilities": [{"featureIdentifier": "com.apple.coredevice.feature.unpairdevice", "name": "Unpair Device"}],
        "connectionProperties": {
            "authenticationType": "manualPairing",
            "pairingState": changes["pairingState"],
            "transportType": "wired",
            "tunnelState": changes["tunnelState"],
        },
        "deviceProperties": {
            "bootState": "booted",
            "developerModeStatus": changes["developerModeStatus"],
            "name": name,
            "osBuildUpdate": "20A380",
            "osVersionNumber": os,
        },
        "hardwareProperties": {
            "deviceType": "iPad" if model.startswith("iPad") else "iPhone",
            "marketingName": "iPhone 12",
            "platform": "iOS",
            "productType": model,
            "reality": "physical",
            "udid": udid,
        },
        "visibilityClass": "default",
    }


def new_device(name="Newer", udid="00008140-0000000000000001", mode="enabled", state="connected"):
    """A device of Xcode 27: everything in `properties`, states as objects with one key."""
    return {
        "identifier": f"CORE-{udid}",
        "properties": {
            "hardware": {
                "udid": udid, "reality": "physical", "platform": "iOS", "deviceType": "iPhone",
                "productType": "iPhone17,3",
            },
            "connection": {"state": state, "pairingState": "paired", "transportType": "wired"},
            "state": {"name": name, "bootState": "booted", "developerModeStatus": {mode: {"mode": 1}}},
            "software": {"osVersionNumber": {"stringValue": "27.0"}},
        },
    }  # fmt: skip


def devicectl(*devices, outcome="success"):
    """The whole JSON."""
    head = {"commandType": "devicectl.list.devices", "jsonVersion": 3, "outcome": outcome, "version": "477.39"}
    return json.dumps({"info": head, "result": {"devices": list(devices)}})


def manifest(*names, files=None):
    """manifest.json of `xcresulttool export attachments`."""
    attachments = [
        {
            "configurationName": "Test Scheme Action",
            "deviceId": UDID,
            "deviceName": "Phone",
            "exportedFileName": files[i] if files else f"{i}.json",
            "isAssociatedWithFailure": False,
            "suggestedHumanReadableName": name,
            "timestamp": 1764158400.5,
        }
        for i, name in enumerate(names)
    ]
    return json.dumps([{"attachments": attachments, "testIdentifier": "BenchmarkTests/testBenchmark()"}])


EXPORTED = "headpose-benchmark_0_96B887EF-3941-4AF2-B98F-5ECBAEE2068E.json"

_XCODEBUILD = """
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
script = json.loads((here / "script.json").read_text())
if sys.argv[1:] == ["-version"]:
    print(script["version"])
    sys.exit(script["version_code"])
project = pathlib.Path(sys.argv[sys.argv.index("-project") + 1])
models = sorted(p.name for p in (project.parent / "HeadPose" / "Models").glob("*"))
call = {"argv": sys.argv[1:], "order": json.loads(os.environ["TEST_RUNNER_HEADPOSE_BENCHMARK"]), "models": models}
(here / "call.json").write_text(json.dumps(call))
print(script["transcript"], flush=True)
if script["bundle"]:
    bundle = pathlib.Path(sys.argv[sys.argv.index("-resultBundlePath") + 1])
    bundle.mkdir()
    (bundle / "attached").write_text(script["attached"])
sys.exit(script["code"])
"""
_XCRUN = """
import json, pathlib, sys
script = json.loads((pathlib.Path(__file__).parent / "script.json").read_text())
after = lambda name: pathlib.Path(sys.argv[sys.argv.index(name) + 1])
if sys.argv[1:4] == ["devicectl", "list", "devices"]:
    if script["devices"] is None:
        sys.exit("ERROR: The operation could not be completed. (com.apple.dt.CoreDeviceError error 1.)")
    after("--json-output").write_text(script["devices"])
elif sys.argv[1:4] == ["xcresulttool", "export", "attachments"]:
    if script["export_error"]:
        sys.exit(script["export_error"])
    folder = after("--output-path")
    folder.mkdir()
    (folder / "0.json").write_text((after("--path") / "attached").read_text())
    (folder / "manifest.json").write_text(script["manifest"])
else:
    sys.exit("error: the stand-in does not know " + " ".join(sys.argv[1:]))
"""


def stand_in_tools(folder, **script):
    """Write the stand-ins and what they answer; returns the folder for PATH."""
    folder.mkdir(exist_ok=True)
    for name, body in (("xcodebuild", _XCODEBUILD), ("xcrun", _XCRUN)):
        (folder / name).write_text(f"#!{sys.executable}\n# Stand-in for Apple's {name}.\n{body}")
        (folder / name).chmod(0o755)
    answers = {
        "version": "Xcode 16.4\nBuild version 16F6",
        "version_code": 0,
        "transcript": "Test Suite 'BenchmarkTests' started at 2026-11-26 12:00:00.000.\n** TEST SUCCEEDED **",
        "code": 0,
        "bundle": True,
        "attached": "[]",
        "export_error": "",
        "devices": devicectl(old_device()),
        "manifest": manifest(EXPORTED),
        **script,
    }
    (folder / "script.json").write_text(json.dumps(answers))
    return folder


def records(*results):
    """An attachment of the app."""
    return json.dumps([asdict(each) for each in results])
