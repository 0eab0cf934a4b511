import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.model import Value
from inspector.samples import tensor_protos
from inspector.samples.fit import AS_IS, UNFIT, fit_dtype
from inspector.samples.onnx_values import read_value
from inspector.samples.stored import COMPOUND, dtype_name

onnx = pytest.importorskip("onnx")
numpy_helper = onnx.numpy_helper
ONE = np.array([1, 2], np.float32)


@pytest.mark.parametrize(
    "values",
    [np.float32(3), ONE, np.array([1], np.int32), np.array(["a", "b"], object), ONE[:0]],
    ids=["scalar", "vector", "int32", "strings", "empty"],
)
@pytest.mark.parametrize("name", ["x", ""])
def test_a_tensor_is_read_as_what_it_is(values, name):
    proto = numpy_helper.from_array(np.asarray(values), name)
    found = read_value(proto.SerializeToString())
    assert found[0] == name
    np.testing.assert_array_equal(found[1], values)


def test_numbers_in_typed_fields_are_no_list():
    proto = onnx.helper.make_tensor("", onnx.TensorProto.INT32, [], [7])
    assert read_value(proto.SerializeToString())[1] == 7


@pytest.mark.parametrize("values", [[], [ONE], [ONE, ONE[:1]], [[ONE], [ONE, ONE]]])
def test_a_list_is_read_with_its_entries(values):
    name, found = read_value(numpy_helper.from_list(values, "s").SerializeToString())
    assert (name, dtype_name(found.dtype)) == ("s", COMPOUND)
    assert str(found.item()) == str(values)


def test_a_map_is_read_with_its_keys():
    whole = numpy_helper.from_dict({3: ONE}, "m")
    texts = onnx.MapProto(name="m", key_type=onnx.TensorProto.STRING, string_keys=[b"a"])
    texts.values.CopyFrom(numpy_helper.from_list([ONE]))
    for proto, key in ((whole, 3), (texts, "a")):
        name, found = read_value(proto.SerializeToString())
        assert name == "m"
        assert list(found.item()) == [key]
        np.testing.assert_array_equal(found.item()[key], ONE)


def test_an_optional_is_a_list_of_what_it_holds():
    there = numpy_helper.from_optional(ONE, "o").SerializeToString()
    np.testing.assert_array_equal(read_value(there)[1].item()[0], ONE)
    assert read_value(numpy_helper.from_optional(None, "o").SerializeToString())[1].item() == []


@pytest.mark.parametrize(
    ("wanted", "status"),
    [("sequence(float32)", AS_IS), ("optional(float32)", AS_IS), ("float32", UNFIT)],
)
def test_a_list_goes_only_where_one_is_taken(wanted, status):
    values = read_value(numpy_helper.from_list([ONE], "s").SerializeToString())[1]
    array = tensor_protos.LoadedArray("s", values)
    assert fit_dtype(Value("x", wanted, None), array)[0] == status


def test_a_plain_array_is_no_map():
    array = tensor_protos.LoadedArray("a", ONE)
    assert fit_dtype(Value("x", "map(string, float32)", None), array)[0] == UNFIT


@pytest.mark.parametrize("content", [b"\xff" * 20, b"not a value"])
def test_what_is_no_value_is_explained(tmp_path, content):
    (tmp_path / "input_0.pb").write_bytes(content)
    with pytest.raises(InspectorError, match=r"'input_0\.pb' is no value in ONNX form"):
        tensor_protos.read(tmp_path, tmp_path)
