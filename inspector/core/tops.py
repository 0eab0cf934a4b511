"""The worst element of every slice, whatever the order of the data."""

from __future__ import annotations

import numpy as np

from inspector.core.bars import Floats, Ints
from inspector.core.worst import Candidate, Place


class Tops:
    """One element per slice: that of the largest rank; of equal ones, the one that comes first."""

    def __init__(self, slices: int) -> None:
        self.ranks: Floats = np.full(slices, -np.inf)
        self._kept: dict[int, Candidate] = {}

    def offer(
        self,
        slices: Ints,
        ranks: Floats,
        positions: Ints,
        place: Place,
        sides: tuple[np.ndarray[tuple[int, ...], np.dtype[np.generic]], ...],
        errors: Floats,
    ) -> None:
        """Consider elements; the arguments are those of `WorstList.offer`, and their slices."""
        better = np.flatnonzero(ranks >= self.ranks[slices])
        if not better.size:
            return
        order = better[np.lexsort((positions[better], -ranks[better], slices[better]))]
        numbers, firsts = np.unique(slices[order], return_index=True)
        for number, at in zip(numbers.tolist(), order[firsts].tolist(), strict=True):
            position = int(positions[at])
            values = (+sides[0][position].item(), +sides[1][position].item())
            entry = Candidate(-float(ranks[at]), *place.of(position), *values, float(errors[at]))
            self._keep(number, entry)

    def merge(self, other: Tops) -> None:
        """Take the worse one of each slice."""
        for number, entry in other._kept.items():
            self._keep(number, entry)

    def entries(self) -> list[tuple[int, Candidate]]:
        """Each slice that has one, and the element."""
        return list(self._kept.items())

    def _keep(self, number: int, entry: Candidate) -> None:
        known = self._kept.get(number)
        if known is None or entry[:3] < known[:3]:
            self._kept[number] = entry
            self.ranks[number] = -entry.rank
