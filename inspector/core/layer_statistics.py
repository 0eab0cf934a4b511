"""How far one value inside a model is off: only what a layer is judged by, for many values at once.

The rule is that of outputs (`tolerance.py`): an element agrees when
`|candidate - reference| <= relative * |reference| + steps * eps * S`, with S the largest finite
|reference| over all runs, rounded up to a bin edge as in `statistics.py`. Elements that are the
same infinity, or NaN, on both sides agree: masks are full of them.
"""

from __future__ import annotations

import math

import numpy as np

from inspector.core.arrays import Array, as_numbers, difference, dtype_name, is_text
from inspector.core.bars import Floats
from inspector.core.beyond import BeyondCounts, bin_edge_above
from inspector.core.comparison import Allowed, Worst
from inspector.core.layers import Measure
from inspector.core.memory import keep_freed_memory
from inspector.core.tolerance import tolerance_for
from inspector.core.worst import Candidate, Place, WorstList

_BLOCK = 1 << 17
_WORST = 3

WIDTHS = {"bfloat16": 0, "float16": 1, "float32": 2, "float64": 3}
"""Floating types by how exact they are."""


class LayerStatistics:
    """Counts one value over all runs.

    Where both sides are of different floating types, they are compared in the wider one with the
    allowance of the less exact one, whose rounding both may have.

    Args:
        rounded_to: A type that what it is computed from was rounded to; its allowance is the
            least that is given. Empty: none.
    """

    def __init__(self, rounded_to: str = "") -> None:
        keep_freed_memory()
        self._rounded_to = rounded_to
        self.dtype = ""
        self.shape: tuple[int, ...] = ()
        self.problem = ""
        self._tolerance = tolerance_for("")
        self._elements = self._mismatched = self._different = 0
        self._largest = self._largest_error = 0.0
        self._beyond = BeyondCounts()
        self._worst = WorstList(_WORST)

    def add(self, reference: Array, candidate: Array, sample: int = 0) -> None:
        """Count one run.

        Args:
            reference: [...] what is right.
            candidate: [...] what is checked. Another shape, or another type that is not floating
                as well, is noted in `problem`, and no element is counted.
            sample: Number of the first sample in the run.
        """
        reference, candidate = np.asarray(reference), np.asarray(candidate)
        names = dtype_name(reference), dtype_name(candidate)
        if not self.dtype:
            self.dtype, self.shape = names[0], reference.shape
            self._tolerance = tolerance_for(coarser(coarser(*names), self._rounded_to))
        if reference.shape != candidate.shape:
            shapes = list(reference.shape), list(candidate.shape)
            self.problem = f"has shape {shapes[0]} in the reference, {shapes[1]} in the candidate"
            return
        if names[0] != names[1] and not all(name in WIDTHS for name in names):
            self.problem = f"is {names[0]} in the reference, {names[1]} in the candidate"
            return
        sides = [
            as_numbers(array, name)
            for array, name in zip((reference, candidate), names, strict=True)
        ]
        if names[0] != names[1]:
            wide = np.float64 if "float64" in names else np.float32
            sides = [array.astype(wide) for array in sides]
        place = Place(sides[0].shape, sample, batched=False)
        flat = sides[0].reshape(-1), sides[1].reshape(-1)
        self._elements += flat[0].size
        with np.errstate(all="ignore"):
            for start in range(0, flat[0].size, _BLOCK):
                self._block(*flat, start, place)

    def finish(self) -> Measure:
        """The measure over all runs."""
        rule, scale = self._tolerance, bin_edge_above(self._largest)
        room = rule.steps * rule.eps * scale
        allowed = Allowed(room, rule.relative, rule.steps, rule.eps, scale, rule.origin)
        over = self._different if rule.exact else self._beyond.above(scale)
        scaled = self._largest_error / self._largest if self._largest > 0.0 else 0.0
        if self._mismatched or self.problem or (self._largest == 0.0 < self._largest_error):
            scaled = math.inf
        worst = tuple(_worst(entry, allowed) for entry in self._worst.kept)
        return Measure(
            scaled,
            self._times_allowed(worst, scaled),
            self._elements,
            over + self._mismatched + bool(self.problem),
            self._largest_error,
            allowed,
            worst,
        )

    def _times_allowed(self, worst: tuple[Worst, ...], scaled: float) -> float:
        if self._mismatched or self.problem:
            return math.inf
        if self._tolerance.exact:
            # Any difference is too much; it has no measure that compares with rounding.
            return 1.0 + scaled if self._different else 0.0
        sizes = (one.absolute_error / one.allowed for one in worst if one.allowed > 0.0)
        return max(sizes, default=math.inf if scaled > 0.0 else 0.0)

    def _block(self, reference: Array, candidate: Array, start: int, place: Place) -> None:
        block = reference[start : start + _BLOCK], candidate[start : start + _BLOCK]
        if is_text(block[0]):
            found = np.flatnonzero(~np.asarray(block[0] == block[1], bool))
            self._different += found.size
            self._largest_error = math.inf if found.size else self._largest_error
            return
        errors, sizes = np.empty((2, block[0].size))
        difference(*block, into=errors, scratch=sizes)
        np.abs(sizes, out=sizes)
        if not math.isfinite(float(errors.max())) or not math.isfinite(float(sizes.max())):
            self._set_apart(block, errors, sizes, start, place, (reference, candidate))
        self._largest = max(self._largest, float(sizes.max()))
        most = float(errors.max())
        if most == 0.0:
            return
        self._largest_error = max(self._largest_error, most)
        self._rank(errors, sizes, start, place, (reference, candidate))

    def _set_apart(
        self, block: tuple[Array, Array], errors: Floats, sizes: Floats, start: int, place: Place,
        sides: tuple[Array, Array],
    ) -> None:  # fmt: skip
        """Count the elements that are not finite, and make nothing of them."""
        left, right = (np.asarray(array, np.float64) for array in block)
        odd = ~(np.isfinite(left) & np.isfinite(right))
        agreed = (left == right) | (np.isnan(left) & np.isnan(right))
        wrong = np.flatnonzero(odd & ~agreed)
        errors[odd] = sizes[odd] = 0.0
        np.minimum(errors, np.finfo(float).max, out=errors)
        self._mismatched += wrong.size
        endless = np.full(wrong.size, math.inf)
        self._worst.offer(endless, wrong + start, place, *sides, endless)

    def _rank(
        self, errors: Floats, sizes: Floats, start: int, place: Place, sides: tuple[Array, Array]
    ) -> None:
        rule = self._tolerance
        ranks = errors - rule.relative * sizes
        top = float(ranks.max())
        if top >= self._worst.threshold:
            found = np.flatnonzero((ranks >= self._worst.threshold) & (errors > 0.0))
            if found.size > _WORST:
                found = np.sort(found[np.argpartition(-ranks[found], _WORST)[:_WORST]])
            self._worst.offer(ranks[found], found + start, place, *sides, errors[found])
        room = rule.steps * rule.eps
        if rule.exact:
            self._different += int(np.count_nonzero(errors))
        elif room > 0.0 and top > room * self._largest * (1.0 - 1e-9):
            self._beyond.add(ranks[ranks > room * self._largest * (1.0 - 1e-9)] / room)


def coarser(first: str, second: str) -> str:
    """Of two floating types the less exact one; else the first."""
    if first in WIDTHS and second in WIDTHS:
        return min(first, second, key=WIDTHS.__getitem__)
    return first


def _worst(entry: Candidate, allowed: Allowed) -> Worst:
    size = abs(entry.reference)
    share = allowed.relative * size if math.isfinite(size) else 0.0
    values = entry.reference, entry.candidate, entry.absolute_error
    return Worst(entry.sample, entry.at, *values, allowed.absolute + share)
