"""Visit everything in a model: subgraphs of control flow and function bodies included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from inspector.core.model import Function, Graph, Model, Node, Tensor


class Body(NamedTuple):
    """A list of nodes and what it belongs to: a graph (main or nested) or a function.

    `outer` holds the bodies around it, nearest first, whose values it may use.
    """

    nodes: tuple[Node, ...]
    graph: Graph | None
    function: Function | None
    outer: tuple[Graph, ...] = ()


def subgraphs(node: Node) -> Iterator[tuple[str, Graph]]:
    """The graphs among a node's attributes, each with a name such as `then_branch`."""
    for attribute in node.attributes:
        value = attribute.value
        if isinstance(value, Graph):
            yield attribute.name, value
        elif isinstance(value, tuple) and value and isinstance(value[0], Graph):
            for index, item in enumerate(value):
                if isinstance(item, Graph):
                    yield f"{attribute.name}[{index}]", item


def bodies(model: Model) -> Iterator[Body]:
    """The main graph, every graph nested in it, then each function with what is nested there."""
    yield from _nested(Body(model.graph.nodes, model.graph, None))
    for function in model.functions:
        yield from _nested(Body(function.nodes, None, function))


def _nested(body: Body) -> Iterator[Body]:
    yield body
    outer = (body.graph, *body.outer) if body.graph else body.outer
    for node in body.nodes:
        if node.attributes:
            for _, graph in subgraphs(node):
                yield from _nested(Body(graph.nodes, graph, body.function, outer))


def constant_of(node: Node) -> Tensor | None:
    """The tensor that a `Constant` node makes, whatever attribute holds it; else None.

    Plain numbers (`value_float`, `value_ints`, ...) come as a tensor with `values`.
    """
    if node.op_type != "Constant" or node.domain not in ("", "ai.onnx"):
        return None
    for attribute in node.attributes:
        value = attribute.value
        name = node.outputs[0] if node.outputs else node.name
        if isinstance(value, Tensor):
            return value._replace(name=value.name or name)
        dtype = _PLAIN.get(attribute.name)
        if dtype and isinstance(value, tuple):
            values = tuple(item for item in value if isinstance(item, (int, float, str)))
            return _plain(name, dtype, values, (len(values),))
        if dtype and isinstance(value, (int, float, str)):
            return _plain(name, dtype, (value,), ())
    return None


_PLAIN = {
    "value_float": "float32", "value_floats": "float32", "value_int": "int64",
    "value_ints": "int64", "value_string": "string", "value_strings": "string",
}  # fmt: skip
_ITEM = {"float32": 4, "int64": 8}


def _plain(
    name: str, dtype: str, values: tuple[int | float | str, ...], shape: tuple[int, ...]
) -> Tensor:
    size = sum(_ITEM.get(dtype) or len(str(value).encode()) for value in values)
    return Tensor(name, dtype, shape, size, None, values)
