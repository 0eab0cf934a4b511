"""Values of stored tensors in blocks: the same as the onnx package reads at once."""

import math

import ml_dtypes
import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from inspector.core.failures import InspectorError
from inspector.core.model import Payload, Tensor
from inspector.formats.onnx import read_onnx
from inspector.formats.registry import open_file
from inspector.formats.stored import stored_tensors, tensor_named
from inspector.formats.tensor_values import open_values

NUMBERS = [
    "FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2",
    "FLOAT8E5M2FNUZ", "FLOAT8E8M0", "FLOAT4E2M1", "INT4", "UINT4", "INT2", "UINT2", "INT8", "UINT8",
    "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64", "BOOL", "COMPLEX64", "COMPLEX128",
]  # fmt: skip


def in_blocks(path, tensor, step):
    with open_values(path, tensor) as values:
        parts = [block for _, block in values.blocks(step)]
        return np.concatenate(parts).reshape(values.shape) if parts else np.empty(values.shape)


def saved(tmp_path, *protos):
    graph = helper.make_graph([], "g", [], [], list(protos))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    return path, read_onnx(path).graph.initializers


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "typed"])
@pytest.mark.parametrize("kind", NUMBERS)
def test_every_type_of_onnx_is_read_as_the_onnx_package_does(tmp_path, kind, raw):
    dtype = helper.tensor_dtype_to_np_dtype(getattr(TensorProto, kind))
    numbers = np.random.default_rng(0).integers(0, 2, 1031).astype(np.float32)
    if kind not in ("BOOL", "UINT2", "FLOAT8E8M0"):
        numbers *= np.random.default_rng(1).integers(-2 if "U" not in kind[:1] else 0, 2, 1031)
    array = numbers.astype(dtype)
    proto = numpy_helper.from_array(array, "w")
    if not raw:
        flat = array.reshape(-1)
        values = flat.astype(np.complex128 if "COMPLEX" in kind else np.float64)
        try:
            proto = helper.make_tensor("w", getattr(TensorProto, kind), array.shape, values)
        except (TypeError, ValueError, OverflowError):
            pytest.skip("the onnx package does not write this type so")
    path, (tensor,) = saved(tmp_path, proto)
    expected = numpy_helper.to_array(proto)
    plain = expected.astype(np.complex128 if "COMPLEX" in kind else np.float64)
    for step in (1031, 97):
        found = in_blocks(path, tensor, step)
        assert found.dtype.kind in "biufc"
        np.testing.assert_array_equal(found.astype(plain.dtype), plain)


def test_external_data_is_read_from_its_place(tmp_path):
    array = np.arange(1000, dtype=np.float32)
    model = helper.make_model(
        helper.make_graph([], "g", [], [], [numpy_helper.from_array(array, "w")]),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=8,
    )
    path = tmp_path / "m.onnx"
    onnx.save(model, path, save_as_external_data=True, location="m.data", size_threshold=0)
    (tensor,) = read_onnx(path).graph.initializers
    assert tensor.payload is not None
    assert tensor.payload.file == "m.data"
    np.testing.assert_array_equal(in_blocks(path, tensor, 333), array)


@pytest.mark.parametrize(
    "dtype", ["float32", "float16", "bfloat16", "int64", "bool", "complex64", "float8_e4m3fn"]
)
def test_every_type_of_a_checkpoint_is_read_as_pytorch_does(tmp_path, dtype):
    value = torch.linspace(-2, 2, 700).to(getattr(torch, dtype))
    path = tmp_path / "c.pt"
    torch.save({"w": value}, path)
    found = in_blocks(path, tensor_named(open_file(path), "w"), 64)
    kind = torch.complex128 if value.is_complex() else torch.float64
    np.testing.assert_array_equal(found.astype(str(kind)[6:]), value.to(kind).numpy())


def test_texts_are_read(tmp_path):
    path, (tensor,) = saved(tmp_path, helper.make_tensor("s", 8, [300], np.array(["abc"] * 300)))
    assert in_blocks(path, tensor, 7).tolist() == ["abc"] * 300


def test_constants_have_the_name_of_their_value(tmp_path):
    node = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.ones(500)))
    graph = helper.make_graph([node], "g", [], [])
    path = tmp_path / "m.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    assert [tensor.name for tensor in stored_tensors(open_file(path))] == ["c"]
    assert in_blocks(path, tensor_named(open_file(path), "c"), 9).sum() == 500


def test_a_wrong_name_is_answered_with_the_nearest(tmp_path):
    path, _ = saved(tmp_path, numpy_helper.from_array(np.ones(3), "layer1.weight"))
    with pytest.raises(InspectorError, match="no tensor of the name") as caught:
        tensor_named(open_file(path), "layer1.wieght")
    assert "'layer1.weight'" in caught.value.failure.hint


@pytest.mark.parametrize(("shape", "length"), [((10**6,), 400), ((-4,), 16), ((2**40, 2**40), 16)])
def test_a_shape_that_the_bytes_do_not_fit_is_refused(tmp_path, shape, length):
    path = tmp_path / "x.onnx"
    path.write_bytes(bytes(1000))
    tensor = Tensor("w", "float32", shape, length, Payload("", 8, length))
    with pytest.raises(InspectorError, match="does not fit"):
        in_blocks(path, tensor, 100)


def test_a_file_that_shrinks_while_it_is_read_is_explained(tmp_path):
    path = tmp_path / "x.onnx"
    path.write_bytes(bytes(4000))
    tensor = Tensor("w", "float32", (1000,), 4000, Payload("", 0, 4000))
    with open_values(path, tensor) as values:
        path.write_bytes(bytes(100))
        with pytest.raises(InspectorError, match="cannot be read"):
            values.block(0, 1000)


def test_sparse_tensors_are_named_as_such(tmp_path):
    tensor = Tensor("w", "float32", (10, 10), 40, None, None, 3)
    with pytest.raises(InspectorError, match="is sparse"):
        in_blocks(tmp_path, tensor, 10)


def test_no_values_are_no_trouble(tmp_path):
    assert in_blocks(tmp_path, Tensor("w", "float32", (0, 4), 0), 10).shape == (0, 4)


def test_four_bits_hold_what_ml_dtypes_says(tmp_path):
    table = np.arange(16, dtype=np.uint8).view(ml_dtypes.float4_e2m1fn).astype(np.float32)
    path = tmp_path / "x"
    path.write_bytes(bytes(low | low + 1 << 4 for low in range(0, 16, 2)))
    found = in_blocks(path, Tensor("w", "float4e2m1", (16,), 8, Payload("", 0, 8)), 5)
    np.testing.assert_array_equal(found, table)
    assert math.copysign(1, found[8]) == -1


def test_more_axes_than_numpy_has_are_explained(tmp_path):
    tensor = Tensor("w", "float32", (1,) * 100, 4, None, (1.0,))
    with pytest.raises(InspectorError, match="cannot be read"):
        in_blocks(tmp_path, tensor, 10)


def test_a_stored_type_that_does_not_exist_is_explained(tmp_path):
    message = onnx.TensorProto(data_type=1 << 20, dims=[1], float_data=[1.0]).SerializeToString()
    (tmp_path / "m.onnx").write_bytes(message)
    tensor = Tensor("w", "float32", (1,), 4, Payload("", 0, len(message), message=True))
    with (
        pytest.raises(InspectorError, match="w"),
        open_values(tmp_path / "m.onnx", tensor),
    ):
        pass
