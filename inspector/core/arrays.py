"""Arrays of any dtype as blocks of float64 that can be compared."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from inspector.core.bars import Floats

Array: TypeAlias = npt.NDArray[Any]

_STORED_AS = {"bfloat16": 2, "float8e4m3fn": 1, "float8e4m3fnuz": 1, "float8e5m2": 1}
_STORED_AS |= {"float8e5m2fnuz": 1}
_ODD_NAMES = {"float4_e2m1fn": "float4e2m1", "float8_e8m0fnu": "float8e8m0"}
_ML_NAMES = {name: name.replace("float8", "float8_") for name in _STORED_AS}


def dtype_name(array: Array) -> str:
    """The dtype as models write it: `float32`, `bfloat16`, `float8e4m3fn`, `string`."""
    if array.dtype.kind in "OUST":
        return "string"
    name = array.dtype.name
    return _ODD_NAMES.get(name, name.replace("float8_", "float8"))


def as_numbers(array: Array, dtype: str) -> Array:
    """The same values in a form numpy computes with, contiguous.

    Complex numbers become a trailing axis [..., 2] of reals. bfloat16 and 8-bit floats that come
    as unsigned integers, or as the untyped bytes that `numpy.load` gives for them, are decoded as
    what `dtype` says they are.

    Raises:
        TypeError: 8-bit floats came as integers and the package `ml_dtypes` is missing.
    """
    array = np.asarray(array)
    if array.dtype.kind == "c":
        part = np.dtype(f"f{array.dtype.itemsize // 2}")
        return np.ascontiguousarray(array).view(part).reshape(*array.shape, 2)
    if array.dtype.kind in "uV" and array.dtype.itemsize == _STORED_AS.get(dtype):
        return _decoded(array, dtype)
    return np.asarray(array, order="C")


def _decoded(array: Array, dtype: str) -> Array:
    if dtype == "bfloat16":
        return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    try:
        import ml_dtypes
    except ImportError as error:
        raise TypeError(f"{dtype} cannot be decoded without the package ml_dtypes") from error
    return np.ascontiguousarray(array).view(getattr(ml_dtypes, _ML_NAMES[dtype]))


def is_text(array: Array) -> bool:
    """True for arrays of strings (or of other objects, which are compared for equality only)."""
    return array.dtype.kind in "OUST"


def difference(reference: Array, candidate: Array, into: Floats, scratch: Floats) -> Floats:
    """|candidate - reference| in float64, without overflow for any integer dtype.

    Args:
        reference: [n] numbers.
        candidate: [n] numbers of the same dtype.
        into: [n] float64 that receives the result.
        scratch: [n] float64 that receives `reference`.

    Returns:
        `into`. Integers are subtracted exactly and then rounded to float64, so 0 is 0 only where
        both are equal. NaN where either is NaN or both are the same infinity.
    """
    if reference.dtype.kind in "iu" and reference.dtype.itemsize == 8:
        high = np.maximum(reference, candidate).view(np.uint64)
        low = np.minimum(reference, candidate).view(np.uint64)
        np.copyto(into, high - low, casting="unsafe")
        np.copyto(scratch, reference, casting="unsafe")
        return into
    np.copyto(into, candidate, casting="unsafe")
    np.copyto(scratch, reference, casting="unsafe")
    with np.errstate(invalid="ignore", over="ignore"):
        np.subtract(into, scratch, out=into)
    return np.abs(into, out=into)
