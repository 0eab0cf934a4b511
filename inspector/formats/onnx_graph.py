"""Graphs, nodes and attributes of an ONNX file, from their bytes to the project's records.

Nodes are read field by field: for the hundred thousand small messages of a large graph that is
several times as fast as protobuf's own objects, most of all because what occurs again is decoded
once: attributes such as `group = 1`, and all that follows the name of a node where it is short.
Everything else goes through the onnx package's classes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, cast

import onnx

from inspector.core.model import Annotation, Attribute, AttributeValue, Function, Graph, Node
from inspector.formats.onnx_decode import TensorDecoder, opset, pairs, type_of, value
from inspector.formats.onnx_strip import SMALL, Stripper
from inspector.formats.onnx_types import ATTRIBUTE_TYPES, text
from inspector.formats.protobuf_wire import (
    BYTES,
    Buffer,
    WireError,
    fields,
    varint,
)

DEPTH = 30
"""Graphs inside graphs; protobuf itself stops at 100 messages, three for each graph."""

_WINDOW = 1 << 16
"""Nodes are copied out of the file in blocks of this size: indexing bytes beats indexing a map."""

_NODE = 0x0A
"""Tag of a node in a graph."""

_INPUT, _OUTPUT, _NAME, _OP_TYPE, _ATTRIBUTE = 0x0A, 0x12, 0x1A, 0x22, 0x2A
_DOC, _DOMAIN, _OVERLOAD, _METADATA = 0x32, 0x3A, 0x42, 0x4A
"""Tags of the fields of a node, all of them length-delimited. Source: onnx.proto."""

_HEAD = frozenset((_INPUT, _OUTPUT, _NAME))

_Tail: TypeAlias = tuple[str, str, tuple[Attribute, ...], tuple[tuple[str, str], ...], str, str]
"""What a node has besides its name and its values: op type, domain, attributes, metadata,
overload, documentation."""

_new: Callable[..., Any] = tuple.__new__


class GraphReader:
    """Reads the graphs and functions of one file, whose external data lies beside `path`."""

    def __init__(self, path: Path, data: Buffer) -> None:
        self._data = data
        self._stripper = Stripper(data)
        self.tensors = TensorDecoder(path, self._stripper.key, self._stripper.places)
        self._names: dict[bytes, str] = {}
        self._attributes: dict[bytes, Attribute] = {}
        self._pairs: dict[bytes, tuple[str, str]] = {}
        self._tails: dict[bytes, _Tail] = {}

    def graph(self, start: int, end: int, depth: int = 0) -> Graph:
        """The graph whose message is `data[start:end]`.

        Raises:
            WireError: It is damaged, or nested deeper than protobuf allows.
        """
        if depth > DEPTH:
            raise WireError("graphs are nested too deep")
        nodes: list[Node] = []
        rest: list[bytes] = []
        at = start
        while at < end:
            for number, wire, tag, content, stop in fields(self._data, at, end):
                at = stop
                if number == 1 and wire == BYTES:
                    nodes.append(self._node(content, stop, depth))
                    at = self._nodes(stop, end, depth, nodes)
                    break
                rest.append(self._stripper.field("graph", number, tag, content, stop))
        proto = onnx.GraphProto.FromString(b"".join(rest))
        tensor = self.tensors.tensor
        stored = [tensor(item) for item in proto.initializer]
        stored += [self.tensors.sparse(item) for item in proto.sparse_initializer]
        return Graph(
            text(proto.name),
            tuple(value(item) for item in proto.input),
            tuple(value(item) for item in proto.output),
            tuple(nodes),
            tuple(stored),
            tuple(value(item) for item in proto.value_info),
            pairs(proto.metadata_props),
            tuple(
                Annotation(text(item.tensor_name), pairs(item.quant_parameter_tensor_names))
                for item in proto.quantization_annotation
            ),
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
            text(proto.domain),
            text(proto.name),
            tuple(map(text, proto.input)),
            tuple(map(text, proto.output)),
            tuple(nodes),
            tuple(opset(item) for item in proto.opset_import),
            text(proto.overload),
            text(proto.doc_string),
            tuple(value(item) for item in proto.value_info),
        )

    def _node(self, start: int, end: int, depth: int) -> Node:
        """Read the node whose message is `data[start:end]`; a large one where it lies."""
        if end - start > _WINDOW:
            return self._decode(self._data, start, end, 0, "", depth)
        data = self._data[start:end]
        return self._decode(data, 0, end - start, start, _plain(data), depth)

    def _nodes(self, at: int, end: int, depth: int, nodes: list[Node]) -> int:
        """Read nodes that stand one after the other from `at`, block by block.

        Returns:
            Where the first stands that is no node, or not one of the short ones.
        """
        while at < end:
            block = self._data[at : min(end, at + _WINDOW)]
            place, filled = 0, len(block)
            while place + 12 < filled and block[place] == _NODE:
                length, content = block[place + 1], place + 2
                if length > 127:
                    length, content = varint(block, place + 1, filled)
                stop = content + length
                if stop > filled:
                    break
                data = block[content:stop]
                nodes.append(self._decode(data, 0, length, at + content, _plain(data), depth))
                place = stop
            if not place:
                break
            at += place
        return at

    def _decode(self, data: Buffer, at: int, end: int, base: int, plain: str, depth: int) -> Node:
        """The node in `data[at:end]`; written for speed, see the head of this file.

        `data` begins at `base` of the file; `plain` is its text where each byte is a character.
        """
        inputs: list[str] = []
        outputs: list[str] = []
        name = ""
        while at < end and (tag := data[at]) in _HEAD:
            content = at + 2
            after = content + data[at + 1] if content <= end else end + 1
            if after > end or after > content + 127:
                _, _, _, content, after = next(fields(data, at, end))
            word = plain[content:after] if plain else text(data[content:after])
            if tag == _INPUT:
                inputs.append(word)
            elif tag == _OUTPUT:
                outputs.append(word)
            else:
                name = word
            at = after
        short = data[at:end] if end - at < SMALL else b""
        tail = self._tails.get(short)
        if tail is None:
            tail, late = self._tail(data, at, end, base, depth)
            inputs += [word for tag, word in late if tag == _INPUT]
            outputs += [word for tag, word in late if tag == _OUTPUT]
            name = next((word for tag, word in late if tag == _NAME), name)
            if short and not late:
                self._tails[short] = tail
        op_type, domain, attributes, metadata, overload, doc = tail
        values = tuple(inputs), tuple(outputs)
        made = (name, op_type, domain, *values, attributes, metadata, overload, doc)
        return cast("Node", _new(Node, made))

    def _tail(
        self, data: Buffer, at: int, end: int, base: int, depth: int
    ) -> tuple[_Tail, list[tuple[int, str]]]:
        """Read the fields from `at` on; those that writers put before them come apart."""
        attributes: list[Attribute] = []
        metadata: list[tuple[str, str]] = []
        late: list[tuple[int, str]] = []
        texts: dict[int, bytes] = {}
        for number, wire, _, content, stop in fields(data, at, end):
            tag = number << 3 | wire
            if tag == _ATTRIBUTE:
                attributes.append(self._attribute(content + base, stop + base, depth))
            elif tag == _METADATA:
                metadata.append(self._pair(data[content:stop]))
            elif tag in _HEAD:
                late.append((tag, text(data[content:stop])))
            elif wire == BYTES:
                texts[tag] = data[content:stop]
        op_type, domain = (self._name(texts.get(tag, b"")) for tag in (_OP_TYPE, _DOMAIN))
        overload, doc = (text(texts.get(tag, b"")) for tag in (_OVERLOAD, _DOC))
        return (op_type, domain, tuple(attributes), tuple(metadata), overload, doc), late

    def _name(self, content: bytes) -> str:
        """One string object per op type and domain: a graph has few, used very often."""
        return self._names.setdefault(content, text(content))

    def _pair(self, content: bytes) -> tuple[str, str]:
        found = self._pairs.get(content)
        if found is None:
            entry = onnx.StringStringEntryProto.FromString(content)
            found = self._pairs[content] = (text(entry.key), text(entry.value))
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
        reference = text(proto.ref_attr_name)
        found = None if reference else self._attribute_value(proto, kind, graphs)
        return Attribute(text(proto.name), kind, found, reference)

    def _attribute_value(
        self, proto: onnx.AttributeProto, kind: str, graphs: list[Graph]
    ) -> AttributeValue:
        if kind == "GRAPH":
            return graphs[0] if graphs else None
        if kind == "GRAPHS":
            return tuple(graphs)
        take = _TAKE.get(kind)
        return take(proto, self.tensors) if take else None


def _plain(data: bytes) -> str:
    """The text of bytes that are all ASCII, so that a part of one is that part of the other."""
    return data.decode("ascii") if data.isascii() else ""


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
