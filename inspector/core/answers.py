"""The five questions that everything a person is told answers."""

from __future__ import annotations

import math

from inspector.core import words
from inspector.core.answers_beside import (
    decisions_words,
    fixed_words,
    referee_words,
    referees,
    trial_words,
)
from inspector.core.comparison import Comparison, OutputComparison, Verdict
from inspector.core.review import rounding_explains
from inspector.core.size_trial import BAD_TRIALS
from inspector.core.verdict import side_names
from inspector.core.words import counted

AGREE = "Do the two agree?"
SURE = "How sure are we?"
WORST = "Where is the worst difference?"
UNCHECKED = "What was not checked?"
NEXT = "What should happen next?"


def answers(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Each question with its answer, in the order a reader asks them."""
    return (
        (AGREE, f"{_agree(comparison)} {decisions_words(comparison)}".rstrip()),
        (SURE, _sure(comparison)),
        (WORST, _worst(comparison)),
        (UNCHECKED, _unchecked(comparison)),
        (NEXT, comparison.next_step),
    )


def _sure(comparison: Comparison) -> str:
    parts = comparison.how_sure, referee_words(comparison), trial_words(comparison)
    return " ".join(part for part in parts if part)


def _unchecked(comparison: Comparison) -> str:
    parts = *comparison.not_checked, fixed_words(comparison)
    return " ".join(part for part in parts if part) or "Nothing is known to be left out."


def _agree(comparison: Comparison) -> str:
    if comparison.verdict is Verdict.CANNOT_JUDGE:
        return "Not known: no fair test was possible."
    if comparison.verdict is Verdict.FAIL:
        return f"No. {_how_they_part(comparison)}"
    total = sum(output.elements for output in comparison.outputs)
    made_up = "" if comparison.data.real else " The inputs were random, not real."
    doubt = _doubt(comparison, total)
    if doubt:
        return doubt + made_up
    used = max((_use(output) for output in comparison.outputs), default=0.0)
    if used == 0.0:
        start = "Yes." if comparison.data.real else "Yes, on everything that was tried."
        return f"{start} All {total:,} values are exactly equal.{made_up}"
    return (
        f"Yes, on everything that was tried. All {total:,} values are within what is allowed; "
        f"the largest difference uses {_percent(used)} of it.{made_up}"
    )


def _how_they_part(comparison: Comparison) -> str:
    total = sum(output.elements for output in comparison.outputs)
    beyond = sum(output.over_tolerance for output in comparison.outputs)
    one_sided = sum(output.nonfinite_mismatch for output in comparison.outputs)
    parted = [trial for trial in comparison.trials if trial.outcome in BAD_TRIALS]
    if parted and not beyond + one_sided:
        return (
            f"They part at other sizes that the file leaves open ({counted(len(parted), 'trial')})."
        )
    if any(output.structure for output in comparison.outputs) or not beyond + one_sided:
        return "The outputs do not have the same form."
    if beyond:
        share = _percent(beyond / total)
        return f"{beyond:,} of {total:,} values ({share}) {_are(beyond)} too far off."
    return (
        f"{one_sided:,} of {total:,} values {_are(one_sided)} NaN or infinite on one side only, "
        "or infinite with opposite sign."
    )


def _doubt(comparison: Comparison, total: int) -> str:
    """What keeps values that are close from agreeing; empty where nothing does."""
    beyond = sum(output.over_tolerance for output in comparison.outputs)
    if beyond:
        share = f"{beyond:,} of {total:,} values ({_percent(beyond / total)})"
        return f"Nearly. {share} differ by more than is allowed, but {_excuse(comparison)}."
    if any(output.chosen and output.chosen.loosened for output in comparison.outputs):
        return "Yes, by a tolerance that a person chose, which is looser than the default."
    nan = sum(output.nan_agreed for output in comparison.outputs)
    if nan:
        return f"Yes, where both give numbers. {nan:,} of {total:,} values are NaN on both sides."
    empty = [output.name for output in comparison.outputs if not output.elements]
    if empty:
        return f"Yes, for the {total:,} values there are. '{empty[0]}' held none."
    if all(output.constant is not None for output in comparison.outputs):
        return "Yes, but every output has one value throughout, which proves little."
    if any(output.verdict is Verdict.REVIEW for output in comparison.outputs):
        return "Within what is allowed; but 64-bit arithmetic shows that one is far less exact."
    return ""


def _excuse(comparison: Comparison) -> str:
    """Why a person may accept what differs by more than is allowed."""
    outputs = [output for output in comparison.outputs if output.over_tolerance]
    heard = {one.output: one for one in referees(comparison)}
    if all(one.name in heard and rounding_explains(one, heard[one.name]) for one in outputs):
        name = side_names(comparison.reference, comparison.candidate)[1]
        return f"rounding explains it: held against 64 bits, {name} is no less exact"
    if all(output.within_review for output in outputs):
        return "so little that a person may accept it"
    if all(output.ties and output.ties.explained for output in outputs):
        return "they are places of scores that tie"
    return "for reasons that a person may accept"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _use(output: OutputComparison) -> float:
    """Largest share of its allowance that a listed element uses; 0 where all are equal."""
    if output.nonfinite_mismatch:
        return math.inf
    shares = (
        w.absolute_error / w.allowed if w.allowed > 0 else math.inf
        for w in output.worst
        if w.absolute_error > 0
    )  # fmt: skip
    return max(shares, default=0.0)


def _worst(comparison: Comparison) -> str:
    judged = comparison.verdict is not Verdict.CANNOT_JUDGE
    place = _worst_place(comparison)
    if place:
        return place if judged else f"Not judged. In the run that was kept: {place}"
    if not judged:
        return "Not known: no difference was judged."
    formed = [output.reason for output in comparison.outputs if output.structure]
    if formed or not comparison.outputs:
        return next(iter(formed), "No values were compared.")
    return "There is none: every value that was compared is equal."


def _worst_place(comparison: Comparison) -> str:
    for output in sorted(comparison.outputs, key=lambda output: -_use(output)):
        for worst in output.worst:
            # NaN is not 0: an element that is a number on one side only is listed too.
            if worst.absolute_error == 0:
                continue
            sides = comparison.reference.runtime, comparison.candidate.runtime
            first, second = words.two_values(worst.reference, worst.candidate)
            where = words.place(worst.sample, worst.index)
            return f"Output '{output.name}', {where}: {sides[0]} {first}, {sides[1]} {second}."
    return ""


def _percent(share: float) -> str:
    """A share in words; never rounded up to all or down to none of them."""
    percent = share * 100
    if percent < 0.1:
        return "under 0.1 %"
    if percent < 10 or 99 <= percent < 100:
        return f"{min(percent, 99.9) if percent < 100 else percent:.1f} %"
    return f"{percent:.0f} %"
