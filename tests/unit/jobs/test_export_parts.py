"""The parts of an export: stages from printed lines, and a target that is whole or untouched."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import onnx
import onnx_ir
import pytest
import torch

from inspector.core.failures import InspectorError
from inspector.core.input_spec import parse_input_spec
from inspector.core.progress import Report, Step
from inspector.jobs.export_call import Plan, call_torchscript
from inspector.jobs.export_check import check
from inspector.jobs.export_stages import StageWriter
from inspector.jobs.export_target import save, strip, writing
from inspector.runtimes.pytorch_call import bind_call, signature_of


def test_printed_lines_become_stages_and_stay_in_the_log() -> None:
    log, heard = io.StringIO(), []
    report = Report(lambda kind, step: heard.append((kind, step)))
    writer = StageWriter(log, report)
    begin = "Obtain model graph for `Net` with `torch.export.export(..., strict={})`..."
    for line in (begin.format(False), begin.format(False) + " \u274c", begin.format(True)):
        print("[torch.onnx]", line, file=writer)
    print("[torch.onnx] Run decompositions...", file=writer)
    print("[torch.onnx] Run decompositions... \u2705", file=writer)
    print("Translate the graph into ONNX...", file=writer)
    assert heard == [
        ("stage", Step("Capturing graph")),
        (
            "progress",
            Step("Capturing graph", "a second way, since the first did not succeed"),
        ),
        ("stage", Step("Decomposing")),
    ]
    assert log.getvalue().count("\n") == 6


def test_what_was_made_stays_in_the_job(tmp_path: Path) -> None:
    output, job = tmp_path / "model.onnx", tmp_path / "job"
    job.mkdir()
    output.write_bytes(b"old")
    with writing(str(output), job) as target:
        target.draft.write_bytes(b"new one")
        (target.folder / "model.onnx.data").write_bytes(b"weights")
        assert target.size == 14
    assert output.read_bytes() == b"old"
    assert target.draft.read_bytes() == b"new one"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    output, job = tmp_path / "model.onnx", tmp_path / "job"
    job.mkdir()
    output.write_bytes(b"old")
    with contextlib.suppress(RuntimeError), writing(str(output), job) as target:
        target.draft.write_bytes(b"half")
        raise RuntimeError
    assert output.read_bytes() == b"old"
    assert list(job.iterdir()) == []


def test_a_target_that_cannot_be_is_said_before_anything_is_done(tmp_path: Path) -> None:
    for output, said in (
        (tmp_path, "is a folder"),
        (tmp_path / "nowhere" / "model.onnx", "does not exist"),
    ):
        with pytest.raises(InspectorError, match=said), writing(str(output), tmp_path):
            pass


def exported(folder: Path, module: torch.nn.Module, *inputs: str, opset: int = 17) -> Any:
    specs = tuple(parse_input_spec(text) for text in inputs)
    signature = signature_of(module)
    tensors = [torch.zeros(spec.shape) for spec in specs]
    call = bind_call(signature, [spec.name for spec in specs], tensors)
    plan = Plan(module.eval(), call, signature, specs, ("output",), opset, True, False)
    model, _ = call_torchscript(plan, folder / "raw.onnx", Report())
    return model


class Drop(torch.nn.Module):
    def forward(self, x: torch.Tensor, unused: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.dropout(x).reshape(int(x.shape[0]), -1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_written_file_is_read_back_and_remarked_upon(tmp_path: Path) -> None:
    texts = ("x=float32[batch=2,3]", "unused=float32[2]")
    model = exported(tmp_path, Drop(), *texts)
    path = tmp_path / "model.onnx"
    save(model, path)
    specs = [parse_input_spec(text) for text in texts]
    checked = check(path, 18, specs)
    assert checked.opset_imports["ai.onnx"] == 17
    assert checked.checked == ("onnx.checker", "ONNX Runtime")
    rules = {finding.rule: finding for finding in checked.findings}
    assert set(rules) == {"opset-differs", "input-dropped", "random-operators"}
    assert rules["input-dropped"].where == ("unused",)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_operator_without_kernel_is_a_finding_not_a_failure(tmp_path: Path) -> None:
    model = exported(tmp_path, torch.nn.Sequential(torch.nn.Linear(3, 2)), "x=float32[1,3]")
    model.graph.append(onnx_ir.Node("", "Acme", [], name="acme", num_outputs=1))
    model.graph[-1].domain = "com.acme"
    model.opset_imports["com.acme"] = 1
    path = tmp_path / "model.onnx"
    save(model, path)
    checked = check(path, 17, [])
    assert checked.checked == ("onnx.checker",)
    assert "com.acme:Acme" in checked.findings[0].sentence


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_file_that_breaks_a_rule_is_refused(tmp_path: Path) -> None:
    model = exported(tmp_path, torch.nn.Sequential(torch.nn.Linear(3, 2)), "x=float32[1,3]")
    model.graph.append(onnx_ir.Node("", "NoSuchOperator", [], num_outputs=1))
    path = tmp_path / "model.onnx"
    save(model, path)
    with pytest.raises(InspectorError, match="NoSuchOperator"):
        check(path, 17, [])


def test_a_file_that_names_weights_elsewhere_is_refused_before_a_library_reads_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "secret").write_bytes(bytes(8))
    (tmp_path / "models").mkdir()
    weight = onnx.TensorProto(
        name="w", data_type=1, dims=[2], data_location=onnx.TensorProto.EXTERNAL
    )
    weight.external_data.add(key="location", value="../secret")
    value = onnx.helper.make_tensor_value_info("y", 1, [2])
    node = onnx.helper.make_node("Identity", ["w"], ["y"])
    graph = onnx.helper.make_graph([node], "g", [], [value], [weight])
    opsets = [onnx.helper.make_opsetid("", 18)]
    path = tmp_path / "models" / "model.onnx"
    made = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10)
    path.write_bytes(made.SerializeToString())
    with pytest.raises(InspectorError, match="outside its own folder"):
        check(path, 18, [])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_paths_are_stripped_and_scopes_stay(tmp_path: Path) -> None:
    model = exported(tmp_path, torch.nn.Sequential(torch.nn.Linear(3, 2)), "x=float32[1,3]")
    node = model.graph[0]
    node.metadata_props["pkg.torch.onnx.stack_trace"] = "File '/home/me/net.py', line 3"
    node.metadata_props["pkg.torch.onnx.name_scopes"] = "['', '0']"
    node.doc_string = "/home/me/net.py"
    assert strip(model) >= 2
    save(model, tmp_path / "model.onnx")
    raw = (tmp_path / "model.onnx").read_bytes()
    assert b"/home/me" not in raw
    assert b"name_scopes" in raw
