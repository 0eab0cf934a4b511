"""The values of one stored tensor, read block by block: a tensor of any size takes little memory.

Source: `TensorProto` in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto for the packing of
types of less than a byte (the first value in the lowest bits).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.core.failures import InspectorError
from inspector.core.model import Tensor
from inspector.formats.weights import check_size, file_of, held, message_values, odd_values

Array = npt.NDArray[Any]

BLOCK = 1 << 16
"""Values that are read at once."""

_WHOLE = 256 << 20
"""Bytes of a tensor that can only be decoded in one piece; larger ones are refused."""

_SAME = {"qint8": "int8", "quint8": "uint8", "qint32": "int32"}
"""PyTorch's quantised types, whose stored values are plain integers."""

_PLAIN = {
    "float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32",
    "uint16", "uint8", "complex64", "complex128",
}  # fmt: skip

_FLOAT4 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)
"""float4e2m1 by its four bits. Source: OCP Microscaling Formats (MX) v1.0, table 5."""


def plain_name(dtype: str) -> str:
    """One name per type: PyTorch writes `float8_e4m3fn`, ONNX `float8e4m3fn`."""
    return _SAME.get(dtype, dtype.replace("float8_e", "float8e"))


def _bfloat16(raw: npt.NDArray[np.uint8]) -> Array:
    return (raw.view("<u2").astype(np.uint32) << 16).view(np.float32)


def _float8(name: str) -> Callable[[npt.NDArray[np.uint8]], Array]:
    def decode(raw: npt.NDArray[np.uint8]) -> Array:
        import ml_dtypes

        return np.asarray(raw.view(getattr(ml_dtypes, name)).astype(np.float32))

    return decode


def _signed(bits: int) -> Callable[[npt.NDArray[np.uint8]], Array]:
    half = 1 << (bits - 1)
    return lambda raw: (raw ^ np.uint8(half)).astype(np.int8) - np.int8(half)


_DECODED: dict[str, tuple[int, str, Callable[[npt.NDArray[np.uint8]], Array]]] = {
    "bool": (8, "bool", lambda raw: raw != 0),
    "bfloat16": (16, "float32", _bfloat16),
    "complex32": (32, "complex64", lambda raw: raw.view("<f2").astype(np.float32).view("c8")),
    "float8e4m3fn": (8, "float32", _float8("float8_e4m3fn")),
    "float8e4m3fnuz": (8, "float32", _float8("float8_e4m3fnuz")),
    "float8e5m2": (8, "float32", _float8("float8_e5m2")),
    "float8e5m2fnuz": (8, "float32", _float8("float8_e5m2fnuz")),
    "float8e8m0": (8, "float32", _float8("float8_e8m0fnu")),
    "float8e8m0fnu": (8, "float32", _float8("float8_e8m0fnu")),
    "uint4": (4, "uint8", lambda raw: raw),
    "int4": (4, "int8", _signed(4)),
    "uint2": (2, "uint8", lambda raw: raw),
    "int2": (2, "int8", _signed(2)),
    "float4e2m1": (4, "float32", lambda raw: _FLOAT4[raw]),
}
"""Type to bits per value, the numpy type that holds it exactly, and the way there."""


