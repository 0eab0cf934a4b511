"""Exports through the real worker: what was asked for is what is in the file, or nothing is."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from inspector.core.failures import InspectorError, TrustNeededError
from inspector.core.input_spec import parse_input_spec
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.jobs import export, export_target
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import Event, Exported, ExportRequest

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"

SOURCE = """
import time
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.drop = nn.Dropout(0.5)
        self.constant = nn.Parameter(torch.ones(3, 4))
    def forward(self, x):
        y = self.drop(self.fc(x))
        return {"scores": y, "pair": (x @ (self.constant * 2).t(), y.sum())}

class Branches(Net):
    def forward(self, x):
        return self.fc(x) if x.sum() > 0 else -self.fc(x)

class Untranslatable(Net):
    def forward(self, x):
        return torch.special.bessel_j0(self.fc(x))

class Raises(Net):
    def forward(self, x):
        raise ValueError("this model takes no input today")

class Slow(Net):
    def forward(self, x):
        time.sleep(30)
        return self.fc(x)

class Half(Net):
    def __init__(self):
        super().__init__()
        self.double()

class Fixed(Net):
    def forward(self, x):
        return self.fc(x) + torch.arange(2.0)[:, None]

class Baked(Net):
    def forward(self, x):
        return self.fc(x).reshape(int(x.shape[0]), -1)

class Gelu(Net):
    def forward(self, x):
        return nn.functional.gelu(self.fc(x))

class Loop(Net):
    def forward(self, x):
        return torch.stack([self.fc(x[i]) * (i + 1) for i in range(len(x))]).sum(0)

class Steps(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(4, 3)

    def forward(self, x):
        return self.lstm(x)[0]

class ByName(Net):
    def forward(self, x, *, rate):
        return self.fc(x) * rate

class Noise(Net):
    def forward(self, x):
        return self.fc(x) + torch.randn_like(x[:, :3])

class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x):
        return self.norm(x)

class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)

    def forward(self, x):
        return self.layer(x)

class Options(Net):
    def forward(self, x, mask, scale=2.0, fast=True):
        return self.fc(x) * scale + mask
"""


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient() as client:
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for the output, apart from the inputs."""
    made = tmp_path / "out"
    made.mkdir()
    return made


@pytest.fixture
def request_for(tmp_path: Path, folder: Path) -> Any:
    (tmp_path / "nets.py").write_text(SOURCE)
    torch.manual_seed(0)
    linear = torch.nn.Linear(4, 3)
    weights = {"fc.weight": linear.weight, "fc.bias": linear.bias, "constant": torch.ones(3, 4)}
    torch.save(weights, tmp_path / "weights.pt")

    def request(name: str = "Net", *inputs: str, **options: Any) -> ExportRequest:
        specs = tuple(parse_input_spec(text) for text in inputs or ("x=float32[batch=2,4]",))
        source = ModelSource(
            str(tmp_path / "weights.pt"), f"{tmp_path / 'nets.py'}:{name}", "{}", True, specs
        )
        return ExportRequest(source, str(folder / "model.onnx"), **options)

    return request


def rules(exported: Exported) -> set[str]:
    return {finding.rule for finding in exported.findings}


