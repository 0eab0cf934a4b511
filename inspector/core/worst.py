"""The few elements that are furthest beyond what is allowed, whatever the order of the data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inspector.core.bars import Floats, Ints


class Candidate(NamedTuple):
    """One element; sorts with the worst first, then by sample and place in the sample."""

    rank: float
    sample: int
    flat: int
    at: tuple[int, ...]
    reference: float
    candidate: float
    absolute_error: float


class Place(NamedTuple):
    """Where the elements of one array belong: `shape` with samples along axis 0 if `batched`."""

    shape: tuple[int, ...]
    first_sample: int
    batched: bool

    def of(self, position: int) -> tuple[int, int, tuple[int, ...]]:
        """Sample, flat index in the sample, and index in the sample, of a flat position."""
        if not self.batched:
            return self.first_sample, position, _unravel(position, self.shape)
        inner = self.shape[1:]
        per_sample = int(np.prod(inner, dtype=np.int64))
        sample, flat = divmod(position, per_sample)
        return self.first_sample + sample, flat, _unravel(flat, inner)


def _unravel(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(flat, shape)) if shape else ()


def foremost(ranks: Floats, count: int) -> Ints:
    """Positions of the `count` largest ranks; of equal ones, those that come first."""
    if ranks.size <= count:
        return np.arange(ranks.size)
    limit = np.partition(ranks, ranks.size - count)[ranks.size - count]
    above = np.flatnonzero(ranks > limit)
    return np.concatenate((above, np.flatnonzero(ranks == limit)[: count - above.size]))


class WorstList:
    """At most `size` candidates, worst first."""

    def __init__(self, size: int = 10) -> None:
        self.size = size
        self.kept: list[Candidate] = []

    @property
    def threshold(self) -> float:
        """An element below this rank cannot enter the list."""
        return -self.kept[-1].rank if len(self.kept) == self.size else -np.inf

    def offer(
        self,
        ranks: Floats,
        positions: Ints,
        place: Place,
        reference: npt.NDArray[np.generic],
        candidate: npt.NDArray[np.generic],
        errors: Floats,
    ) -> None:
        """Consider elements.

        Args:
            ranks: [n] how bad each one is; inf for a mismatch of non-finite values.
            positions: [n] flat positions in `reference` and `candidate`, ascending.
            place: What those positions mean.
            reference: [m] the whole array of one run.
            candidate: [m] the other side's.
            errors: [n] absolute errors.
        """
        for at in foremost(ranks, self.size):
            position = int(positions[at])
            # The plus makes 1 and 0 of true and false.
            values = (+reference[position].item(), +candidate[position].item())
            entry = Candidate(-float(ranks[at]), *place.of(position), *values, float(errors[at]))
            self.kept.append(entry)
        self._trim()

    def merge(self, other: WorstList) -> None:
        """Take the worst of both lists."""
        self.kept.extend(other.kept)
        self._trim()

    def _trim(self) -> None:
        self.kept.sort(key=lambda entry: entry[:3])
        del self.kept[self.size :]
