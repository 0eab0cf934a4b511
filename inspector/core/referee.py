"""How far each side is from the same PyTorch module computed in float64: the referee's record.

The rule that uses it is in `verdict.py`; the job that computes it is `jobs/compare_referee.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


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
            from the reference, or not to be had at all.
        why_not: The sentence that says so.
    """

    output: str
    samples: int
    whole: Distances
    slices: tuple[Distances, ...] = ()
    axis: int | None = None
    trusted: bool = True
    why_not: str = ""
