"""One stored value in ONNX form: a tensor, or a list, a map or an optional of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from inspector.formats.onnx_types import text
from inspector.formats.protobuf_wire import BYTES, VARINT, fields, varint
from inspector.samples.stored import OBJECT, Array

_NAME_OF_TENSOR, _RAW = 8, 9


def read_value(content: bytes) -> tuple[str, Array]:
    """Name and value of a `TensorProto`, `SequenceProto`, `MapProto` or `OptionalProto`.

    The messages do not say which of them they are, so the numbers of their fields decide. An
    optional is read as the list of what it holds: both are written alike.

    Returns:
        The name, and an array; a list or a map as one object of dtype `OBJECT`.

    Raises:
        Exception: Whatever protobuf or the onnx package say about content that is none of these.
    """
    import onnx

    seen = [(number, wire) for number, wire, _, _, _ in fields(content, 0, len(content))]
    numbers = {number for number, _ in seen}
    tensor = (1, VARINT) in seen or numbers & {_NAME_OF_TENSOR, _RAW}
    if tensor or not ((1, BYTES) in seen or 3 in numbers):
        proto = onnx.TensorProto.FromString(content)
        return text(proto.name), onnx.numpy_helper.to_array(proto)
    if _second(content) > 5 or 4 in numbers:
        found = onnx.MapProto.FromString(content)
        return text(found.name), _object(_map(found))
    sequence = onnx.SequenceProto.FromString(content)
    return text(sequence.name), _object(_list(sequence))


def _second(content: bytes) -> int:
    """Field 2: the type of a map's keys, or which kind of values a list has (0 to 5)."""
    for number, wire, _, start, stop in fields(content, 0, len(content)):
        if number == 2 and wire == VARINT:
            return varint(content, start, stop)[0]
    return 0


def _list(proto: Any) -> list[Any]:
    import onnx

    if proto.elem_type == onnx.SequenceProto.SEQUENCE:
        return [_list(one) for one in proto.sequence_values]
    if proto.elem_type == onnx.SequenceProto.MAP:
        return [_map(one) for one in proto.map_values]
    return [onnx.numpy_helper.to_array(one) for one in proto.tensor_values]


def _map(proto: Any) -> dict[Any, Any]:
    keys = [one.decode("utf-8", "replace") for one in proto.string_keys] or list(proto.keys)
    return dict(zip(keys, _list(proto.values), strict=True))


def _object(value: object) -> Array:
    held = np.empty((), OBJECT)
    held[()] = value
    return held