class TensorValues:
    """Values in row-major order as plain numpy types; see `open_values`.

    Attributes:
        shape: Shape of the tensor.
        size: Number of values.
        dtype: The numpy type of the blocks: that of the tensor, or the smallest plain one that
            holds its values exactly (float32 for bfloat16 and 8-bit floats, int8 for int4).
    """

    def __init__(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        self.shape = shape
        self.size = math.prod(shape)
        self.dtype = np.dtype(dtype)

    def block(self, start: int, stop: int) -> Array:
        """[stop - start] values."""
        raise NotImplementedError

    def blocks(self, step: int = BLOCK) -> Iterator[tuple[int, Array]]:
        """Every value, `step` at a time, each block with the position of its first one."""
        for start in range(0, self.size, step):
            yield start, self.block(start, min(start + step, self.size))


class _Nothing(TensorValues):
    def block(self, start: int, stop: int) -> Array:
        return np.empty(0, self.dtype)


class _Held(TensorValues):
    def __init__(self, array: Array) -> None:
        super().__init__(array.shape, array.dtype)
        self._flat = array.reshape(-1)

    def block(self, start: int, stop: int) -> Array:
        return self._flat[start:stop]


class _Stored(TensorValues):
    def __init__(self, file: FileIO, tensor: Tensor) -> None:
        name = plain_name(tensor.dtype)
        if name in _PLAIN:
            known = np.dtype(name).newbyteorder("<")
            bits, dtype = known.itemsize * 8, name
            decode: Callable[[npt.NDArray[np.uint8]], Array] = lambda raw: raw.view(known)  # noqa: E731
        else:
            bits, dtype, decode = _DECODED[name]
        super().__init__(tensor.shape, dtype)
        assert tensor.payload is not None
        self._file, self._decode, self._bits = file, decode, bits
        self._tensor, self._offset = tensor, tensor.payload.offset
        needed = (self.size * bits + 7) // 8
        if needed > tensor.payload.length:
            raise _does_not_fit(tensor, needed)

    def block(self, start: int, stop: int) -> Array:
        first, last = start * self._bits // 8, (stop * self._bits + 7) // 8
        raw = np.empty(last - first, np.uint8)
        self._file.seek(self._offset + first)
        filled = self._file.readinto(raw.data) if raw.size else 0
        if filled != raw.size:
            raise _changed(self._tensor)
        if self._bits >= 8:
            return self._decode(raw)
        per_byte = 8 // self._bits
        skipped = start - first * per_byte
        return self._decode(_unpacked(raw, self._bits))[skipped : skipped + stop - start]


def _unpacked(raw: npt.NDArray[np.uint8], bits: int) -> npt.NDArray[np.uint8]:
    """One byte per value, the first value of each byte from its lowest bits."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    return np.asarray((raw[:, None] >> shifts & np.uint8((1 << bits) - 1)).reshape(-1))


@contextmanager
def open_values(model_path: Path | str, tensor: Tensor) -> Iterator[TensorValues]:
    """The values of a tensor of this file, to be read while the context lasts.

    Raises:
        InspectorError: Its bytes are missing, cut short, outside the model's folder, too few for
            its shape, or in no one place (sparse, compressed); or its type is not known here.
    """
    if any(size < 0 for size in tensor.shape):
        raise _does_not_fit(tensor, 0)
    payload = tensor.payload
    if payload is None:
        if tensor.values is None and math.prod(tensor.shape) == 0 and tensor.sparse is None:
            yield _Nothing(tensor.shape, np.float32)
        elif tensor.values is None and tensor.sparse is None and Path(model_path).is_dir():
            raise spread(Path(model_path))
        else:
            yield _small(tensor)
        return
    path = file_of(Path(model_path), payload)
    check_size(path, tensor)
    name = plain_name(tensor.dtype)
    if not payload.message and (name in _PLAIN or name in _DECODED):
        with path.open("rb", buffering=0) as file:
            yield _Stored(file, tensor)
        return
    if payload.length > _WHOLE:
        raise InspectorError(
            f"The values of '{tensor.name}' are packed in a way that can only be read as a whole, "
            f"and they take {payload.length:,} bytes.",
            "Save the model again with raw data or external data, and open that.",
        )
    yield _Held(_whole(path, tensor))


def spread(folder: Path) -> InspectorError:
    """Why the values of a distributed checkpoint are not read, and the way on."""
    return InspectorError(
        f"The tensors of '{folder.name}' are spread over the files of a distributed checkpoint, "
        "and are not put together to look at their values.",
        "Make one file of them with torch.distributed.checkpoint.format_utils."
        "dcp_to_torch_save(FOLDER, FILE), and open that.",
    )


def _small(tensor: Tensor) -> TensorValues:
    try:
        return _Held(held(tensor))
    except (ValueError, TypeError, OverflowError) as error:
        # More axes than numpy has, for one.
        raise _changed(tensor, str(error)) from error


def _whole(path: Path, tensor: Tensor) -> Array:
    assert tensor.payload is not None
    try:
        if tensor.payload.message:
            found = message_values(path, tensor.payload)
        else:
            found = odd_values(path, tensor)
        found = found.reshape(tensor.shape)
    except (OSError, ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
        raise _changed(tensor, str(error)) from error
    if found.dtype.kind in "biufcOSUT" and found.dtype.name in (*_PLAIN, "bool", "object"):
        return found
    if found.dtype.kind in "SUT":
        return found.astype(object)
    signed = "int" in found.dtype.name
    small = "uint8" if found.dtype.name.startswith("uint") else "int8"
    return found.astype(small if signed else "float32")


def _does_not_fit(tensor: Tensor, needed: int) -> InspectorError:
    length = tensor.payload.length if tensor.payload else 0
    return InspectorError(
        f"The shape of '{tensor.name}' does not fit the bytes that are stored for it.",
        "The file is damaged; copy or download it again, or export it again.",
        f"{tensor.dtype} {list(tensor.shape)} takes {needed:,} bytes, {length:,} are stored",
    )


def _changed(tensor: Tensor, detail: str = "") -> InspectorError:
    return InspectorError(
        f"The values of '{tensor.name}' cannot be read.",
        "The file may have changed since it was opened; open it again.",
        detail,
    )
