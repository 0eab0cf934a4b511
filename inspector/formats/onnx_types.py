"""The element types of ONNX by number, and what tensors of them weigh.

Source: `TensorProto.DataType` in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

import math
from collections.abc import Sequence

DTYPES: dict[int, tuple[str, int]] = {
    1: ("float32", 32),
    2: ("uint8", 8),
    3: ("int8", 8),
    4: ("uint16", 16),
    5: ("int16", 16),
    6: ("int32", 32),
    7: ("int64", 64),
    8: ("string", 0),
    9: ("bool", 8),
    10: ("float16", 16),
    11: ("float64", 64),
    12: ("uint32", 32),
    13: ("uint64", 64),
    14: ("complex64", 64),
    15: ("complex128", 128),
    16: ("bfloat16", 16),
    17: ("float8e4m3fn", 8),
    18: ("float8e4m3fnuz", 8),
    19: ("float8e5m2", 8),
    20: ("float8e5m2fnuz", 8),
    21: ("uint4", 4),
    22: ("int4", 4),
    23: ("float4e2m1", 4),
    24: ("float8e8m0", 8),
    25: ("uint2", 2),
    26: ("int2", 2),
    27: ("float6e2m3", 6),
    28: ("float6e3m2", 6),
}
"""Number to name (numpy's where it has one) and bits per element; strings have no fixed size."""

ATTRIBUTE_TYPES = (
    "UNDEFINED", "FLOAT", "INT", "STRING", "TENSOR", "GRAPH", "FLOATS", "INTS", "STRINGS",
    "TENSORS", "GRAPHS", "SPARSE_TENSOR", "SPARSE_TENSORS", "TYPE_PROTO", "TYPE_PROTOS",
)  # fmt: skip
"""`AttributeProto.AttributeType` by number."""


def text(found: str | bytes) -> str:
    """A text of a message: protobuf hands out the bytes of one that is not UTF-8."""
    return found if isinstance(found, str) else found.decode("utf-8", "replace")


def dtype_name(number: int) -> str:
    """Name of an element type; empty for 0, `type 99` for one that is not known here."""
    if number == 0:
        return ""
    known = DTYPES.get(number)
    return known[0] if known else f"type {number}"


def elements(shape: Sequence[int]) -> int:
    """Number of elements; 1 for a scalar, 0 where a size is negative."""
    return 0 if any(size < 0 for size in shape) else math.prod(shape)


def stored_bytes(number: int, shape: Sequence[int]) -> int:
    """Bytes that a tensor takes as raw data; sub-byte types are packed, strings count 0."""
    bits = DTYPES.get(number, ("", 0))[1]
    return (elements(shape) * bits + 7) // 8
