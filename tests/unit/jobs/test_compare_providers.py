"""Every execution provider that is installed, on real files; what falls back is named."""

import time
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from inspector.core.comparison import Verdict
from inspector.core.failures import InspectorError
from inspector.core.progress import Report
from inspector.core.sources import DataSource
from inspector.jobs import compare_measure, compare_providers
from inspector.jobs.compare_measure import Watched, latency_of
from inspector.jobs.requests import ProvidersRequest
from inspector.runtimes.onnxruntime import Opening, import_onnxruntime
from inspector.runtimes.onnxruntime_placement import PlacedRuntime, profiled

NET = """
def __init__(self):
    super().__init__()
    self.line = nn.Linear(8, 4)
def forward(self, x):
    return torch.relu(self.line(x))
"""
CPU, AZURE = "CPUExecutionProvider", "AzureExecutionProvider"


@pytest.fixture
def pair(pair_of):
    pair = pair_of(NET)
    pair.export(torch.randn(2, 8), axes={"x0": {0: "batch"}})
    return pair


@pytest.fixture
def ask(pair, tmp_path, monkeypatch):
    monkeypatch.setattr(compare_measure, "SECONDS", 0.0)
    data = tmp_path / "data.npz"
    np.savez(data, x0=np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32))

    def run(providers, reference=None, candidate=None):
        request = ProvidersRequest(
            reference or pair.reference, candidate or pair.candidate, DataSource((str(data),)),
            providers, threads=1,
        )  # fmt: skip
        return compare_providers.run(request, tmp_path / "job", Report())

    return run


def test_all_that_are_installed_are_measured_and_compared(ask):
    threads = torch.get_num_threads()
    found = ask("all")
    available = import_onnxruntime().get_available_providers()
    names = [one.name for one in found.measured]
    assert names[0] == "reference (PyTorch)"
    assert set(names[1:]) == set(available)
    assert (found.threads, found.batch_size, found.samples) == (1, 32, 40)
    for one in found.measured:
        assert one.failure == ""
        assert one.latency is not None
        assert 0 < one.latency.median <= one.latency.p90
        assert (one.latency.warm_up, one.latency.runs) == (3, 5)
    count = len(names)
    assert len(found.against) == count * (count - 1) // 2
    assert {pair.verdict for pair in found.against} == {Verdict.PASS}
    assert all(pair.outputs[0].elements == 160 for pair in found.against)
    assert "1 thread" in found.conditions
    assert torch.get_num_threads() == threads


@pytest.mark.skipif(
    AZURE not in import_onnxruntime().get_available_providers(), reason="needs that provider"
)
def test_a_provider_that_computes_nothing_itself_says_who_does(ask):
    found = ask("azure")
    (_, one) = found.measured
    assert (one.name, one.nodes) == (AZURE, len(one.elsewhere))
    assert {placed.op_type for placed in one.elsewhere} == {"Gemm", "Relu"}
    assert {placed.provider for placed in one.elsewhere} == {CPU}
    assert one.fell_back == "None of 2 nodes runs on it: all run on CPU (Gemm, Relu)."


def test_the_cpu_computes_everything_itself(ask):
    (_, one) = ask("cpu").measured
    assert (one.name, one.elsewhere, one.fell_back) == (CPU, (), "")
    assert one.nodes == 2


def test_a_defect_is_seen_on_the_provider_that_has_it(ask, pair):
    model = onnx.load(pair.candidate.path)
    weight = next(w for w in model.graph.initializer if len(w.dims) == 1)
    changed = onnx.numpy_helper.to_array(weight) + 1
    weight.CopyFrom(onnx.numpy_helper.from_array(changed, weight.name))
    onnx.save(model, pair.candidate.path)
    (against,) = ask("cpu").against
    assert against.verdict is Verdict.FAIL
    assert "differ" in against.sentence


def test_a_provider_that_is_not_here_is_refused_and_one_that_fails_is_told(ask, monkeypatch):
    with pytest.raises(InspectorError, match="'NoSuchExecutionProvider' is not available"):
        ask("cpu,NoSuchExecutionProvider")
    placed = PlacedRuntime

    def fails(opening, threads):
        if opening.provider == AZURE:
            raise RuntimeError("the device was lost")
        return placed(opening, threads)

    monkeypatch.setattr(compare_providers, "PlacedRuntime", fails)
    found = ask("cpu,azure")
    assert "the device was lost" in found.measured[2].failure or found.measured[2].failure
    assert found.measured[2].latency is None
    assert [(one.reference, one.candidate) for one in found.against] == [
        ("reference (PyTorch)", CPU)
    ]


def test_a_checkpoint_runs_on_no_provider(ask, pair):
    with pytest.raises(InspectorError, match="Only ONNX files run on execution providers"):
        ask("all", pair.candidate, pair.reference)


def test_the_profile_names_the_same_nodes(pair, tmp_path):
    opening = Opening(pair.candidate.path, CPU, "off", ())
    placed = PlacedRuntime(opening, 1)
    feeds = {"x0": np.zeros((2, 8), np.float32)}
    found = profiled(opening, feeds, tmp_path / "profiles")
    assert placed.nodes is not None
    assert {(one.op_type, one.provider) for one in found} == {("Gemm", CPU), ("Relu", CPU)}
    assert {one.node for one in found} == {one.node for one in placed.nodes}
    assert len(list(Path(tmp_path / "profiles").iterdir())) == 1


def test_latency_counts_no_run_that_warms_up(monkeypatch):
    monkeypatch.setattr(compare_measure, "SECONDS", 0.05)
    calls: list[int] = []

    def call():
        calls.append(len(calls))
        time.sleep(0.05 if len(calls) <= compare_measure.WARM_UP - 1 else 0.002)

    found = latency_of(call)
    assert found.p90 < 0.05
    assert len(calls) == found.warm_up + found.runs


def test_memory_is_watched_while_it_is_held():
    with Watched() as memory:
        held = np.ones(8 << 20)
        time.sleep(0.05)
        del held
    assert memory.growth >= 60 << 20
    assert memory.device_growth is None or memory.device_growth >= 0
