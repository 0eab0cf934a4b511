"""Who makes and who uses each value, as rows of the outline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inspector.core.inspection import Link
from inspector.core.model import Function, Graph, Model, Node, Value
from inspector.core.walk import constant_of
from inspector.formats import columns as rows
from inspector.formats.columns import Outline

MAIN = -1
"""Body of everything that belongs to the main graph."""

_SHOWN = 100


class Maker(NamedTuple):
    """Where a value comes from: the row, and `node`, `constant`, `initializer` or `input`."""

    row: int
    kind: str


class Links:
    """The makers and users of every value, by body: the main graph, a subgraph, a function."""

    def __init__(self, model: Model, outline: Outline) -> None:
        self._model = model
        self._outline = outline
        self._bodies: list[int] = []
        self._makers: dict[int, dict[str, Maker]] = {MAIN: {}}
        self._users: dict[int, dict[str, list[int]]] = {MAIN: {}}
        self._values: dict[int, dict[str, Value]] = {}
        for row in range(len(outline)):
            self._enter(row)
        self._raise_outer_uses()

    def _enter(self, row: int) -> None:
        outline = self._outline
        kind, parent = int(outline.kind[row]), int(outline.parent[row])
        if kind in (rows.SUBGRAPH, rows.FUNCTION):
            body = row
            self._makers[row], self._users[row] = {}, {}
        else:
            body = self._bodies[parent] if parent >= 0 else MAIN
        self._bodies.append(body)
        item = outline.items[row]
        makers, users = self._makers[body], self._users[body]
        if kind == rows.NODE:
            maker = Maker(row, "constant" if item.op_type == "Constant" else "node")
            for name in item.outputs:
                makers[name] = maker
            for name in item.inputs:
                if name:
                    users.setdefault(name, []).append(row)
        elif kind in (rows.INITIALIZER, rows.INPUT):
            word = "initializer" if kind == rows.INITIALIZER else "input"
            makers.setdefault(item.name, Maker(row, word))
        elif kind == rows.OUTPUT:
            users.setdefault(item.name, []).append(row)

    def _raise_outer_uses(self) -> None:
        """A subgraph that uses a value from outside makes its own node a user of it."""
        for body in sorted(self._makers, reverse=True):
            if body == MAIN or self._outline.kind[body] == rows.FUNCTION:
                continue
            node = int(self._outline.parent[body])
            outer = self._users[self._bodies[node]]
            for name in self._users[body]:
                if name not in self._makers[body] and node not in outer.setdefault(name, []):
                    outer[name].append(node)

    def body(self, row: int) -> int:
        """The body that a row stands in."""
        own = self._bodies[row]
        if own == row:
            parent = int(self._outline.parent[row])
            return self._bodies[parent] if parent >= 0 else MAIN
        return own

    def _around(self, body: int) -> Iterator[int]:
        """A body and those outside it, whose values it may use."""
        yield body
        while body != MAIN and self._outline.kind[body] != rows.FUNCTION:
            body = self._bodies[int(self._outline.parent[body])]
            yield body

    def function(self, body: int) -> Function | None:
        """The function that a body belongs to; None in the main graph."""
        found = list(self._around(body))[-1]
        item = self._outline.items[found] if found != MAIN else None
        return item if isinstance(item, Function) else None

    def maker(self, name: str, body: int) -> Maker | None:
        """Who makes a value; None for one that comes from nowhere."""
        return next(
            (self._makers[around][name] for around in self._around(body)
             if name in self._makers[around]),
            None,
        )  # fmt: skip

    def users(self, name: str, body: int) -> tuple[Link, ...]:
        """Links to the nodes and outputs that use a value."""
        found = self._users[body].get(name, [])
        links = [self.link(row) for row in dict.fromkeys(found[:_SHOWN])]
        left = len(found) - _SHOWN
        return (*links, Link(f"and {left:,} more", -1)) if left > 0 else tuple(links)

    def link(self, row: int) -> Link:
        """A link to a row, with its full name."""
        item = self._outline.items[row]
        name = item.name if isinstance(item, Node) else ""
        return Link(name or self._outline.name[row], row)

    def largest(self, found: Sequence[int]) -> int:
        """The row of the tensor with the most bytes; -1 where there is none."""
        sizes = self._outline.bytes
        return max(found, key=lambda row: int(sizes[row]), default=-1)

    def value(self, name: str, body: int) -> Value:
        """Type of a value where the file or a weight tells it, else an empty one."""
        for around in self._around(body):
            found = self._types(around).get(name)
            if found is not None:
                return found
            maker = self._makers[around].get(name)
            if maker is not None:
                return self._made(name, maker)
        return Value(name, "", None)

    def _made(self, name: str, maker: Maker) -> Value:
        item = self._outline.items[maker.row]
        tensor = constant_of(item) if maker.kind == "constant" else item
        if maker.kind in ("initializer", "constant") and tensor is not None:
            return Value(name, tensor.dtype, tensor.shape)
        return Value(name, "", None)

    def _types(self, body: int) -> dict[str, Value]:
        found = self._values.get(body)
        if found is None:
            owner = self._model.graph if body == MAIN else self._outline.items[body]
            listed = list(owner.value_info)
            if isinstance(owner, Graph):
                listed += [*owner.inputs, *owner.outputs]
            found = self._values[body] = {value.name: value for value in listed}
        return found
