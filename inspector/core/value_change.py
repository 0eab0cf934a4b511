"""What changed between the values of two tensors of one type and shape, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.core.words import count, counted, two_values

Array = npt.NDArray[Any]


class ValueChange:
    """Counts the values that differ, block by block.

    Two NaN are the same value, and so are 0.0 and -0.0. The difference is worked out in float64:
    of whole numbers beyond 2**53 it is rounded.

    Attributes:
        values: Number of values seen.
        differ: Those that differ.
        largest: Largest absolute difference of two finite values; None of text and of bool.
        endless: Values that differ where one of the two, or both, are NaN or infinite.
    """

    def __init__(self) -> None:
        self.values = self.differ = self.endless = 0
        self.largest: float | None = None
        self._pair: tuple[Any, Any] = (None, None)

    def update(self, first: Array, second: Array) -> None:
        """Take [n] values of each side, in the same order."""
        self.values += first.size
        apart = first != second
        if first.dtype.kind in "fc":
            apart &= ~(np.isnan(first) & np.isnan(second))
        number = int(np.count_nonzero(apart))
        self.differ += number
        if not number:
            return
        one, other = first[apart], second[apart]
        self._pair = one[0], other[0]
        if first.dtype.kind in "iufc":
            self._measure(one, other)

    def _measure(self, one: Array, other: Array) -> None:
        wide = np.complex128 if one.dtype.kind == "c" else np.float64
        with np.errstate(invalid="ignore", over="ignore"):
            one, other = one.astype(wide), other.astype(wide)
        finite = np.isfinite(one) & np.isfinite(other)
        self.endless += int(np.count_nonzero(~finite))
        if finite.any():
            largest = float(np.max(np.abs(one[finite] - other[finite])))
            self.largest = largest if self.largest is None else max(self.largest, largest)

    @property
    def sentence(self) -> str:
        """`3,200 of 9,216 values differ, by at most 0.02`."""
        if not self.differ:
            return "the same values in other bits (the sign of a zero, or the kind of a NaN)"
        if self.values == 1:
            return " became ".join(_texts(*self._pair))
        verb = "differs" if self.differ == 1 else "differ"
        told = f"{count(self.differ)} of {counted(self.values, 'value')} {verb}"
        if self.differ == self.values:
            told = f"all {counted(self.values, 'value')} differ"
        if self.largest is not None:
            told += f", by at most {self.largest:.3g}" if self.differ > 1 else (
                f", by {self.largest:.3g}"
            )  # fmt: skip
        if self.endless:
            told += f"; {count(self.endless)} of them are NaN or infinite on a side"
        return told


def _texts(first: Any, second: Any) -> tuple[str, str]:
    if isinstance(first, np.generic):
        first, second = first.item(), second.item()
    if isinstance(first, (int, float)) and not isinstance(first, bool):
        return two_values(first, second)
    return str(first)[:80], str(second)[:80]
