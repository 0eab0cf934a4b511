"""Kinds of generated numbers, as text: `uniform(0,1)`, `integers(0,30000)`, `edges`."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from inspector.core.failures import InspectorError

_FORM = re.compile(r"\s*([a-z]+)\s*(?:\(([^()]*)\))?\s*")
_DEFAULTS = {
    "normal": (0.0, 1.0),
    "uniform": (0.0, 1.0),
    "integers": (0.0, 1.0),
    "mask": (0.5,),
    "zeros": (),
    "ones": (),
    "edges": (),
}
"""Kind to its numbers: mean and deviation, smallest and largest, share of ones."""

EDGES = ("zeros", "ones", "largest", "smallest", "tiny", "huge")
"""The edge cases, one sample each: `largest` and `smallest` are the ends of the type's range,
`tiny` its smallest number above zero, `huge` a thousandth of the largest."""

WANTED = {"nan": "NaN", "inf": "infinity"}
"""Edge cases that come only when they are asked for, as in `edges(nan,inf)`."""


class Kind(NamedTuple):
    """How the values of an input are drawn.

    Attributes:
        name: A key of the kinds: `normal`, `uniform`, `integers`, `mask`, `zeros`, `ones`, `edges`.
        numbers: Its numbers, see `_DEFAULTS`.
        extra: Edge cases that were asked for: `nan`, `inf`.
    """

    name: str
    numbers: tuple[float, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def cases(self) -> tuple[str, ...]:
        """Edge cases in the order of their samples; none for other kinds."""
        if self.name != "edges":
            return ()
        return EDGES + tuple(WANTED[one] for one in self.extra)


def parse_kind(text: str) -> Kind:
    """A kind from its text.

    Raises:
        InspectorError: It is none that is known, or its numbers make no sense.
    """
    found = _FORM.fullmatch(text)
    if found is None or found[1] not in _DEFAULTS:
        raise _unknown(text)
    name, inside = found[1], found[2]
    parts = [part.strip() for part in inside.split(",")] if inside and inside.strip() else []
    if name == "edges":
        if any(part not in WANTED for part in parts):
            raise _unknown(text)
        return Kind(name, (), tuple(dict.fromkeys(parts)))
    default = _DEFAULTS[name]
    if not parts:
        return Kind(name, default)
    try:
        numbers = tuple(float(part) for part in parts)
    except ValueError as error:
        raise _unknown(text) from error
    if len(numbers) != len(default) or not all(map(math.isfinite, numbers)):
        raise _unknown(text)
    _check(name, numbers, text)
    return Kind(name, numbers)


def _check(name: str, numbers: tuple[float, ...], text: str) -> None:
    wrong = {
        "normal": lambda: numbers[1] < 0,
        "uniform": lambda: numbers[0] > numbers[1],
        "integers": lambda: (
            numbers[0] > numbers[1]
            or any(number % 1 for number in numbers)
            or not -(2.0**53) <= numbers[0] <= numbers[1] <= 2.0**53
        ),
        "mask": lambda: not 0 <= numbers[0] <= 1,
    }.get(name)
    if wrong is not None and wrong():
        raise _unknown(text)


def _unknown(text: str) -> InspectorError:
    return InspectorError(
        f"'{text}' is no kind of generated data.",
        "Kinds are normal(mean,deviation), uniform(low,high), integers(low,high), mask(share), "
        "zeros, ones and edges; edges(nan,inf) adds NaN and infinity.",
    )
