"""From what was counted to the record that people see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from inspector.core.bars import FIRST, Ints, edge
from inspector.core.beside import Beside, Quantile
from inspector.core.comparison import (
    Allowed,
    Chosen,
    Histogram,
    OutputComparison,
    Slices,
    Verdict,
    Worst,
)
from inspector.core.histograms import beyond_from_the_top, histogram
from inspector.core.looser import is_looser, least_allowed
from inspector.core.verdict import judge_output

if TYPE_CHECKING:
    from inspector.core.slices import SliceCounts
    from inspector.core.statistics import OutputStatistics
    from inspector.core.worst import Candidate

SHARES = (0.5, 0.9, 0.99, 0.999)
_MANY = 0.05
"""Share of an output that is worth a look of its own."""
_BY_A_PERSON = "chosen by a person in place of the default"


def summarise(seen: OutputStatistics, reference: str, candidate: str) -> OutputComparison:
    """The record of one output, with its own verdict."""
    counts = seen.slices.chosen(seen.elements)
    slices = counts.finish() if counts else None
    default, over = _allowed(seen), _over_tolerance(seen, slices)
    within = over == 0 or _within_review(seen, counts, slices)
    worst = _worst_list(seen, default, counts, slices)
    chosen = _chosen(seen, default, over, slices)
    allowed = default
    if seen.chosen and chosen:
        allowed = Allowed(
            chosen.absolute, chosen.relative, 0.0, default.eps, default.scale, _BY_A_PERSON
        )
        over, within, slices = seen.chosen.over + seen.different_texts, False, None
        worst = tuple(_worst(entry, allowed) for entry in seen.chosen.worst.kept)
    absolute, relative, ulp = _histograms(seen, least_allowed(allowed, slices), over)
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
        worst=worst,
        histogram=absolute,
        relative_histogram=relative,
        ulp_histogram=ulp,
        samples=seen.samples,
        batched=seen.batched,
        structure=seen.structure,
        nan_agreed=seen.nan_agreed,
        within_review=within,
        constant=seen.sameness.constant if seen.elements > 1 else None,
        step=seen.tolerance.quantum,
        bounded=seen.tolerance.least_scale > 0.0,
        unit=seen.tolerance.unit,
        small_below=_small_below(seen),
        slices=slices,
        chosen=chosen,
        beside=_beside(seen),
    )
    verdict, reason = judge_output(record, reference, candidate)
    return replace(record, verdict=verdict, reason=reason)


def _allowed(seen: OutputStatistics) -> Allowed:
    rule, scale = seen.tolerance, seen.scale
    absolute = rule.steps * rule.eps * scale
    return Allowed(absolute, rule.relative, rule.steps, rule.eps, scale, rule.origin)


def _over_tolerance(seen: OutputStatistics, slices: Slices | None) -> int:
    if seen.tolerance.exact:
        return seen.different
    return sum(slices.beyond) if slices else seen.beyond.above(seen.scale)


def _within_review(
    seen: OutputStatistics, counts: SliceCounts | None, slices: Slices | None
) -> bool:
    if counts and slices:
        return counts.within_review(slices)
    rule = seen.tolerance
    limit = seen.scale if rule.review_steps else 0.0
    return rule.has_review and seen.review_rank <= limit


def _chosen(
    seen: OutputStatistics, default: Allowed, over: int, slices: Slices | None
) -> Chosen | None:
    if seen.chosen is None:
        return None
    choice = seen.chosen.choice
    loosened = is_looser(choice, default, slices)
    return Chosen(choice.absolute, choice.relative, default, over, loosened)


def _small_below(seen: OutputStatistics) -> float:
    """Size of the values that are judged by others a thousand times as large; 0 where few are."""
    if seen.grid.format is None or seen.scale == 0.0:
        return 0.0
    below = edge(seen.grid.floor)
    unequal, error = seen.grid.below_floor()
    alone = seen.tolerance.steps * seen.tolerance.eps * below
    return below if unequal > _MANY * seen.finite and error > 2.0 * alone else 0.0


def _largest_relative(seen: OutputStatistics) -> float:
    if seen.scale == 0.0 or not np.isfinite(seen.largest_error):
        return float("inf") if seen.different else 0.0
    return seen.grid.largest_relative()


def _worst_list(
    seen: OutputStatistics,
    default: Allowed,
    counts: SliceCounts | None,
    slices: Slices | None,
) -> tuple[Worst, ...]:
    """The elements furthest beyond; with slices, those of the slices that have some come first."""
    whole = seen.worst.kept
    if not (counts and slices):
        return tuple(_worst(entry, default) for entry in whole)
    found = {entry[1:3]: (at, entry) for at, entry in counts.worst(slices)}
    for entry in whole:
        found.setdefault(entry[1:3], (counts.slice_of(entry.at), entry))
    rows = []
    for at, entry in found.values():
        worst = _worst(entry, default._replace(absolute=slices.allowed(at, default)))
        rows.append((-worst.times_allowed, entry[1:3], worst))
    rows.sort(key=lambda row: row[:2])
    return tuple(worst for *_, worst in rows[: seen.worst.size])


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
    seen: OutputStatistics, least: float, over: int
) -> tuple[Histogram, Histogram, Histogram]:
    grid = seen.grid
    unbounded = seen.mismatched + seen.different_texts
    agreed = seen.agreed + seen.equal_texts
    over -= seen.different_texts
    columns = grid.absolute()
    beyond = beyond_from_the_top(columns, over, least)
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


def _beside(seen: OutputStatistics) -> Beside:
    floating = seen.grid.format is not None
    return Beside(
        seen.likeness.cosine if floating else None,
        seen.likeness.signal_to_noise(seen.norm) if floating else None,
        _quantiles(seen.grid.absolute(), seen.largest_error) if floating else (),
        seen.decisions.finish(),
        seen.masks.finish(),
    )


def _quantiles(columns: Ints, largest: float) -> tuple[Quantile, ...]:
    """Bounds of the quantiles: the edges of the bars that they lie in."""
    total = int(columns.sum())
    if not total:
        return ()
    below = np.cumsum(columns)
    found = []
    for share in SHARES:
        at = int(np.searchsorted(below, min(int(np.ceil(share * total)), total)))
        bounds = (edge(FIRST + at - 1), edge(FIRST + at)) if at else (0.0, 0.0)
        found.append(Quantile(share, bounds[0], min(bounds[1], largest)))
    return tuple(found)
