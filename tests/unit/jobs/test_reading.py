"""Reading jobs: files are kept for their rows, and read again once they change."""

import os

import pytest
import torch
from onnx import helper

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.core.progress import Report
from inspector.formats import columns
from inspector.jobs import reading
from inspector.jobs.requests import DetailRequest, InspectRequest


@pytest.fixture
def report():
    return Report()


@pytest.fixture
def checkpoint(tmp_path):
    def make(name, size=3):
        path = tmp_path / name
        torch.save({"weight": torch.zeros(size, 2)}, path)
        return str(path)

    return make


def read(path, tmp_path, report, outline=False):
    return reading.inspect_file(InspectRequest(path, outline=outline), tmp_path, report)


def shapes(path):
    found = reading._kept[path].found
    assert isinstance(found, Checkpoint)
    return [tensor.shape for tensor in found.tensors]


def test_the_window_gets_counts_and_the_outline_holds_the_tensors(checkpoint, tmp_path, report):
    found = read(checkpoint("a.pt"), tmp_path, report, outline=True)
    assert found.checkpoint.tensors == ()
    assert found.checkpoint.tensor_count == 1
    assert found.outline


def test_the_command_line_gets_the_tensors(checkpoint, tmp_path, report):
    facts = read(checkpoint("a.pt"), tmp_path, report).checkpoint
    assert [tensor.name for tensor in facts.tensors] == ["weight"]


def test_rows_of_two_open_files_are_described_without_reading_again(
    checkpoint, tmp_path, report, monkeypatch
):
    paths = [checkpoint("a.pt"), checkpoint("b.pt")]
    for path in paths:
        read(path, tmp_path, report)
    monkeypatch.setattr("inspector.formats.registry.open_file", None)
    for path in paths * 2:
        assert reading.describe_row(DetailRequest(path, 0), tmp_path, report).title


def test_a_file_that_changed_is_read_again(checkpoint, tmp_path, report):
    path = checkpoint("a.pt")
    read(path, tmp_path, report)
    checkpoint("a.pt", size=900)
    os.utime(path, ns=(1, 1))
    before = shapes(path)
    reading.describe_row(DetailRequest(path, 0), tmp_path, report)
    assert (before, shapes(path)) == ([(3, 2)], [(900, 2)])


def test_a_row_that_is_not_there_is_explained(checkpoint, tmp_path, report):
    with pytest.raises(InspectorError, match="no such row"):
        reading.describe_row(DetailRequest(checkpoint("a.pt"), 10_000), tmp_path, report)


def test_the_tree_is_told_of_before_the_rules_are_applied(tmp_path, monkeypatch):
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"], name="relu")],
        "g",
        [helper.make_tensor_value_info("x", 1, [1])],
        [helper.make_tensor_value_info("y", 1, [1])],
    )
    path = tmp_path / "m.onnx"
    opset = helper.make_opsetid("", 17)
    path.write_bytes(
        helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()
    )
    told = []

    def stop(model):
        assert columns.load(tmp_path).name[-2:] == ["relu", "Initializers"]
        raise ZeroDivisionError

    monkeypatch.setattr("inspector.formats.inspect.check_model", stop)
    with pytest.raises(ZeroDivisionError):
        read(str(path), tmp_path, Report(lambda kind, step: told.append((kind, step))), True)
    assert [kind for kind, _ in told] == ["stage", "outline"]
    assert told[1][1].text == str(tmp_path)
    assert told[1][1].stage == told[0][1].stage


def test_the_tree_of_a_checkpoint_waits_for_the_facts(checkpoint, tmp_path):
    told = []
    listener = Report(lambda kind, step: told.append(kind))
    read(checkpoint("a.pt"), tmp_path, listener, outline=True)
    assert told == ["stage"]
