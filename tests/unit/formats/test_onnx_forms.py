"""Every form that an ONNX file comes in is listed as the onnx package reads it."""

import math
from collections import Counter

import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.walk import bodies
from inspector.formats.inspect import inspect, onnx_facts
from inspector.formats.onnx import read_onnx
from inspector.formats.onnx_types import DTYPES
from inspector.formats.protobuf_wire import encode_field
from inspector.formats.weights import read_tensor

onnx = pytest.importorskip("onnx")
helper, numpy_helper, T = onnx.helper, onnx.numpy_helper, onnx.TensorProto
X = helper.make_tensor_value_info("x", T.FLOAT, ["n", 8])
Y = helper.make_tensor_value_info("y", T.FLOAT, None)
WEIGHT = numpy_helper.from_array(np.arange(64, dtype=np.float32).reshape(8, 8), "w")


def build(nodes, inputs=(X,), outputs=(Y,), stored=(), opset=21, ir_version=10, **more):
    graph = helper.make_graph(list(nodes), "g", list(inputs), list(outputs), list(stored))
    domains = {node.domain for node in nodes if node.domain} | set(more.pop("domains", ()))
    imports = [helper.make_opsetid("", opset)]
    imports += [
        helper.make_opsetid(domain, 3 if "ml" in domain else 1) for domain in sorted(domains)
    ]
    return helper.make_model(graph, opset_imports=imports, ir_version=ir_version, **more)


@pytest.fixture
def facts(tmp_path):
    def write(model):
        path = tmp_path / "model.onnx"
        path.write_bytes(model.SerializeToString())
        return onnx_facts(read_onnx(path)), read_onnx(path)

    return write


