import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.formats.onnx import read_onnx
from inspector.formats.onnx_convert import Change, convert

onnx = pytest.importorskip("onnx")
helper, T = onnx.helper, onnx.TensorProto


@pytest.fixture
def write(tmp_path):
    """Write a model of one node with a weight of 20 x 20."""

    def write_one(kind="MatMul", opset=18, ir_version=13, **attributes):
        weight = onnx.numpy_helper.from_array(np.eye(20, dtype=np.float32), "w")
        ends = [helper.make_tensor_value_info(name, T.FLOAT, [20, 20]) for name in "xy"]
        names = ["x", "w"] if kind == "MatMul" else ["x"]
        node = helper.make_node(kind, names, ["y"], **attributes)
        graph = helper.make_graph([node], "g", ends[:1], ends[1:], [weight])
        imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.acme", 1)]
        model = helper.make_model(
            graph, opset_imports=imports, ir_version=ir_version, producer_name="somebody"
        )
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "m.onnx").write_bytes(model.SerializeToString())
        (tmp_path / "out").mkdir(exist_ok=True)
        return tmp_path / "in" / "m.onnx", tmp_path / "out" / "m.onnx"

    return write_one


def test_a_lower_ir_version_changes_nothing_else(write):
    source, target = write()
    before = source.read_bytes()
    change = convert(source, target, 26, 9)
    assert change == Change((13, 9), (18, 18))
    assert change.sentence == "IR version 13 was written as 9"
    assert source.read_bytes() == before
    model, lowered = onnx.load(source), onnx.load(target)
    assert lowered.ir_version == 9
    model.ir_version = 9
    assert lowered == model


def test_an_opset_in_which_every_operator_is_the_same_is_only_renamed(write):
    source, target = write(opset=23)
    change = convert(source, target, 18, 10)
    assert change.sentence == "IR version 13 was written as 10 and opset 23 was converted to 18"
    found = {one.domain: one.version for one in read_onnx(target).opset_imports}
    assert found == {"ai.onnx": 18, "com.acme": 1}
    assert onnx.load(target).graph == onnx.load(source).graph


def test_operators_that_changed_go_through_the_converter(write):
    source, target = write("Softmax", 13, 8, axis=1)
    convert(source, target, 12, 8)
    assert onnx.load(target).opset_import[0].version == 12


def test_what_has_no_older_form_is_explained_and_leaves_nothing(write):
    source, target = write("Gelu", 20, 9)
    with pytest.raises(InspectorError, match="cannot convert this model from opset 20 to 18") as e:
        convert(source, target, 18, 9)
    assert "Gelu" in e.value.failure.detail
    assert list(target.parent.iterdir()) == []


def test_weights_in_a_file_of_their_own_come_along(write):
    source, target = write()
    proto = onnx.load(source)
    onnx.save(proto, source, save_as_external_data=True, location="w.bin", size_threshold=0)
    convert(source, target, 26, 8)
    loaded = onnx.load(target)
    np.testing.assert_array_equal(
        onnx.numpy_helper.to_array(loaded.graph.initializer[0]), np.eye(20, dtype=np.float32)
    )


def test_other_weights_are_never_overwritten(write):
    source, target = write()
    onnx.save(
        onnx.load(source), source, save_as_external_data=True, location="w.bin", size_threshold=0
    )
    (target.parent / "w.bin").write_bytes(b"mine")
    with pytest.raises(InspectorError, match=r"'w\.bin' is already"):
        convert(source, target, 26, 8)
    assert (target.parent / "w.bin").read_bytes() == b"mine"
    assert not target.exists()


def test_the_model_itself_is_never_replaced(write):
    source, _ = write()
    with pytest.raises(InspectorError, match="take the place of the model itself"):
        convert(source, source, 18, 8)


def test_nothing_is_converted_that_is_old_enough(write):
    source, target = write()
    assert convert(source, target, 26, 13).sentence == "nothing had to be changed"
    assert target.read_bytes() == source.read_bytes()
