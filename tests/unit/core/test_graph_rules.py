"""Remarks on graphs, numbers and operators: on a model that has it, and on one that has not."""

import pytest

from inspector.core.findings import check_model
from inspector.core.model import (
    Attribute,
    Function,
    Graph,
    Model,
    Node,
    OpsetImport,
    Payload,
    Tensor,
    Value,
)
from inspector.core.number_rules import processor_flags

X = Value("x", "float32", ("batch", 4))
Y = Value("y", "float32", ("batch", 4))


def node(op_type, inputs, outputs=("y",), **attributes):
    stated = tuple(Attribute(name, "", value) for name, value in attributes.items())
    return Node(f"my_{op_type}_{outputs[0]}", op_type, "", tuple(inputs), tuple(outputs), stated)


def model(*nodes, stored=(), inputs=(X,), outputs=(Y,), between=(), opset=18, functions=()):
    graph = Graph("g", inputs, outputs, nodes, tuple(stored), tuple(between))
    imports = (OpsetImport("ai.onnx", opset),)
    return Model("m.onnx", 9, 8, "tests", "1", "", 0, "", imports, (), graph, functions, ())


def rules(one):
    return {finding.rule for finding in check_model(one)}


def where(one, rule):
    return [finding.where for finding in check_model(one) if finding.rule == rule]


def numbers(name, values, dtype="float32", shape=None):
    size = 8 * len(values)
    return Tensor(name, dtype, shape or (len(values),), size, None, tuple(values))


