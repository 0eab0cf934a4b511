"""One side's inputs and outputs in the axis order of the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from inspector.core.failures import InspectorError
from inspector.core.layout import Layout, axes_text, inverse
from inspector.core.model import Value
from inspector.runtimes.base import Array
from inspector.samples.pairing import quoted

SIZES_LEFT = "Other sizes than the data's: they are not tried where axes are in another order."
"""What is left unchecked beside layouts."""

Axes = Mapping[str, tuple[int, ...]]
"""Input or output of one side to its layout."""


def layouts_of(layouts: Sequence[Layout], role: str) -> dict[str, tuple[int, ...]]:
    """What was asked for of one side."""
    return {one.name: one.axes for one in layouts if one.role == role}


def require_known(role: str, axes: Axes, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Refuse a layout for something that the side does not have.

    Raises:
        InspectorError: A name belongs to no input and no output.
    """
    unknown = [name for name in axes if name not in (*inputs, *outputs)]
    if unknown:
        raise InspectorError(
            f"The {role} has no input or output named {quoted(unknown)}.",
            f"It has {quoted([*inputs, *outputs])}.",
        )


def turned(name: str, array: Array, axes: tuple[int, ...]) -> Array:
    """An array with its axes in the order `axes`.

    Raises:
        InspectorError: It has more axes, or fewer.
    """
    _require_rank(name, np.ndim(array), axes)
    return np.ascontiguousarray(np.transpose(array, axes))


def declared_as_reference(values: Sequence[Value], axes: Axes) -> tuple[Value, ...]:
    """What a side declares, with its sizes in the reference's order.

    Raises:
        InspectorError: A layout has more axes than what it is for, or fewer.
    """
    return tuple(_declared(value, axes.get(value.name)) for value in values)


def sentences(layouts: Sequence[Layout]) -> tuple[str, ...]:
    """What is said of them beside the data."""
    return tuple(
        f"'{one.name}' of the {one.role}: axes in the order {axes_text(one.axes)}"
        for one in layouts
    )


def _declared(value: Value, axes: tuple[int, ...] | None) -> Value:
    if axes is None or value.shape is None:
        return value
    _require_rank(value.name, len(value.shape), axes)
    return value._replace(shape=tuple(value.shape[axis] for axis in inverse(axes)))


def _require_rank(name: str, rank: int, axes: tuple[int, ...]) -> None:
    if rank != len(axes):
        raise InspectorError(
            f"'{name}' has {rank} axes, and the layout {axes_text(axes)} names {len(axes)}.",
            "Name every axis of it once.",
        )
