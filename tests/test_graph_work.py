"""The forms of the graph that were tried: which are the same network, and how the table reads."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from benchmarks.graph_forms import FORMS, Form
from benchmarks.graph_work import GraphWorkResult, graph_work_markdown, result_path, run_graph_work
from export import graph_variants as forms
from export.quantize.settings import Quantization
from runtime.errors import HeadPoseError
from runtime.sessions import open_session
from training.models.reparam import reparameterize
from training.models.sixdrepnet import build_sixdrepnet


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    net = build_sixdrepnet("repnext_m0").eval()
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 2)
    return reparameterize(net)


@pytest.mark.parametrize(
    ("change", "atol"),
    [
        pytest.param(forms.unchanged, 0.0, id="unchanged"),
        pytest.param(forms.identity_in_3x3, 1e-4, id="identity in the 3x3"),
        pytest.param(forms.three_in_7x7, 1e-4, id="three in the 7x7"),
        pytest.param(forms.even_kernels, 1e-4, id="even kernels"),
        pytest.param(forms.row_bands, 1e-4, id="row bands"),
        pytest.param(forms.tanh_gelu, 0.02, id="tanh"),
    ],
)
@torch.no_grad()
def test_forms_give_the_same_rotations(network, change, atol):
    images = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(change(network)(images), network(images), atol=atol, rtol=0)


def kinds(network: nn.Module, size: tuple[int, int]) -> int:
    return sum(isinstance(m, nn.Conv2d) and m.kernel_size == size and m.groups > 1 for m in network.modules())


def test_forms_are_other_graphs(network):
    assert kinds(network, (3, 3)) == kinds(network, (7, 7)) == 14 + 3
    assert kinds(forms.three_in_7x7(network), (3, 3)) == 3
    assert kinds(forms.row_bands(network), (7, 7)) == 3
    assert sum(isinstance(m, forms.EvenKernel) for m in forms.even_kernels(network).modules()) == 2 + 3 + 3


@pytest.mark.parametrize("key", sorted({(f.target, f.precision) for f in FORMS}), ids=lambda k: " ".join(k))
def test_one_form_of_each_kind_is_what_export_makes(key):
    exported = [form for form in FORMS if (form.target, form.precision) == key and form.exported]
    assert len(exported) == 1
    assert not exported[0].settings
    assert exported[0].bands
    assert all(getattr(Quantization(), name) == value for name, value in exported[0].how.items())


@pytest.fixture(scope="module")
def result() -> GraphWorkResult:
    tried = (
        Form("onnx", "fp32", "plain", exported=True),
        Form("onnx", "fp32", "basic", settings={"graph_optimization_level": "ORT_ENABLE_BASIC"}),
        Form("onnx", "fp32", "tanh", change=forms.tanh_gelu),
    )
    return run_graph_work("default-m0", tried=tried, rounds=3)


@pytest.mark.slow
def test_a_run_measures_every_form(result):
    assert [one.name for one in result.tried] == ["plain", "basic", "tanh"]
    assert result.tried[0].time == 1.0
    assert result.n == 128
    for one in result.tried:
        assert one.p50_ms > 0
        assert one.time_low <= one.time <= one.time_high
        assert one.size_bytes > 7e6
    plain, basic, tanh = result.tried
    assert plain.mean_deg < 1e-3
    assert basic.mean_deg < 1e-3
    assert 1e-3 < tanh.mean_deg < 0.2
    assert GraphWorkResult.from_json(result.to_json()) == result


@pytest.mark.slow
def test_the_table(result):
    lines = graph_work_markdown(result, "some.json").splitlines()
    assert "some.json" in lines[0]
    assert lines[4].startswith("| onnx fp32 | **plain** | 8.1 |")
    assert "| 1.000 (1.000–1.000) | < 0.01 | < 0.01 |" in lines[4]
    assert lines[5].startswith("| onnx fp32 | basic |")
    assert len(lines) == 2 + 2 + 3


@pytest.mark.slow
def test_where_results_go(result):
    path = result_path(Path("r"), result)
    assert path.name.endswith("-repnext_m0-graph-work.json")
    assert path.parent.name.startswith("host-")


def test_a_damaged_result_is_told():
    with pytest.raises(HeadPoseError, match=r"here cannot be read \(schema 9, this version reads 1\): measure again"):
        GraphWorkResult.from_json({"schema": 9}, "here")


def test_session_settings_reach_onnx_runtime(tmp_path):
    with pytest.raises(HeadPoseError, match="unknown setting of ONNX Runtime's session 'no_such_setting'"):
        open_session(exported(tmp_path), verify=False, settings={"no_such_setting": 1})


def exported(folder: Path) -> Path:
    from export.pipeline import export

    return export("default-m0", targets=["onnx"], precisions=["fp32"], out=folder, parity=False).artifacts[0].path
