"""Where an element lies: flat position in its sample, index, and row and column of a picture."""

from __future__ import annotations

import math
from typing import NamedTuple

BY_SAMPLE = "sample"
"""One sample is a picture: its last two axes longer than 1 are rows and columns."""

ALL_SAMPLES = "samples"
"""All samples are one picture: samples down, the elements of a sample across."""

FEW = 8
"""Up to this many elements in a sample, all of them are drawn as bars."""


class Layout(NamedTuple):
    """How the elements of one output are laid out.

    Attributes:
        samples: Samples whose values are there.
        shape: Shape of one sample; empty where a sample is one number.
    """

    samples: int
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Elements of one sample."""
        return math.prod(self.shape)

    @property
    def long_axes(self) -> tuple[int, ...]:
        """Sizes of the axes longer than 1, in order."""
        return tuple(size for size in self.shape if size != 1)

    @property
    def is_image(self) -> bool:
        """Whether one sample has rows and columns."""
        return len(self.long_axes) >= 2

    @property
    def is_list(self) -> bool:
        """Whether one sample is a list of values, such as class scores."""
        return len(self.long_axes) == 1

    @property
    def planes(self) -> int:
        """Pictures in one sample: the product of the axes before rows and columns."""
        return math.prod(self.long_axes[:-2]) if self.is_image else 1

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of a picture."""
        if self.is_image:
            return self.long_axes[-2], self.long_axes[-1]
        return self.samples, self.size

    def flat(self, index: tuple[int, ...]) -> int:
        """Position of `index` in its sample, row-major; 0 for an index of another rank."""
        if len(index) != len(self.shape):
            return 0
        position = 0
        for part, size in zip(index, self.shape, strict=True):
            position = position * size + part
        return position

    def index_of(self, flat: int) -> tuple[int, ...]:
        """Index of the element at a flat position."""
        parts: list[int] = []
        for size in reversed(self.shape):
            flat, part = divmod(flat, size)
            parts.append(part)
        return tuple(reversed(parts))

    def cell(self, sample: int, flat: int) -> tuple[int, int, int]:
        """Plane, row and column of an element."""
        if not self.is_image:
            return 0, sample, flat
        rows, columns = self.grid
        plane, place = divmod(flat, rows * columns)
        return plane, *divmod(place, columns)

    def element(self, sample: int, plane: int, row: int, column: int) -> tuple[int, int]:
        """Sample and flat position of what a picture shows at a row and a column."""
        if not self.is_image:
            return row, column
        rows, columns = self.grid
        return sample, (plane * rows + row) * columns + column
