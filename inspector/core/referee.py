"""How far each side is from the same PyTorch module computed in float64: the referee's record.

The rule that uses it is in `verdict.py`; the job that computes it is `jobs/compare_referee.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inspector.core.words import size_of_error


@dataclass(frozen=True, slots=True)
class Distances:
    """Distances of both sides from the calculation in float64, over the elements finite in all.

    Attributes:
        elements: How many elements that are.
        reference_rmse: Root of the mean squared |reference - referee|.
        candidate_rmse: Root of the mean squared |candidate - referee|.
        reference_max: Largest |reference - referee|.
        candidate_max: Largest |candidate - referee|.
        scale: Largest |referee|.
    """

    elements: int
    reference_rmse: float
    candidate_rmse: float
    reference_max: float
    candidate_max: float
    scale: float


EMPTY = Distances(0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""What is known where the calculation could not be made."""


@dataclass(frozen=True, slots=True)
class Referee:
    """What the calculation in float64 says about one output.

    Attributes:
        output: Name of the output.
        samples: Number of samples that all three have computed.
        whole: Distances over all elements.
        slices: The same per slice of `axis`; empty where slices are not judged by themselves.
        axis: The axis of one sample that `slices` lie along, -1 for the last; None without slices.
        trusted: False where the calculation is no valid referee: further than 1e-3 of its scale
            from the same module in its own dtype (4 rounding steps in half precision), rounded
            by the module itself on the way, or not to be had at all.
        why_not: The sentence that says so.
        distant: It was computed in full and is not trusted for its distance alone.
        small: Distances over the values below `OutputComparison.small_below`.
    """

    output: str
    samples: int
    whole: Distances
    slices: tuple[Distances, ...] = ()
    axis: int | None = None
    trusted: bool = True
    why_not: str = ""
    distant: bool = False
    small: Distances = EMPTY


_CLEARLY = 2.0


def no_referee(output: str, why_not: str) -> Referee:
    """The record of an output for which the calculation was not made; the sentence says why."""
    return Referee(output, 0, EMPTY, trusted=False, why_not=why_not)


def who_is_nearer(referee: Referee, names: tuple[str, str] = ("PyTorch", "ONNX")) -> str:
    """One sentence: which side the calculation in float64 is on; empty where it has no say.

    Args:
        referee: What was found; one that is not trusted says why in its own sentence.
        names: Short names of reference and candidate.
    """
    if not referee.trusted:
        return referee.why_not
    near, clearly = _nearer(referee)
    most = referee.whole.reference_max, referee.whole.candidate_max
    numbers = (
        f"{names[near]} is up to {size_of_error(most[near])} away from it, "
        f"{names[1 - near]} up to {size_of_error(most[1 - near])}."
    )
    if clearly:
        return f"A more precise calculation (64-bit) sides with {names[near]}: {numbers}"
    return f"A more precise calculation (64-bit) sides with neither: {numbers}"


def which_side(referee: Referee, names: tuple[str, str] = ("PyTorch", "ONNX")) -> str:
    """The same without numbers, for where they are shown beside it."""
    if not referee.trusted:
        return referee.why_not
    near, clearly = _nearer(referee)
    if clearly:
        return f"A more precise calculation (64-bit) sides with {names[near]}."
    return "Both are about equally near to a more precise calculation (64-bit)."


def _nearer(referee: Referee) -> tuple[int, bool]:
    """The side that is nearer on the whole, 0 or 1, and whether by much."""
    off = referee.whole.reference_rmse, referee.whole.candidate_rmse
    near = 0 if off[0] <= off[1] else 1
    return near, off[1 - near] > _CLEARLY * off[near]


def merge_referees(parts: Sequence[Sequence[Referee]]) -> tuple[Referee, ...]:
    """What the calculation in float64 says about parts of a data set together.

    Mean squares are weighted by the number of elements. A part in which everything agreed asked
    no referee, and has no share in it: `samples` says how many have.
    """
    found: dict[str, Referee] = {}
    for referee in (one for part in parts for one in part):
        known = found.get(referee.output)
        found[referee.output] = _merged(known, referee) if known is not None else referee
    return tuple(found.values())


def _merged(one: Referee, other: Referee) -> Referee:
    alike = len(one.slices) == len(other.slices) and one.axis == other.axis
    pairs = zip(one.slices, other.slices, strict=True) if alike else ()
    return Referee(
        one.output,
        one.samples + other.samples,
        _joined(one.whole, other.whole),
        tuple(_joined(*pair) for pair in pairs),
        one.axis if alike else None,
        one.trusted and other.trusted,
        one.why_not or other.why_not,
        one.distant or other.distant,
        _joined(one.small, other.small),
    )


def _joined(one: Distances, other: Distances) -> Distances:
    elements = one.elements + other.elements
    if not elements:
        return one
    mine, theirs = math.sqrt(one.elements / elements), math.sqrt(other.elements / elements)
    return Distances(
        elements,
        math.hypot(mine * one.reference_rmse, theirs * other.reference_rmse),
        math.hypot(mine * one.candidate_rmse, theirs * other.candidate_rmse),
        max(one.reference_max, other.reference_max),
        max(one.candidate_max, other.candidate_max),
        max(one.scale, other.scale),
    )
