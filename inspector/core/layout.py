"""Axis orders: where one side takes or gives the axes in another order than the reference.

A layout is a permutation: axis `i` of that side is axis `layout[i]` of the reference's order, as
numpy.transpose has it.
"""

from __future__ import annotations

from typing import NamedTuple

from inspector.core.failures import InspectorError

_NAMED = {
    "NHWC": (0, 2, 3, 1),
    "NCHW": (0, 3, 1, 2),
    "NDHWC": (0, 2, 3, 4, 1),
    "NCDHW": (0, 4, 1, 2, 3),
    "NLC": (0, 2, 1),
    "NCL": (0, 2, 1),
}
"""Permutations by the order that a side has; the other side then has its channels elsewhere."""


class Layout(NamedTuple):
    """The axis order of one input or output of one side.

    Attributes:
        role: `reference` or `candidate`.
        name: Name of the input or output, as that side calls it.
        axes: Axis `i` there is axis `axes[i]` of the order that both are held in.
    """

    role: str
    name: str
    axes: tuple[int, ...]


def parse_layout(text: str) -> Layout:
    """A layout as it is written: `x=NHWC`, `x=0,3,1,2`, `reference:x=NHWC`.

    Raises:
        InspectorError: It is of no such form.
    """
    name, _, order = text.rpartition("=")
    role, colon, rest = name.partition(":")
    if colon and role in ("reference", "candidate"):
        name = rest
    else:
        role = "candidate"
    axes = _NAMED.get(order.strip().upper())
    if axes is None and all(part.strip().isdecimal() for part in order.split(",")):
        axes = tuple(int(part) for part in order.split(","))
    if not name or axes is None or sorted(axes) != list(range(len(axes))):
        raise InspectorError(
            f"'{text}' is not a layout.",
            f"Write NAME=ORDER, where ORDER is one of {', '.join(_NAMED)} or names every axis "
            "once, as in 'x=0,3,1,2'.",
        )
    return Layout(role, name, axes)


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes `axes`."""
    return tuple(axes.index(axis) for axis in range(len(axes)))


def axes_text(axes: tuple[int, ...]) -> str:
    """A permutation in words: `0, 3, 1, 2`."""
    return ", ".join(str(axis) for axis in axes)
