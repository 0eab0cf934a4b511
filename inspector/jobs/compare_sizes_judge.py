"""One trial at another size: both sides run, and their outputs are held against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from inspector.core.comparison import OutputComparison
from inspector.core.failures import InspectorError, explain
from inspector.core.size_trial import TrialOutcome
from inspector.core.statistics import OutputStatistics
from inspector.core.tolerance import REVIEW_FACTOR
from inspector.core.verdict import excess, named
from inspector.core.words import counted, size_of_error
from inspector.jobs.compare_outputs import PairedOutput, Pairing, in_samples
from inspector.jobs.compare_sides import Opened
from inspector.runtimes.base import Array

_NO_ROOM = ("Failed to allocate memory", "DefaultCPUAllocator", "bad_alloc")


class NoRoomError(Exception):
    """A trial needs more memory than there is: that says nothing about the file."""


class Judged(NamedTuple):
    """How a trial ended, and a sentence about it."""

    outcome: TrialOutcome
    detail: str = ""


class Trials:
    """Runs both sides on arrays of any size.

    Args:
        sides: Reference and candidate.
        labels: What sentences call them.
        pairing: Which outputs belong together.
        paired: The outputs as they were counted at the data's own sizes.
        finished: Their records. What differs there already may differ here as much, and scales
            are at least as large as there.
    """

    def __init__(
        self,
        sides: tuple[Opened, Opened],
        labels: tuple[str, str],
        pairing: Pairing,
        paired: Sequence[PairedOutput],
        finished: Sequence[OutputComparison],
    ) -> None:
        self.sides, self.labels = sides, labels
        self.pairing, self.paired, self.finished = pairing, paired, finished

    def run(self, arrays: Mapping[str, Array], repeated: bool) -> Judged:
        """Run both sides and compare.

        Args:
            arrays: Bound input to array.
            repeated: Whether elements were repeated inside a sample; indices of scores may then
                differ among ties.

        Raises:
            NoRoomError: A side has not enough memory.
        """
        reference = run_side(self.sides[0], arrays)
        if isinstance(reference, str):
            return Judged(TrialOutcome.REFERENCE_STOPPED, f"{self.labels[0]} refuses: {reference}")
        candidate = run_side(self.sides[1], arrays)
        if isinstance(candidate, str):
            return Judged(TrialOutcome.CANDIDATE_STOPPED, candidate)
        if len(reference) != len(candidate) and not self.pairing.problems:
            numbers = counted(len(reference), "output"), len(candidate)
            return Judged(TrialOutcome.DIFFERS, f"{numbers[0]} against {numbers[1]:,}")
        for place in range(len(self.finished)):
            detail = self._differs(place, reference, candidate, repeated)
            if detail:
                return Judged(TrialOutcome.DIFFERS, detail)
        return Judged(TrialOutcome.AGREES)

    def _differs(
        self,
        place: int,
        reference: Sequence[Array],
        candidate: Sequence[Array],
        repeated: bool,
    ) -> str:
        """What differs in one output; empty where nothing does by more than is allowed."""
        both = (
            np.asarray(reference[self.pairing.reference[place]]),
            np.asarray(candidate[self.pairing.candidate[place]]),
        )
        known, counted_before = self.finished[place], self.paired[place]
        if known.structure:
            return ""
        if repeated and counted_before.ties is not None and both[0].shape == both[1].shape:
            return ""
        before = counted_before.statistics
        choice = before.chosen.choice if before.chosen else None
        statistics = OutputStatistics(known.name, known.dtype, before.tolerance, choice)
        statistics.largest = known.allowed.scale
        # A trial has too few values to tell how large each slice is.
        statistics.slices.leave_out()
        axis = counted_before.axis
        left, right = (in_samples(array, axis) for array in both)
        statistics.update(left, right)
        found = statistics.finish(*self.labels)
        if found.structure:
            return f"'{known.name}' {named(found.structure, *self.labels)}"
        if found.nonfinite_mismatch and not known.nonfinite_mismatch:
            values = counted(found.nonfinite_mismatch, "value")
            return f"{values} of '{known.name}' not finite on one side only"
        most = REVIEW_FACTOR * excess(known) if known.over_tolerance else 1.0
        if not found.over_tolerance or found.within_review or excess(found) <= most:
            return ""
        return f"'{known.name}' by up to {size_of_error(found.max_absolute_error)}"


def run_side(side: Opened, arrays: Mapping[str, Array]) -> list[Array] | str:
    """What a side gives, or the sentence with which it refuses.

    Raises:
        NoRoomError: It has not enough memory.
    """
    try:
        return side.run(arrays)
    except MemoryError as error:
        raise NoRoomError from error
    except InspectorError as error:
        if any(words in f"{error} {error.failure.detail}" for words in _NO_ROOM):
            raise NoRoomError from error
        return str(error)
    except Exception as error:
        if any(words in str(error) for words in _NO_ROOM):
            raise NoRoomError from error
        return explain(error).sentence
