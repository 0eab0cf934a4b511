"""safetensors files: a JSON table of contents, then the tensors one after the other.

Source: https://huggingface.co/docs/safetensors/index#format
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Payload, Tensor
from inspector.formats.torch_forms import NEXT_STEPS

_LARGEST = 100_000_000
"""Bytes of the header; the format's own limit."""

_DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64",
    "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "U16": "uint16",
    "U32": "uint32", "U64": "uint64", "BOOL": "bool", "F8_E4M3": "float8e4m3fn",
    "F8_E5M2": "float8e5m2", "C64": "complex64",
}  # fmt: skip


def read_safetensors(path: Path) -> Checkpoint:
    """List a safetensors file.

    Raises:
        InspectorError: It is cut short or damaged.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length: int = struct.unpack("<Q", file.read(8))[0]
        if length > size - 8:
            raise _cut_short(path, f"the header needs {length:,} bytes, the file has {size:,}")
        if length > _LARGEST:
            raise _damaged(path, f"the header claims {length:,} bytes")
        text = file.read(length)
    try:
        header = json.loads(text)
        tensors = tuple(
            _tensor(name, entry, 8 + length)
            for name, entry in header.items()
            if name != "__metadata__"
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    needed = max((t.payload.offset + t.payload.length for t in tensors if t.payload), default=0)
    if needed > size:
        raise _cut_short(path, f"the tensors need {needed:,} bytes, the file has {size:,}")
    return Checkpoint(
        path=str(path),
        bytes=size,
        form="safetensors",
        container="safetensors",
        tensors=tensors,
        modules=(),
        imports=(),
        training=None,
        next_step=NEXT_STEPS["safetensors"],
    )


def _tensor(name: str, entry: dict[str, Any], data: int) -> Tensor:
    start, end = (int(value) for value in entry["data_offsets"])
    shape = tuple(int(dim) for dim in entry["shape"])
    if start < 0 or end < start or any(dim < 0 for dim in shape):
        raise ValueError(f"the place of {name} makes no sense")
    dtype = str(entry["dtype"])
    payload = Payload("", data + start, end - start)
    return Tensor(name, _DTYPES.get(dtype, dtype), shape, end - start, payload)


def _cut_short(path: Path, detail: str) -> InspectorError:
    return InspectorError(
        f"{path.name} is cut short: it ends before its last tensor does.",
        "Copy or download it again; the transfer stopped before it was complete.",
        detail,
    )


def _damaged(path: Path, detail: str) -> InspectorError:
    return InspectorError(
        f"{path.name} is damaged: its table of contents cannot be read.",
        "Copy or download it again, or save the weights again.",
        detail,
    )
