"""Reasons why an output is for a person to judge.

Four for differences beyond what is allowed, which are then no failure:

1. The same model in float64 shows that the candidate is no less exact than the reference.
2. No element differs by more than ten times what is allowed, or by more than one step.
3. Indices differ, and the scores that they point at tie.
4. A person chose a looser tolerance than the program's own.

And one for differences within what is allowed: the same model in float64 shows that the candidate
is far less exact than the reference. What is allowed must leave room for any healthy model; in a
channel beside much larger ones it may leave room for an error of that channel's own size.
"""

from __future__ import annotations

import itertools
import statistics

from inspector.core.comparison import Chosen, OutputComparison
from inspector.core.referee import Distances, Referee
from inspector.core.tolerance import REVIEW_FACTOR, tolerance_for
from inspector.core.words import count, counted, size_of_error

DECIDE = "A person must decide."
CLEARLY_WORSE = 5.0
"""Healthy runtimes were up to 3.3 times as far from float64 as PyTorch."""
NATURAL = 1.0
"""Sigmoid, softmax and tanh are bounded by this, and runtimes compute them to its rounding: a small
value has an error of that size."""
FEWEST_VALUES = 32
"""The RMSE of a slice of fewer values is too much a matter of chance to raise a doubt."""
_FEW = 1000
_ALL, _SMALL = -1, -2
_HALF = ("float16", "bfloat16")


def rounding_explains(output: OutputComparison, referee: Referee) -> bool:
    """Whether the candidate is no further from the calculation in float64 than rounding makes it.

    That is `rmse(candidate) <= m * rmse(reference) + eps * S` with m = 2 (3 for half precision, or
    where there are fewer than 1,000 elements), over all elements, and in every slice where the
    output is judged by slices. One wrong element among millions hardly moves a mean, so the
    largest distance may be ten times the reference's, and what is allowed on top.

    A referee that is far from the reference may be wrong, and would then excuse all errors smaller
    than its own. But both runtimes would then be off by the same: their errors would go together,
    with a correlation of 1/m at least, since the candidate is at most m times as far. So a distant
    referee counts where the correlation is less than that.

    Source:
        m, its exceptions and the form of the rule follow `torch._dynamo.utils.same`.
    """
    if not _covers(referee, output):
        return False
    half = output.dtype in _HALF
    if not referee.trusted and not _errs_alone(referee, output, half):
        return False
    parts = [referee.whole, *referee.slices]
    if output.slices is not None and (
        referee.axis != output.slices.axis or len(referee.slices) != len(output.slices.scales)
    ):
        return False
    rule = tolerance_for(output.dtype)
    return all(_no_further(part, rule.eps, rule.steps, half) for part in parts)


def _errs_alone(referee: Referee, output: OutputComparison, half: bool) -> bool:
    """Whether a distant referee is confirmed: both sides are off by amounts of their own."""
    whole = referee.whole
    product = 2.0 * whole.reference_rmse * whole.candidate_rmse
    if not referee.distant or referee.samples < output.samples or product == 0.0:
        return False
    squares = whole.reference_rmse**2 + whole.candidate_rmse**2 - output.rmse**2
    return squares / product < 1.0 / _times(whole, half)


def _covers(referee: Referee, output: OutputComparison) -> bool:
    """Whether the worst element is among those that the referee has seen."""
    if referee.samples >= output.samples:
        return True
    whole = referee.whole
    seen = (whole.reference_max + whole.candidate_max) * (1.0 + 1e-6)
    return referee.samples > 0 and seen >= output.max_absolute_error


def _no_further(part: Distances, eps: float, steps: float, half: bool) -> bool:
    if not part.elements:
        return True
    largest = REVIEW_FACTOR * part.reference_max + steps * eps * part.scale
    limit = _times(part, half) * part.reference_rmse + eps * part.scale
    return part.candidate_rmse <= limit and part.candidate_max <= largest


def _times(part: Distances, half: bool) -> float:
    return 3.0 if half or part.elements < _FEW else 2.0


def needs_referee(output: OutputComparison) -> bool:
    """Whether the calculation in float64 may have a say: differences are larger than usual."""
    rule = tolerance_for(output.dtype)
    if output.structure or output.chosen or rule.noise_steps == 0.0 or "64" in output.dtype:
        return False
    usual = rule.noise_steps * rule.eps * output.allowed.scale
    lifted = output.slices is not None and bool(output.slices.lifted)
    lifted = lifted or output.small_below > 0.0
    return lifted or bool(output.over_tolerance) or output.max_absolute_error > usual


def far_less_exact(
    output: OutputComparison, referee: Referee | None, names: tuple[str, str]
) -> str:
    """The sentence for an output within what is allowed that is far less exact than the reference.

    Args:
        output: An output that agrees.
        referee: What the calculation in float64 says about it.
        names: Short names of reference and candidate.

    Returns:
        Empty where the candidate is not clearly further from float64 than the reference, or
        where nothing is known.
    """
    if referee is None or not referee.trusted:
        return ""
    eps, usual = tolerance_for(output.dtype).eps, _usual_error(referee)
    unit = NATURAL if output.bounded else min(referee.whole.scale, output.unit)
    parts = {_ALL: referee.whole, _SMALL: referee.small} | dict(enumerate(referee.slices))
    for at, part in parts.items():
        if at >= 0 and part.elements < FEWEST_VALUES:
            continue
        rounding = eps * max(part.scale, unit)
        own = max(part.reference_rmse, usual * part.scale if at >= 0 else 0.0)
        if part.candidate_rmse > CLEARLY_WORSE * own + rounding:
            axis = "last" if referee.axis == -1 else "channel"
            where = f" in slice {at} of the {axis} axis" if at >= 0 else ""
            where = f" in values below {output.small_below:.2g}" if at == _SMALL else where
            errors = size_of_error(part.candidate_rmse), size_of_error(part.reference_rmse)
            return (
                f"All {counted(output.elements, 'value')} of '{output.name}' are within what is "
                f"allowed, but {names[1]} is far less exact than {names[0]}{where}: held against "
                f"the same model in float64, they are off by {errors[0]} and {errors[1]} (RMSE). "
                f"{DECIDE}"
            )
    return ""


def _usual_error(referee: Referee) -> float:
    """The reference's error in the middle one of the slices, as a share of the slice's scale.

    One large value may make up a slice, and the reference may be exact in it by luck: that the
    candidate has the usual error there says nothing.
    """
    shares = [part.reference_rmse / part.scale for part in referee.slices if part.scale > 0.0]
    return statistics.median(shares) if shares else 0.0


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
