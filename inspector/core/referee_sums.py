"""Adds up how far both sides are from the calculation in float64: streaming and mergeable."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from inspector.core.arrays import as_numbers, dtype_name
from inspector.core.bars import Floats, Ints
from inspector.core.fills import without_fills
from inspector.core.referee import Distances, Referee
from inspector.core.tolerance import tolerance_for
from inspector.core.words import size_of_error

Array = npt.NDArray[np.generic]

BLOCK = 1 << 17
FARTHEST = 1e-3
"""The reference may be this share of the largest value away from its own model in float64 ..."""
FARTHEST_STEPS = 4.0
"""... or this many rounding steps of its dtype, where that is more: half precision is coarser.

Source: measured, see `tolerance.py`; nn.MultiheadAttention given masks of another dtype was off
by the size of its values.
"""


@dataclass(slots=True)
class DistanceSums:
    """Distances of one output of both sides from the referee, per slice, while they are added up.

    Norms are kept instead of sums of squares, so that nothing overflows.

    Args:
        axis: The axis of one sample that slices lie along, -1 for the last; None: no slices.
        fills: Constants that carry no rounding, see `fills.py`.
    """

    axis: int | None = None
    fills: tuple[float, ...] = ()
    skipped: int = 0
    samples: int = 0
    elements: Ints = field(default_factory=lambda: np.zeros(1, np.int64))
    norms: Floats = field(default_factory=lambda: np.zeros((2, 1)))
    largest: Floats = field(default_factory=lambda: np.zeros((2, 1)))
    scale: Floats = field(default_factory=lambda: np.zeros(1))

    def update(self, reference: Array, candidate: Array, referee: Array) -> None:
        """Add one run.

        Args:
            reference: [samples, ...] numbers.
            candidate: [samples, ...] likewise.
            referee: [samples, ...] the same in float64. Elements that are not finite on one of
                the three are left out, and counted in `skipped`.
        """
        sides = [as_numbers(one, dtype_name(one)) for one in (reference, candidate, referee)]
        *sides, truth = without_fills(sides, self.fills)
        three = [truth, *sides]
        self._agree_on(self._parts(np.shape(referee))[0])
        slices, inner = self._parts(np.shape(referee))
        inner *= 2 if np.iscomplexobj(referee) else 1
        self.samples += three[0].shape[0]
        for left, right, place in _blocks([one.reshape(-1, slices, inner) for one in three]):
            self._add(left, right, place)

    def merge(self, other: DistanceSums) -> None:
        """Add what was added up over another part of the data."""
        if not other.samples:
            return
        self._agree_on(other.elements.size)
        if other.elements.size != self.elements.size:
            other = other.joined()
        self.skipped += other.skipped
        self.samples += other.samples
        self.elements += other.elements
        self.norms = np.hypot(self.norms, other.norms)
        self.largest = np.maximum(self.largest, other.largest)
        self.scale = np.maximum(self.scale, other.scale)

    def finish(self, output: str, dtype: str, checked: int = 0, why_not: str = "") -> Referee:
        """The record of one output.

        Args:
            output: Its name.
            dtype: Its dtype, which says how coarse the reference is.
            checked: The side that computes the same module, and so must be near: 0 for the
                reference, 1 for the candidate.
            why_not: Why the calculation is no valid referee, where that is known already.
        """
        whole = self._distances(
            int(self.elements.sum()),
            [math.hypot(*row) for row in self.norms],
            self.largest.max(axis=1, initial=0.0),
            float(self.scale.max(initial=0.0)),
        )
        parts: tuple[Distances, ...] = ()
        if self.axis is not None:
            parts = tuple(
                self._distances(
                    int(count), self.norms[:, at], self.largest[:, at], float(self.scale[at])
                )
                for at, count in enumerate(self.elements)
            )
        far = "" if why_not else self._too_far(whole, dtype, checked)
        distant, why_not = bool(far and whole.elements), why_not or far
        trusted = not why_not
        return Referee(output, self.samples, whole, parts, self.axis, trusted, why_not, distant)

    def _too_far(self, whole: Distances, dtype: str, checked: int) -> str:
        if not whole.elements:
            return "No value is finite in PyTorch, in ONNX and in the calculation in 64 bits."
        off = (whole.reference_max, whole.candidate_max)[checked]
        most = max(FARTHEST, FARTHEST_STEPS * tolerance_for(dtype).eps) * whole.scale
        if off <= most:
            return ""
        return (
            f"The calculation in 64 bits is {size_of_error(off)} away from the same model in "
            f"{dtype}, too far for rounding alone: it may not compute the same."
        )

    def _parts(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Number of slices, and elements from one entry along the axis to the next."""
        if self.axis is None or len(shape) < 2:
            return 1, max(1, math.prod(shape[1:]))
        axis = self.axis % (len(shape) - 1) + 1
        return shape[axis], max(1, math.prod(shape[axis + 1 :]))

    def joined(self) -> DistanceSums:
        """The same without slices."""
        return DistanceSums(
            None,
            self.fills,
            self.skipped,
            self.samples,
            self.elements.sum(keepdims=True),
            np.hypot.reduce(self.norms, axis=1, keepdims=True),
            self.largest.max(axis=1, keepdims=True, initial=0.0),
            self.scale.max(keepdims=True, initial=0.0),
        )

    def _agree_on(self, slices: int) -> None:
        """Make room for the slices of the first run; later ones of other sizes end the slicing."""
        if slices == self.elements.size:
            return
        if not self.elements.any() and not self.skipped:
            self.elements = np.zeros(slices, np.int64)
            self.norms, self.largest = np.zeros((2, slices)), np.zeros((2, slices))
            self.scale = np.zeros(slices)
            return
        whole = self.joined()
        self.axis, self.elements = None, whole.elements
        self.norms, self.largest, self.scale = whole.norms, whole.largest, whole.scale

    def _add(self, truth: Floats, sides: list[Floats], place: slice) -> None:
        finite = np.isfinite(truth) & np.isfinite(sides[0]) & np.isfinite(sides[1])
        self.skipped += int(finite.size - np.count_nonzero(finite))
        self.elements[place] += np.count_nonzero(finite, axis=(0, 2))
        sizes = np.abs(np.where(finite, truth, 0.0)).max(axis=(0, 2), initial=0.0)
        np.maximum(self.scale[place], sizes, out=self.scale[place])
        for row, side in enumerate(sides):
            with np.errstate(all="ignore"):
                apart = np.where(finite, np.abs(side - truth), 0.0)
            peaks = apart.max(axis=(0, 2), initial=0.0)
            np.maximum(self.largest[row, place], peaks, out=self.largest[row, place])
            unit = np.where(peaks > 0.0, peaks, 1.0)
            apart /= unit[None, :, None]
            norms = unit * np.sqrt(np.einsum("ijk,ijk->j", apart, apart))
            self.norms[row, place] = np.hypot(self.norms[row, place], norms)

    def _distances(
        self, elements: int, norms: list[float] | Floats, largest: Floats, scale: float
    ) -> Distances:
        root = math.sqrt(elements) or 1.0
        means = float(norms[0]) / root, float(norms[1]) / root
        return Distances(elements, *means, float(largest[0]), float(largest[1]), scale)


def _blocks(three: list[Array]) -> Iterator[tuple[Floats, list[Floats], slice]]:
    """Cuts of [outer, slices, inner] arrays in float64, each with the slices it is of."""
    outer, slices, inner = three[0].shape
    rows = max(1, BLOCK // max(1, slices * inner))
    columns = slices if slices * inner <= BLOCK else max(1, BLOCK // max(1, inner))
    depth = min(inner, BLOCK)
    for row in range(0, outer, rows):
        for column in range(0, slices, columns):
            for start in range(0, inner, depth):
                cut = slice(row, row + rows), slice(column, column + columns)
                parts = [one[(*cut, slice(start, start + depth))] for one in three]
                truth, *sides = (np.asarray(part, np.float64) for part in parts)
                yield truth, sides, slice(column, min(column + columns, slices))