@pytest.mark.parametrize("name", ["simple_net.pt", "simple_net_state_dict.pt"])
def test_the_tutorial_comes_out_as_asked(worker: WorkerClient, folder: Path, name: str) -> None:
    sample = SAMPLES / "simple_net"
    source = ModelSource(
        str(sample / name),
        str(sample / "simple_net.py"),
        trust=True,
        inputs=(parse_input_spec("input=float32[1,10]"),),
        output_names=("output",),
    )
    output = folder / "simple_net.onnx"
    exported = worker.run("export", ExportRequest(source, str(output), opset=14))
    assert exported.opset_imports == {"ai.onnx": 14}
    assert exported.exporter == "torchscript"
    assert rules(exported) == {"exporter-switched"}
    model = onnx.load(output)
    assert [item.version for item in model.opset_import] == [14]
    assert [value.name for value in model.graph.input] == ["input"]
    assert [value.name for value in model.graph.output] == ["output"]
    assert [node.op_type for node in model.graph.node] == ["Gemm", "Relu", "Gemm"]
    assert {tuple(t.dims) for t in model.graph.initializer} == {(16, 10), (16,), (3, 16), (3,)}
    session = onnxruntime.InferenceSession(output)
    x = np.load(sample / "samples.npz")
    data = x[x.files[0]][:1].astype(np.float32)
    state = torch.load(sample / "simple_net_state_dict.pt", weights_only=True)
    hidden = np.maximum(data @ state["fc1.weight"].numpy().T + state["fc1.bias"].numpy(), 0)
    expected = hidden @ state["fc2.weight"].numpy().T + state["fc2.bias"].numpy()
    np.testing.assert_allclose(session.run(None, {"input": data})[0], expected, rtol=1e-5)


def test_constant_folding_is_done_and_left_as_asked(worker: WorkerClient, request_for: Any) -> None:
    counts = {}
    for folding in (True, False):
        asked = request_for(opset=17, exporter="torchscript", constant_folding=folding)
        exported = worker.run("export", asked)
        nodes = onnx.load(exported.output).graph.node
        counts[folding] = sum(node.op_type == "Transpose" for node in nodes)
        assert "exporter-switched" not in rules(exported)
    assert counts[True] < counts[False]


def test_names_dynamic_sizes_and_numbers_are_those_of_the_model(
    worker: WorkerClient, request_for: Any
) -> None:
    events: list[Event] = []
    asked = request_for()
    exported = worker.run("export", asked, events.append)
    assert exported.exporter == "dynamo"
    assert exported.opset_imports == {"ai.onnx": 18}
    assert exported.checked == ("onnx.checker", "ONNX Runtime")
    assert [tuple(value) for value in exported.inputs] == [("x", "float32", ("batch", 4))]
    assert [value.name for value in exported.outputs] == [
        "out.scores", "out.pair[0]", "out.pair[1]",
    ]  # fmt: skip
    assert exported.outputs[0].shape == ("batch", 3)
    stages = [event.stage for event in events if event.kind == "stage"]
    assert stages == [
        "Loading checkpoint", "Trying it once in PyTorch", "Capturing graph", "Decomposing",
        "Translating to ONNX", "Optimising", "Saving", "Checking",
    ]  # fmt: skip
    assert list(exported.seconds) == stages
    session = onnxruntime.InferenceSession(exported.output)
    x = np.ones((5, 4), np.float32)
    state = torch.load(asked.source.path, weights_only=True)
    scores, pair, _ = session.run(None, {"x": x})
    expected = x @ state["fc.weight"].detach().numpy().T + state["fc.bias"].detach().numpy()
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    assert pair.tolist() == [[8.0] * 3] * 5


def test_local_paths_leave_only_when_kept_on_purpose(
    worker: WorkerClient, request_for: Any, tmp_path: Path
) -> None:
    path = str(tmp_path).encode()
    raw = {}
    for keep in (False, True):
        exported = worker.run("export", request_for(keep_paths=keep))
        raw[keep] = Path(exported.output).read_bytes()
        assert b"pkg.torch.onnx.name_scopes" in raw[keep]
    assert path in raw[True]
    for leak in (path, b"/home", b"site-packages", b"stack_trace", b'File "'):
        assert leak not in raw[False]


def test_the_symbol_is_written_for_torchscript_too(worker: WorkerClient, request_for: Any) -> None:
    exported = worker.run("export", request_for(opset=17))
    assert exported.inputs[0].shape == ("batch", 4)
    onnxruntime.InferenceSession(exported.output).run(None, {"x": np.ones((7, 4), np.float32)})


