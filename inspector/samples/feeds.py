"""The inputs of every run, cut from the data one run at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from inspector.core.failures import InspectorError
from inspector.core.model import Value
from inspector.samples.stored import COMPOUND, Array, SampleArray, dtype_name


class Column(NamedTuple):
    """An input, its array, and the axis along which the array is cut; -1: not cut."""

    value: Value
    array: SampleArray
    axis: int


class Run(NamedTuple):
    """The inputs of one run, in the model's order, for samples `start` to `stop`."""

    start: int
    stop: int
    arrays: tuple[Array, ...]


@dataclass(frozen=True, slots=True)
class Feeds:
    """Cuts data into runs of `batch_size` samples; the last may be smaller.

    `whole`: a run is one sample, whatever its sizes, and so is each of its outputs. `begin`: the
    first sample, a multiple of `batch_size`; `samples` is where they end.
    """

    columns: tuple[Column, ...]
    samples: int
    batch_size: int
    whole: bool = False
    begin: int = 0

    def __iter__(self) -> Iterator[Run]:
        fixed = self._fixed()
        for start in range(self.begin, self.samples, self.batch_size):
            yield self._cut(start, fixed)

    def first(self) -> Run:
        """The run that holds the first sample."""
        return self.at(self.begin)

    def at(self, sample: int) -> Run:
        """The run that holds a sample."""
        return self._cut(sample - sample % self.batch_size, self._fixed())

    def _fixed(self) -> list[Array | None]:
        """What is the same in every run."""
        return [
            None if column.axis >= 0 else _converted(column.array.whole(), column)
            for column in self.columns
        ]

    def _cut(self, start: int, fixed: list[Array | None]) -> Run:
        stop = min(start + self.batch_size, self.samples)
        arrays = tuple(
            _converted(column.array.rows(start, stop, column.axis), column)
            if same is None
            else same
            for column, same in zip(self.columns, fixed, strict=True)
        )
        return Run(start, stop, arrays)


def _converted(array: Array, column: Column) -> Array:
    """The array in the input's dtype; consent to loss was asked for when it was bound.

    Raises:
        InspectorError: A whole number lies outside the range of the input's dtype.
    """
    wanted = column.value.dtype
    given = column.array.dtype
    if not wanted or wanted == "string" or dtype_name(given) in (wanted, COMPOUND):
        return array
    if wanted == "bfloat16":
        import ml_dtypes

        return array.astype(ml_dtypes.bfloat16)
    target = np.dtype(wanted)
    if target.kind in "iu" and array.dtype.kind in "iu" and array.size:
        limits = np.iinfo(wanted)
        if int(array.min()) < limits.min or int(array.max()) > limits.max:
            raise InspectorError(
                f"The array '{column.array.name}' holds numbers that {wanted} cannot hold.",
                f"The input '{column.value.name}' takes {limits.min} to {limits.max}.",
            )
    return array.astype(target)