def weights(name, size, dtype="float32"):
    return Tensor(name, dtype, (size // 4,), size, Payload("", 0, size))


def test_an_input_that_nobody_reads():
    extra = Value("mask", "bool", ("batch",))
    assert where(model(node("Relu", ["x"]), inputs=(X, extra)), "unused-inputs") == [("mask",)]
    assert "unused-inputs" not in rules(model(node("Relu", ["x"])))


def test_an_input_that_only_a_branch_reads_is_used():
    inner = Graph("then", (), (Value("z", "", None),), (node("Relu", ["x"], ["z"]),), ())
    branch = node("If", ["c"], ["y"], then_branch=inner)
    condition = Value("c", "bool", ())
    assert "unused-inputs" not in rules(model(branch, inputs=(condition, X)))


def test_an_input_that_is_handed_out_is_used():
    assert "unused-inputs" not in rules(model(inputs=(X,), outputs=(X,)))


def test_nodes_that_lead_nowhere():
    dead = (node("Exp", ["x"], ["a"]), node("Log", ["a"], ["b"]), node("Relu", ["x"]))
    assert where(model(*dead), "dead-nodes") == [("my_Log_b", "my_Exp_a")]
    assert "dead-nodes" not in rules(model(node("Exp", ["x"], ["a"]), node("Relu", ["a"])))


def test_a_node_that_a_branch_needs_is_not_dead():
    inner = Graph("then", (), (Value("a", "", None),), (), ())
    nodes = node("Exp", ["x"], ["a"]), node("If", ["c"], ["y"], then_branch=inner)
    assert "dead-nodes" not in rules(model(*nodes, inputs=(X, Value("c", "bool", ()))))


def test_dead_nodes_of_a_function():
    body = (node("Exp", ["p"], ["q"]), node("Relu", ["p"], ["r"]))
    function = Function("own", "F", ("p",), ("r",), body, (OpsetImport("ai.onnx", 18),))
    assert where(model(node("Relu", ["x"]), functions=(function,)), "dead-nodes") == [("my_Exp_q",)]


def test_constants_stored_twice():
    table = [float(i) for i in range(200)]
    add = node("Add", ["x", "a"], ["m"]), node("Add", ["m", "b"])
    twice = model(*add, stored=(numbers("a", table), numbers("b", table)))
    assert where(twice, "duplicate-constants") == [("b",)]
    other = numbers("b", [*table[:-1], -1.0])
    assert "duplicate-constants" not in rules(model(*add, stored=(numbers("a", table), other)))


def test_a_large_table_that_is_no_weight():
    table = weights("mask", 80 << 20)
    assert "huge-constants" in rules(model(node("Add", ["x", "mask"]), stored=(table,)))
    assert "huge-constants" not in rules(model(node("MatMul", ["x", "mask"]), stored=(table,)))
    small = weights("mask", 1 << 20)
    assert "huge-constants" not in rules(model(node("Add", ["x", "mask"]), stored=(small,)))


@pytest.mark.parametrize(
    ("op_type", "target", "baked"),
    [
        ("Reshape", (2, 4), True),
        ("Reshape", (8,), True),
        ("Reshape", (-1, 4), False),
        ("Reshape", (0, 4), False),
        ("Reshape", (0, 2, 2), False),
        ("Expand", (2, 4), True),
        ("Expand", (1, 4), False),
        ("Expand", (3, 1, 4), False),
    ],
)
def test_a_fixed_target_behind_an_open_dimension(op_type, target, baked):
    shape = numbers("s", target, "int64")
    found = rules(model(node(op_type, ["x", "s"]), stored=(shape,)))
    assert ("baked-sizes" in found) is baked


def test_a_fixed_target_behind_fixed_dimensions_is_fine():
    fixed = Value("x", "float32", (2, 4))
    one = model(node("Reshape", ["x", "s"]), stored=(numbers("s", (8,), "int64"),), inputs=(fixed,))
    assert "baked-sizes" not in rules(one)


def test_a_baked_size_inside_the_graph():
    between = (Value("m", "float32", ("batch", 6)),)
    nodes = node("Relu", ["x"], ["m"]), node("Reshape", ["m", "s"])
    found = model(*nodes, stored=(numbers("s", (3, 4), "int64"),), between=between)
    assert where(found, "baked-sizes") == [("my_Reshape_y",)]


def test_an_output_of_unknown_rank():
    assert "missing-shapes" in rules(model(node("Relu", ["x"]), outputs=(Value("y", "", None),)))
    compound = Value("y", "sequence(float32)", None)
    assert "missing-shapes" not in rules(model(node("Relu", ["x"]), outputs=(compound,)))


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((-1e9,), True), ((65504.0,), False), ((-float("inf"),), False), ((1e-12,), True),
        ((1e-5,), False), ((0.0,), False), ((1.0, 1e-12), False), ((1.0, 70000.0), True),
    ],
)  # fmt: skip
def test_constants_that_half_precision_cannot_hold(values, found):
    one = model(node("Add", ["x", "c"]), stored=(numbers("c", values),))
    assert ("beyond-half" in rules(one)) is found


@pytest.mark.parametrize(("epsilon", "found"), [(1e-12, True), (1e-5, False)])
def test_an_epsilon_that_half_precision_makes_0(epsilon, found):
    one = model(node("LayerNormalization", ["x", "w"], epsilon=epsilon))
    assert ("beyond-half" in rules(one)) is found


def softmax(*first):
    return model(
        *first,
        node("Exp", [first[-1].outputs[0] if first else "x"], ["e"]),
        node("ReduceSum", ["e"], ["s"]),
        node("Div", ["e", "s"]),
    )


def test_a_softmax_written_out():
    assert "unsafe-exponential" in rules(softmax())
    largest = node("ReduceMax", ["x"], ["m"]), node("Sub", ["x", "m"], ["d"])
    assert "unsafe-exponential" not in rules(softmax(*largest))
    assert "unsafe-exponential" not in rules(model(node("Exp", ["x"])))


@pytest.mark.parametrize(
    ("before", "found"), [("Softmax", True), ("Relu", True), ("Add", False), ("Sigmoid", False)]
)
def test_logarithms(before, found):
    one = model(node(before, ["x"], ["a"]), node("Log", ["a"]))
    assert ("unsafe-logarithm" in rules(one)) is found


