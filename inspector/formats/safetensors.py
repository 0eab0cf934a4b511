"""safetensors files: a JSON table of contents, then the tensors one after the other.

Source: https://huggingface.co/docs/safetensors/index#format
"""

from __future__ import annotations

import json
import math
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Payload, Tensor
from inspector.formats.torch_forms import NEXT_STEPS
from inspector.formats.torch_state import wrapper_prefix
from inspector.formats.torch_views import ITEM_BYTES

_LARGEST = 100_000_000
"""Bytes of the header; the format's own limit."""

_DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64",
    "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8", "U16": "uint16",
    "U32": "uint32", "U64": "uint64", "BOOL": "bool", "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu", "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz", "C64": "complex64",
}  # fmt: skip
"""Types by the format's names; those of less than a byte (`F4`, `F6_E2M3`) keep its name."""

_SHOWN = 200
"""Characters of one entry of the metadata."""


def read_safetensors(path: Path) -> Checkpoint:
    """List a safetensors file.

    Raises:
        InspectorError: It is cut short or damaged.
    """
    tensors, metadata = safetensors_list(path)
    return Checkpoint(
        path=str(path),
        bytes=path.stat().st_size,
        form="safetensors",
        container="safetensors",
        tensors=tensors,
        modules=(),
        imports=(),
        training=None,
        next_step=NEXT_STEPS["safetensors"],
        prefix=wrapper_prefix(tensor.name for tensor in tensors),
        facts=tuple((key, text[:_SHOWN]) for key, text in metadata.items()),
    )


def safetensors_list(path: Path, file: str = "") -> tuple[tuple[Tensor, ...], dict[str, str]]:
    """The tensors of a safetensors file and its metadata.

    Args:
        path: The file.
        file: Its name as the places of the tensors are to give it; empty for the file itself.

    Raises:
        InspectorError: It is cut short or damaged.
    """
    size = path.stat().st_size
    with path.open("rb") as opened:
        start = opened.read(8)
        length: int = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if length > size - 8:
            raise _cut_short(path, f"the header needs {length:,} bytes, the file has {size:,}")
        if length > _LARGEST:
            raise _damaged(path, f"the header claims {length:,} bytes")
        text = opened.read(length)
    try:
        header = json.loads(text, object_pairs_hook=_once)
        metadata = header.pop("__metadata__", {})
        tensors = tuple(_tensor(name, entry, 8 + length, file) for name, entry in header.items())
        _check_places(tensors)
    except (
        ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError
    ) as error:  # fmt: skip
        raise _damaged(path, str(error)) from error
    needed = max((t.payload.offset + t.payload.length for t in tensors if t.payload), default=0)
    if needed > size:
        raise _cut_short(path, f"the tensors need {needed:,} bytes, the file has {size:,}")
    texts = metadata.items() if isinstance(metadata, dict) else ()
    return tensors, {key: text for key, text in texts if isinstance(text, str)}


def _once(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(entries)
    if len(found) != len(entries):
        raise ValueError("two entries have the same name")
    return found


def _check_places(tensors: tuple[Tensor, ...]) -> None:
    """The format has no shared tensors: places that lie over each other are damage."""
    placed = sorted((t.payload.offset, t.payload.length, t.name) for t in tensors if t.payload)
    for (start, length, one), (following, _, other) in pairwise(placed):
        if start + length > following:
            raise ValueError(f"'{one}' and '{other}' lie over each other")


def _tensor(name: str, entry: dict[str, Any], data: int, file: str) -> Tensor:
    start, end = (int(value) for value in entry["data_offsets"])
    shape = tuple(int(dim) for dim in entry["shape"])
    if start < 0 or end < start or any(dim < 0 for dim in shape):
        raise ValueError(f"the place of '{name}' makes no sense")
    kind = str(entry["dtype"])
    dtype = _DTYPES.get(kind, kind)
    if kind in _DTYPES and math.prod(shape) * ITEM_BYTES.get(dtype, 1) != end - start:
        raise ValueError(f"'{name}' of shape {list(shape)} does not fit its {end - start:,} bytes")
    return Tensor(name, dtype, shape, end - start, Payload(file, data + start, end - start))


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
