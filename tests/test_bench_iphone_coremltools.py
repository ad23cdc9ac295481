"""``headpose bench iphone --with coremltools``: coremltools' own benchmarker and devices, a stand-in for the phone.

What runs here is coremltools 9.0 itself up to the point where it would talk to a phone; there a stand-in answers.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from iphone_samples import SIZE, UDID, devicectl, info, make_package, model_of, new_device, old_device

from benchmarks.artefact import read_artefact
from benchmarks.iphone import coreml_benchmarker, units
from benchmarks.iphone.coreml_benchmarker import measure_with_coremltools
from benchmarks.iphone.devices import iphones_from
from benchmarks.iphone.tensor_input import as_tensor_input, tensor_of
from benchmarks.probe import probe_image
from runtime.errors import HeadPoseError

pytest.importorskip("coremltools", reason="pip install 'sixdrepnext[coreml]'")

COSTS = {"reduce_mean": ("MLNeuralEngineComputeDevice", 0.2), "linear": ("MLNeuralEngineComputeDevice", 0.7)}
ELSEWHERE = ("MLCPUComputeDevice", 0.05)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return make_package(tmp_path_factory.mktemp("coreml") / "tiny.mlpackage")


@pytest.fixture
def phone():
    return iphones_from(devicectl(old_device(model="iPhone15,2", os="17.5")))[0]


def compute_plan(model):
    """A plan of coremltools' own records for a model's program; the devices have no Core ML behind them."""
    from coremltools.models import compute_device
    from coremltools.models import compute_plan as records

    (function,) = model.get_spec().mlProgram.functions.values()
    operations, plan = [], {}
    for spec in function.block_specializations[function.opset].operations:
        outputs = [records.MLModelStructureProgramNamedValueType(v.name, None) for v in spec.outputs]
        operation = records.MLModelStructureProgramOperation({}, spec.type, outputs, [], None)
        operations.append(operation)
        if spec.type != "const":
            kind, weight = COSTS.get(spec.type, ELSEWHERE)
            device = object.__new__(getattr(compute_device, kind))
            usage = records.MLComputePlanDeviceUsage(device, [device])
            plan[id(operation)] = (usage, records.MLComputePlanCost(weight))
    block = records.MLModelStructureProgramBlock([], operations, [])
    program = records.MLModelStructureProgram({"main": records.MLModelStructureProgramFunction([], block)})
    return SimpleNamespace(
        model_structure=records.MLModelStructure(None, program, None),
        get_compute_device_usage_for_mlprogram_operation=lambda o: plan.get(id(o), (None, None))[0],
        get_estimated_cost_for_mlprogram_operation=lambda o: plan.get(id(o), (None, None))[1],
    )


class Phone:
    """What coremltools' RemoteMLModelAsyncWrapper is to its benchmarker, with durations made up here."""

    opened, plan_error = 0, None
    asked: ClassVar[list[dict]] = []

    def __init__(self, model):
        Phone.opened += 1
        self.model, self.runs = model, 0
        self.load_duration_in_nano_seconds = 90_000_000 if Phone.opened == 1 else 30_000_000
        self.last_predict_duration_in_nano_seconds = None

    def make_state_if_needed(self):
        return None

    async def predict(self, inputs, state=None):
        self.asked.append(inputs)
        self.runs += 1
        self.last_predict_duration_in_nano_seconds = 9_000_000 if self.runs == 1 else 2_000_000 + self.runs
        return {"rotation": np.eye(3, dtype=np.float32)[None]}

    async def unload(self):
        pass

    async def retrieve_compute_plan(self):
        if Phone.plan_error:
            raise Phone.plan_error
        return compute_plan(self.model)


@pytest.fixture
def coremltools_phone(monkeypatch):
    """coremltools, which sees one phone by devicectl's answer and reaches it by the stand-in."""
    from coremltools.models.ml_program.experimental import perf_utils, remote_device

    Phone.opened, Phone.asked, Phone.plan_error = 0, [], None
    built: list[tuple] = []

    async def loaded(model, device):
        assert isinstance(device, remote_device.Device)
        assert device.session is not None
        return Phone(model)

    def build(self, build_directory, working_directory, credentials, clean):
        built.append((self.udid, credentials))
        return SimpleNamespace(is_alive=True)

    def listed(command):
        import json

        return json.loads(devicectl(old_device(model="iPhone15,2", os="17.5")))

    monkeypatch.setattr(perf_utils.MLModelBenchmarker, "_create_loaded_model", staticmethod(loaded))
    monkeypatch.setattr(remote_device.Device, "_build_and_launch_model_runner_app", build)
    monkeypatch.setattr(remote_device._DeviceCtl, "_run_command", staticmethod(listed))
    monkeypatch.setattr(coreml_benchmarker.shutil, "which", lambda name: f"/usr/bin/{name}")
    return SimpleNamespace(built=built, perf=perf_utils, remote=remote_device)


