"""GGUF files, as llama.cpp uses them: metadata and the list of tensors come first.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import mmap
import struct
from pathlib import Path
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint, Payload, Tensor
from inspector.formats.torch_forms import NEXT_STEPS

_TYPES = {
    0: ("float32", 1, 4), 1: ("float16", 1, 2), 2: ("q4_0", 32, 18), 3: ("q4_1", 32, 20),
    6: ("q5_0", 32, 22), 7: ("q5_1", 32, 24), 8: ("q8_0", 32, 34), 9: ("q8_1", 32, 36),
    10: ("q2_k", 256, 84), 11: ("q3_k", 256, 110), 12: ("q4_k", 256, 144), 13: ("q5_k", 256, 176),
    14: ("q6_k", 256, 210), 15: ("q8_k", 256, 292), 16: ("iq2_xxs", 256, 66),
    17: ("iq2_xs", 256, 74), 18: ("iq3_xxs", 256, 98), 19: ("iq1_s", 256, 50),
    20: ("iq4_nl", 32, 18), 21: ("iq3_s", 256, 110), 22: ("iq2_s", 256, 82),
    23: ("iq4_xs", 256, 136), 24: ("int8", 1, 1), 25: ("int16", 1, 2), 26: ("int32", 1, 4),
    27: ("int64", 1, 8), 28: ("float64", 1, 8), 29: ("iq1_m", 256, 56), 30: ("bfloat16", 1, 2),
    34: ("tq1_0", 256, 54), 35: ("tq2_0", 256, 66), 39: ("mxfp4", 32, 17),
}  # fmt: skip
"""Type by number: its name, elements in a block, bytes of a block. Source: `ggml.c`."""

_SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9
_ALIGNMENT = 32
_SHOWN = 200
_LONGEST = 1 << 20
_MOST = 1_000_000
_DIMS = 8


def read_gguf(path: Path) -> Checkpoint:
    """List a GGUF file.

    Raises:
        InspectorError: It is cut short, damaged, or of another version.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _Reader(path, data).checkpoint()
    except (struct.error, IndexError) as error:
        raise InspectorError(
            f"{path.name} is cut short: it ends before its list of tensors does.",
            "Copy or download it again; the transfer stopped before it was complete.",
            str(error),
        ) from error
    except (ValueError, OverflowError) as error:
        raise InspectorError(
            f"{path.name} is damaged: its list of tensors cannot be read.",
            "Copy or download it again.",
            str(error),
        ) from error


class _Reader:
    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self._path, self._data, self._at = path, data, 4

    def checkpoint(self) -> Checkpoint:
        version = self._scalar("I")
        if not 1 <= version <= 3:
            raise ValueError(f"version {version}")
        self._length = "I" if version == 1 else "Q"
        tensors, entries = self._count(), self._count()
        metadata = dict(self._entry() for _ in range(entries))
        listed = [self._tensor() for _ in range(tensors)]
        alignment = metadata.get("general.alignment", _ALIGNMENT)
        step = alignment if isinstance(alignment, int) and alignment > 0 else _ALIGNMENT
        start = -(-self._at // step) * step
        kind = metadata.get("general.architecture")
        return Checkpoint(
            path=str(self._path),
            bytes=len(self._data),
            form="gguf",
            container="gguf",
            tensors=tuple(self._placed(tensor, start) for tensor in listed),
            modules=(),
            imports=(),
            training=None,
            next_step=NEXT_STEPS["gguf"],
            model_type=kind if isinstance(kind, str) else "",
            facts=(("Version", str(version)), *((k, str(v)[:_SHOWN]) for k, v in metadata.items())),
        )

    def _scalar(self, form: str) -> Any:
        (found,) = struct.unpack_from(f"<{form}", self._data, self._at)
        self._at += struct.calcsize(f"<{form}")
        return found

    def _count(self) -> int:
        found: int = self._scalar(self._length)
        if found > min(_MOST, len(self._data)):
            raise ValueError(f"{found:,} entries in a file of {len(self._data):,} bytes")
        return found

    def _text(self) -> str:
        length: int = self._scalar(self._length)
        end = self._at + length
        if end > len(self._data):
            raise IndexError(f"a text of {length:,} bytes")
        found = self._data[self._at : min(end, self._at + _LONGEST)]
        self._at = end
        return found.decode("utf-8", "replace")

    def _entry(self) -> tuple[str, Any]:
        key = self._text()
        return key, self._value(self._scalar("I"))

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._text()
        if kind == _ARRAY:
            return self._array()
        if kind not in _SCALARS:
            raise ValueError(f"a value of type {kind}")
        return self._scalar(_SCALARS[kind])

    def _array(self) -> str:
        """A list, of which the first values are told: a vocabulary has a hundred thousand."""
        kind, count = self._scalar("I"), self._scalar(self._length)
        if kind in _SCALARS:
            item = struct.calcsize(f"<{_SCALARS[kind]}")
            first = [self._scalar(_SCALARS[kind]) for _ in range(min(count, 8))]
            self._at += max(count - 8, 0) * item
        elif kind == _STRING:
            first = [self._text() for _ in range(min(count, 8))]
            for _ in range(max(count - 8, 0)):
                length: int = self._scalar(self._length)
                self._at += length
        else:
            raise ValueError(f"a list of type {kind}")
        if self._at > len(self._data):
            raise IndexError(f"a list of {count:,} values")
        return f"{count:,} values: {', '.join(map(str, first))}{', ...' if count > 8 else ''}"

    def _tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        name, dims = self._text(), self._scalar("I")
        if dims > _DIMS:
            raise ValueError(f"'{name[:80]}' has {dims:,} dimensions")
        # The innermost size comes first in the file.
        shape = tuple(reversed([int(self._scalar(self._length)) for _ in range(dims)]))
        return name, shape, self._scalar("I"), self._scalar("Q")

    def _placed(self, found: tuple[str, tuple[int, ...], int, int], start: int) -> Tensor:
        name, shape, kind, offset = found
        dtype, block, size = _TYPES.get(kind, (f"type {kind}", 1, 0))
        held = -(-math.prod(shape) // block) * size
        if start + offset + held > len(self._data):
            raise IndexError(f"'{name[:80]}' ends at byte {start + offset + held:,}")
        return Tensor(name, dtype, shape, held, Payload("", start + offset, held))