def test_a_dimension_that_the_model_fixes_is_named(worker: WorkerClient, request_for: Any) -> None:
    with pytest.raises(InspectorError, match="size 2 only along axis 0 of 'x'") as caught:
        worker.run("export", request_for("Fixed"))
    assert "\x1b" not in caught.value.failure.detail


def test_a_size_that_is_baked_in_is_found_by_trying_another(
    worker: WorkerClient, request_for: Any
) -> None:
    failing = worker.run("export", request_for("Baked", opset=17))
    assert failing.inputs[0].shape == ("batch", 4)
    assert "does not run with batch=3" in failing.findings[0].sentence
    wrong = worker.run("export", request_for("Loop", opset=17))
    assert wrong.findings[0].rule == "size-baked-in"
    assert "gives other results with batch=3" in wrong.findings[0].sentence
    right = worker.run("export", request_for("Net", opset=17))
    assert "size-baked-in" not in rules(right)


def test_a_step_count_that_dynamo_writes_down_is_found(
    worker: WorkerClient, request_for: Any, folder: Path
) -> None:
    request = request_for("Steps", "x=float32[steps=5,batch=2,4]")
    torch.save(torch.nn.LSTM(4, 3).state_dict(), request.source.path)
    weights = {f"lstm.{name}": w for name, w in torch.load(request.source.path).items()}
    torch.save(weights, request.source.path)
    exported = worker.run("export", request)
    assert exported.exporter == "dynamo"
    assert "does not run with steps=6" in exported.findings[0].sentence


def test_a_random_file_is_not_said_to_have_baked_sizes(
    worker: WorkerClient, request_for: Any
) -> None:
    found = worker.run("export", request_for("Noise", opset=17))
    assert "random-operators" in rules(found)
    assert "size-baked-in" not in rules(found)


def test_an_input_that_only_a_name_can_pass_is_exported_by_dynamo_alone(
    worker: WorkerClient, request_for: Any
) -> None:
    inputs = ("x=float32[2,4]", "rate=float32[]=16000")
    exported = worker.run("export", request_for("ByName", *inputs))
    assert [(value.name, value.shape) for value in exported.inputs] == [("x", (2, 4)), ("rate", ())]
    with pytest.raises(InspectorError, match="'rate' by its name only"):
        worker.run("export", request_for("ByName", *inputs, opset=17))


def test_a_transformer_layer_is_exported_with_torchscript(
    worker: WorkerClient, request_for: Any
) -> None:
    request = request_for("Layer", "x=float32[1,3,4]", opset=17)
    layer = torch.nn.TransformerEncoderLayer(4, 2, 8)
    weights = {f"layer.{name}": w for name, w in layer.state_dict().items()}
    torch.save(weights, request.source.path)
    assert worker.run("export", request).checked == ("onnx.checker", "ONNX Runtime")


def test_a_file_that_the_checker_refuses_is_not_kept(
    worker: WorkerClient, request_for: Any, folder: Path
) -> None:
    with pytest.raises(InspectorError, match="Gelu"):
        worker.run("export", request_for("Gelu", opset=26))
    assert list(folder.iterdir()) == []


def test_arguments_that_are_no_inputs_are_said_to_be_fixed(
    worker: WorkerClient, request_for: Any
) -> None:
    asked = request_for("Options", "x=float32[2,4]", "mask=float32[2,3]")
    exported = worker.run("export", asked)
    finding = next(f for f in exported.findings if f.rule == "frozen-arguments")
    assert finding.where == ("scale=2.0", "fast=True")


def test_training_mode_is_exported_only_when_asked_in_so_many_words(
    worker: WorkerClient, request_for: Any
) -> None:
    plain = worker.run("export", request_for())
    assert "random-operators" not in rules(plain)
    asked = worker.run("export", request_for(training_mode=True))
    assert {"training-mode-export", "random-operators"} <= rules(asked)
    assert asked.findings[0].severity == "must"
    again = worker.run("export", request_for())
    assert "random-operators" not in rules(again)