@pytest.mark.parametrize(
    ("below", "found"),
    [(["ReduceL2"], True), (["ReduceSumSquare", "Sqrt"], True), (["ReduceL2", "Clip"], False)],
)
def test_divisions(below, found):
    nodes, last = [], "x"
    for place, op_type in enumerate(below):
        nodes.append(node(op_type, [last], [f"d{place}"]))
        last = f"d{place}"
    one = model(*nodes, node("Div", ["x", last]))
    assert ("unsafe-division" in rules(one)) is found


def byte_product(left="uint8", right="int8"):
    inputs = (Value("x", left, ("batch", 4)),)
    weight = Tensor("w", right, (4, 4), 16, Payload("", 0, 16))
    return model(node("MatMulInteger", ["x", "w"]), inputs=inputs, stored=(weight,))


@pytest.mark.parametrize(
    ("flags", "one", "found"),
    [
        ({"avx2"}, byte_product(), True),
        ({"avx2", "avx512_vnni"}, byte_product(), False),
        ({"avx2"}, byte_product("int8"), False),
        ({"avx2"}, byte_product("uint8", "uint8"), False),
        (set(), byte_product(), False),
    ],
)
def test_products_of_bytes_that_an_old_processor_cuts_off(monkeypatch, flags, one, found):
    monkeypatch.setattr("inspector.core.number_rules.processor_flags", lambda: frozenset(flags))
    assert ("saturating-products" in rules(one)) is found


def test_the_flags_of_a_processor(tmp_path):
    file = tmp_path / "cpuinfo"
    file.write_text("model name : x\nflags\t\t: fpu avx2 avx_vnni\n\nflags\t\t: other\n")
    assert processor_flags(file) == {"fpu", "avx2", "avx_vnni"}
    assert processor_flags(tmp_path / "none") == frozenset()


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"mode": "nearest", "coordinate_transformation_mode": "asymmetric",
          "nearest_mode": "floor"}, False),
        ({"mode": "nearest"}, True),
        ({"mode": "linear"}, False),
        ({"mode": "linear", "coordinate_transformation_mode": "align_corners"}, False),
        ({"mode": "linear", "coordinate_transformation_mode": "asymmetric"}, True),
        ({"mode": "cubic"}, True),
        ({"mode": "linear", "antialias": 1}, True),
    ],
)  # fmt: skip
def test_resizing(attributes, found):
    assert ("interpolation" in rules(model(node("Resize", ["x"], **attributes)))) is found


def test_old_resizing_and_sampling():
    assert "interpolation" in rules(model(node("Resize", ["x"], mode="linear"), opset=10))
    assert "interpolation" in rules(model(node("GridSample", ["x", "g"], padding_mode="border")))
    assert "interpolation" not in rules(model(node("GridSample", ["x", "g"])))


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (node("Pad", ["x", "p"], mode="wrap"), True),
        (node("Pad", ["x", "p"], mode="reflect"), False),
        (node("Conv", ["x", "w"], auto_pad="SAME_UPPER"), True),
        (node("Conv", ["x", "w"], pads=(1, 1, 1, 1)), False),
        (node("AveragePool", ["x"], ceil_mode=1, count_include_pad=1), True),
        (node("AveragePool", ["x"], ceil_mode=1), False),
    ],
)
def test_edges(one, found):
    assert ("padding" in rules(model(one))) is found


def test_padding_that_cuts_off():
    one = model(node("Pad", ["x", "p"]), stored=(numbers("p", (0, -1, 0, 0), "int64"),))
    assert "padding" in rules(one)


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        ([node("ArgMax", ["x"])], True),
        ([node("TopK", ["x", "k"], ["v", "y"])], True),
        ([node("TopK", ["x", "k"], ["y", "i"])], False),
        ([node("ArgMax", ["x"], ["a"]), node("Cast", ["a"])], True),
        ([node("ArgMax", ["x"], ["a"]), node("Add", ["a", "x"])], False),
    ],
)
def test_positions_among_the_outputs(nodes, found):
    assert ("index-ties" in rules(model(*nodes))) is found