def test_load_first_samples_and_placement_arrive_in_the_record(package, phone, coremltools_phone):
    steps: list[tuple[str, int, int]] = []
    found = measure_with_coremltools(
        [read_artefact(package)],
        phone,
        compute_units=["all", "cpuAndNeuralEngine"],
        team="TEAM",
        progress=lambda *step: steps.append(step),
    )
    assert [r.run.compute_units_requested for r in found] == ["all", "cpuAndNeuralEngine"]
    first = found[0]
    assert first.model == model_of(package, info())
    assert (first.device.model, first.device.soc, first.device.os) == ("iPhone15,2", "A16", "iOS 17.5")
    assert (first.load_ms.cold, first.load_ms.warm, first.first_ms) == (90.0, 30.0, 9.0)
    assert (len(first.samples_ms), first.run.iterations, first.run.warmup) == (200, 200, 10)
    assert first.latency_ms.p50 == pytest.approx(2.0001, abs=1e-4)
    assert 9.0 not in first.samples_ms
    assert first.run.compute_units_used == "ane, cpu"
    assert first.valid, first.invalid_reasons
    assert first.run.conditions["input"] == "a tensor of pixels instead of an image"
    assert coremltools_phone.built[0][0] == UDID
    assert coremltools_phone.built[0][1].development_team == "TEAM"
    assert steps[-1] == ("tiny.mlpackage, cpuAndNeuralEngine", 210, 210)


def test_counts_and_cost_shares_are_those_of_the_plan(package, phone, coremltools_phone):
    (found,) = measure_with_coremltools([read_artefact(package)], phone, compute_units=["all"])
    (function,) = as_tensor_input(package, "all").get_spec().mlProgram.functions.values()
    kinds = [op.type for op in function.block_specializations[function.opset].operations if op.type != "const"]
    cost = {"ane": 0.0, "cpu": 0.0}
    for kind in kinds:
        cost["ane" if kind in COSTS else "cpu"] += COSTS.get(kind, ELSEWHERE)[1]
    ane, cpu = found.placement
    assert (ane.unit, ane.operators) == ("ane", sum(kind in COSTS for kind in kinds))
    assert (cpu.unit, cpu.operators) == ("cpu", sum(kind not in COSTS for kind in kinds))
    assert ane.cost_share == pytest.approx(cost["ane"] / sum(cost.values()), abs=1e-3)
    assert ane.cost_share + cpu.cost_share == pytest.approx(1, abs=1e-3)


def test_the_phone_is_given_pixels_as_a_float_tensor(package, phone, coremltools_phone):
    measure_with_coremltools([read_artefact(package)], phone, compute_units=["cpuOnly"], iterations=5)
    image = probe_image(SIZE)
    for inputs in Phone.asked:
        assert list(inputs) == ["image"]
        assert inputs["image"].dtype == np.float32
        np.testing.assert_array_equal(inputs["image"], image.transpose(0, 3, 1, 2))


def test_a_phone_before_ios_17_4_has_latencies_and_no_plan(package, phone, coremltools_phone):
    Phone.plan_error = ValueError("MLComputePlan is not supported on this platform.")
    (found,) = measure_with_coremltools([read_artefact(package)], phone, compute_units=["all"])
    assert found.placement == ()
    assert found.run.compute_units_used is None
    assert found.run.conditions["no compute plan"] == "MLComputePlan is not supported on this platform."
    assert found.valid


def test_the_model_that_is_sent_is_the_same_program_with_a_tensor_input(package):
    from coremltools.models import MLModel

    stored = MLModel(str(package), skip_model_load=True)
    sent = as_tensor_input(package, "cpuAndNeuralEngine")
    (feature,) = sent.get_spec().description.input
    assert feature.type.WhichOneof("Type") == "multiArrayType"
    assert list(feature.type.multiArrayType.shape) == [1, 3, SIZE, SIZE]
    assert sent.get_spec().mlProgram == stored.get_spec().mlProgram
    assert sent.compute_unit.name == "CPU_AND_NE"
    weights = Path(sent.weights_dir) / "weight.bin"
    assert weights.read_bytes() == (Path(stored.weights_dir) / "weight.bin").read_bytes()
    assert list(tensor_of(probe_image(SIZE), sent)) == ["image"]