def test_trying_it_in_training_mode_leaves_what_was_learned(
    worker: WorkerClient, request_for: Any
) -> None:
    request = request_for("Normed", training_mode=True)
    norm = torch.nn.BatchNorm1d(4)
    torch.save({f"norm.{name}": w for name, w in norm.state_dict().items()}, request.source.path)
    worker.run("export", request)
    session = onnxruntime.InferenceSession(request.output, providers=["CPUExecutionProvider"])
    x = np.array([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0]], np.float32)
    (y,) = session.run(None, {"x": x})
    assert np.allclose(y, x, atol=1e-4)  # mean 0 and variance 1, as saved


def test_float64_that_onnx_runtime_cannot_run_is_said(
    worker: WorkerClient, request_for: Any, tmp_path: Path
) -> None:
    source = (tmp_path / "nets.py").read_text()
    (tmp_path / "nets.py").write_text(source.replace("self.double()", "self.bfloat16()"))
    asked = request_for("Half", "x=bfloat16[2,4]")
    exported = worker.run("export", asked)
    assert exported.checked == ("onnx.checker",)
    finding = exported.findings[0]
    assert finding.rule == "onnxruntime-cannot-load"
    assert "has no kernel for the node 'node_linear'" in finding.sentence


def test_torchscript_is_exported_with_the_exporter_that_can(
    worker: WorkerClient, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "net.jit"
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        torch.jit.script(torch.nn.Sequential(torch.nn.Linear(4, 3)).eval()).save(str(path))
    specs = (parse_input_spec("x=float32[batch=2,4]"),)
    source = ModelSource(str(path), trust=True, inputs=specs)
    exported = worker.run("export", ExportRequest(source, str(folder / "net.onnx"), opset=17))
    assert exported.exporter == "torchscript"
    assert "exporter-switched" in rules(exported)
    onnxruntime.InferenceSession(exported.output).run(None, {"x": np.ones((3, 4), np.float32)})


class Flip(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return ~x


def test_torchscript_that_cannot_be_translated_is_sent_to_no_other_exporter(
    worker: WorkerClient, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "flip.jit"
    with pytest.warns(DeprecationWarning, match="torch.jit"):
        torch.jit.script(Flip()).save(str(path))
    source = ModelSource(str(path), trust=True, inputs=(parse_input_spec("x=int32[2]"),))
    with pytest.raises(InspectorError, match="cannot translate") as caught:
        worker.run("export", ExportRequest(source, str(folder / "flip.onnx")))
    assert "No other exporter takes TorchScript programs" in caught.value.failure.hint
    assert "TS2EPConverter" in caught.value.failure.hint


@pytest.mark.parametrize(
    ("name", "inputs", "said"),
    [
        ("Net", "x=float32[1,7]", "In 'fc': an input has the wrong shape"),
        ("Net", "x=int64[1,4]", "another dtype"),
        ("Raises", "x=float32[1,4]", "ValueError: this model takes no input today"),
        ("Untranslatable", "x=float32[1,4]", "no translation for the operator"),
        ("Branches", "x=float32[2,4]", "decides by the values"),
        ("Missing", "x=float32[2,4]", "does not define 'Missing'"),
        ("Options", "x=float32[2,4]", "needs more inputs than it was given: mask"),
    ],
)
def test_a_failure_is_explained_and_the_file_before_is_untouched(
    worker: WorkerClient, request_for: Any, folder: Path, name: str, inputs: str, said: str
) -> None:
    before = folder / "model.onnx"
    before.write_bytes(b"the last good file")
    with pytest.raises(InspectorError) as caught:
        worker.run("export", request_for(name, inputs))
    failure = caught.value.failure
    assert said in failure.sentence
    assert failure.hint
    assert before.read_bytes() == b"the last good file"
    assert [path.name for path in folder.iterdir()] == ["model.onnx"]


def test_an_export_needs_consent(worker: WorkerClient, request_for: Any, folder: Path) -> None:
    asked = request_for()
    refused = replace(asked, source=replace(asked.source, trust=False))
    with pytest.raises(TrustNeededError):
        worker.run("export", refused)
    assert list(folder.iterdir()) == []


def test_inputs_that_were_not_given_are_guessed_and_it_is_said(
    worker: WorkerClient, request_for: Any
) -> None:
    asked = request_for()
    exported = worker.run("export", replace(asked, source=replace(asked.source, inputs=())))
    assert [str(spec) for spec in exported.specs] == ["x=float32[batch=2,4]"]
    assert "guessed-input" in rules(exported)


@pytest.mark.parametrize("stage", ["Trying it once in PyTorch", "Capturing graph"])
def test_a_killed_export_is_over_at_once_and_leaves_nothing(
    request_for: Any, folder: Path, stage: str
) -> None:
    before = folder / "model.onnx"
    before.write_bytes(b"the last good file")
    killed_at: list[float] = []
    with WorkerClient() as client:

        def kill_at_stage(event: Event) -> None:
            if event.kind == "stage" and event.stage == stage:
                killed_at.append(time.monotonic())
                client.kill()
                raise KeyboardInterrupt

        name = "Slow" if stage.startswith("Trying") else "Net"
        with pytest.raises(KeyboardInterrupt):
            client.run("export", request_for(name), kill_at_stage)
        assert time.monotonic() - killed_at[0] < 0.5
        assert [path.name for path in folder.iterdir()] == ["model.onnx"]
        assert before.read_bytes() == b"the last good file"


def test_a_worker_that_dies_by_itself_leaves_nothing(request_for: Any, folder: Path) -> None:
    with WorkerClient() as client:

        def strike(event: Event) -> None:
            if event.stage == "Trying it once in PyTorch":
                process = client._process
                assert process is not None
                threading.Thread(target=os.kill, args=(process.pid, 9)).start()

        with pytest.raises(InspectorError, match="ended from outside") as caught:
            client.run("export", request_for("Slow"), strike)
        assert caught.value.failure.stage == "Trying it once in PyTorch"
    assert list(folder.iterdir()) == []


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_full_disk_is_explained_and_leaves_nothing(
    worker: WorkerClient,
    request_for: Any,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(model: Any, draft: Path) -> None:
        draft.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(draft))

    monkeypatch.setattr(export, "save", full)
    assert export_target.save is not full
    before = folder / "model.onnx"
    before.write_bytes(b"the last good file")
    with pytest.raises(OSError, match="No space left"):
        export.run(request_for(opset=17), tmp_path, Report())
    assert [path.name for path in folder.iterdir()] == ["model.onnx"]
    assert before.read_bytes() == b"the last good file"


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that is full; only root may make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        with contextlib.suppress(OSError), (disk / "filler").open("wb", 0) as filler:
            while True:
                filler.write(b"x" * 512)
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_fills_up_is_explained(
    worker: WorkerClient, request_for: Any, tiny_disk: Path
) -> None:
    with pytest.raises(InspectorError, match="not enough room on the disk") as caught:
        worker.run("export", replace(request_for(), output=str(tiny_disk / "model.onnx")))
    assert caught.value.failure.stage == "Saving"
    assert [path.name for path in tiny_disk.iterdir()] == ["filler"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody may write to")
def test_an_output_folder_that_is_not_writable_is_said_first(
    worker: WorkerClient, request_for: Any
) -> None:
    events: list[Event] = []
    with pytest.raises(InspectorError, match="cannot be written to"):
        worker.run("export", replace(request_for(), output="/proc/self/model.onnx"), events.append)
    assert "Loading checkpoint" not in {event.stage for event in events}
