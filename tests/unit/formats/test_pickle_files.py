"""Plain pickles: what lies inside and between their instructions is listed where it lies."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from inspector.core.failures import InspectorError
from inspector.core.findings import check_checkpoint
from inspector.core.model import Checkpoint
from inspector.formats.registry import open_file
from inspector.formats.sniff import classify
from inspector.formats.weights import read_tensor


def _pickled(path: Path, value: Any, protocol: int) -> Checkpoint:
    path.write_bytes(pickle.dumps(value, protocol))
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    return found


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_tensors_in_a_plain_pickle_are_listed_where_they_lie(tmp_path: Path, protocol: int) -> None:
    state = {"w": torch.arange(6.0).reshape(2, 3), "big": torch.ones(600, 1000)}
    path = tmp_path / "state.pkl"
    found = _pickled(path, state, protocol)
    assert [(t.name, t.dtype, t.shape) for t in found.tensors] == [
        ("w", "float32", (2, 3)), ("big", "float32", (600, 1000)),
    ]  # fmt: skip
    for tensor in found.tensors:
        np.testing.assert_array_equal(read_tensor(path, tensor), state[tensor.name].numpy())
    assert {item.judgement for item in found.imports} == {"harmless"}
    assert "dangerous-imports" not in {finding.rule for finding in check_checkpoint(found)}


def test_tensors_of_protocol_2_are_listed(tmp_path: Path) -> None:
    found = _pickled(tmp_path / "state.pkl", {"w": torch.ones(2, 3)}, 2)
    assert (found.tensors[0].shape, found.tensors[0].bytes) == ((2, 3), 24)
    assert found.tensors[0].payload is None


@pytest.mark.parametrize("protocol", [0, 1])
def test_the_oldest_protocols_are_known(tmp_path: Path, protocol: int) -> None:
    for value in ({"a": 1}, [1, 2], LinearRegression()):
        found = _pickled(tmp_path / "old.pkl", value, protocol)
        assert classify(tmp_path / "old.pkl") == "checkpoint"
        assert found.form == "pickle"
    path = tmp_path / "trap.txt"
    path.write_bytes(b"cos\nsystem\n(S'touch marker'\ntR.")
    found_trap = open_file(path)
    assert isinstance(found_trap, Checkpoint)
    assert found_trap.imports[0].judgement == "dangerous"
    assert found_trap.next_step.startswith("Do not load it")


def test_a_scikit_learn_model_says_how_it_becomes_onnx(tmp_path: Path) -> None:
    net = LinearRegression().fit(np.eye(3), np.arange(3.0))
    found = _pickled(tmp_path / "net.pkl", net, 4)
    assert "skl2onnx" in found.next_step
    assert ("coef_", "float64", (3,)) in [(t.name, t.dtype, t.shape) for t in found.tensors]


def test_the_arrays_that_joblib_writes_between_are_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "net.joblib"
    held = {
        "net": LinearRegression().fit(np.eye(3), np.arange(3.0)),
        "mixed": np.array(["a", {"x": 1}], object),
        "table": np.arange(6).reshape(2, 3),
    }
    joblib.dump(held, path)
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    assert ("table", "int64", (2, 3), 48) in [
        (t.name, t.dtype, t.shape, t.bytes) for t in found.tensors
    ]
    assert "skl2onnx" in found.next_step
    data = path.read_bytes()
    for end in range(40, len(data) - 1, 23):
        path.write_bytes(data[:end])
        with pytest.raises(InspectorError):
            open_file(path)
