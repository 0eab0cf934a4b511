import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.runtimes.onnxruntime import open_session
from inspector.runtimes.onnxruntime_values import ODD, as_declared, pack, take_apart, unpack
from inspector.samples.stored import OBJECT

onnx = pytest.importorskip("onnx")
ml_dtypes = pytest.importorskip("ml_dtypes")
helper = onnx.helper
T = onnx.TensorProto
X = helper.make_tensor_value_info("x", T.FLOAT, [2, 2])
DATA = np.array([[1, 2], [3, 4]], np.float32)


@pytest.fixture
def session(tmp_path):
    """Open a model of one node between an input and an output that are declared in full."""

    def open_one(kind, inputs, output, **attributes):
        domain = attributes.get("domain", "")
        names = [one.name for one in inputs]
        graph = helper.make_graph(
            [helper.make_node(kind, names, ["y"], **attributes)], "graph", inputs, [output]
        )
        imports = [helper.make_opsetid("", 21)]
        imports += [helper.make_opsetid(domain, 3)] if domain else []
        model = helper.make_model(graph, opset_imports=imports, ir_version=10)
        (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
        return open_session(tmp_path / "model.onnx")

    return open_one


def boxed(value):
    held = np.empty((), OBJECT)
    held[()] = value
    return held


@pytest.mark.parametrize("name", [one for one, odd in ODD.items() if odd.bits < 8])
def test_values_below_a_byte_are_what_onnx_packs(name):
    dtype = getattr(ml_dtypes, ODD[name].ml_dtype)
    values = np.array([0, 1, 1, 0, 1, 1, 0], np.float32).astype(dtype)
    tensor = helper.make_tensor("t", getattr(T, name.upper()), [7], values.astype(np.float32))
    packed = pack(values.view(np.uint8), ODD[name].bits)
    whole = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor)).raw_data
    assert packed.tobytes() == whole
    assert unpack(packed, ODD[name].bits, 7).tolist() == values.view(np.uint8).tolist()


@pytest.mark.parametrize("name", ["int4", "uint4"])
def test_four_bit_outputs_and_inputs_keep_every_value(session, name):
    element, dtype = getattr(T, name.upper()), np.dtype(getattr(ml_dtypes, name))
    low = -8 if name == "int4" else 0
    numbers = np.arange(low, low + 15, dtype=np.float32)
    flat = helper.make_tensor_value_info("x", T.FLOAT, [15])
    wide = helper.make_tensor_value_info("y", element, [15])
    (out,) = session("Cast", [flat], wide, to=element).run({"x": numbers})
    assert out.dtype == dtype
    np.testing.assert_array_equal(out.astype(np.float32), numbers)
    back = session(
        "Cast",
        [helper.make_tensor_value_info("x", element, [15])],
        helper.make_tensor_value_info("y", T.FLOAT, [15]),
        to=T.FLOAT,
    )
    np.testing.assert_array_equal(back.run({"x": out})[0], numbers)
    with pytest.raises(InspectorError, match=f"float32 where the model takes {name}"):
        back.run({"x": numbers})


def test_a_list_becomes_one_output_per_entry(session):
    listed = helper.make_tensor_sequence_value_info("y", T.FLOAT, None)
    runtime = session("SplitToSequence", [X], listed, axis=0)
    outputs = runtime.run({"x": DATA})
    assert runtime.output_names == ("y[0]", "y[1]")
    np.testing.assert_array_equal(np.concatenate(outputs), DATA)


def test_a_list_that_changes_its_length_between_runs_is_explained(session):
    listed = helper.make_tensor_sequence_value_info("y", T.FLOAT, None)
    wide = helper.make_tensor_value_info("x", T.FLOAT, [None, 2])
    runtime = session("SplitToSequence", [wide], listed, axis=0)
    runtime.run({"x": DATA})
    with pytest.raises(InspectorError, match="1 entries in one run and 2 in another"):
        runtime.run({"x": DATA[:1]})


@pytest.mark.parametrize(
    ("labels", "key"),
    [({"classlabels_int64s": [3, 5]}, 3), ({"classlabels_strings": ["a", "b"]}, "a")],
)
def test_a_list_of_maps_becomes_one_output_per_key_with_samples_along_axis_0(session, labels, key):
    kind = T.INT64 if key == 3 else T.STRING
    scores = helper.make_map_type_proto(kind, helper.make_tensor_type_proto(T.FLOAT, []))
    listed = helper.make_value_info("y", helper.make_sequence_type_proto(scores))
    runtime = session("ZipMap", [X], listed, domain="ai.onnx.ml", **labels)
    first, _ = runtime.run({"x": DATA})
    assert runtime.output_names[0] == f"y[{key!r}]"
    np.testing.assert_array_equal(first, DATA[:, 0])


def test_a_map_is_taken_as_input(session):
    counts = helper.make_map_type_proto(T.STRING, helper.make_tensor_type_proto(T.FLOAT, []))
    taken = helper.make_value_info("x", counts)
    out = helper.make_tensor_value_info("y", T.FLOAT, [1, 2])
    runtime = session(
        "DictVectorizer", [taken], out, domain="ai.onnx.ml", string_vocabulary=["a", "b"]
    )
    assert runtime.inputs[0].dtype == "map(string, float32)"
    np.testing.assert_array_equal(runtime.run({"x": boxed({"b": 3.0})})[0], [[0, 3]])


@pytest.mark.parametrize(("held", "there"), [([DATA], True), ([], False), (DATA, True)])
def test_an_optional_may_be_there_or_not(session, held, there):
    kind = helper.make_optional_type_proto(helper.make_tensor_type_proto(T.FLOAT, [2, 2]))
    taken = helper.make_value_info("x", kind)
    runtime = session("OptionalHasElement", [taken], helper.make_tensor_value_info("y", T.BOOL, []))
    assert runtime.run({"x": held if isinstance(held, np.ndarray) else boxed(held)})[0] == there


def test_what_holds_nothing_says_so():
    assert [part.name for part in take_apart("y", None)] == ["y has a value"]
    assert [part.name for part in take_apart("y", [])] == ["y has entries"]
    assert not take_apart("y", None)[0].array


def test_lists_in_lists_and_unlike_maps_are_taken_apart_entry_by_entry():
    parts = take_apart("y", [[DATA], {"a": 1.0}, {"b": 2.0}])
    assert [part.name for part in parts] == ["y[0][0]", "y[1]['a']", "y[2]['b']"]


def test_one_tensor_may_stand_for_a_list_of_one():
    assert as_declared(DATA, "sequence(float32)") == [DATA]
    assert as_declared(DATA, "float32") is DATA


def test_text_beside_a_type_that_numpy_lacks_is_explained(tmp_path):
    nodes = [
        helper.make_node("Identity", ["s"], ["t"]),
        helper.make_node("Cast", ["x"], ["y"], to=T.BFLOAT16),
    ]
    graph = helper.make_graph(
        nodes, "graph", [X, helper.make_tensor_value_info("s", T.STRING, [1])],
        [helper.make_tensor_value_info("y", T.BFLOAT16, [2, 2]),
         helper.make_tensor_value_info("t", T.STRING, [1])],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InspectorError, match="does not take 's', string"):
        open_session(tmp_path / "m.onnx").run({"x": DATA, "s": np.array(["a"])})