def everything(graph):
    """All nodes of a graph and of those nested in it, as the onnx package gives them."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in ([attribute.g] if attribute.HasField("g") else []) + list(
                attribute.graphs
            ):
                yield from everything(inner)


def body(name, kind="Neg"):
    out = helper.make_tensor_value_info(f"{name}_out", T.FLOAT, None)
    return helper.make_graph([helper.make_node(kind, ["x"], [f"{name}_out"])], name, [], [out])


def test_nested_subgraphs_are_counted_like_onnx_counts_them(facts):
    inner = helper.make_node("If", ["q"], ["z"], then_branch=body("a"), else_branch=body("b"))
    middle = helper.make_graph(
        [inner], "m", [], [helper.make_tensor_value_info("z", T.FLOAT, None)]
    )
    outer = helper.make_node("If", ["q"], ["y"], then_branch=middle, else_branch=body("c", "Abs"))
    flag = helper.make_tensor_value_info("q", T.BOOL, [])
    model = build([outer, helper.make_node("Relu", ["x"], ["r"])], [X, flag])
    found, _ = facts(model)
    kinds = Counter(node.op_type for node in everything(model.graph))
    assert found.op_types == dict(kinds)
    assert (found.nodes, found.top_level_nodes, found.subgraphs) == (kinds.total(), 2, 4)


def test_local_functions_bring_their_nodes(facts):
    imports = [helper.make_opsetid("", 21)]
    twice = helper.make_function(
        "own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], imports
    )
    node = helper.make_node("Twice", ["x"], ["y"], domain="own")
    found, model = facts(build([node], functions=[twice]))
    assert (found.functions, found.nodes, found.top_level_nodes) == (1, 2, 1)
    assert model.functions[0].name == "Twice"


def test_domains_of_their_own_and_classical_models_are_listed_with_their_versions(facts):
    nodes = [
        helper.make_node("Scaler", ["x"], ["s"], domain="ai.onnx.ml", offset=[0.0], scale=[1.0]),
        helper.make_node("Spin", ["s"], ["y"], domain="com.acme"),
    ]
    found, _ = facts(build(nodes))
    assert found.opset_imports == {"ai.onnx": 21, "ai.onnx.ml": 3, "com.acme": 1}


def test_types_that_are_no_tensors_are_written_out(facts):
    tensor = helper.make_tensor_type_proto(T.FLOAT, ["n", 4])
    sequence = helper.make_sequence_type_proto(tensor)
    types = {
        "sequence(float32[n,4])": sequence,
        "optional(sequence(float32[n,4]))": helper.make_optional_type_proto(sequence),
        "map(int64, float32[n,4])": helper.make_map_type_proto(T.INT64, tensor),
        "sparse(float32)": helper.make_sparse_tensor_type_proto(T.FLOAT, [3]),
    }
    inputs = [helper.make_value_info(f"v{k}", one) for k, one in enumerate(types.values())]
    found, _ = facts(build([helper.make_node("Identity", ["v0"], ["y"])], inputs))
    assert [value.dtype for value in found.inputs] == list(types)
    assert found.inputs[3].shape == (3,)


@pytest.mark.parametrize("count", [1, 3, 700])
@pytest.mark.parametrize("number", [n for n in DTYPES if n != T.STRING])
def test_every_type_of_number_takes_the_bytes_that_onnx_writes(facts, number, count):
    name, bits = DTYPES[number]
    whole = helper.make_tensor("w", number, [count], np.ones(count))
    whole = numpy_helper.from_array(numpy_helper.to_array(whole), "w")
    assert whole.data_type == number
    found, model = facts(build([helper.make_node("Identity", ["w"], ["y"])], stored=[whole]))
    (tensor,) = model.graph.initializers
    assert (tensor.dtype, tensor.bytes) == (name, len(whole.raw_data))
    assert tensor.bytes == math.ceil(count * bits / 8)
    assert (found.initializers.parameters, found.initializers.bytes) == (count, tensor.bytes)


@pytest.mark.parametrize("name", ["int4", "uint4", "int2", "uint2", "float4e2m1"])
def test_packed_values_are_read_back_as_onnx_reads_them(facts, name, tmp_path):
    number = getattr(T, name.upper())
    proto = helper.make_tensor("w", number, [601], np.arange(601) % 2)
    _, model = facts(build([helper.make_node("Identity", ["w"], ["y"])], stored=[proto]))
    values = read_tensor(tmp_path / "model.onnx", model.graph.initializers[0])
    np.testing.assert_array_equal(values.astype(int), np.arange(601) % 2)


def test_small_complex_values_keep_both_parts(facts, tmp_path):
    values = np.array([1 + 2j, -3.5j], np.complex64)
    proto = numpy_helper.from_array(values, "w")
    _, model = facts(build([helper.make_node("Identity", ["w"], ["y"])], stored=[proto]))
    tensor = model.graph.initializers[0]
    assert tensor.values == ("(1+2j)", "(-0-3.5j)")
    np.testing.assert_array_equal(read_tensor(tmp_path / "model.onnx", tensor), values)


def test_strings_count_their_bytes(facts):
    texts = numpy_helper.from_array(np.array(["é", "bc"], object), "w")
    found, model = facts(build([helper.make_node("Identity", ["w"], ["y"])], stored=[texts]))
    assert model.graph.initializers[0].values == ("é", "bc")
    assert found.initializers.bytes == 4


def test_sparse_tensors_show_their_dense_shape_and_count_what_is_stored(tmp_path):
    values = numpy_helper.from_array(np.array([1, 2, 3], np.float32), "s")
    places = numpy_helper.from_array(np.array([0, 5, 63], np.int64), "")
    model = build([helper.make_node("Identity", ["s"], ["y"])])
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [8, 8]))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    found = read_onnx(tmp_path / "m.onnx")
    (tensor,) = found.graph.initializers
    assert (tensor.name, tensor.shape, tensor.sparse) == ("s", (8, 8), 3)
    assert tensor.bytes == 3 * 4 + 3 * 8


def test_weights_in_constants_alone_are_counted_as_constants(facts):
    nodes = [
        helper.make_node("Constant", [], ["w"], value=WEIGHT),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    found, _ = facts(build(nodes))
    assert (found.initializers.count, found.constants.count) == (0, 1)
    assert (found.constants.parameters, found.constants.bytes) == (64, 256)


def test_weights_that_are_inputs_too_are_no_inputs_to_be_fed(facts):
    old = helper.make_tensor_value_info("w", T.FLOAT, [8, 8])
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    found, model = facts(build([node], [X, old], stored=[WEIGHT], opset=8, ir_version=3))
    assert [value.name for value in found.inputs] == ["x"]
    assert [value.name for value in model.graph.inputs] == ["x", "w"]


@pytest.mark.parametrize("kinds", [("QuantizeLinear", "DequantizeLinear"), ("QLinearMatMul",)])
def test_quantised_models_list_their_types(facts, kinds):
    scale = numpy_helper.from_array(np.array(0.1, np.float32), "s")
    zero = numpy_helper.from_array(np.array(3, np.uint8), "z")
    if len(kinds) == 2:
        nodes = [helper.make_node(kinds[0], ["x", "s", "z"], ["q"]),
                 helper.make_node(kinds[1], ["q", "s", "z"], ["y"])]  # fmt: skip
    else:
        names = ["x", "s", "z", "x", "s", "z", "s", "z"]
        nodes = [helper.make_node(kinds[0], names, ["y"])]
    found, model = facts(build(nodes, stored=[scale, zero]))
    assert tuple(found.op_types) == kinds
    assert [tensor.dtype for tensor in model.graph.initializers] == ["float32", "uint8"]


def test_annotations_of_quantisation_are_listed(facts):
    model = build([helper.make_node("Relu", ["x"], ["y"])])
    note = model.graph.quantization_annotation.add(tensor_name="x")
    note.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="x_scale")
    found, read = facts(model)
    assert found.quantization_annotations == 1
    assert read.graph.quantization[0] == ("x", (("SCALE_TENSOR", "x_scale"),))


def test_training_information_is_listed_apart(facts):
    model = build([helper.make_node("Relu", ["x"], ["y"])])
    info = model.training_info.add()
    info.algorithm.CopyFrom(body("step", "Exp"))
    info.initialization.CopyFrom(body("start"))
    found, read = facts(model)
    assert (found.nodes, found.training_graphs) == (1, 2)
    assert sorted(graph.name for graph in read.training) == ["start", "step"]


def test_metadata_of_nodes_and_graphs_and_sets_of_devices_are_read(facts):
    model = build([helper.make_node("Relu", ["x"], ["y"])], ir_version=11)
    model.graph.node[0].metadata_props.add(key="line", value="net.py:7")
    model.graph.metadata_props.add(key="part", value="encoder")
    model.configuration.add(name="pair", num_devices=2)
    found, read = facts(model)
    assert read.graph.nodes[0].metadata == (("line", "net.py:7"),)
    assert read.graph.metadata == (("part", "encoder"),)
    assert found.devices == {"pair": 2}


def test_a_version_that_no_runtime_reads_yet_is_listed_like_any_other(facts):
    found, _ = facts(build([helper.make_node("Relu", ["x"], ["y"])], opset=99, ir_version=77))
    assert (found.ir_version, found.opset_imports["ai.onnx"], found.nodes) == (77, 99, 1)


@pytest.mark.parametrize("together", [True, False])
def test_weights_in_one_file_or_in_many_are_listed_by_file(tmp_path, together):
    more = numpy_helper.from_array(np.ones((8, 8), np.float32), "v")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["h"]),
             helper.make_node("MatMul", ["h", "v"], ["y"])]  # fmt: skip
    path = tmp_path / "m.onnx"
    onnx.save(
        build(nodes, stored=[WEIGHT, more]), path, save_as_external_data=True,
        all_tensors_to_one_file=together, location="all.bin" if together else None,
        size_threshold=0,
    )  # fmt: skip
    files = onnx_facts(read_onnx(path)).external_data
    assert [file.location for file in files] == (["all.bin"] if together else ["w", "v"])
    assert sum(file.tensors for file in files) == 2
    assert all(file.exists and file.size >= file.bytes for file in files)
    for tensor in read_onnx(path).graph.initializers:
        stored = next(one for one in onnx.load(path).graph.initializer if one.name == tensor.name)
        np.testing.assert_array_equal(read_tensor(path, tensor), numpy_helper.to_array(stored))


def test_more_than_two_gigabytes_beside_the_file_are_listed_at_once(tmp_path):
    big = T(name="w", data_type=T.FLOAT, dims=[3, 2**28], data_location=T.EXTERNAL)
    big.external_data.add(key="location", value="w.bin")
    model = build([helper.make_node("Identity", ["w"], ["y"])], stored=[big])
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    with (tmp_path / "w.bin").open("wb") as file:
        file.truncate(3 << 30)
    found = inspect(tmp_path / "m.onnx")
    assert found.onnx is not None
    assert found.onnx.initializers.bytes == 3 << 30
    assert [one for one in found.findings if one.severity == "must"] == []
    assert found.seconds < 2


def test_every_body_is_walked_once(facts):
    node = helper.make_node("If", ["q"], ["y"], then_branch=body("a"), else_branch=body("b"))
    flag = helper.make_tensor_value_info("q", T.BOOL, [])
    _, model = facts(build([node], [X, flag]))
    assert [one.graph.name for one in bodies(model) if one.graph] == ["g", "b", "a"]


def test_a_tiny_file_that_asks_for_gigabytes_is_said_to(tmp_path):
    sizes = numpy_helper.from_array(np.array([40000, 40000]), "s")
    graph = helper.make_graph(
        [helper.make_node("ConstantOfShape", ["s"], ["y"])], "g", [], [Y], [sizes]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9)], ir_version=4)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert (tmp_path / "m.onnx").stat().st_size < 160
    (finding,) = [one for one in inspect(tmp_path / "m.onnx").findings if one.severity == "should"]
    assert "6,400,000,000 bytes" in finding.sentence


@pytest.mark.parametrize("depth", [20, 90, 5000])
def test_types_nested_without_end_are_read_or_refused_in_words(tmp_path, depth):
    kind = helper.make_tensor_type_proto(T.FLOAT, [2]).SerializeToString()
    for _ in range(depth):
        kind = encode_field(4, encode_field(1, kind))
    name, proto = b"\x0a\x01v", encode_field(2, kind)
    graph = encode_field(11, name + proto) + encode_field(2, b"g")
    (tmp_path / "m.onnx").write_bytes(b"\x08\x08" + encode_field(7, graph))
    if depth == 20:
        dtype = read_onnx(tmp_path / "m.onnx").graph.inputs[0].dtype
        assert dtype == "sequence(" * 20 + "float32[2]" + ")" * 20
    else:
        with pytest.raises(InspectorError, match="is damaged"):
            read_onnx(tmp_path / "m.onnx")
