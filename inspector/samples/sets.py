"""Recorded data sets, each a run of its own: sizes may differ, and axis 0 may count anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inspector.core.model import Value
from inspector.core.sources import DataSource
from inspector.samples import tensor_protos
from inspector.samples.binder import BoundData, bind_arrays
from inspector.samples.feeds import Column, Feeds
from inspector.samples.fit import WHOLE
from inspector.samples.stored import Array, SampleArray


@dataclass(frozen=True, slots=True)
class SetsArray:
    """One input of every data set: row `n` is the whole array of set `n`.

    `shape` is that of the first set.
    """

    sets: tuple[SampleArray, ...]

    @property
    def name(self) -> str:
        """Name in the first set."""
        return self.sets[0].name

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of the elements."""
        return self.sets[0].dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes in the first set."""
        return self.sets[0].shape

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """Everything in set `start`; `stop` is `start + 1`."""
        return self.sets[start].whole()

    def whole(self) -> Array:
        """Everything in the first set."""
        return self.sets[0].whole()


def bind_sets(
    inputs: tuple[Value, ...], data: DataSource, constants: tuple[SampleArray, ...] = ()
) -> BoundData | None:
    """Fit recorded data sets to inputs, one run for each set.

    Args:
        inputs: What the model takes, with its dtypes and shapes.
        data: The files.
        constants: Arrays named like inputs that take them where the data has none of that name.

    Returns:
        The data; None where it is in another form or is to be cut anew, where a set does not fit
        as it is, and for a single set that holds samples: that may be cut into batches.

    Raises:
        InspectorError: A file cannot be read.
    """
    if data.random or data.batch_size or data.limit or len(data.paths) != 1:
        return None
    path = Path(data.paths[0])
    if not tensor_protos.has_kind(path, "input"):
        return None
    sets = tensor_protos.read_sets(path, "input")
    if len(sets) == 1 and not any(0 in array.shape for array in sets[0]):
        return None
    bound = [bind_arrays(inputs, arrays, data, WHOLE, path.name, constants) for arrays in sets]
    first = bound[0]
    feeds = [one.feeds for one in bound if one.feeds is not None]
    if len(feeds) < len(bound) or not _alike([one.columns for one in feeds]):
        return None
    columns = tuple(
        Column(column[0].value, SetsArray(tuple(one.array for one in column)), 0)
        for column in zip(*(one.columns for one in feeds), strict=True)
    )
    binding = replace(first.binding, samples=len(sets), batch_size=1)
    return BoundData(binding, Feeds(columns, len(sets), 1, whole=True))


def _alike(sets: list[tuple[Column, ...]]) -> bool:
    """Whether all sets give every input an array of the same type."""
    return len({tuple((c.value.name, c.array.dtype) for c in columns) for columns in sets}) == 1
