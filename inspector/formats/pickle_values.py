"""What an unread pickle is made of: names, calls that never took place, and helpers for them."""

from __future__ import annotations

import codecs
from typing import Any

GETATTR = "builtins.getattr"

_SIMPLE = (str, int, float, bytes, bool, type(None))


class PickleError(Exception):
    """The bytes are not a pickle."""


class PickleCutShortError(PickleError):
    """The pickle ends before its last instruction."""


class ClaimError(PickleError):
    """The pickle describes more than there is; the message is a sentence for people."""


class PickleTooLongError(PickleError):
    """The pickles of one file go on beyond what any checkpoint needs; says what of."""


class Global:
    """A name that loading would import: `torch.FloatStorage`.

    `members` counts the calls of `getattr` that only name a member of an enumeration, which is how
    Python 3.11.0 to 3.11.3 write one.
    """

    __slots__ = ("members", "mentions", "module", "name", "uses")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name
        self.mentions = 0
        self.uses = 0
        self.members = 0

    @property
    def path(self) -> str:
        """Module and name with a dot between."""
        return f"{self.module}.{self.name}"


class Call:
    """An object that loading would make by a call.

    `items` and `values` are what would be put into it, `state` what it would be given;
    `mapping` keeps the items as a dictionary, once somebody asked for one.
    """

    __slots__ = ("args", "function", "items", "mapping", "state", "values")

    def __init__(self, function: Any, args: Any) -> None:
        self.function = function
        self.args = args if isinstance(args, tuple) else ()
        self.state: Any = None
        # Most calls are given nothing more, and there may be a million of them.
        self.items: list[tuple[Any, Any]] | tuple[()] = ()
        self.values: list[Any] | tuple[()] = ()
        self.mapping: dict[Any, Any] | None = None

    @property
    def path(self) -> str:
        """Name of what is called; empty where that is no plain name."""
        return self.function.path if isinstance(self.function, Global) else ""


class Persistent:
    """An object outside the pickle, such as a tensor's storage."""

    __slots__ = ("id",)

    def __init__(self, identifier: Any) -> None:
        self.id = identifier


class Opaque:
    """Something whose value does not matter here: a long byte string, an odd dictionary key.

    `start` says where a long byte string begins in what is read; -1 for other things.
    """

    __slots__ = ("length", "start")

    def __init__(self, length: int = 0, start: int = -1) -> None:
        self.length = length
        self.start = start


def key_of(value: Any) -> Any:
    """A value that can safely be a dictionary key: hashing nested tuples recurses in C."""
    if isinstance(value, (*_SIMPLE, Call)):
        return value
    if type(value) is tuple and all(isinstance(item, _SIMPLE) for item in value):
        return value
    return Opaque()


def put(target: Any, key: Any, value: Any) -> None:
    """Set an item of a dictionary, or remember it for an object that may be one."""
    if type(target) is dict:
        target[key_of(key)] = value
    elif isinstance(target, Call):
        if not isinstance(target.items, list):
            target.items = []
        target.items.append((key_of(key), value))


def extend(target: Any, values: list[Any]) -> None:
    """Append to a list, or remember it for an object that may be one."""
    if isinstance(target, Call):
        if not isinstance(target.values, list):
            target.values = []
        target = target.values
    if type(target) is list:
        target.extend(values)


def pairs(flat: list[Any]) -> list[tuple[Any, Any]]:
    """Keys and values that follow each other."""
    return list(zip(flat[::2], flat[1::2], strict=True))


def escaped(text: str) -> Any:
    """The value of a quoted string of protocol 0."""
    inside = text.strip()[1:-1].encode()
    return codecs.escape_decode(inside)[0].decode("latin-1")


def whole(text: str) -> int | bool:
    """An integer of protocol 0, where 00 and 01 mean false and true."""
    text = text.strip().removesuffix("L")
    return {"00": False, "01": True}.get(text, int(text) if text else 0)
