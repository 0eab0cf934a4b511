"""Real models: values of every tensor, tables, matches and differences."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Model
from inspector.core.progress import Report
from inspector.core.tensor_statistics import TensorStatistics
from inspector.formats.registry import open_file
from inspector.formats.stored import stored_tensors
from inspector.formats.tables import write_table
from inspector.formats.tensor_values import open_values
from inspector.formats.weights import read_tensor
from inspector.jobs import difference, match
from inspector.jobs.requests import AgainstRequest

_FOLDER = os.environ.get("ONNX_INSPECTOR_CORPUS", "")
_FILES = sorted(path for path in Path(_FOLDER).rglob("*") if path.is_file()) if _FOLDER else []
_ONNX = [path for path in _FILES if path.suffix == ".onnx"]

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not _FILES, reason="no folder of real models is named"),
]


def _label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _opened(path: Path) -> Model | Checkpoint:
    try:
        return open_file(path)
    except InspectorError:
        pytest.skip("no model file")


@pytest.mark.parametrize("path", _FILES, ids=_label)
def test_every_tensor_is_described_as_numpy_does(path: Path, tmp_path: Path) -> None:
    found = _opened(path)
    counted = 0
    for tensor in stored_tensors(found):
        if tensor.payload is None or tensor.dtype == "string":
            continue
        expected = np.asarray(read_tensor(path, tensor))
        statistics = TensorStatistics()
        with open_values(path, tensor) as values:
            for _, block in values.blocks():
                statistics.update(block)
        assert statistics.values == expected.size
        if expected.size and expected.dtype.kind in "biuf" and np.isfinite(expected).all():
            counted += 1
            assert (statistics.minimum, statistics.maximum) == (expected.min(), expected.max())
            mean = float(np.mean(expected, dtype=np.float64))
            scale = float(np.abs(expected).max())
            assert statistics.mean == pytest.approx(mean, rel=1e-9, abs=1e-9 * scale)
    assert write_table(found, "tensors", tmp_path / "t.csv") == len(list(stored_tensors(found)))
    assert counted or not isinstance(found, Model)


@pytest.mark.parametrize("path", _ONNX, ids=_label)
def test_a_model_does_not_differ_from_itself(path: Path, tmp_path: Path) -> None:
    found = difference.run(AgainstRequest((str(path), str(path))), tmp_path, Report())
    assert found.changes == ()
    assert found.unread == ()


def test_the_weights_of_silero_vad_are_those_of_its_script(tmp_path: Path) -> None:
    folder = Path(_FOLDER) / "silero-vad"
    if not (folder / "silero_vad.jit").exists():
        pytest.skip("the model was not fetched")
    paths = str(folder / "silero_vad.jit"), str(folder / "silero_vad.onnx")
    found = match.run(AgainstRequest(paths), tmp_path, Report())
    assert found.counts["same"] == 30
    assert found.extra == ()
