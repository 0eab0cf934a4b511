"""Four reasons why differences beyond what is allowed are for a person, and not a failure.

1. The same model in float64 shows that the candidate is no less exact than the reference.
2. No element differs by more than ten times what is allowed, or by more than one step.
3. Indices differ, and the scores that they point at tie.
4. A person chose a looser tolerance than the program's own.
"""

from __future__ import annotations

import itertools

from inspector.core.comparison import Chosen, OutputComparison
from inspector.core.referee import Distances, Referee
from inspector.core.tolerance import REVIEW_FACTOR, tolerance_for
from inspector.core.words import count, counted, size_of_error

DECIDE = "A person must decide."
MOST_OF_SCALE = 1e-3
"""A reference further than this from the referee, as a share of the scale, is no ordinary rounding:
either of the two is wrong."""
_FEW = 1000
_HALF = ("float16", "bfloat16")


def rounding_explains(output: OutputComparison, referee: Referee) -> bool:
    """Whether the candidate is no further from the calculation in float64 than rounding makes it.

    That is `rmse(candidate) <= m * rmse(reference) + eps * S` with m = 2 (3 for half precision, or
    where there are fewer than 1,000 elements), over all elements, and in every slice where the
    output is judged by slices. One wrong element among millions hardly moves a mean, so the
    largest distance may be ten times the reference's, and what is allowed on top.

    Source:
        m, its exceptions and the form of the rule follow `torch._dynamo.utils.same`.
    """
    if not referee.trusted or not _covers(referee, output):
        return False
    parts = [referee.whole, *referee.slices]
    if output.slices is not None and (
        referee.axis != output.slices.axis or len(referee.slices) != len(output.slices.scales)
    ):
        return False
    half = output.dtype in _HALF
    eps, steps = tolerance_for(output.dtype).eps, tolerance_for(output.dtype).steps
    room = steps * eps * referee.whole.scale
    return all(_no_further(part, eps, steps, room, half) for part in parts)


def _covers(referee: Referee, output: OutputComparison) -> bool:
    """Whether the worst element is among those that the referee has seen."""
    if referee.samples >= output.samples:
        return True
    whole = referee.whole
    seen = (whole.reference_max + whole.candidate_max) * (1.0 + 1e-6)
    return referee.samples > 0 and seen >= output.max_absolute_error


def _no_further(part: Distances, eps: float, steps: float, room: float, half: bool) -> bool:
    if not part.elements:
        return True
    times = 3.0 if half or part.elements < _FEW else 2.0
    if part.reference_rmse > max(MOST_OF_SCALE * part.scale, room):
        return False
    largest = REVIEW_FACTOR * part.reference_max + steps * eps * part.scale
    return (
        part.candidate_rmse <= times * part.reference_rmse + eps * part.scale
        and part.candidate_max <= largest
    )


def reason_for_review(
    output: OutputComparison, beyond: str, referee: Referee | None, names: tuple[str, str]
) -> str:
    """The sentence that leaves differences beyond the allowance to a person; empty where none does.

    Args:
        output: An output with elements beyond what is allowed.
        beyond: The sentence that says so.
        referee: What the calculation in float64 says about it.
        names: Short names of reference and candidate.
    """
    if referee is not None and rounding_explains(output, referee):
        whole = referee.whole
        errors = size_of_error(whole.candidate_rmse), size_of_error(whole.reference_rmse)
        some = f", in {counted(referee.samples, 'sample')}"
        some = some if referee.samples < output.samples else ""
        return (
            f"{beyond} But rounding explains it: held against the same model in float64{some}, "
            f"{names[1]} is off by {errors[0]} (RMSE) and {names[0]} by {errors[1]}. {DECIDE}"
        )
    if output.within_review:
        return f"{beyond} {DECIDE}"
    ties = output.ties
    if ties and ties.differing and ties.explained == ties.differing:
        return (
            f"{count(ties.differing)} of {count(output.elements)} indices "
            f"in '{output.name}' differ, but their scores in '{ties.scores}' are equal within what "
            f"is allowed (largest gap {size_of_error(ties.largest_gap)}): the same scores, in "
            f"different order among ties. {DECIDE}"
        )
    return ""


def about_ties(output: OutputComparison) -> str:
    """What is to be added where indices differ and no tie explains them; empty for others."""
    ties = output.ties
    if ties is None or not output.over_tolerance:
        return ""
    if not ties.scores:
        return f" Whether these are ties cannot be told: no output holds the scores of {ties.node}."
    left = ties.differing - ties.explained
    return f" {count(left)} of these are no ties: their scores in '{ties.scores}' differ."


def loosened(output: OutputComparison, chosen: Chosen) -> str:
    """The sentence for an output that is within a looser tolerance than the default."""
    total = counted(output.elements, "value")
    rule = f"{chosen.absolute:.3g} + {chosen.relative:.3g} of the size"
    default = _default_words(chosen)
    what = (
        f"{count(chosen.default_over)} of them {'is' if chosen.default_over == 1 else 'are'} beyond"
        if chosen.default_over
        else "all of them are also within"
    )
    return (
        f"{total} of '{output.name}' {'is' if output.elements == 1 else 'are'} within a looser "
        f"tolerance that a person chose ({rule}); {what} the default ({default}). {DECIDE}"
    )


def chosen_words(outputs: list[OutputComparison]) -> str:
    """What a passing sentence says about tolerances that a person chose; empty without any."""
    names = [f"'{output.name}'" for output in outputs if output.chosen]
    if not names:
        return ""
    listed = ", ".join(itertools.islice(names, 3))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f" A person chose the tolerance of {listed}{more}."


def _default_words(chosen: Chosen) -> str:
    rule = chosen.default
    if rule.absolute == 0.0 and rule.relative == 0.0:
        return "no difference"
    return f"{rule.absolute:.2g} + {rule.relative:.3g} of the size"
