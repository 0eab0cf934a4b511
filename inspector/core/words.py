"""Numbers as people read them: commas, two digits of an error, values told apart."""

from __future__ import annotations

import math


def count(number: int) -> str:
    """A whole number with commas: `48,000`."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """A number and what it counts: `1 sample`, `1,000 samples`."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def are(number: int) -> str:
    """`is` or `are`, whichever goes with the number."""
    return "is" if number == 1 else "are"


def size_of_error(value: float, digits: int = 1) -> str:
    """An error in e-notation: `1.4e-04`; 0 stays `0`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinite"
    return f"{value:.{digits}e}" if value else "0"


def deciding(value: float) -> str:
    """The number that decides, with one digit more: `5.96e-07`."""
    return size_of_error(value, 2)


def two_values(first: float, second: float) -> tuple[str, str]:
    """Both values with as many digits as are needed to see the difference, at least four.

    Whole numbers stay whole; NaN is `NaN`, infinity `inf` or `-inf`.
    """
    if isinstance(first, int) and isinstance(second, int):
        return str(first), str(second)
    texts = [_significant(first, 4), _significant(second, 4)]
    for digits in range(4, 18):
        texts = [_significant(first, digits), _significant(second, digits)]
        if first == second or texts[0] != texts[1]:
            finer = digits if digits == 4 or _clearly_apart(first, second, digits) else digits + 1
            texts = [_significant(first, finer), _significant(second, finer)]
            break
    return texts[0], texts[1]


def _clearly_apart(first: float, second: float, digits: int) -> bool:
    largest = max(abs(first), abs(second))
    return abs(first - second) >= 5.0 * largest * 10.0 ** (1 - digits)


def _significant(value: float, digits: int) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == 0.0:
        return "0"
    if 1e-4 <= abs(value) < 1e7:
        places = digits - 1 - math.floor(math.log10(abs(value)))
        return f"{value:.{max(places, 0)}f}"
    return f"{value:.{digits - 1}e}"


def place(sample: int, index: tuple[int, ...]) -> str:
    """Where an element lies: `sample 17 [0, 231]`; a scalar output needs no index."""
    return f"sample {count(sample)} {list(index)}" if index else f"sample {count(sample)}"
