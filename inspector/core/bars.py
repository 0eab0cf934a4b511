"""The bars of every error histogram: powers of two, with edges that never move.

Bar k holds the values v with `2 ** k <= v < 2 ** (k + 1)`, so the bar of a value is its binary
exponent. The edges do not depend on the data: counts of two parts of a data set can be added.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

FIRST, LAST = -1074, 1023
"""The bars of the smallest and the largest number of float64; what is outside is put in these."""

LOG10_OF_2 = math.log10(2.0)


def edge(bar: int) -> float:
    """Lower edge of a bar: `2 ** bar`; inf after the last bar."""
    return math.ldexp(1.0, bar) if bar <= LAST else math.inf


def bar_of(values: Floats) -> Ints:
    """Bar of each value [...] > 0; `FIRST - 2` for 0."""
    return np.where(values == 0.0, FIRST - 2, np.frexp(values)[1] - np.int64(1))


def quotient_bar(errors: Floats, sizes: Floats) -> Ints:
    """Bar of each errors / sizes [...], both > 0, without rounding the quotient.

    It is the difference of the two bars, less one where the first mantissa is the smaller.
    """
    (upper, high), (lower, low) = np.frexp(errors), np.frexp(sizes)
    return np.subtract(high, low, dtype=np.int64) - (upper < lower)


def bar_at(value: float) -> int:
    """The bar whose lower edge a person or a file wrote as `value` (> 0), rounding included."""
    return round(math.log2(value))


def floor_bar(scale: float) -> int:
    """The bar whose lower edge is the floor of relative errors: the last one <= 1e-3 * scale.

    The first bar where there is none, and `FIRST - 1` where all references are 0.
    """
    share = 1e-3 * scale
    if share > 0.0:
        return math.frexp(share)[1] - 1
    return FIRST if scale > 0.0 else FIRST - 1
