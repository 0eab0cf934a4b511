"""Values on their way into ONNX Runtime and out of it: types numpy lacks, lists, maps, optionals.

What is not one tensor comes out as several arrays with names of their own, so that it can be
compared like everything else: `out[0]`, `out[1]` for a list, `out['cat']` for a map.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from inspector.core.failures import InspectorError
from inspector.core.model import Value, is_compound
from inspector.runtimes.base import Array


class Odd(NamedTuple):
    """An element type that numpy does not have: its name in `ml_dtypes`, and its size."""

    ml_dtype: str
    bits: int


ODD = {
    "bfloat16": Odd("bfloat16", 16),
    "float8e4m3fn": Odd("float8_e4m3fn", 8),
    "float8e4m3fnuz": Odd("float8_e4m3fnuz", 8),
    "float8e5m2": Odd("float8_e5m2", 8),
    "float8e5m2fnuz": Odd("float8_e5m2fnuz", 8),
    "float8e8m0": Odd("float8_e8m0fnu", 8),
    "int4": Odd("int4", 4),
    "uint4": Odd("uint4", 4),
    "float4e2m1": Odd("float4_e2m1fn", 4),
    "int2": Odd("int2", 2),
    "uint2": Odd("uint2", 2),
}
"""Those whose bytes are handed over as they are; below 8 bits they are packed, lowest bits first.

Source: `TensorProto.DataType` in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

_NUMPY = {"float": "float32", "double": "float64"}
_TENSOR = re.compile(r"tensor\((\w+)\)")


class NamedArray(NamedTuple):
    """One of the arrays that a value was taken apart into."""

    name: str
    array: Array


def declared(argument: Any) -> Value:
    """An input or output as ONNX Runtime declares it.

    Types are written as in the file: `sequence(float32)`, `map(int64, float32)`.
    """
    dtype = _TENSOR.sub(lambda match: _NUMPY.get(match[1], match[1]), argument.type)
    dtype = dtype.replace("seq(", "sequence(").replace("sparse_tensor(", "sparse(")
    dtype = re.sub(r"map\((\w+),", r"map(\1, ", dtype)
    if is_compound(dtype):
        return Value(argument.name, dtype, None)
    shape = tuple(dim if isinstance(dim, int) else dim or None for dim in argument.shape)
    return Value(argument.name, dtype, shape)


def take_apart(name: str, value: object) -> tuple[NamedArray, ...]:
    """The arrays that an output holds.

    Args:
        name: The output's.
        value: An array, a list, a dict, or None for an optional without a value.

    Returns:
        The array itself; one per entry of a list; one per key of a map, and for a list of maps
        with the same keys one per key with the entries along axis 0. An optional without a value
        is one array that says so: `False` under a name of its own.
    """
    if value is None:
        return (NamedArray(f"{name} has a value", np.array(False)),)
    if isinstance(value, dict):
        return tuple(NamedArray(f"{name}[{key!r}]", np.asarray(one)) for key, one in value.items())
    if not isinstance(value, (list, tuple)):
        return (NamedArray(name, np.asarray(value)),)
    if value and all(isinstance(one, dict) and one.keys() == value[0].keys() for one in value):
        return tuple(
            NamedArray(f"{name}[{key!r}]", np.asarray([one[key] for one in value]))
            for key in value[0]
        )
    if not value:
        return (NamedArray(f"{name} has entries", np.array(False)),)
    return tuple(
        inner for place, one in enumerate(value) for inner in take_apart(f"{name}[{place}]", one)
    )


def as_declared(value: Array, dtype: str) -> Any:
    """What ONNX Runtime wants to be fed for an input of this type.

    Args:
        value: An array; for a compound input one object that holds a list or a dict. In files a
            list of one entry and an optional with a value look the same.
        dtype: As declared.
    """
    if not is_compound(dtype):
        return value
    held: Any = value.item() if value.dtype == object and value.ndim == 0 else value
    if dtype.startswith("optional("):
        if not isinstance(held, list):
            return held
        return held[0] if held else None
    return [held] if dtype.startswith("sequence(") and isinstance(held, np.ndarray) else held


