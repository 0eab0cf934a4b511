"""From onnx's protobuf records to the project's own, for everything that is not a graph.

`Decoder` in `onnx.py` does nodes and graphs; here are types, values and tensors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from inspector.core.model import Dim, ExternalFile, OpsetImport, Payload, Shape, Tensor, Value
from inspector.formats.inside import named_by
from inspector.formats.onnx_strip import Place
from inspector.formats.onnx_types import dtype_name, elements, stored_bytes, text

_EXTERNAL = 1
_FAST = {
    1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2",
    11: "<f8", 12: "<u4", 13: "<u8",
}  # fmt: skip
"""Element types whose raw bytes numpy reads as they are."""


def pairs(entries: Iterable[onnx.StringStringEntryProto]) -> tuple[tuple[str, str], ...]:
    """Key and value of each metadata entry."""
    return tuple((text(entry.key), text(entry.value)) for entry in entries)


def opset(proto: onnx.OperatorSetIdProto) -> OpsetImport:
    """An opset import; the empty domain gets its name `ai.onnx`."""
    return OpsetImport(text(proto.domain) or "ai.onnx", proto.version)


def value(proto: onnx.ValueInfoProto) -> Value:
    """A named value with its type as the file states it."""
    dtype, shape = type_of(proto.type)
    return Value(text(proto.name), dtype, shape)


def type_of(proto: onnx.TypeProto) -> tuple[str, Shape]:
    """Name and shape of a type; compound types are written out, such as `sequence(float32)`."""
    which = proto.WhichOneof("value")
    if which == "tensor_type":
        tensor_type = proto.tensor_type
        shape = _shape(tensor_type.shape) if tensor_type.HasField("shape") else None
        return dtype_name(tensor_type.elem_type), shape
    if which == "sparse_tensor_type":
        sparse = proto.sparse_tensor_type
        shape = _shape(sparse.shape) if sparse.HasField("shape") else None
        return f"sparse({dtype_name(sparse.elem_type)})", shape
    if which == "sequence_type":
        return f"sequence({_written(proto.sequence_type.elem_type)})", None
    if which == "optional_type":
        return f"optional({_written(proto.optional_type.elem_type)})", None
    if which == "map_type":
        key = dtype_name(proto.map_type.key_type)
        return f"map({key}, {_written(proto.map_type.value_type)})", None
    return "opaque" if which == "opaque_type" else "", None


def _written(proto: onnx.TypeProto) -> str:
    dtype, shape = type_of(proto)
    if shape is None:
        return dtype
    return f"{dtype}[{','.join('?' if dim is None else str(dim) for dim in shape)}]"


def _shape(proto: onnx.TensorShapeProto) -> Shape:
    return tuple(_dim(dim) for dim in proto.dim)


def _dim(proto: onnx.TensorShapeProto.Dimension) -> Dim:
    if proto.HasField("dim_value"):
        return proto.dim_value
    return text(proto.dim_param) or None


class TensorDecoder:
    """Turns `TensorProto`s into `Tensor`s and gathers the external files they name."""

    def __init__(self, path: Path, key: int, places: list[Place]) -> None:
        self._path = path
        self._key = key
        self._places = places
        self._external: dict[str, tuple[int, int]] = {}
        self._seen: set[Payload] = set()

    def tensor(self, proto: onnx.TensorProto) -> Tensor:
        """A stored tensor; its values only where it is small."""
        shape, number = tuple(proto.dims), proto.data_type
        size = stored_bytes(number, shape)
        dtype = dtype_name(number)
        if proto.data_location == _EXTERNAL:
            payload = self._outside(proto, size)
            shared = payload in self._seen
            self._seen.add(payload)
            return Tensor(text(proto.name), dtype, shape, payload.length, payload, shared=shared)
        if proto.HasField("segment") and proto.segment.begin == self._key:
            place = self._places[proto.segment.end]
            if not place.payload.message:
                size = place.payload.length
            return Tensor(text(proto.name), dtype, shape, size + place.strings, place.payload)
        size += sum(map(len, proto.string_data))
        return Tensor(text(proto.name), dtype, shape, size, None, small_values(proto, shape))

    def sparse(self, proto: onnx.SparseTensorProto) -> Tensor:
        """A sparse tensor under its dense shape; bytes are those of values and indices."""
        values, indices = self.tensor(proto.values), self.tensor(proto.indices)
        stored = elements(values.shape)
        size = values.bytes + indices.bytes
        return Tensor(values.name, values.dtype, tuple(proto.dims), size, sparse=stored)

    def _outside(self, proto: onnx.TensorProto, size: int) -> Payload:
        entries = dict(pairs(proto.external_data))
        location = entries.get("location", "")
        offset = _number(entries.get("offset", ""), 0)
        length = _number(entries.get("length", ""), size)
        count, reach = self._external.get(location, (0, 0))
        self._external[location] = (count + 1, max(reach, offset + length))
        return Payload(location, offset, length)

    def external_files(self) -> tuple[ExternalFile, ...]:
        """The files named so far, in order of first mention. None of them is opened."""
        return tuple(
            named_by(self._path, location, count, reach)
            for location, (count, reach) in self._external.items()
        )


def _number(digits: str, default: int) -> int:
    return int(digits) if digits.isdecimal() and len(digits) < 20 else default


def small_values(
    proto: onnx.TensorProto, shape: tuple[int, ...]
) -> tuple[int | float | bool | str, ...] | None:
    """All values of a tensor that is held in memory; None where they do not fit its shape."""
    fast = _FAST.get(proto.data_type)
    raw = proto.raw_data
    try:
        if raw and fast:
            found = np.frombuffer(raw, fast).tolist()
        elif proto.data_type == onnx.TensorProto.STRING:
            found = [item.decode("utf-8", "replace") for item in proto.string_data]
        elif elements(shape) <= 4 * proto.ByteSize():
            found = [_plain(item) for item in numpy_helper.to_array(proto).reshape(-1)]
        else:
            return None
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
        return None
    return tuple(found) if len(found) == math.prod(shape) else None


def _plain(item: object) -> int | float | bool | str:
    if isinstance(item, np.generic):
        item = item.item() if item.dtype.kind in "biuf" else item
    if isinstance(item, (bool, int, float, str)):
        return item
    if isinstance(item, (complex, np.complexfloating)):
        return str(item)
    try:
        return float(item)  # type: ignore[arg-type]
    except TypeError:
        return str(item)
