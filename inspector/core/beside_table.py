"""Figures about one output as rows of a table, for the window and the report.

None of them decides the verdict; what was judged is told in `beside_words.py`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from inspector.core.beside import Beside, Decisions
from inspector.core.comparison import OutputComparison, Ties
from inspector.core.words import count, counted, size_of_error

_MOST_SLICES = 6
_ROUNDING = 1e-15
"""Sums in float64 are not more exact than that."""
_SHARES = {0.5: "half of the", 0.9: "9 of 10", 0.99: "99 of 100", 0.999: "999 of 1,000"}


class Figure(NamedTuple):
    """One row: what it is called, its value, and what that tells in plain words."""

    name: str
    value: str
    meaning: str


class SliceRow(NamedTuple):
    """One slice of an output that was judged slice by slice.

    Attributes:
        name: `channel 4`, or `column 4` along the last axis.
        largest: Largest |reference| in it.
        allowed: Difference that is allowed whatever the value.
        beyond: Values beyond that.
    """

    name: str
    largest: float
    allowed: float
    beyond: int


def slice_noun(output: OutputComparison) -> str:
    """What the slices of an output are called; empty where it was not judged by slices."""
    if output.slices is None:
        return ""
    return "column" if output.slices.axis == -1 else "channel"


def slice_rows(output: OutputComparison, most: int = _MOST_SLICES) -> tuple[SliceRow, ...]:
    """The slices that need looking at, those with most values beyond first.

    Where none has any, the smallest and the largest ones, whose difference is the reason for it.
    """
    slices = output.slices
    if slices is None:
        return ()
    numbers = range(len(slices.scales))
    shown = sorted(numbers, key=lambda at: (-slices.beyond[at], slices.scales[at]))
    if not any(slices.beyond) and len(shown) > most:
        shown = [*shown[: most // 2], *shown[most // 2 - most :]]
    noun = slice_noun(output)
    return tuple(
        SliceRow(
            f"{noun} {at}", slices.scales[at], slices.allowed(at, output.allowed),
            slices.beyond[at],
        )
        for at in shown[:most]
    )  # fmt: skip


def figures(output: OutputComparison) -> tuple[Figure, ...]:
    """The rows about one output; none where its values could not be compared."""
    if output.structure or not output.elements:
        return ()
    return (
        *_ties(output.ties),
        *_decisions(output.beside.decisions),
        *_mask(output.beside),
        *_likeness(output.beside),
        *_quantiles(output.beside),
        *_left_out(output),
    )


def brief(output: OutputComparison) -> str:
    """The most telling figures in one line; empty where there are none."""
    parts = []
    if output.slices is not None:
        bad, total = sum(beyond > 0 for beyond in output.slices.beyond), len(output.slices.beyond)
        parts.append(f"beyond in {bad:,} of {counted(total, slice_noun(output))}")
    named = {figure.name: figure.value for figure in figures(output)}
    for name, word in (
        ("Ties", "ties"), ("Same first choice", "same first choice"), ("Overlap", "overlap"),
        ("Cosine", "cosine"), ("Signal to noise", "signal to noise"),
    ):  # fmt: skip
        if name in named and len(parts) < 2:
            parts.append(f"{word} {named[name]}")
    return ", ".join(parts)


def _ties(ties: Ties | None) -> list[Figure]:
    if ties is None or not ties.differing:
        return []
    if not ties.scores:
        meaning = f"no output holds the scores of {ties.node}, so this cannot be told"
        return [Figure("Ties", "not known", meaning)]
    value = f"{count(ties.explained)} of {counted(ties.differing, 'place')} that differ"
    gap = f"at most {size_of_error(ties.largest_gap)} apart" if ties.largest_gap else "equal"
    return [Figure("Ties", value, f"their scores in '{ties.scores}' are {gap}")]


def _decisions(found: Decisions | None) -> list[Figure]:
    if found is None or not found.rows:
        return []
    whose = f"rows whose largest value is the same ({counted(found.samples, 'sample')})"
    rows = [Figure("Same first choice", f"{count(found.first)} of {count(found.rows)}", whose)]
    if found.most:
        share = 100.0 * found.kept / (found.most * found.rows)
        share = share if share in (0.0, 100.0) else min(99.99, max(0.01, share))
        meaning = f"of the {found.most} largest are among the {found.most} largest of both"
        rows.append(Figure(f"Same top {found.most}", f"{share:.2f} %", meaning))
    return rows


def _mask(beside: Beside) -> list[Figure]:
    if beside.mask is None:
        return []
    share = 100.0 * beside.mask.overlap
    share = share if share in (0.0, 100.0) else min(99.99, max(0.01, share))
    meaning = "marked on both sides, of all that is marked on either (IoU)"
    return [Figure("Overlap", f"{share:.2f} %", meaning)]


def _likeness(beside: Beside) -> list[Figure]:
    rows = []
    if beside.cosine is not None:
        rows.append(Figure("Cosine", cosine_text(beside.cosine), "1 where both point the same way"))
    if beside.signal_to_noise is not None:
        value = beside.signal_to_noise
        text = "no noise" if math.isinf(value) else f"{value:.1f} dB"
        rows.append(Figure("Signal to noise", text, "20 dB more: a tenth of the difference"))
    return rows


def cosine_text(value: float) -> str:
    """A cosine with six decimals; never rounded up to 1: `1 - 2.0e-09`."""
    rest = 1.0 - value
    if rest < _ROUNDING:
        return "1"
    return f"1 - {size_of_error(rest)}" if rest < 1e-6 else f"{value:.6f}"


def _quantiles(beside: Beside) -> list[Figure]:
    rows = []
    for quantile in beside.quantiles:
        share = _SHARES.get(quantile.share, f"{quantile.share:g}")
        value = f"up to {size_of_error(quantile.upper)}" if quantile.upper else "0"
        name = f"Error, p{100.0 * quantile.share:g}"
        rows.append(Figure(name, value, f"{share} values differ by no more"))
    return rows


def _left_out(output: OutputComparison) -> list[Figure]:
    rows = []
    if output.infinite_agreed:
        value = count(output.infinite_agreed)
        rows.append(Figure("Same infinity", value, "on both sides, as masks have it; left out"))
    if output.nan_agreed:
        rows.append(Figure("NaN on both sides", count(output.nan_agreed), "not numbers; left out"))
    return rows
