"""A model's nodes sorted by operator, with the constants they see: what the rules look through."""

from __future__ import annotations

from typing import NamedTuple

from inspector.core.model import AttributeValue, Model, Node, Shape, Tensor, Value
from inspector.core.walk import Body, bodies, constant_of

STANDARD = ("", "ai.onnx")


class Place(NamedTuple):
    """A node and the body it stands in."""

    node: Node
    body: Body

    @property
    def label(self) -> str:
        """The node's name; its op type and first output where it has none."""
        node = self.node
        return node.name or f"{node.op_type} -> {node.outputs[0] if node.outputs else ''}"


class Survey:
    """One pass over a model; every rule asks it instead of walking again."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.bodies = list(bodies(model))
        self._by_type: dict[str, list[tuple[Node, Body]]] = {}
        self.domains: dict[str, list[Place]] = {}
        by_type = self._by_type
        for body in self.bodies:
            for node in body.nodes:
                if node.domain not in STANDARD:
                    self.domains.setdefault(node.domain, []).append(Place(node, body))
                elif node.op_type in by_type:
                    by_type[node.op_type].append((node, body))
                else:
                    by_type[node.op_type] = [(node, body)]
        self._constants: dict[int, dict[str, Tensor]] = {}
        self._declared: dict[int, dict[str, Value]] = {}

    def places(self, *op_types: str) -> list[Place]:
        """Every node of these standard operators, nested ones and function bodies included."""
        return [Place(*pair) for op_type in op_types for pair in self._by_type.get(op_type, ())]

    def opset(self, place: Place) -> int:
        """Version of the standard operators that holds at a node; 0 where none is stated."""
        function = place.body.function
        imports = function.opset_imports if function else self.model.opset_imports
        return max((entry.version for entry in imports if entry.domain == "ai.onnx"), default=0)

    def values(self, place: Place, index: int) -> tuple[int | float | bool | str, ...] | None:
        """Values of a node's input where it is a small constant; None otherwise."""
        tensor = self.constant(place, index)
        return tensor.values if tensor is not None else None

    def constant(self, place: Place, index: int) -> Tensor | None:
        """The initializer or `Constant` that a node's input is; None where it is neither."""
        if index >= len(place.node.inputs):
            return None
        name = place.node.inputs[index]
        found = self._constants_of(place.body).get(name)
        if found is None and place.body.outer:
            outer = (self._constants_of(body) for body in self._around(place.body))
            found = next((known[name] for known in outer if name in known), None)
        return found

    def shape(self, place: Place, index: int) -> Shape:
        """Shape of a node's input as its graph declares it; None where it does not."""
        declared = self.declared(place, index)
        return declared.shape if declared is not None else None

    def declared(self, place: Place, index: int) -> Value | None:
        """A node's input as its graph declares it: an input or output, or a value between."""
        graph = place.body.graph
        if graph is None or index >= len(place.node.inputs):
            return None
        known = self._declared.get(id(graph))
        if known is None:
            values = (*graph.value_info, *graph.inputs, *graph.outputs)
            known = self._declared[id(graph)] = {value.name: value for value in values}
        return known.get(place.node.inputs[index])

    def _around(self, body: Body) -> list[Body]:
        graphs = {id(graph) for graph in body.outer}
        return [other for other in self.bodies if other.graph and id(other.graph) in graphs]

    def _constants_of(self, body: Body) -> dict[str, Tensor]:
        key = id(body.nodes)
        found = self._constants.get(key)
        if found is None:
            found = {t.name: t for t in body.graph.initializers} if body.graph else {}
            for node in body.nodes:
                if node.op_type == "Constant" and node.outputs:
                    tensor = constant_of(node)
                    if tensor is not None:
                        found[node.outputs[0]] = tensor
            self._constants[key] = found
        return found


def attribute(node: Node, name: str, default: AttributeValue = None) -> AttributeValue:
    """Value of an attribute, or `default` where the node does not state it."""
    return next((item.value for item in node.attributes if item.name == name), default)
