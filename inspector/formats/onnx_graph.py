"""Graphs, nodes and attributes of an ONNX file, from their bytes to the project's records.

Nodes are read field by field: for the hundred thousand small messages of a large graph that is
twice as fast as protobuf's own objects, most of all because attributes that occur again, such as
`group = 1`, are decoded once. Everything else goes through the onnx package's classes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import onnx

from inspector.core.model import Attribute, AttributeValue, Function, Graph, Node
from inspector.formats.onnx_decode import TensorDecoder, opset, pairs, type_of, value
from inspector.formats.onnx_strip import SMALL, Stripper
from inspector.formats.onnx_types import ATTRIBUTE_TYPES
from inspector.formats.protobuf_wire import (
    BYTES,
    Buffer,
    CutShortError,
    WireError,
    fields,
)

DEPTH = 30
"""Graphs inside graphs; protobuf itself stops at 100 messages, three for each graph."""

_WINDOW = 1 << 16
"""Nodes up to this size are copied out of the file once: indexing bytes beats indexing a map."""

_new: Callable[..., Any] = tuple.__new__


class GraphReader:
    """Reads the graphs and functions of one file."""

    def __init__(self, folder: Path, data: Buffer) -> None:
        self._data = data
        self._stripper = Stripper(data)
        self.tensors = TensorDecoder(folder, self._stripper.key, self._stripper.places)
        self._names: dict[bytes, str] = {}
        self._attributes: dict[bytes, Attribute] = {}
        self._pairs: dict[bytes, tuple[str, str]] = {}

    def graph(self, start: int, end: int, depth: int = 0) -> Graph:
        """The graph whose message is `data[start:end]`.

        Raises:
            WireError: It is damaged, or nested deeper than protobuf allows.
        """
        if depth > DEPTH:
            raise WireError("graphs are nested too deep")
        nodes: list[Node] = []
        rest: list[bytes] = []
        for number, wire, tag, content, stop in fields(self._data, start, end):
            if number == 1 and wire == BYTES:
                nodes.append(self._node(content, stop, depth))
            else:
                rest.append(self._stripper.field("graph", number, tag, content, stop))
        proto = onnx.GraphProto.FromString(b"".join(rest))
        tensor = self.tensors.tensor
        stored = [tensor(item) for item in proto.initializer]
        stored += [self.tensors.sparse(item) for item in proto.sparse_initializer]
        return Graph(
            proto.name,
            tuple(value(item) for item in proto.input),
            tuple(value(item) for item in proto.output),
            tuple(nodes),
            tuple(stored),
            tuple(value(item) for item in proto.value_info),
            pairs(proto.metadata_props),
        )

    def function(self, start: int, end: int) -> Function:
        """The function whose message is `data[start:end]`."""
        nodes: list[Node] = []
        rest: list[bytes] = []
        for number, wire, tag, content, stop in fields(self._data, start, end):
            if number == 7 and wire == BYTES:
                nodes.append(self._node(content, stop, 0))
            elif number != 11:
                # 11 holds default values of attributes; the nodes name the attributes.
                rest.append(self._data[tag:stop])
        proto = onnx.FunctionProto.FromString(b"".join(rest))
        return Function(
            proto.domain,
            proto.name,
            tuple(proto.input),
            tuple(proto.output),
            tuple(nodes),
            tuple(opset(item) for item in proto.opset_import),
            proto.overload,
            proto.doc_string,
            tuple(value(item) for item in proto.value_info),
        )

    def _node(self, start: int, end: int, depth: int) -> Node:
        """Read one `NodeProto`; written for speed, see the head of this file."""
        base = 0 if end - start > _WINDOW else start
        data = self._data[start:end] if base else self._data
        at, stop = start - base, end - base
        inputs, outputs, attributes, metadata = [], [], [], []
        texts = {}
        while at < stop:
            tag = data[at]
            length = data[at + 1] if at + 1 < stop else 128
            content = at + 2
            if length > 127 or tag & 0x87 != BYTES:
                _, _, _, content, after = next(fields(data, at, stop))
            else:
                after = content + length
            if after > stop:
                raise CutShortError(f"the node at byte {start} is cut short")
            if tag == 0x0A:
                inputs.append(data[content:after].decode("utf-8", "replace"))
            elif tag == 0x12:
                outputs.append(data[content:after].decode("utf-8", "replace"))
            elif tag == 0x2A:
                attributes.append(self._attribute(content + base, after + base, depth))
            elif tag == 0x4A:
                metadata.append(self._pair(data[content:after]))
            else:
                texts[tag] = data[content:after]
            at = after
        text, names = texts.get, self._names
        op_type, domain = text(0x22, b""), text(0x3A, b"")
        made = _new(
            Node,
            (
                text(0x1A, b"").decode("utf-8", "replace"),
                names.get(op_type) or self._name(op_type),
                names.get(domain) or self._name(domain),
                tuple(inputs),
                tuple(outputs),
                tuple(attributes),
                tuple(metadata),
                text(0x42, b"").decode("utf-8", "replace"),
                text(0x32, b"").decode("utf-8", "replace"),
            ),
        )
        return cast("Node", made)

    def _name(self, content: bytes) -> str:
        """One string object per op type and domain: a graph has few, used very often."""
        return self._names.setdefault(content, content.decode("utf-8", "replace"))

    def _pair(self, content: bytes) -> tuple[str, str]:
        found = self._pairs.get(content)
        if found is None:
            entry = onnx.StringStringEntryProto.FromString(content)
            found = self._pairs[content] = (entry.key, entry.value)
        return found

    def _attribute(self, start: int, end: int, depth: int) -> Attribute:
        if end - start >= SMALL:
            return self._read_attribute(start, end, depth)
        content = self._data[start:end]
        found = self._attributes.get(content)
        if found is None:
            found = self._attributes[content] = self._read_attribute(start, end, depth)
        return found

    def _read_attribute(self, start: int, end: int, depth: int) -> Attribute:
        graphs: list[Graph] = []
        rest: list[bytes] = []
        for number, wire, tag, content, stop in fields(self._data, start, end):
            if number in (6, 11) and wire == BYTES:
                graphs.append(self.graph(content, stop, depth + 1))
            else:
                rest.append(self._stripper.field("attribute", number, tag, content, stop))
        proto = onnx.AttributeProto.FromString(b"".join(rest))
        number = proto.type or _guessed_type(proto, graphs)
        known = 0 <= number < len(ATTRIBUTE_TYPES)
        kind = ATTRIBUTE_TYPES[number] if known else f"type {number}"
        reference = proto.ref_attr_name
        found = None if reference else self._attribute_value(proto, kind, graphs)
        return Attribute(proto.name, kind, found, reference)

    def _attribute_value(
        self, proto: onnx.AttributeProto, kind: str, graphs: list[Graph]
    ) -> AttributeValue:
        if kind == "GRAPH":
            return graphs[0] if graphs else None
        if kind == "GRAPHS":
            return tuple(graphs)
        take = _TAKE.get(kind)
        return take(proto, self.tensors) if take else None


_TAKE: dict[str, Callable[[onnx.AttributeProto, TensorDecoder], AttributeValue]] = {
    "FLOAT": lambda proto, _: proto.f,
    "INT": lambda proto, _: proto.i,
    "STRING": lambda proto, _: proto.s.decode("utf-8", "replace"),
    "TENSOR": lambda proto, tensors: tensors.tensor(proto.t),
    "FLOATS": lambda proto, _: tuple(proto.floats[:]),
    "INTS": lambda proto, _: tuple(proto.ints[:]),
    "STRINGS": lambda proto, _: tuple(item.decode("utf-8", "replace") for item in proto.strings),
    "TENSORS": lambda proto, tensors: tuple(tensors.tensor(item) for item in proto.tensors),
    "SPARSE_TENSOR": lambda proto, tensors: tensors.sparse(proto.sparse_tensor),
    "SPARSE_TENSORS": lambda proto, tensors: tuple(
        tensors.sparse(item) for item in proto.sparse_tensors
    ),
    "TYPE_PROTO": lambda proto, _: type_of(proto.tp)[0],
    "TYPE_PROTOS": lambda proto, _: tuple(type_of(item)[0] for item in proto.type_protos),
}
"""How the value of each kind of attribute is taken out of its message."""


def _guessed_type(proto: onnx.AttributeProto, graphs: list[Graph]) -> int:
    """Type of an attribute that does not state it, as files of IR version 1 and 2 may."""
    scalars = (
        (proto.HasField("f"), 1), (proto.HasField("i"), 2), (proto.HasField("s"), 3),
        (proto.HasField("t"), 4), (bool(graphs), 5), (bool(proto.floats), 6),
        (bool(proto.ints), 7), (bool(proto.strings), 8), (bool(proto.tensors), 9),
    )  # fmt: skip
    return next((number for present, number in scalars if present), 0)
