"""Charts of the report as SVG text: no scripts, no outside resources, readable in print."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from inspector.core.comparison import Allowed, Histogram

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BAR, BEYOND, TEXT, LINE, GRID = "#7C92BC", "#CB2F47", "#454D5B", "#7F8897", "#E9ECF0"
REFERENCE, CANDIDATE, FAIL, BAND = "#404854", "#1577AD", "#AE1B33", "#FCEBED"
Scale = Callable[[float], float]
_WIDTH, _HEIGHT = 680, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 12, 30, 46
_SIDE = 64
"""Room for `equal` and for `NaN / Inf`, which have no place on a logarithmic axis."""


def _open(width: int, height: int, title: str) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="Inter, sans-serif" '
        f'font-size="11"><title>{escape(title)}</title>'
    ]


def _text(x: float, y: float, text: str, anchor: str = "middle", fill: str = TEXT) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{escape(text)}</text>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"{dashed}/>'
    )


def _rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" '
        f'height="{max(height, 0):.1f}" fill="{fill}"/>'
    )


def histogram_svg(histogram: Histogram, allowed: Allowed, name: str, least: float = 0.0) -> str:
    """Counts of absolute errors by size, logarithmic both ways.

    Args:
        histogram: Of the absolute error.
        allowed: Drawn as a dashed line at its smallest value and a band up to its largest.
        name: Name of the output, for the chart's title.
        least: Where the strictest slice begins; 0: where all do.
    """
    largest = allowed.absolute + allowed.relative * allowed.scale
    band = (least or allowed.absolute, largest)
    low, high = _decades(histogram, band[0])
    left, right = _LEFT + _SIDE, _WIDTH - _RIGHT - _SIDE
    base, top = _HEIGHT - _BOTTOM, _TOP

    def across(log10: float) -> float:
        return left + (log10 - low) / (high - low) * (right - left)

    tallest = max(10, histogram.equal, histogram.unbounded, *histogram.counts, 0)
    decades = math.ceil(math.log10(tallest))

    def up(count: float) -> float:
        share = (math.log10(count) + 0.15) / (decades + 0.15) if count >= 1 else 0.0
        return base - share * (base - top)

    parts = _open(_WIDTH, _HEIGHT, f"How large the differences of '{name}' are")
    for power in range(decades + 1):
        parts.append(_line(_LEFT, up(10**power), _WIDTH - _RIGHT, up(10**power), GRID))
        parts.append(_text(_LEFT - 8, up(10**power) + 4, f"{10**power:,}", "end"))
    parts += _allowed(band, across, base, top, right)
    parts += _bars(histogram, across, up, base, low, high)
    for x, count, word, fill in (
        (_LEFT + _SIDE / 2, histogram.equal, "equal", BAR),
        (_WIDTH - _RIGHT - _SIDE / 2, histogram.unbounded, "NaN / Inf", BEYOND),
    ):
        if count:
            parts.append(_rect(x - 13, up(count), 26, base - up(count), fill))
        parts.append(_text(x, min(up(count), base) - 5, f"{count:,}"))
        parts.append(_text(x, base + 16, word))
    for x in (left - 2, right + 2):
        parts.append(_line(x, top, x, base, LINE, "1 3"))
    parts.append(_line(_LEFT, base, _WIDTH - _RIGHT, base, LINE))
    step = max(1, math.ceil((high - low) / 8))
    for power in range(math.ceil(low), math.floor(high) + 1, step):
        if power in (low, high):
            continue  # It would stand on the words for what is beside the axis.
        parts.append(_text(across(power), base + 16, f"1e{power:+03d}"))
    parts.append(_text((left + right) / 2, _HEIGHT - 8, "size of the difference, logarithmic"))
    return "".join([*parts, "</svg>"])


def _decades(histogram: Histogram, least: float) -> tuple[float, float]:
    edges = histogram.log10_edges
    filled = [number for number, count in enumerate(histogram.counts) if count]
    marks = [edges[number] for number in filled] + [edges[number + 1] for number in filled]
    if least > 0:
        marks.append(math.log10(least))
    low, high = (math.floor(min(marks)), math.ceil(max(marks))) if marks else (-8, 0)
    return (low, high) if high - low >= 4 else (low - 2, high + 2)


def _bars(
    histogram: Histogram, across: Scale, up: Scale, base: float, low: float, high: float
) -> list[str]:
    parts: list[str] = []
    beyond = histogram.beyond or (0,) * len(histogram.counts)
    for number, count in enumerate(histogram.counts):
        start, end = histogram.log10_edges[number], histogram.log10_edges[number + 1]
        if not count or end < low or start > high:
            continue
        x, width = across(start), (across(end) - across(start)) * 0.86
        bad = width * beyond[number] / count
        y = up(count)
        if bad < width:
            parts.append(_rect(x, y, width - bad, base - y, BAR))
        if bad:
            parts.append(_rect(x + width - bad, y, bad, base - y, BEYOND))
    return parts


def _allowed(
    band: tuple[float, float], across: Scale, base: float, top: float, right: float
) -> list[str]:
    least, largest = band
    if least <= 0:
        return []
    x, end = across(math.log10(least)), across(math.log10(largest))
    words = f"allowed {least:.1e} to {largest:.1e}"
    anchor, place = ("start", x + 4) if x < right - 170 else ("end", x - 4)
    return [
        _rect(x, top, end - x, base - top, BAND),
        _line(x, top - 6, x, base, FAIL, "4 3"),
        _text(place, top - 10, words, anchor, FAIL),
    ]


def scatter_svg(
    reference: npt.NDArray[np.float64],
    candidate: npt.NDArray[np.float64],
    beyond: npt.NDArray[np.bool_],
    sides: Sequence[str],
) -> str:
    """One dot per element: reference across, candidate up, and the line of equality.

    Args:
        reference: [n] finite values.
        candidate: [n] finite values.
        beyond: [n] True where the difference is more than allowed.
        sides: Names of the two sides, for the axes.
    """
    size, margin = 300, 54
    low = float(min(reference.min(), candidate.min()))
    high = float(max(reference.max(), candidate.max()))
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return (value - low) / span * (size - margin - 12)

    parts = _open(size, size, f"{sides[0]} across, {sides[1]} up")
    base = size - margin
    parts.append(_line(margin, base, size - 12, 12, LINE))
    parts.append(_line(margin, base, size - 12, base, LINE))
    parts.append(_line(margin, 12, margin, base, LINE))
    order = beyond.argsort(kind="stable")
    for x, y, bad in zip(reference[order], candidate[order], beyond[order], strict=True):
        parts.append(
            f'<circle cx="{margin + at(float(x)):.1f}" cy="{base - at(float(y)):.1f}" r="2" '
            f'fill="{BEYOND if bad else BAR}" fill-opacity="0.7"/>'
        )
    parts.append(_text(margin, base + 16, f"{low:.3g}"))
    parts.append(_text(size - 12, base + 16, f"{high:.3g}", "end"))
    parts.append(_text(margin - 6, base, f"{low:.3g}", "end"))
    parts.append(_text(margin - 6, 16, f"{high:.3g}", "end"))
    parts.append(_text((size + margin) / 2, size - 18, f"{sides[0]} across, {sides[1]} up"))
    return "".join([*parts, "</svg>"])
