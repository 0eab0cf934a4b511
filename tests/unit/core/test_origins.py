"""What an output comes from, read off the graph."""

import pytest

from inspector.core.model import Attribute, Graph, Model, Node, Tensor, Value
from inspector.core.origins import Kind, Origins


def node(op_type, inputs, outputs, **attributes):
    given = tuple(Attribute(name, "INT", value) for name, value in attributes.items())
    return Node("", op_type, "", tuple(inputs), tuple(outputs), given)


def model(*nodes, initializers=(), values=()):
    graph = Graph("g", (), (), nodes, tuple(initializers), tuple(values))
    return Origins(Model("m.onnx", 0, 10, "", "", "", 0, "", (), (), graph, (), ()))


def test_codes_of_a_quantiser_are_one_step_apart():
    assert model(node("QuantizeLinear", ["x", "s"], ["y"])).quantum("y") == 1.0
    reshaped = node("QLinearConv", ["x"], ["q"]), node("Reshape", ["q", "shape"], ["y"])
    assert model(*reshaped).quantum("y") == 1.0


def test_behind_a_dequantiser_a_step_is_its_scale():
    scale = Tensor("s", "float32", (2,), 8, None, (0.02, 0.05))
    one = node("DequantizeLinear", ["q", "s"], ["d"]), node("Flatten", ["d"], ["y"])
    assert model(*one, initializers=[scale]).quantum("y") == 0.05
    assert model(*one).quantum("y") == 0.0
    constant = node("Constant", [], ["s"], value_float=0.25)
    assert model(constant, *one).quantum("y") == 0.25


@pytest.mark.parametrize(("given", "to", "step"), [("float32", 2, 1.0), ("int64", 7, 0.0),
                                                   ("float32", 1, 0.0), ("", 2, 0.0)])  # fmt: skip
def test_floating_numbers_cast_to_whole_ones_are_one_step_apart(given, to, step):
    cast = node("Cast", ["x"], ["y"], to=to)
    assert model(cast, values=[Value("x", given, None)]).quantum("y") == step


def test_what_is_rounded_before_a_cast_needs_no_declared_type():
    assert model(node("Round", ["a"], ["x"]), node("Cast", ["x"], ["y"], to=2)).quantum("y") == 1.0


def test_other_outputs_leave_no_quantiser():
    assert model(node("Relu", ["x"], ["y"])).quantum("y") == 0.0
    assert model().quantum("y") == 0.0


def test_indices_are_followed_back_to_their_node():
    nodes = (
        node("Identity", ["a"], ["x"]),
        node("ArgMax", ["x"], ["i"], axis=1),
        node("Cast", ["i"], ["y"], to=6),
    )
    found = model(*nodes).indices("y")
    assert (found.op_type, found.scores, found.axis) == ("ArgMax", "a", 1)


def test_of_a_top_k_only_the_second_output_holds_indices():
    top = model(node("TopK", ["x", "k"], ["v", "i"]), node("Identity", ["v"], ["w"]))
    assert top.indices("i").values == "v"
    assert top.indices("v") is None
    assert top.indices("w") is None
    assert top.source("w") == "v"


def test_a_suppression_points_at_its_second_input():
    assert model(node("NonMaxSuppression", ["b", "s"], ["y"])).indices("y").scores == "s"
    assert model(node("Relu", ["x"], ["y"])).indices("y") is None


def test_what_leaves_a_sigmoid_is_bounded_as_long_as_nothing_else_joins_it():
    one, other = node("Sigmoid", ["a"], ["s"]), node("Sigmoid", ["b"], ["t"])
    assert model(one, node("Reshape", ["s", "shape"], ["y"])).bounded("y")
    assert model(one, other, node("Mul", ["s", "t"], ["y"])).bounded("y")
    assert model(one, other, node("Concat", ["s", "t"], ["y"], axis=1)).bounded("y")
    assert not model(one, node("Mul", ["s", "x"], ["y"])).bounded("y")
    assert not model(one, node("Concat", ["s", "x"], ["y"], axis=1)).bounded("y")
    assert not model(node("Relu", ["a"], ["y"])).bounded("y")


def test_large_single_constants_may_stand_in_the_place_of_results():
    stored = Tensor("m", "float32", (), 4, None, (-1e9,))
    many = Tensor("n", "float32", (2,), 8, None, (1e5, 1e6))
    small = Tensor("k", "float32", (1,), 4, None, (640.0,))
    constant = node("Constant", [], ["c"], value_float=-65504.0)
    found = model(
        constant, node("Where", ["x", "m", "z"], ["y"]), initializers=[stored, many, small]
    )
    assert found.kind("y").fills == (1e9, 65504.0)


def test_functions_of_range_1_are_looked_for_among_what_is_joined_to_an_output():
    softmax = node("Softmax", ["a"], ["s"])
    joined = node("Concat", ["boxes", "s"], ["y"], axis=1)
    assert model(softmax, joined).natural("y")
    assert model(softmax, node("Mul", ["s", "k"], ["y"])).natural("y")
    assert not model(softmax, node("MatMul", ["s", "w"], ["y"])).natural("y")
    assert model(node("Tanh", ["a"], ["y"])).kind("y").natural
    linear = model(node("Gemm", ["a"], ["y"])).kind("y")
    assert not linear.natural
    assert linear.joined(Kind()).natural
