"""How layers hang together: what computes a value, from the nearest values that are known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from inspector.core.model import Graph, Node
from inspector.core.walk import subgraphs


class Region(NamedTuple):
    """What computes a value from known ones.

    Attributes:
        nodes: Indices of the nodes, in the order of the graph.
        inputs: Known values that they take, in the order in which they are met.
    """

    nodes: tuple[int, ...]
    inputs: tuple[str, ...]


def used_by(node: Node) -> tuple[str, ...]:
    """Names of the values that a node takes; those used inside its subgraphs among them."""
    inside = (name for _, graph in subgraphs(node) for name in _outer_names(graph))
    return tuple(dict.fromkeys(name for name in (*node.inputs, *inside) if name))


def _outer_names(graph: Graph) -> Iterator[str]:
    """Names that a subgraph takes from around it."""
    own = {value.name for value in graph.inputs} | {tensor.name for tensor in graph.initializers}
    own |= {name for node in graph.nodes for name in node.outputs}
    names = [name for node in graph.nodes for name in used_by(node)]
    names += [value.name for value in graph.outputs]
    yield from (name for name in names if name not in own)


class Wiring:
    """Who makes and who takes each value of a graph."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.takes = [used_by(node) for node in nodes]
        self.maker = {
            name: index for index, node in enumerate(nodes) for name in node.outputs if name
        }
        self.takers: dict[str, list[int]] = {}
        for index, names in enumerate(self.takes):
            for name in names:
                self.takers.setdefault(name, []).append(index)

    def region(self, value: str, known: Collection[str]) -> Region:
        """What computes `value` from values among `known` and from nothing else that is known.

        Initializers and inputs of the graph end the way back as well, and are not listed.
        """
        nodes: set[int] = set()
        inputs: dict[str, None] = {}
        waiting = [self.maker[value]] if value in self.maker else []
        while waiting:
            index = waiting.pop()
            if index in nodes:
                continue
            nodes.add(index)
            for name in self.takes[index]:
                if name in known and name != value:
                    inputs[name] = None
                elif name in self.maker:
                    waiting.append(self.maker[name])
        return Region(tuple(sorted(nodes)), tuple(inputs))

    def cut(self, wanted: Collection[str], known: Collection[str]) -> Region:
        """The regions of several values together; a wanted value may be an input of another."""
        regions = [self.region(value, known) for value in wanted]
        nodes = sorted({index for region in regions for index in region.nodes})
        inputs = dict.fromkeys(name for region in regions for name in region.inputs)
        return Region(tuple(nodes), tuple(inputs))

    def constant(self, inputs: Collection[str]) -> frozenset[str]:
        """Values that depend on none of the graph's `inputs`."""
        moving = set(inputs)
        for index, node in enumerate(self.nodes):
            drawn = not self.takes[index] and node.op_type != "Constant"
            if drawn or any(name in moving for name in self.takes[index]):
                moving.update(node.outputs)
        return frozenset(name for name in self.maker if name not in moving)


def topological(nodes: Sequence[Node], wanted: Mapping[str, object]) -> tuple[str, ...]:
    """The wanted values in the order in which the nodes make them."""
    return tuple(name for node in nodes for name in node.outputs if name in wanted)
