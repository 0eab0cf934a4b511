"""From what was counted to the record that people see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from inspector.core.comparison import Allowed, Histogram, OutputComparison, Verdict, Worst
from inspector.core.histograms import beyond_from_the_top, histogram
from inspector.core.verdict import judge_output

if TYPE_CHECKING:
    from inspector.core.statistics import OutputStatistics
    from inspector.core.worst import Candidate


def summarise(seen: OutputStatistics, reference: str, candidate: str) -> OutputComparison:
    """The record of one output, with its own verdict."""
    allowed = _allowed(seen)
    over = _over_tolerance(seen)
    absolute, relative, ulp = _histograms(seen, allowed, over)
    mean = min(seen.sum_of_errors / seen.finite, seen.largest_error) if seen.finite else 0.0
    record = OutputComparison(
        name=seen.name,
        dtype=seen.dtype,
        shape=seen.shape,
        verdict=Verdict.CANNOT_JUDGE,
        reason="",
        elements=seen.elements,
        equal=seen.finite - seen.different + seen.agreed,
        over_tolerance=over,
        nonfinite_mismatch=seen.mismatched,
        nonfinite_agreed=seen.agreed,
        max_absolute_error=seen.largest_error,
        mean_absolute_error=mean,
        rmse=seen.norm / seen.finite**0.5 if seen.finite else 0.0,
        max_relative_error=_largest_relative(seen),
        allowed=allowed,
        worst=tuple(_worst(entry, allowed) for entry in seen.worst.kept),
        histogram=absolute,
        relative_histogram=relative,
        ulp_histogram=ulp,
        samples=seen.samples,
        batched=seen.batched,
        structure=seen.structure,
        nan_agreed=seen.nan_agreed,
        within_review=_within_review(seen, over),
    )
    verdict, reason = judge_output(record, reference, candidate)
    return replace(record, verdict=verdict, reason=reason)


def _allowed(seen: OutputStatistics) -> Allowed:
    rule, scale = seen.tolerance, seen.scale
    absolute = rule.steps * rule.eps * scale
    return Allowed(absolute, rule.relative, rule.steps, rule.eps, scale, rule.origin)


def _over_tolerance(seen: OutputStatistics) -> int:
    if seen.tolerance.exact:
        return seen.different
    return seen.beyond.above(seen.scale)


def _within_review(seen: OutputStatistics, over: int) -> bool:
    if over == 0:
        return True
    rule = seen.tolerance
    limit = seen.scale if rule.review_steps else 0.0
    return rule.has_review and seen.review_rank <= limit


def _largest_relative(seen: OutputStatistics) -> float:
    if seen.scale == 0.0 or not np.isfinite(seen.largest_error):
        return float("inf") if seen.different else 0.0
    return seen.grid.largest_relative()


def _worst(entry: Candidate, allowed: Allowed) -> Worst:
    size = abs(entry.reference)
    share = allowed.relative * size if np.isfinite(size) else 0.0
    return Worst(
        entry.sample,
        entry.at,
        entry.reference,
        entry.candidate,
        entry.absolute_error,
        allowed.absolute + share,
    )


def _histograms(
    seen: OutputStatistics, allowed: Allowed, over: int
) -> tuple[Histogram, Histogram, Histogram]:
    grid = seen.grid
    unbounded = seen.mismatched + seen.different_texts
    agreed = seen.agreed + seen.equal_texts
    over -= seen.different_texts
    columns = grid.absolute()
    beyond = beyond_from_the_top(columns, over, allowed.absolute)
    absolute = histogram(columns, beyond, unbounded, agreed, 0.0)
    floored = grid.floored / seen.finite if seen.finite else 0.0
    if seen.scale == 0.0:
        endless = int(columns[1:].sum())
        columns[1:] = 0
        relative = histogram(columns, columns * 0, unbounded + endless, agreed, floored)
    else:
        columns = grid.relative()
        beyond = beyond_from_the_top(columns, over, 0.0)
        relative = histogram(columns, beyond, unbounded, agreed, floored)
    if grid.format is None:
        return absolute, relative, Histogram()
    columns = grid.steps()
    left_out = float(grid.counts[1:, 0].sum()) / max(seen.finite, 1)
    beyond = beyond_from_the_top(columns, over, 0.0)
    return absolute, relative, histogram(columns, beyond, unbounded, agreed, left_out)
