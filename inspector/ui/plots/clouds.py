"""Points and lists of values for the scatter plot and the pairs of bars. Run in the background."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.core.comparison import Worst
from inspector.ui.plots.kept import Kept, beyond, differences

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from inspector.ui.plots.kept import Floats

    Ints = npt.NDArray[np.int64]

WITHIN, BEYOND = 5_000, 20_000
"""At most this many points of either kind are drawn."""

_CHUNK = 1 << 20
_ELEMENTS = 16_000_000


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points of a scatter plot: finite pairs only.

    Attributes:
        reference: [points] float64, within first, then beyond.
        candidate: [points] float64.
        samples: [points] sample numbers.
        flats: [points] positions in the sample.
        within: How many of the points are within what is allowed.
        elements: Elements that were looked at.
        beyond: Of them, how many are beyond and finite on both sides.
        not_finite: Of them, how many are NaN or infinite on a side.
        step: Every n-th sample was looked at.
    """

    reference: Floats
    candidate: Floats
    samples: Ints
    flats: Ints
    within: int
    elements: int
    beyond: int
    not_finite: int
    step: int

    @property
    def all_drawn(self) -> bool:
        """Whether every finite element has its point."""
        return self.step == 1 and len(self.reference) + self.not_finite == self.elements


def cloud(kept: Kept, wanted: Sequence[Worst] = ()) -> Cloud:
    """Choose the points to draw: evenly among those within, evenly among those beyond.

    Args:
        kept: The values.
        wanted: Elements that are drawn in any case, such as the worst ones.
    """
    import numpy as np

    layout = kept.layout
    step = max(1, math.ceil(layout.samples * layout.size / _ELEMENTS))
    numbers = range(0, layout.samples, step)
    total = len(numbers) * layout.size
    inner = _Choice(WITHIN, max(1, math.ceil(total / WITHIN)))
    outer = _Choice(BEYOND - len(wanted), 1)
    finite_count = 0
    stripe = max(1, _CHUNK // max(1, layout.size))
    for first in range(0, len(numbers), stripe):
        part = numbers[first : first + stripe]
        reference, candidate = kept.rows(part.start, part.stop, step)
        finite = np.isfinite(reference) & np.isfinite(candidate)
        finite_count += int(np.count_nonzero(finite))
        over = beyond(kept, reference, differences(reference, candidate))
        for choice, mask in ((inner, finite & ~over), (outer, finite & over)):
            choice.take(np.flatnonzero(mask) + first * layout.size)
    places = np.concatenate(
        [inner.chosen(), np.union1d(outer.chosen(), _extra(kept, wanted, step))]
    )
    samples, flats = places // max(1, layout.size) * step, places % max(1, layout.size)
    pairs = _values(kept, samples, flats)
    return Cloud(
        *pairs, samples, flats, inner.chosen().size, total,
        outer.seen, total - finite_count, step,
    )  # fmt: skip


class _Choice:
    """At most `limit` of any number of places, evenly: every n-th, n doubling when needed."""

    def __init__(self, limit: int, stride: int) -> None:
        self._limit, self._stride = limit, stride
        self._parts: list[Ints] = []
        self.seen = 0

    def take(self, places: Ints) -> None:
        """Look at more places, in order."""
        self._parts.append(places[-self.seen % self._stride :: self._stride])
        self.seen += places.size
        while sum(part.size for part in self._parts) > self._limit:
            self._parts = [self.chosen()[::2]]
            self._stride *= 2

    def chosen(self) -> Ints:
        """The places kept so far."""
        import numpy as np

        return np.concatenate([np.empty(0, dtype=np.int64), *self._parts])


def _extra(kept: Kept, wanted: Sequence[Worst], step: int) -> Ints:
    """Places of those wanted elements that are beyond and have a point."""
    import numpy as np

    layout = kept.layout
    places = [
        worst.sample // step * layout.size + layout.flat(worst.index)
        for worst in wanted
        if worst.sample % step == 0
        and worst.sample < layout.samples
        and worst.allowed < worst.absolute_error < math.inf
    ]
    return np.array(sorted(set(places)), dtype=np.int64)


def _values(kept: Kept, samples: Ints, flats: Ints) -> tuple[Floats, Floats]:
    import numpy as np

    index = (samples, *np.unravel_index(flats, kept.layout.shape)) if kept.layout.shape else samples
    return (
        np.asarray(kept.reference[index], dtype=np.float64),
        np.asarray(kept.candidate[index], dtype=np.float64),
    )


@dataclass(frozen=True, slots=True)
class Pairs:
    """A few elements with both values, and whether they are probabilities."""

    sample: int
    flats: tuple[int, ...]
    samples: tuple[int, ...]
    reference: tuple[float, ...]
    candidate: tuple[float, ...]
    probability: bool = False


def top_values(kept: Kept, sample: int, count: int = 5) -> Pairs:
    """The largest values of one sample on either side, the reference's order first.

    Probabilities are recognised by their values: none negative, and a sum of 1 on the
    reference's side.
    """
    import numpy as np

    reference, candidate = kept.sample(sample)
    firsts = [
        np.argsort(np.where(np.isnan(side), -np.inf, side), kind="stable")[::-1][:count]
        for side in (reference, candidate)
    ]
    ranked = [int(flat) for pair in zip(*firsts, strict=True) for flat in pair]
    order = list(dict.fromkeys(ranked))[:count]
    return _pairs(kept, sample, order, reference, candidate)


def all_values(kept: Kept, sample: int) -> Pairs:
    """Every element of one sample, in order."""
    reference, candidate = kept.sample(sample)
    return _pairs(kept, sample, list(range(reference.size)), reference, candidate)


def neighbours(kept: Kept, sample: int, count: int = 12) -> Pairs:
    """One-number samples around the marked one."""
    samples = kept.layout.samples
    start = min(max(0, sample - count // 2), max(0, samples - count))
    numbers = range(start, min(start + count, samples))
    reference, candidate = kept.rows(numbers.start, numbers.stop)
    return Pairs(
        sample,
        (0,) * len(numbers),
        tuple(numbers),
        tuple(reference[:, 0].tolist()),
        tuple(candidate[:, 0].tolist()),
    )


def _pairs(
    kept: Kept, sample: int, order: list[int], reference: Floats, candidate: Floats
) -> Pairs:
    import numpy as np

    total = float(np.sum(reference))
    probability = bool(np.all(reference >= 0.0) and abs(total - 1.0) < 1e-3 and reference.size > 1)
    return Pairs(
        sample,
        tuple(order),
        (sample,) * len(order),
        tuple(reference[order].tolist()),
        tuple(candidate[order].tolist()),
        probability,
    )
