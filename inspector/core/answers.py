"""The five questions that everything a person is told answers."""

from __future__ import annotations

from inspector.core import words
from inspector.core.comparison import Comparison, OutputComparison, Verdict

AGREE = "Do the two agree?"
SURE = "How sure are we?"
WORST = "Where is the worst difference?"
UNCHECKED = "What was not checked?"
NEXT = "What should happen next?"


def answers(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Each question with its answer, in the order a reader asks them."""
    return (
        (AGREE, _agree(comparison)),
        (SURE, comparison.how_sure),
        (WORST, _worst(comparison)),
        (UNCHECKED, " ".join(comparison.not_checked) or "Nothing is known to be left out."),
        (NEXT, comparison.next_step),
    )


def _agree(comparison: Comparison) -> str:
    if comparison.verdict is Verdict.CANNOT_JUDGE:
        return "Not known: no fair test was possible."
    beyond = sum(output.over_tolerance for output in comparison.outputs)
    total = sum(output.elements for output in comparison.outputs)
    if beyond:
        return f"No. {beyond:,} of {total:,} values ({_percent(beyond / total)}) are too far off."
    if comparison.verdict is Verdict.FAIL:
        return "No. The outputs do not have the same form."
    used = max((_use(output) for output in comparison.outputs), default=0.0)
    if used == 0.0:
        return f"Yes. All {total:,} values are exactly equal."
    return (
        f"Yes, on everything that was tried. All {total:,} values are within what is allowed; "
        f"the largest difference uses {_percent(used)} of it."
    )


def _use(output: OutputComparison) -> float:
    """Largest share of its allowance that a listed element uses; 0 where all are equal."""
    shares = (w.absolute_error / w.allowed for w in output.worst if w.allowed > 0)
    return max(shares, default=0.0)


def _worst(comparison: Comparison) -> str:
    ranked = sorted(comparison.outputs, key=lambda output: -_use(output))
    for output in ranked:
        for worst in output.worst:
            if not worst.absolute_error > 0:
                continue
            sides = comparison.reference.runtime, comparison.candidate.runtime
            first, second = words.two_values(worst.reference, worst.candidate)
            where = words.place(worst.sample, worst.index)
            return f"Output '{output.name}', {where}: {sides[0]} {first}, {sides[1]} {second}."
    return "There is none: every value that was compared is equal."


def _percent(share: float) -> str:
    """A share in words; never rounded up to all or down to none of them."""
    percent = share * 100
    if percent < 0.1:
        return "under 0.1 %"
    if percent < 10 or 99 <= percent < 100:
        return f"{min(percent, 99.9) if percent < 100 else percent:.1f} %"
    return f"{percent:.0f} %"
