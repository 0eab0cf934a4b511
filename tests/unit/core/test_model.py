"""The words for what is in a file."""

from __future__ import annotations

import pytest

from inspector.core.model import (
    Attribute,
    Graph,
    Model,
    Node,
    OpsetImport,
    Shape,
    Tensor,
    shape_text,
)
from inspector.core.walk import bodies, constant_of, subgraphs


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (None, "unknown rank"),
        ((), "[]"),
        ((1, 3), "[1, 3]"),
        (("batch", None, 3), "['batch', ?, 3]"),
    ],
)
def test_a_shape_is_written_as_people_read_it(shape: Shape, text: str) -> None:
    assert shape_text(shape) == text


def _graph(name: str, *nodes: Node) -> Graph:
    return Graph(name, (), (), nodes, ())


def test_bodies_are_visited_from_the_outside_in() -> None:
    inner = _graph("inner", Node("i", "Neg", "", (), (), ()))
    cases = Attribute("cases", "GRAPHS", (_graph("first"), _graph("second")))
    middle = _graph(
        "middle", Node("m", "If", "", (), (), (Attribute("then", "GRAPH", inner), cases))
    )
    outer = _graph("outer", Node("o", "Loop", "", (), (), (Attribute("body", "GRAPH", middle),)))
    imports = (OpsetImport("ai.onnx", 18),)
    model = Model("m", 0, 8, "", "", "", 0, "", imports, (), outer, (), ())
    found = list(bodies(model))
    names = [body.graph.name for body in found if body.graph]
    assert names == ["outer", "middle", "inner", "first", "second"]
    assert [graph.name for graph in found[2].outer] == ["middle", "outer"]
    assert [name for name, _ in subgraphs(middle.nodes[0])] == ["then", "cases[0]", "cases[1]"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("value_float", 1.5, ("float32", (), 4, (1.5,))),
        ("value_ints", (1, 2), ("int64", (2,), 16, (1, 2))),
        ("value_string", "äb", ("string", (), 3, ("äb",))),
    ],
)
def test_a_constant_of_plain_numbers_is_a_tensor(
    name: str, value: float | str | tuple[int, ...], expected: tuple[object, ...]
) -> None:
    node = Node("", "Constant", "", (), ("c",), (Attribute(name, "", value),))
    tensor = constant_of(node)
    assert tensor is not None
    assert (tensor.dtype, tensor.shape, tensor.bytes, tensor.values) == expected
    assert tensor.name == "c"


def test_only_constants_of_the_standard_are_constants() -> None:
    tensor = Attribute("value", "TENSOR", Tensor("", "float32", (1,), 4))
    assert constant_of(Node("", "Constant", "com.x", (), ("c",), (tensor,))) is None
    assert constant_of(Node("", "Relu", "", (), ("c",), (tensor,))) is None
    assert constant_of(Node("", "Constant", "", (), ("c",), ())) is None
