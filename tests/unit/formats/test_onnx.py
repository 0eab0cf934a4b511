"""What is in an ONNX file, without its weights."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from inspector.core.failures import InspectorError
from inspector.core.model import Graph, Tensor
from inspector.core.walk import bodies
from inspector.formats.onnx import read_onnx
from inspector.formats.onnx_types import DTYPES
from inspector.formats.protobuf_wire import encode_field
from inspector.formats.weights import read_tensor

SaveModel = Callable[..., Path]


def _add() -> list[onnx.NodeProto]:
    return [helper.make_node("Add", ["x", "w"], ["out"], name="add")]


def test_the_type_table_is_that_of_onnx() -> None:
    names = {"FLOAT": "float32", "DOUBLE": "float64"}
    for name, number in TensorProto.DataType.items():
        if name != "UNDEFINED":
            assert DTYPES[number][0] == names.get(name, name.lower())


def test_large_weights_are_left_in_the_file_and_found_again(save_model: SaveModel) -> None:
    weights = np.random.default_rng(0).normal(size=(64, 33)).astype(np.float32)
    path = save_model(_add(), {"w": weights})
    tensor = read_onnx(path).graph.initializers[0]
    assert tensor[:4] == ("w", "float32", (64, 33), weights.nbytes)
    assert tensor.payload is not None
    assert tensor.payload.length == weights.nbytes
    assert tensor.values is None
    found = read_tensor(path, tensor)
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, weights)


def test_small_weights_come_with_their_values(save_model: SaveModel) -> None:
    path = save_model(_add(), {"w": np.array([1.5, -2.0], np.float32)})
    tensor = read_onnx(path).graph.initializers[0]
    assert tensor.values == (1.5, -2.0)
    np.testing.assert_array_equal(read_tensor(path, tensor), np.array([1.5, -2.0], np.float32))


@pytest.mark.parametrize(
    ("number", "values"),
    [
        (TensorProto.FLOAT, np.linspace(-1, 1, 300).tolist()),
        (TensorProto.DOUBLE, np.linspace(-1, 1, 300).tolist()),
        (TensorProto.INT64, list(range(300))),
        (TensorProto.INT32, list(range(-150, 150))),
        (TensorProto.FLOAT16, np.linspace(-1, 1, 300).tolist()),
        (TensorProto.BFLOAT16, np.linspace(-1, 1, 300).tolist()),
        (TensorProto.STRING, [f"word {n}" for n in range(300)]),
    ],
)
def test_values_in_typed_fields_are_found_again(
    tmp_path: Path, number: int, values: list[Any]
) -> None:
    proto = helper.make_tensor("w", number, [300], values)
    graph = helper.make_graph([], "g", [], [], [proto])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "typed.onnx"
    path.write_bytes(model.SerializeToString())
    tensor = read_onnx(path).graph.initializers[0]
    assert tensor.payload is not None
    assert tensor.dtype == DTYPES[number][0]
    np.testing.assert_array_equal(read_tensor(path, tensor), numpy_helper.to_array(proto))


def test_constants_are_skipped_at_any_depth(save_model: SaveModel) -> None:
    big = numpy_helper.from_array(np.ones((40, 40), np.float32), "big")
    constant = helper.make_node("Constant", [], ["c"], value=big)
    inner = helper.make_graph([constant], "inner", [], [])
    condition = helper.make_node("If", ["x"], ["out"], then_branch=inner, else_branch=inner)
    outer = helper.make_graph([condition], "outer", [], [])
    path = save_model(
        [helper.make_node("If", ["x"], ["out"], then_branch=outer, else_branch=inner)]
    )
    found = list(bodies(read_onnx(path)))
    assert [body.graph.name for body in found if body.graph] == [
        "main",
        "inner",
        "outer",
        "inner",
        "inner",
    ]
    value = found[3].nodes[0].attributes[0].value
    assert isinstance(value, Tensor)
    assert value.payload is not None
    np.testing.assert_array_equal(read_tensor(path, value), np.ones((40, 40), np.float32))


def test_functions_and_their_attribute_references_are_read(save_model: SaveModel) -> None:
    node = helper.make_node("Clip", ["a"], ["b"])
    reference = onnx.AttributeProto(name="min", type=onnx.AttributeProto.FLOAT, ref_attr_name="low")
    node.attribute.append(reference)
    body = helper.make_function(
        "com.example", "Cut", ["a"], ["b"], [node], [helper.make_opsetid("", 18)], ["low"]
    )
    call = helper.make_node("Cut", ["x"], ["out"], domain="com.example", low=0.5)
    model = read_onnx(save_model([call], domains={"com.example": 1}, functions=[body]))
    function = model.functions[0]
    assert (function.domain, function.name, function.inputs) == ("com.example", "Cut", ("a",))
    assert function.nodes[0].attributes[0].reference == "low"
    assert function.nodes[0].attributes[0].value is None
    assert [entry.domain for entry in model.opset_imports] == ["ai.onnx", "com.example"]


def test_shapes_are_shown_as_the_file_states_them(tmp_path: Path) -> None:
    unknown = helper.make_tensor_value_info("unknown", TensorProto.FLOAT, None)
    mixed = helper.make_tensor_value_info("mixed", TensorProto.INT64, ["n", None, 3, -1])
    sequence = helper.make_tensor_sequence_value_info("sequence", TensorProto.FLOAT, [2, None])
    optional = helper.make_value_info(
        "optional", helper.make_optional_type_proto(helper.make_tensor_type_proto(1, None))
    )
    table = helper.make_value_info(
        "table",
        helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(7, [])),
    )
    sparse = helper.make_value_info("sparse", helper.make_sparse_tensor_type_proto(1, [9]))
    graph = helper.make_graph([], "g", [unknown, mixed, sequence, optional, table, sparse], [])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "types.onnx"
    path.write_bytes(model.SerializeToString())
    assert [value[1:] for value in read_onnx(path).graph.inputs] == [
        ("float32", None),
        ("int64", ("n", None, 3, -1)),
        ("sequence(float32[2,?])", None),
        ("optional(float32)", None),
        ("map(string, int64[])", None),
        ("sparse(float32)", (9,)),
    ]


def test_sparse_initializers_count_their_stored_values(tmp_path: Path) -> None:
    values = numpy_helper.from_array(np.array([1.0, 2.0, 3.0], np.float32), "thin")
    indices = numpy_helper.from_array(np.array([0, 40, 99], np.int64))
    graph = helper.make_graph([], "g", [], [])
    graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [10, 10]))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "sparse.onnx"
    path.write_bytes(model.SerializeToString())
    tensor = read_onnx(path).graph.initializers[0]
    assert (tensor.name, tensor.shape, tensor.sparse, tensor.bytes) == ("thin", (10, 10), 3, 36)


def _with_external(tmp_path: Path, location: str, length: int = 4096) -> Path:
    proto = onnx.TensorProto(name="w", data_type=1, dims=[32, 32])
    proto.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "16"), ("length", str(length))):
        proto.external_data.add(key=key, value=value)
    graph = helper.make_graph([], "g", [], [], [proto])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "external.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_external_data_is_named_and_read_on_demand(tmp_path: Path) -> None:
    path = _with_external(tmp_path, "weights.data")
    model = read_onnx(path)
    assert model.external_files == (("weights.data", 1, 4112, False, -1, False, ""),)
    with pytest.raises(InspectorError, match="missing"):
        read_tensor(path, model.graph.initializers[0])
    weights = np.arange(1024, dtype=np.float32)
    (tmp_path / "weights.data").write_bytes(bytes(16) + weights.tobytes())
    model = read_onnx(path)
    assert model.external_files[0].exists
    found = read_tensor(path, model.graph.initializers[0])
    np.testing.assert_array_equal(found, weights.reshape(32, 32))


def test_short_external_data_is_said_to_be_short(tmp_path: Path) -> None:
    path = _with_external(tmp_path, "weights.data")
    (tmp_path / "weights.data").write_bytes(bytes(50))
    with pytest.raises(InspectorError, match="cut short"):
        read_tensor(path, read_onnx(path).graph.initializers[0])


@pytest.mark.parametrize(
    "location", ["../secret.bin", "/etc/hostname", "a/../../b", "C:\\x", "\\\\host\\share"]
)
def test_weights_outside_the_folder_are_not_looked_at(tmp_path: Path, location: str) -> None:
    path = _with_external(tmp_path, location)
    model = read_onnx(path)
    assert model.external_files[0].outside
    assert not model.external_files[0].exists
    with pytest.raises(InspectorError, match="outside"):
        read_tensor(path, model.graph.initializers[0])


def test_a_link_that_leaves_the_folder_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(8192))
    (inside / "weights.data").symlink_to(tmp_path / "secret.bin")
    path = _with_external(inside, "weights.data")
    with pytest.raises(InspectorError, match="link"):
        read_tensor(path, read_onnx(path).graph.initializers[0])


@pytest.mark.parametrize("dims", [[2**62, 2**62], [-1, 5], [0], [2**40] * 20])
def test_absurd_sizes_are_listed_and_nothing_is_reserved(tmp_path: Path, dims: list[int]) -> None:
    proto = onnx.TensorProto(name="w", data_type=1, dims=dims, raw_data=bytes(400))
    graph = helper.make_graph([], "g", [], [], [proto])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "absurd.onnx"
    path.write_bytes(model.SerializeToString())
    tensor = read_onnx(path).graph.initializers[0]
    assert tensor.shape == tuple(dims)
    with pytest.raises(InspectorError):
        read_tensor(path, tensor)


def test_a_file_cannot_forge_the_place_of_a_payload(tmp_path: Path) -> None:
    proto = onnx.TensorProto(name="w", data_type=1, dims=[2])
    proto.segment.begin, proto.segment.end = 0, 0
    graph = helper.make_graph([], "g", [], [], [proto])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    path = tmp_path / "forged.onnx"
    path.write_bytes(model.SerializeToString())
    assert read_onnx(path).graph.initializers[0].payload is None


def test_graphs_nested_without_end_are_refused(tmp_path: Path) -> None:
    graph = b""
    for _ in range(200):
        graph = encode_field(1, encode_field(5, encode_field(6, graph)))
    model = encode_field(7, graph) + encode_field(8, b"")
    path = tmp_path / "deep.onnx"
    path.write_bytes(model)
    with pytest.raises(InspectorError, match="damaged"):
        read_onnx(path)


def test_every_cut_is_explained_and_none_crashes(save_model: SaveModel, tmp_path: Path) -> None:
    path = save_model(_add(), {"w": np.ones((30, 30), np.float32)})
    data = path.read_bytes()
    cut = tmp_path / "cut.onnx"
    for end in range(1, len(data) - 1, 7):
        cut.write_bytes(data[:end])
        with pytest.raises(InspectorError) as failure:
            read_onnx(cut)
        assert failure.value.failure.hint


def test_the_garbage_collector_is_on_again_after_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(b"\x3a\x7f")
    with pytest.raises(InspectorError):
        read_onnx(path)
    assert gc.isenabled()


def test_old_attributes_without_a_type_are_understood(save_model: SaveModel) -> None:
    node = helper.make_node("Pad", ["x"], ["out"])
    node.attribute.append(onnx.AttributeProto(name="pads", ints=[1, 2]))
    node.attribute.append(onnx.AttributeProto(name="value", f=0.5))
    attributes = read_onnx(save_model([node])).graph.nodes[0].attributes
    assert [(a.name, a.type, a.value) for a in attributes] == [
        ("pads", "INTS", (1, 2)),
        ("value", "FLOAT", 0.5),
    ]


def test_metadata_and_versions_are_read(save_model: SaveModel) -> None:
    path = save_model(
        _add(), {"w": np.ones(4, np.float32)}, producer_name="tests", producer_version="3"
    )
    model = onnx.load(path)
    helper.set_model_props(model, {"author": "somebody"})
    model.graph.node[0].metadata_props.add(key="namespace", value="a: B")
    path.write_bytes(model.SerializeToString())
    found = read_onnx(path)
    assert (found.ir_version, found.producer_name, found.producer_version) == (8, "tests", "3")
    assert found.metadata == (("author", "somebody"),)
    assert found.graph.nodes[0].metadata == (("namespace", "a: B"),)
    assert isinstance(found.graph, Graph)


def test_nodes_are_read_in_whatever_form_they_are_written(tmp_path: Path) -> None:
    named = onnx.NodeProto(name="größe", op_type="Relu", input=["x"], output=["é"])
    long = onnx.NodeProto(name="n" * 300, op_type="Sum", input=["x", "", "é" * 90], output=["s"])
    odd = onnx.NodeProto(op_type="Neg", domain="d", input=["s"], output=["t"], overload="o")
    odd.metadata_props.add(key="k", value="v")
    halves = odd.SerializeToString(), onnx.NodeProto(name="late", input=["u"]).SerializeToString()
    many = [onnx.NodeProto(name=f"m{i}", op_type="Relu", input=["x"]) for i in range(5000)]
    large = onnx.NodeProto(name="large", op_type="Large", doc_string="d" * (1 << 17))
    nodes = [named, long, *many, large, named]
    parts = [encode_field(1, node.SerializeToString()) for node in nodes]
    parts.insert(2, encode_field(1, b"".join(halves)))  # a name and an input behind the op type
    parts.insert(3, encode_field(2, b"graph"))  # the name of the graph between two nodes
    graph = b"".join(parts)
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x08\x08" + encode_field(7, graph))
    expected = onnx.load(path, load_external_data=False).graph.node
    found = read_onnx(path).graph
    assert found.name == "graph"
    assert len(found.nodes) == len(expected) == 5005
    for node, proto in zip(found.nodes, expected, strict=True):
        assert (node.name, node.op_type, node.domain) == (proto.name, proto.op_type, proto.domain)
        assert (node.inputs, node.outputs) == (tuple(proto.input), tuple(proto.output))
        assert (node.overload, node.doc) == (proto.overload, proto.doc_string)
        assert dict(node.metadata) == {item.key: item.value for item in proto.metadata_props}


def test_nodes_that_end_alike_share_what_they_end_with(save_model: SaveModel) -> None:
    nodes = [
        helper.make_node("Elu", [f"v{i}"], [f"v{i + 1}"], name=f"n{i}", alpha=0.5 * (i // 2))
        for i in range(4)
    ]
    found = read_onnx(save_model(nodes)).graph.nodes
    assert [node.attributes[0].value for node in found] == [0.0, 0.0, 0.5, 0.5]
    assert found[0].attributes is found[1].attributes
    assert [node.name for node in found] == ["n0", "n1", "n2", "n3"]
