"""Elements beyond a tolerance that a person chose: its limits are known before the counting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inspector.core.bars import Floats, Ints
from inspector.core.sources import Choice
from inspector.core.worst import Place, WorstList, foremost


def choice_for(output: str, choices: tuple[Choice, ...]) -> Choice | None:
    """The choice that holds for an output; the last one said wins, its own before one for all."""
    for wanted in (output, ""):
        for choice in reversed(choices):
            if choice.output == wanted:
                return choice
    return None


class ChosenCounts:
    """Elements beyond a choice, and the worst of all that differ."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.over = 0
        self.worst = WorstList()

    def add(
        self,
        sizes: npt.NDArray[np.floating],
        errors: Floats,
        positions: Ints | None,
        start: int,
        place: Place,
        sides: tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]],
    ) -> None:
        """Count finite elements.

        Args:
            sizes: [n] |reference|.
            errors: [n] |candidate - reference|; empty where nothing differs.
            positions: [n] flat positions; None: from `start` on.
            start: Flat position of the first element.
            place: What flat positions mean.
            sides: Both whole arrays.
        """
        if not errors.size:
            return
        ranks = errors - self.choice.relative * sizes.astype(np.float64)
        found = np.flatnonzero((ranks >= self.worst.threshold) & (errors > 0.0))
        found = np.sort(found[foremost(ranks[found], self.worst.size)])
        at = found + start if positions is None else positions[found]
        self.worst.offer(ranks[found], at, place, *sides, errors[found])
        self.over += int(np.count_nonzero((ranks > self.choice.absolute) & (errors > 0.0)))

    def merge(self, other: ChosenCounts) -> None:
        """Add the counts of another part of the data.

        Raises:
            ValueError: They were taken with another choice.
        """
        if self.choice != other.choice:
            raise ValueError("another tolerance was chosen")
        self.over += other.over
        self.worst.merge(other.worst)
