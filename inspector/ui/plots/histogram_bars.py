"""What the histogram shows, without a window: its bars, what is allowed, and its axes."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import NamedTuple

from inspector.core.comparison import Allowed, Histogram, OutputComparison
from inspector.ui.plots.numbers import short_text

ABSOLUTE, RELATIVE, ULP = "absolute", "relative", "ulp"
METRICS = (ABSOLUTE, RELATIVE, ULP)


@dataclass(frozen=True, slots=True)
class Bar:
    """Elements with `lower <= error < upper`.

    Both ends 0: the equal ones; both infinite: those that are not finite on one side.
    """

    lower: float
    upper: float
    count: int
    beyond: int

    @property
    def on_axis(self) -> bool:
        """Whether the bar has a place on the logarithmic axis."""
        return 0.0 < self.upper < math.inf

    @property
    def title(self) -> str:
        """`equal`, `NaN / Inf`, or the ends in e-notation."""
        if self.on_axis:
            return f"{end_text(self.lower)} to {end_text(self.upper)}"
        return "equal" if self.upper == 0.0 else "NaN / Inf"


class Band(NamedTuple):
    """The smallest and the largest error that is allowed to an element of an output."""

    smallest: float
    largest: float


def end_text(value: float) -> str:
    """End of a bar: three digits, `3.05e-05`, `0.25`; whole numbers with all, `2`, `4,096`."""
    if value.is_integer() and 1.0 <= value < 1e6:
        return f"{value:,.0f}"
    return f"{value:.3g}" if 1e-3 <= value < 1e4 else f"{value:.2e}"


def beyond_count(output: OutputComparison) -> int:
    """Elements that differ by more than allowed, those that are finite on one side included."""
    return output.over_tolerance + output.nonfinite_mismatch


def histogram_of(output: OutputComparison, metric: str) -> Histogram:
    """The histogram of one metric."""
    return {
        ABSOLUTE: output.histogram,
        RELATIVE: output.relative_histogram,
        ULP: output.ulp_histogram,
    }[metric]


def bars_of(histogram: Histogram) -> tuple[Bar, ...]:
    """Every bar from left to right: the equal ones, the axis, those that are not finite.

    Empty bars at both ends of the axis are left out.
    """
    # The end after the last float64 is infinite; its place on the axis is that of the largest.
    edges = [min(edge, sys.float_info.max) for edge in histogram.edges]
    beyond = histogram.beyond or (0,) * len(histogram.counts)
    filled = [number for number, count in enumerate(histogram.counts) if count]
    shown = range(filled[0], filled[-1] + 1) if filled else range(0)
    middle = (Bar(edges[n], edges[n + 1], histogram.counts[n], beyond[n]) for n in shown)
    return (
        Bar(0.0, 0.0, histogram.equal, 0),
        *middle,
        Bar(math.inf, math.inf, histogram.unbounded, histogram.unbounded),
    )


def band_of(allowed: Allowed, metric: str) -> Band | None:
    """What is allowed, in the unit of a metric; None where every difference is too much.

    The allowance `absolute + relative * |reference|` depends on the element. With `scale` the
    largest |reference| and everything measured against at least a floor of about
    `1e-3 * scale`, the relative error may be `relative + absolute / max(|reference|, floor)`,
    and a rounding step lies between eps / 2 and eps of the reference.
    """
    absolute, relative, scale = allowed.absolute, allowed.relative, allowed.scale
    if absolute <= 0.0 and relative <= 0.0:
        return None
    if metric == ABSOLUTE:
        smallest = absolute if absolute > 0.0 else relative * 1e-3 * scale
        return _band(smallest, absolute + relative * scale)
    if scale <= 0.0:
        return None
    shares = absolute / scale + relative, absolute / allowed.floor + relative
    if metric == RELATIVE:
        return _band(*shares)
    return _band(shares[0] / allowed.eps, 2.0 * shares[1] / allowed.eps) if allowed.eps else None


def _band(smallest: float, largest: float) -> Band | None:
    return Band(smallest, largest) if 0.0 < smallest <= largest < math.inf else None


def decades(bars: tuple[Bar, ...], band: Band | None) -> tuple[int, int]:
    """First and last decade of the axis: all bars and what is allowed, at least five wide."""
    ends = [value for bar in bars if bar.on_axis and bar.count for value in (bar.lower, bar.upper)]
    ends += list(band) if band else []
    if not ends:
        return -8, -3
    # A bar's lower end may be the subnormal end of float64, whose logarithm is still finite.
    low = math.floor(math.log10(max(min(ends), 5e-324)) + 1e-9)
    high = math.ceil(math.log10(max(ends)) - 1e-9)
    spare = max(0, 5 - (high - low))
    return low - (spare + 1) // 2, high + spare // 2


def count_decades(bars: tuple[Bar, ...]) -> int:
    """Power of ten at the top of the count axis, at least 1."""
    largest = max((bar.count for bar in bars), default=0)
    return max(1, math.ceil(math.log10(max(1, largest)) + 1e-9))


def every(available: float, wanted: int, smallest: float) -> int:
    """Label each n-th of `wanted` ticks so that labels stay `smallest` pixels apart."""
    step = 1
    while wanted > 0 and available / wanted * step < smallest:
        step += 1
    return step


def axis_label(metric: str, names: tuple[str, str], floored: float) -> str:
    """What the axis measures, and the share of values measured against the floor."""
    reference, candidate = names
    if metric == ABSOLUTE:
        return f"|{reference} - {candidate}|, logarithmic"
    if metric == ULP:
        label = "rounding steps (ULP) of the reference, logarithmic"
        return f"{label}; {100 * floored:.2g} % near zero, left out" if floored else label
    label = f"|{reference} - {candidate}| \u00f7 |{reference}|, logarithmic"
    if floored > 0.0:
        label += f"; {100 * floored:.2g} % near zero, measured against 0.001 of the largest"
    return label


def summary(bars: tuple[Bar, ...], band: Band | None) -> str:
    """The numbers of the legend in words, for people who do not see the picture."""
    total = sum(bar.count for bar in bars)
    beyond = sum(bar.beyond for bar in bars)
    allowed = "no difference is allowed"
    if band is not None:
        allowed = f"allowed: {short_text(band.smallest)} to {short_text(band.largest)}"
    return (
        f"{total - beyond:,} values within what is allowed, {beyond:,} beyond; "
        f"{bars[0].count:,} equal, {bars[-1].count:,} NaN or Inf; {allowed}."
    )
