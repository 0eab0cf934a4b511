"""How numbers are written beside charts and in tables: short, exact, ASCII minus."""

from __future__ import annotations

import math

from inspector.core import verdict
from inspector.core.comparison import Comparison


def error_text(value: float) -> str:
    """The size of a difference: `5.000`, `1.4e-04`, `0`, `inf`."""
    if not math.isfinite(value):
        return _odd(value)
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e6:
        return f"{value:.3f}"
    return f"{value:.2e}"


def short_text(value: float) -> str:
    """A number with two digits where it is small, as in `9.5e-05`; whole numbers as they are."""
    if not math.isfinite(value):
        return _odd(value)
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}"
    if 1e-2 <= abs(value) < 1e4:
        return f"{value:.3g}"
    return f"{value:.1e}"


def signed_text(value: float) -> str:
    """A difference with its sign: `+5.96e-07`."""
    text = error_text(value)
    return text if text.startswith("-") or value == 0.0 or math.isnan(value) else f"+{text}"


def value_pair(reference: float, candidate: float, *, whole: bool = False) -> tuple[str, str]:
    """Both values with as many digits as are needed to see the difference, at least three.

    Args:
        reference: Of any size; NaN and infinities are written as words, and then the other
            value has three digits.
        candidate: Likewise.
        whole: Write whole numbers, for outputs of integers.
    """
    if whole:
        return _whole(reference), _whole(candidate)
    finite = [value for value in (reference, candidate) if math.isfinite(value)]
    largest = max((abs(value) for value in finite), default=0.0)
    error = abs(candidate - reference) if len(finite) == 2 else 0.0
    if largest >= 1e7 or 0.0 < largest < 1e-3:
        exponent = math.floor(math.log10(largest))
        digits = max(2, exponent - _exponent(error)) if error else 2
        form = f".{min(digits, 16)}e"
    else:
        form = f".{min(max(3, -_exponent(error)) if error else 3, 17)}f"
    texts = [f"{v:{form}}" if math.isfinite(v) else _odd(v) for v in (reference, candidate)]
    return texts[0], texts[1]


def _odd(value: float) -> str:
    """What is not finite, as everywhere else: `NaN`, `inf`, `-inf`."""
    return "NaN" if math.isnan(value) else str(value)


def _whole(value: float) -> str:
    return str(int(value)) if math.isfinite(value) else _odd(value)


def _exponent(value: float) -> int:
    return math.floor(math.log10(value))


def is_whole(dtype: str) -> bool:
    """Whether values of this dtype are written without decimals."""
    return dtype.startswith(("int", "uint", "bool"))


def index_text(index: tuple[int, ...]) -> str:
    """`[0, 231]`; empty for a sample that is one number."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def share_text(part: int, whole: int) -> str:
    """`10.9 %`; `under 0.1 %` where rounding would say none, `over 99.9 %` likewise."""
    if whole == 0 or part == 0:
        return "0 %"
    if part == whole:
        return "100 %"
    percent = 100.0 * part / whole
    if percent < 0.1:
        return "under 0.1 %"
    return "over 99.9 %" if percent > 99.9 else f"{percent:.1f} %"


def decade_text(exponent: int) -> str:
    """`10 ** exponent` at an axis: `1e-04`, `0.1`, `1`, `100`, `1e+04`."""
    if -1 <= exponent <= 3:
        return f"{10.0**exponent:g}"
    return f"1e{exponent:+03d}"


def side_names(comparison: Comparison) -> tuple[str, str]:
    """What both sides are called at charts: `PyTorch`, `ONNX`; by role where they are alike."""
    first, second = verdict.side_names(comparison.reference, comparison.candidate)
    return first[:1].upper() + first[1:], second[:1].upper() + second[1:]