def to_ort(array: Array, dtype: str, runtime: Any) -> Any:
    """An array of `ml_dtypes` as ONNX Runtime's own value: its bytes, as they are."""
    import onnx

    odd = ODD[dtype]
    if array.dtype.name != odd.ml_dtype:
        raise InspectorError(
            f"The array holds {array.dtype.name} where the model takes {dtype}.",
            f"Use data of type {dtype}, such as ONNX test data.",
        )
    element = getattr(onnx.TensorProto, dtype.upper())
    value = runtime.OrtValue.ortvalue_from_shape_and_type(list(array.shape), element)
    raw = pack(np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}"), odd.bits)
    if raw.nbytes:
        ctypes.memmove(value.data_ptr(), raw.ctypes.data, raw.nbytes)
    return value


def from_ort(value: Any) -> Array:
    """The array in ONNX Runtime's own value, of `ml_dtypes` where numpy has no such type."""
    kind = value.data_type().removeprefix("tensor(").removesuffix(")")
    odd = ODD.get(kind)
    if odd is None:
        array: Array = value.numpy()
        return array
    import ml_dtypes

    shape = tuple(value.shape())
    count = int(np.prod(shape, dtype=object))
    raw = ctypes.string_at(value.data_ptr(), (count * odd.bits + 7) // 8) if count else b""
    dtype = np.dtype(getattr(ml_dtypes, odd.ml_dtype))
    if odd.bits >= 8:
        return np.frombuffer(raw, dtype).reshape(shape)
    unpacked: Array = unpack(np.frombuffer(raw, np.uint8), odd.bits, count).view(dtype)
    return unpacked.reshape(shape)


def pack(values: Array, bits: int) -> Array:
    """Values of less than 8 bits, [n] one to a byte, as bytes that hold several."""
    flat = values.reshape(-1)
    if bits >= 8:
        return flat
    per_byte = 8 // bits
    whole = np.zeros(-(-flat.size // per_byte) * per_byte, np.uint8)
    whole[: flat.size] = flat.view(np.uint8) & (2**bits - 1)
    parts = whole.reshape(-1, per_byte) << (np.arange(per_byte, dtype=np.uint8) * bits)
    return np.asarray(np.bitwise_or.reduce(parts, axis=1), np.uint8)


def unpack(raw: Array, bits: int, count: int) -> Array:
    """The first `count` values of `bits` bits, one to a byte, their upper bits 0."""
    shifts = np.arange(8 // bits, dtype=np.uint8) * bits
    return np.asarray(raw.view(np.uint8)[:, None] >> shifts & (2**bits - 1)).reshape(-1)[:count]


def flattened(
    outputs: Sequence[Value], values: Sequence[object]
) -> tuple[tuple[Value, ...], list[Array]]:
    """All outputs of a run as arrays, with what is known about each.

    Args:
        outputs: As declared.
        values: What the run gave, one per output.
    """
    stated: list[Value] = []
    arrays: list[Array] = []
    for output, value in zip(outputs, values, strict=True):
        if not is_compound(output.dtype):
            stated.append(output)
            arrays.append(np.asarray(value))
            continue
        for name, array in take_apart(output.name, value):
            stated.append(Value(name, str(array.dtype), None))
            arrays.append(array)
    return tuple(stated), arrays


def other_entries(before: Sequence[Value], now: Sequence[Value]) -> InspectorError:
    """The failure of a list or map that has other entries in a later run."""
    return InspectorError(
        f"An output that is a list or a map has {len(now)} entries in one run and {len(before)} "
        "in another.",
        "Compare with data of one size, or with all of it in one run (--batch-size on the "
        "command line).",
    )


def feeds_of(
    inputs: Sequence[Value], feeds: Mapping[str, Array], runtime: Any, all_values: bool
) -> dict[str, Any]:
    """The arrays in the form that a session takes them in.

    Args:
        inputs: As declared.
        feeds: Input name to array.
        runtime: The onnxruntime package.
        all_values: Hand everything over as ONNX Runtime's own values.
    """
    types = {value.name: value.dtype for value in inputs}
    found: dict[str, Any] = {}
    for name, array in feeds.items():
        dtype = types.get(name, "")
        if dtype in ODD:
            found[name] = to_ort(np.asarray(array), dtype, runtime)
        elif all_values:
            found[name] = _as_value(name, array, dtype, runtime)
        else:
            found[name] = as_declared(array, dtype)
    return found


def _as_value(name: str, array: Array, dtype: str, runtime: Any) -> Any:
    if is_compound(dtype) or np.asarray(array).dtype.kind in "OUS":
        raise InspectorError(
            f"ONNX Runtime does not take '{name}', {dtype}, in a model whose outputs hold a type "
            "that numpy does not have.",
            "Add a Cast to float32 behind the output, and compare that.",
        )
    return runtime.OrtValue.ortvalue_from_numpy(array)
