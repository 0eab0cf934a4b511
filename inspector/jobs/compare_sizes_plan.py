"""Which sizes to try: the dimensions that a file leaves open, or fixes, and their sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from inspector.core.model import is_compound
from inspector.jobs.compare_sides import Opened
from inspector.runtimes.base import Array
from inspector.samples.feeds import Feeds
from inspector.samples.fit import batch_rule

BATCHES = (1, 2, 3)
STEPS = (2, 4, 8, 16, 32)
"""What is added to a size instead of 1 where the reference takes multiples of something only."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension of the inputs: all axes that change together, since they share a symbol.

    Attributes:
        name: The symbol as the file declares it; `x, axis 2` where it has none.
        axes: Bound input and axis, each that has it.
        size: As the data has it in the first run.
        batch: Whether samples count along it.
        exported: Size of the example that the file was exported with; 0 where nobody told it.
        fixed: Whether the file takes this one size only.
    """

    name: str
    axes: tuple[tuple[str, int], ...]
    size: int
    batch: bool = False
    exported: int = 0
    fixed: bool = False

    def others(self) -> tuple[int, ...]:
        """Sizes to try beside the data's own, the likeliest to tell something first."""
        if self.batch:
            sizes: tuple[int, ...] = (self.exported, *BATCHES)
        else:
            sizes = (self.exported, self.size + 1, 2 * self.size, self.size // 2)
        return tuple(size for size in dict.fromkeys(sizes) if size > 0 and size != self.size)


def dimensions(
    side: Opened,
    feeds: Feeds,
    arrays: Mapping[str, Array],
    examples: Mapping[str, tuple[int, ...]],
) -> tuple[tuple[Dimension, ...], tuple[Dimension, ...]]:
    """The open and the fixed dimensions of a file's inputs, the batch first.

    Args:
        side: The file.
        feeds: The data.
        arrays: Bound input to array, of the first run.
        examples: Bound input to the sizes that it was exported with, where they are known.
    """
    axes: dict[str, list[tuple[str, int]]] = {}
    fixed: list[Dimension] = []
    batch = _batch_axes(side, feeds)
    for bound, axis, dim in _declared(side, arrays):
        size = arrays[bound].shape[axis]
        if isinstance(dim, int):
            name, place = f"{bound}, axis {axis}", (bound, axis)
            fixed.append(Dimension(name, (place,), size, place in batch, fixed=True))
        else:
            axes.setdefault(dim or f"{bound}, axis {axis}", []).append((bound, axis))
    opened = []
    for name, places in axes.items():
        sizes = {arrays[bound].shape[axis] for bound, axis in places}
        if len(sizes) == 1 and not sizes & {0}:
            known = (examples.get(bound, ())[axis : axis + 1] for bound, axis in places)
            example = next((one[0] for one in known if one), 0)
            is_batch = any(place in batch for place in places)
            opened.append(Dimension(name, tuple(places), sizes.pop(), is_batch, example))
    return _batch_joined(opened), tuple(sorted(fixed, key=lambda one: not one.batch))


def _declared(
    side: Opened, arrays: Mapping[str, Array]
) -> Iterator[tuple[str, int, int | str | None]]:
    """Bound input, axis, and what the file says about it."""
    for value in side.runtime.inputs:
        bound = side.names.get(value.name, "")
        array = arrays.get(bound)
        if array is None or value.shape is None or is_compound(value.dtype):
            continue
        if array.ndim == len(value.shape):
            for axis, dim in enumerate(value.shape):
                yield bound, axis, dim


def _batch_axes(side: Opened, feeds: Feeds) -> set[tuple[str, int]]:
    """Where samples count: as the data is cut, else as the file declares it."""
    if not feeds.whole:
        return {(one.value.name, one.axis) for one in feeds.columns if one.axis >= 0}
    rule = batch_rule(side.runtime.inputs)
    found = ((value, rule.axis_of(value.shape)) for value in side.runtime.inputs)
    return {(side.names.get(value.name, ""), axis) for value, axis in found if axis >= 0}


def _batch_joined(opened: list[Dimension]) -> tuple[Dimension, ...]:
    """All dimensions that count samples as one, whatever they are called, and before the rest."""
    batch = [one for one in opened if one.batch]
    rest = [one for one in opened if not one.batch]
    if len({one.size for one in batch}) > 1:
        return (*batch, *rest)
    if batch:
        axes = tuple(place for one in batch for place in one.axes)
        batch = [replace(batch[0], axes=axes)]
    return (*batch, *rest)
