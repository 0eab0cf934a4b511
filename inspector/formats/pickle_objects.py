"""Dictionaries, attributes and plain values among the objects of an unread pickle."""

from __future__ import annotations

import math
import struct
from typing import Any

from inspector.formats.pickle_values import Call, Global

_DICTS = {
    "collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict",
    "collections.Counter",
}  # fmt: skip

_ATTRIBUTES = {"argparse.Namespace", "types.SimpleNamespace"}

_SETTINGS = 10_000
"""Plain values that are kept of one file."""

_DEEP = 12

_LONG_TEXT = 10_000

_NUMBERS = {
    "f2": "e", "f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B",
    "u2": "H", "u4": "I", "u8": "Q", "b1": "?",
}  # fmt: skip
"""numpy's code of a type to the one of `struct`."""

LEFT_OUT = object()
"""Stands for a value that has no plain form."""


def as_dict(value: Any) -> dict[Any, Any] | None:
    """A dictionary's items, whatever kind of dictionary it is; None for anything else."""
    if type(value) is dict:
        return value
    if not isinstance(value, Call) or value.path not in _DICTS:
        return None
    return items_of(value)


def items_of(value: Call) -> dict[Any, Any]:
    """What would be in an object if it is a dictionary."""
    if value.mapping is not None:
        return value.mapping
    found: dict[Any, Any] = {}
    for arg in value.args:
        if type(arg) is dict:
            found.update(arg)
        elif type(arg) is list:
            # Python 2 wrote the items as lists of two.
            entries = (tuple(item) for item in arg if isinstance(item, (list, tuple)))
            found.update(item for item in entries if len(item) == 2 and isinstance(item[0], str))
    found.update(value.items)
    value.mapping = found
    return found


def state_of(value: Any) -> dict[Any, Any]:
    """The attributes that loading would give to an object."""
    if not isinstance(value, Call):
        return {}
    state = value.state
    if isinstance(state, tuple) and state:
        # A pair of the usual attributes and those in slots.
        state = state[0]
    return as_dict(state) or {}


def settings(value: Any) -> dict[str, Any]:
    """The plain values of a dictionary or of an object's attributes, by name.

    Numbers, texts, lists and dictionaries of them; what has no such form (a tensor, a function)
    is left out. Nothing is made of a class: of an object only its attributes are taken.
    """
    found = _Plain().value(value)
    return found if isinstance(found, dict) else {}


class _Plain:
    """Turns values into what JSON can hold, as far as a fixed number of them goes."""

    def __init__(self) -> None:
        self._left = _SETTINGS

    def value(self, value: Any, depth: int = 0) -> Any:
        self._left -= 1
        if self._left < 0 or depth > _DEEP:
            return LEFT_OUT
        if value is None or isinstance(value, (bool, int)):
            return value
        if isinstance(value, str):
            return value if len(value) <= _LONG_TEXT else LEFT_OUT
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, (list, tuple)):
            made = [self.value(item, depth + 1) for item in value]
            return [item for item in made if item is not LEFT_OUT]
        if isinstance(value, Global):
            # A type or a function given as a setting: its name is all that can be said.
            return value.path
        entries = as_dict(value)
        if entries is None and isinstance(value, Call):
            return self._object(value, depth)
        return self._dict(entries, depth) if entries is not None else LEFT_OUT

    def _dict(self, entries: dict[Any, Any], depth: int) -> dict[str, Any]:
        made = {
            str(key): self.value(item, depth + 1)
            for key, item in entries.items()
            if isinstance(key, (str, int, float, bool)) and not str(key).startswith("__")
        }
        return {key: item for key, item in made.items() if item is not LEFT_OUT}

    def _object(self, value: Call, depth: int) -> Any:
        name, state = value.path.rpartition(".")[2], state_of(value)
        if name == "scalar" and "multiarray" in value.path:
            return scalar_of(value)
        if name in ("PosixPath", "WindowsPath", "PurePosixPath"):
            return "/".join(part for part in value.args if isinstance(part, str))
        if name in ("set", "frozenset", "tuple", "list") and value.args:
            return self.value(value.args[0], depth + 1)
        if "_content" in state or "_val" in state:
            # omegaconf keeps what is meant two levels down, and much beside it.
            return self.value(state.get("_content", state.get("_val")), depth + 1)
        if value.items:
            return self._dict(items_of(value), depth)
        if state and "_parameters" not in state:
            return self._dict(state, depth)
        if len(value.args) == 1 and isinstance(value.args[0], (str, int)) and not value.items:
            return value.args[0]  # an enumeration's member
        return LEFT_OUT


def scalar_of(value: Call) -> Any:
    """The number that a numpy scalar holds; `LEFT_OUT` for kinds without a plain number."""
    if len(value.args) < 2 or not isinstance(value.args[0], Call):
        return LEFT_OUT
    code, raw = value.args[0].args[:1], bytes_of(value.args[1])
    form = _NUMBERS.get(str(code[0]).lstrip("<=|")) if code else None
    if form is None or not isinstance(raw, bytes) or struct.calcsize(form) != len(raw):
        return LEFT_OUT
    found = struct.unpack(f"<{form}", raw)[0]
    return found if math.isfinite(found) else str(found)


def bytes_of(value: Any) -> bytes | None:
    """Bytes as protocol 2 and Python 2 write them: a text, or a call that encodes one."""
    if isinstance(value, Call) and value.path == "_codecs.encode" and value.args:
        value = value.args[0]
    if isinstance(value, str):
        try:
            return value.encode("latin-1")
        except UnicodeError:
            return None
    return value if isinstance(value, bytes) else None
