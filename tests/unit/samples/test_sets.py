"""Data sets in the ONNX test layout: each is a run of its own."""

from pathlib import Path

import numpy as np
import pytest

from inspector.core.model import Value
from inspector.core.sources import DataSource
from inspector.samples.sets import bind_sets

onnx = pytest.importorskip("onnx")
OPEN = (Value("x", "float32", ("n", "m")),)


def write_sets(folder: Path, *sets: dict[str, np.ndarray]) -> DataSource:
    for number, arrays in enumerate(sets):
        inner = folder / f"test_data_set_{number}"
        inner.mkdir(parents=True)
        for place, (name, values) in enumerate(arrays.items()):
            tensor = onnx.numpy_helper.from_array(values, name)
            (inner / f"input_{place}.pb").write_bytes(tensor.SerializeToString())
    return DataSource(paths=(str(folder),))


def zeros(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def test_sets_of_different_sizes_are_runs(tmp_path: Path) -> None:
    data = write_sets(tmp_path, {"x": zeros(2, 3)}, {"x": zeros(1, 5)}, {"x": zeros(4, 3)})
    bound = bind_sets(OPEN, data)
    assert bound is not None
    assert bound.feeds is not None
    assert (bound.binding.samples, bound.binding.batch_size, bound.binding.problem) == (3, 1, "")
    runs = list(bound.feeds)
    assert [(run.start, run.stop) for run in runs] == [(0, 1), (1, 2), (2, 3)]
    assert [run.arrays[0].shape for run in runs] == [(2, 3), (1, 5), (4, 3)]
    np.testing.assert_array_equal(runs[2].arrays[0], zeros(4, 3))


def test_one_set_without_samples_is_a_run(tmp_path: Path) -> None:
    bound = bind_sets(OPEN, write_sets(tmp_path, {"x": zeros(0, 3)}))
    assert bound is not None
    assert bound.feeds is not None
    assert bound.feeds.first().arrays[0].shape == (0, 3)


def test_inputs_without_a_shape_may_differ_in_axis_0(tmp_path: Path) -> None:
    inputs = (Value("x", "float32", None), Value("y", "float32", None))
    data = write_sets(tmp_path, *[{"x": zeros(2, 3), "y": zeros(4)}] * 2)
    assert bind_sets(inputs, data) is not None


@pytest.mark.parametrize(
    ("sets", "inputs", "asked"),
    [
        ([{"x": zeros(2, 3)}], OPEN, {}),  # one set with samples may be cut
        ([{"x": zeros(2, 3)}] * 2, OPEN, {"batch_size": 4}),
        ([{"x": zeros(2, 3)}] * 2, OPEN, {"limit": 3}),
        ([{"x": zeros(2, 3)}] * 2, (Value("x", "float32", (1, 3)),), {}),  # two runs in each
        ([{"x": zeros(2, 3)}, {"x": zeros(2)}], OPEN, {}),
        ([{"x": zeros(2, 3)}, {"x": zeros(2, 3).astype(np.float16)}], OPEN, {}),
    ],
)
def test_other_data_is_left_to_be_cut(tmp_path: Path, sets, inputs, asked) -> None:
    data = write_sets(tmp_path, *sets)
    assert bind_sets(inputs, DataSource(paths=data.paths, **asked)) is None


def test_other_forms_of_data_are_no_sets(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", zeros(2, 3))
    assert bind_sets(OPEN, DataSource(paths=(str(tmp_path / "x.npy"),))) is None
    assert bind_sets(OPEN, DataSource(random=3)) is None
