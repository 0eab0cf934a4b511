"""Looking at a tensor: what the job says is what numpy computes from the same values."""

import numpy as np
import pytest
import torch
from onnx import helper, numpy_helper

from inspector.core.failures import InspectorError
from inspector.core.progress import Report
from inspector.jobs import tensor as job
from inspector.jobs.output import put
from inspector.jobs.requests import TensorRequest


@pytest.fixture
def look(tmp_path):
    def run(value, **how):
        torch.save({"w": value}, tmp_path / "c.pt")
        request = TensorRequest(str(tmp_path / "c.pt"), name="w", **how)
        return job.run(request, tmp_path, Report())

    return run


def test_numbers_bars_and_picture_describe_the_values(look):
    value = torch.randn(300, 70, generator=torch.Generator().manual_seed(0))
    value[0, :5] = 0.0
    value[1, 0], value[1, 1] = float("nan"), float("inf")
    found, array = look(value), value.numpy()
    finite = array[np.isfinite(array)].astype(np.float64)
    assert (found.values, found.zeros, found.nan, found.positive_infinity) == (21_000, 5, 1, 1)
    assert (found.minimum, found.maximum) == (finite.min(), finite.max())
    assert found.mean == pytest.approx(finite.mean(), abs=1e-12)
    assert found.deviation == pytest.approx(finite.std(), rel=1e-9)
    assert sum(found.bars.counts) == finite.size
    assert sum(found.sizes.negative) + sum(found.sizes.positive) == finite.size - 5
    assert found.first == pytest.approx(array.reshape(-1)[:64].tolist(), nan_ok=True)
    assert np.load(found.picture.file).shape == found.picture.shape == (256, 70)
    assert found.npy == ""
    assert found.picture.text.endswith("; what is pink is NaN or infinite")


def test_what_is_not_finite_is_told_from_the_gaps_of_a_picture(look):
    value = torch.ones(4, 3, 5, 5)
    value[0, 0, 0, :2] = torch.tensor([float("nan"), float("-inf")])
    cells = np.load(look(value).picture.file)
    assert np.isinf(cells).sum() == 2
    assert np.isnan(cells).sum() == cells.size - value.numel()
    assert np.isinf(np.load(look(torch.full((4, 4), float("nan"))).picture.file)).all()


def test_more_values_than_a_block_are_all_seen(look):
    value = torch.arange(1_000_000)
    found = look(value)
    assert (found.minimum, found.maximum, found.mean) == (0, 999_999, 499_999.5)
    assert sum(found.bars.counts) == 1_000_000
    assert np.load(found.picture.file)[0, -1] == 999_999


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int64", "bool", "complex64"])
def test_the_written_array_holds_the_same_values(look, dtype):
    value = torch.linspace(-3, 3, 600).reshape(20, 30).to(getattr(torch, dtype))
    found = look(value, npy=True)
    written = np.load(found.npy)
    assert written.shape == (20, 30)
    expected = value.float() if dtype == "bfloat16" else value
    np.testing.assert_array_equal(written, expected.numpy())
    assert found.npy_dtype == written.dtype.name


def test_strings_are_listed_and_written(tmp_path):
    texts = helper.make_tensor("s", 8, [2, 150], np.array(["one", ""] * 150))
    node = helper.make_node("Constant", [], ["c"], value=texts)
    graph = helper.make_graph([node], "g", [], [])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    found = job.run(TensorRequest(str(path), name="c", npy=True), tmp_path, Report())
    assert (found.values, found.zeros, found.minimum, found.picture) == (300, 150, None, None)
    assert found.first[:2] == ("one", "")
    assert np.load(found.npy)[0, 0] == "one"


def test_a_row_of_the_tree_is_found(tmp_path):
    from inspector.formats.outline import build_outline
    from inspector.formats.registry import open_file

    weight = numpy_helper.from_array(np.full((40, 40), 2.0, np.float32), "w")
    graph = helper.make_graph([], "g", [], [], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    row = build_outline(open_file(path)).name.index("w")
    found = job.run(TensorRequest(str(path), row), tmp_path, Report())
    assert (found.name, found.mean, found.deviation) == ("w", 2.0, 0.0)
    with pytest.raises(InspectorError, match="no stored tensor"):
        job.run(TensorRequest(str(path), 0), tmp_path, Report())


def test_a_file_is_put_in_place_as_a_whole_or_not_at_all(tmp_path):
    made, output = tmp_path / "made", tmp_path / "there.npy"
    made.write_bytes(b"new")
    output.write_bytes(b"old")
    assert put(made, output) == 3
    assert output.read_bytes() == b"new"
    made.write_bytes(b"more")
    with pytest.raises(InspectorError, match="cannot be written"):
        put(made, tmp_path / "missing" / "x.npy")
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_a_tensor_without_values_is_described_and_written(look):
    found = look(torch.zeros(0, 4), npy=True)
    assert (found.values, found.minimum, found.picture, found.first) == (0, None, None, ())
    assert np.load(found.npy).shape == (0, 4)
