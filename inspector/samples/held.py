"""Arrays in memory whose numbers were written as text: they have no type of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inspector.samples.stored import Array


@dataclass(frozen=True, slots=True)
class WrittenArray:
    """Numbers read from text: int64 or float64 here, and whatever the input takes without loss.

    `0.1` in a table is as good a float32 as a float64; only numbers that the input's type cannot
    hold, such as 0.5 for whole numbers, do not fit.
    """

    name: str
    values: Array

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Type of the elements as read."""
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes."""
        return self.values.shape

    def rows(self, start: int, stop: int, axis: int = 0) -> Array:
        """Elements `start` to `stop` along `axis`, a copy in C order."""
        return np.array(self.values[(slice(None),) * axis + (slice(start, stop),)], order="C")

    def whole(self) -> Array:
        """Everything."""
        return self.values.copy()

    def can_be(self, target: np.dtype[np.generic]) -> bool:
        """Whether an input of this type can hold the numbers."""
        values = self.values
        if target.kind == "f":
            return values.dtype.kind in "biuf"
        if values.dtype.kind == "b":
            return target.kind in "biu"
        if target.kind not in "biu" or values.dtype.kind not in "iuf":
            return False
        if not values.size:
            return True
        low, high = values.min(), values.max()
        if target.kind == "b":
            least, most = 0, 1
        else:
            limits = np.iinfo(target.name)
            least, most = int(limits.min), int(limits.max)
        if not (np.isfinite(low) and np.isfinite(high) and least <= low and high <= most):
            return False
        return bool(values.dtype.kind != "f" or (values == np.trunc(values)).all())
