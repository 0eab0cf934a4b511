"""Reading jobs: files are kept for their rows, and read again once they change."""

import os

import pytest
import torch

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.core.progress import Report
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
