"""Counts of a comparison as plain JSON and back, bit for bit: what parts of a data set hand on.

A part may come from another computer, so nothing in it is trusted: only the classes listed here
are made, only their own attributes are set, and no code of the file is run.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections import Counter
from typing import Any

import numpy as np

from inspector.core.beside import Decisions
from inspector.core.beyond import BeyondCounts
from inspector.core.cells import CellCounts
from inspector.core.chosen import ChosenCounts
from inspector.core.decisions import DecisionCounts, MaskCounts
from inspector.core.grid import Grid, Leader
from inspector.core.likeness import Likeness, Sameness
from inspector.core.metrics import FloatFormat
from inspector.core.origins import IndexSource
from inspector.core.slices import SliceAxes, SliceCounts
from inspector.core.sources import Choice
from inspector.core.statistics import OutputStatistics
from inspector.core.ties import TieCounts
from inspector.core.tolerance import Tolerance
from inspector.core.tops import Tops
from inspector.core.worst import Candidate, WorstList

_KINDS = {
    kind.__name__: kind
    for kind in (
        BeyondCounts, Candidate, CellCounts, Choice, ChosenCounts, DecisionCounts, Decisions,
        FloatFormat, Grid, IndexSource, Leader, Likeness, MaskCounts, OutputStatistics, Sameness,
        SliceAxes, SliceCounts, TieCounts, Tolerance, Tops, WorstList,
    )
}  # fmt: skip
"""Everything that counts are made of. A new class among them belongs here."""

_MOST_BYTES = 1 << 30
_DEEPEST = 40


def to_state(value: Any) -> Any:
    """Turn counts into what `json.dumps` takes.

    Raises:
        TypeError: They hold something that no class here is known for.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, np.generic):
        return to_state(value.item())
    if isinstance(value, float):
        return {"float": value.hex() if math.isfinite(value) else str(value)}
    if isinstance(value, np.ndarray):
        packed = zlib.compress(np.ascontiguousarray(value).tobytes(), 1)
        data = base64.b64encode(packed).decode("ascii")
        return {"array": data, "dtype": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, dict):
        kind = "counter" if isinstance(value, Counter) else "dict"
        return {kind: [[to_state(key), to_state(item)] for key, item in value.items()]}
    if type(value) in (list, tuple):
        return {type(value).__name__: [to_state(item) for item in value]}
    name = type(value).__name__
    if _KINDS.get(name) is not type(value):
        raise TypeError(f"no state is known for {name}")
    return {"kind": name, "fields": {key: to_state(item) for key, item in _fields(value).items()}}


class Room:
    """Bytes that the arrays of a state may still take, all together."""

    def __init__(self, left: int = _MOST_BYTES) -> None:
        self.left = left

    def take(self, size: int) -> None:
        """Use some of it.

        Raises:
            ValueError: There is not so much left.
        """
        if size > self.left:
            raise ValueError("arrays that are too large")
        self.left -= size


def from_state(plain: Any, room: Room | None = None, depth: int = 0) -> Any:
    """Make counts from what `to_state` gave.

    Args:
        plain: The state.
        room: What its arrays may take, where several states share it.
        depth: How deeply it lies in another.

    Raises:
        ValueError: It is nothing that `to_state` gives, or its arrays are too large.
    """
    room = room or Room()
    if plain is None or isinstance(plain, (bool, int, str)):
        return plain
    if not isinstance(plain, dict) or depth > _DEEPEST:
        raise ValueError("a state of another form")
    if "float" in plain:
        text = str(plain["float"])
        return float(text) if text in ("nan", "inf", "-inf") else float.fromhex(text)
    if "array" in plain:
        return _array(plain, room)
    for kind, make in (("list", list), ("tuple", tuple)):
        if kind in plain:
            return make(from_state(item, room, depth + 1) for item in _listed(plain[kind]))
    for kind, pairs in (("dict", dict), ("counter", Counter)):
        if kind in plain:
            items = (_listed(pair) for pair in _listed(plain[kind]))
            known = {
                from_state(k, room, depth + 1): from_state(v, room, depth + 1) for k, v in items
            }
            return pairs(known)
    return _made(plain, room, depth)


def _listed(plain: Any) -> list[Any]:
    if not isinstance(plain, list):
        raise ValueError("a state of another form")
    return plain


def _array(plain: dict[str, Any], room: Room) -> Any:
    dtype = np.dtype(str(plain.get("dtype")))
    shape = tuple(_listed(plain.get("shape")))
    if dtype.hasobject or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError("an array of another form")
    size = math.prod(shape) * dtype.itemsize
    room.take(size)
    packed = base64.b64decode(str(plain["array"]), validate=True)
    data = zlib.decompressobj().decompress(packed, size + 1)
    if len(data) != size:
        raise ValueError("an array of another size")
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _made(plain: dict[str, Any], room: Room, depth: int) -> Any:
    kind = _KINDS.get(str(plain.get("kind")))
    fields = plain.get("fields")
    if kind is None or not isinstance(fields, dict):
        raise ValueError("a state of another kind")
    values = {str(key): from_state(item, room, depth + 1) for key, item in fields.items()}
    if hasattr(kind, "_fields"):
        return kind(**values)
    made = object.__new__(kind)
    for key, item in values.items():
        if not key.isidentifier() or key.startswith("__"):
            raise ValueError("an attribute of another form")
        object.__setattr__(made, key, item)
    return made


def _fields(value: Any) -> dict[str, Any]:
    """Attributes of an object, of a dataclass with slots, or the fields of a named tuple."""
    if hasattr(value, "_fields"):
        return {name: getattr(value, name) for name in value._fields}
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return {**getattr(value, "__dict__", {}), **{name: getattr(value, name) for name in slots}}