@pytest.mark.parametrize(
    ("place", "parameters"),
    [
        ("perf_utils.MLModelBenchmarker", ["model", "device"]),
        ("perf_utils.MLModelBenchmarker.benchmark_load", ["self", "iterations"]),
        ("perf_utils.MLModelBenchmarker.benchmark_predict", ["self", "inputs", "iterations", "warmup"]),
        ("perf_utils.MLModelBenchmarker.benchmark_operation_execution", ["self", "inputs", "iterations", "warmup"]),
        ("remote_device.Device.get_connected_devices", ["device_type"]),
        (
            "remote_device.Device.prepare_for_model_debugging",
            ["self", "credentials", "working_directory", "clean"],
        ),
        (
            "remote_device.AppSigningCredentials",
            ["development_team", "provisioning_profile_uuid", "bundle_identifier"],
        ),
    ],
)
def test_the_installed_coremltools_has_the_signatures_that_are_called(place, parameters):
    from coremltools.models.ml_program import experimental

    found = experimental
    for name in place.split("."):
        found = getattr(found, name)
    assert list(inspect.signature(found).parameters) == parameters


def test_the_names_of_units_and_devices_are_those_of_coremltools():
    import coremltools
    from coremltools.models import compute_device

    assert set(units.COMPUTE_UNITS.values()) == {unit.name for unit in coremltools.ComputeUnit}
    assert all(hasattr(compute_device, name) for name in coreml_benchmarker._UNIT_OF)


def test_an_iphone_before_ios_17_is_refused_before_anything_is_built(package, coremltools_phone):
    (old,) = iphones_from(devicectl(old_device(os="16.0.2")))
    with pytest.raises(HeadPoseError, match=r"Phone has iOS 16\.0\.2, and --with coremltools needs iOS 17"):
        measure_with_coremltools([read_artefact(package)], old, compute_units=["all"])
    assert coremltools_phone.built == []


def test_a_phone_that_coremltools_does_not_see_is_a_sentence(package, coremltools_phone):
    (other,) = iphones_from(devicectl(new_device()))
    with pytest.raises(HeadPoseError, match="coremltools does not see Newer as connected"):
        measure_with_coremltools([read_artefact(package)], other, compute_units=["all"])


def failing_build(coremltools_phone, monkeypatch, output):
    """xcodebuild of coremltools' own app fails as its _AppBuilder lets it fail: the output only in the cause."""
    import subprocess

    def build(self, *args):
        try:
            raise subprocess.CalledProcessError(65, "xcodebuild", output=output)
        except subprocess.CalledProcessError as error:
            raise coremltools_phone.remote._AppBuilder.Error(error_code=error.returncode, message=error.stderr)  # noqa: B904

    monkeypatch.setattr(coremltools_phone.remote.Device, "_build_and_launch_model_runner_app", build)


def test_what_xcodebuild_said_is_quoted_though_coremltools_loses_it(package, phone, coremltools_phone, monkeypatch):
    output = b'x\nerror: Signing for "ModelRunner" requires a development team. Select one\nerror: more\n'
    failing_build(coremltools_phone, monkeypatch, output)
    with pytest.raises(HeadPoseError) as caught:
        measure_with_coremltools([read_artefact(package)], phone, compute_units=["all"])
    assert '(error: Signing for "ModelRunner" requires a development team. Select one)' in str(caught.value)
    assert "give --development-team" in str(caught.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            lambda remote: remote._DeviceCtlError(b"The device is locked.\nmore", 1),
            "(The device is locked.): unlock the",
        ),
        (lambda remote: remote._JSONRPCError(-32000, "model did not load"), "model did not load"),
        (lambda remote: ValueError(), "(ValueError)"),
    ],
    ids=["devicectl", "the app", "no words"],
)
def test_an_error_of_the_phone_is_one_sentence(package, phone, coremltools_phone, monkeypatch, error, words):
    async def predict(self, inputs, state=None):
        raise error(coremltools_phone.remote)

    monkeypatch.setattr(Phone, "predict", predict)
    with pytest.raises(HeadPoseError) as caught:
        measure_with_coremltools([read_artefact(package)], phone, compute_units=["all"])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
