"""A comparison that was stopped: what was judged until then, and that it is not all."""

from __future__ import annotations

from dataclasses import replace

from inspector.core.comparison import Comparison, Verdict


def as_stopped(found: Comparison) -> Comparison:
    """The comparison of the samples so far, as a result of its own.

    Agreement of a part is no PASS: what was asked for was not all judged, so a person decides. A
    FAIL stays one, whatever the rest would have shown.

    Args:
        found: What was judged when it was stopped; `planned` is the number of samples asked for.
    """
    judged, planned = found.data.samples, found.planned
    if not 0 < judged < planned:
        return found
    said = f"Stopped after {judged:,} of {planned:,} samples."
    verdict = Verdict.REVIEW if found.verdict is Verdict.PASS else found.verdict
    next_step = found.next_step
    if found.verdict is Verdict.PASS:
        next_step = "Compare once more, with all samples, before the file is handed on."
    return replace(
        found,
        verdict=verdict,
        sentence=f"{said} {found.sentence}",
        next_step=next_step,
        not_checked=(
            f"The other {planned - judged:,} samples: the comparison was stopped.",
            "Which side a calculation in 64 bits agrees with, and other sizes.",
            *found.not_checked,
        ),
    )
