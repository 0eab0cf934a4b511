"""Outputs that hold indices, beside the outputs that hold what they point at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inspector.core.arrays import dtype_name
from inspector.core.comparison import Ties
from inspector.core.model import Model
from inspector.core.origins import IndexSource, Origins
from inspector.core.ties import Pair, TieCounts
from inspector.core.tolerance import EXACT, tolerance_for
from inspector.jobs.compare_outputs import PairedOutput, Pairing
from inspector.runtimes.base import Array


@dataclass(frozen=True, slots=True)
class Companions:
    """An output of indices and its companions, by their places among the pairs; -1 for none."""

    indices: int
    scores: int
    values: int
    source: IndexSource


@dataclass(slots=True)
class WatchedTies:
    """The indices of one output while they are counted."""

    companions: Companions
    counts: TieCounts
    scores: PairedOutput | None

    def add(self, reference: Sequence[Array], candidate: Sequence[Array]) -> None:
        """Count one run; outputs in the order of the pairs."""
        known = self.companions
        pairs: list[Pair | None] = [
            (np.asarray(reference[at]), np.asarray(candidate[at])) if at >= 0 else None
            for at in (known.indices, known.scores, known.values)
        ]
        assert pairs[0] is not None
        self.counts.update(pairs[0], pairs[1], pairs[2])

    def finish(self) -> Ties:
        """The record, once all runs are counted."""
        return self.counts.finish(self.scores.statistics.scale if self.scores else 0.0)


def find_companions(model: Model, outputs: Sequence[str]) -> tuple[Companions, ...]:
    """The outputs that hold indices of scores.

    Args:
        model: A file.
        outputs: Its output of each pair.
    """
    origins = Origins(model)
    sources = [origins.source(name) for name in outputs]
    places = {source: at for at, source in reversed(list(enumerate(sources)))}
    found = []
    for at, name in enumerate(outputs):
        source = origins.indices(name)
        if source is not None:
            values = places.get(source.values, -1) if source.values else -1
            found.append(Companions(at, places.get(source.scores, -1), values, source))
    return tuple(found)


def watch_ties(
    model: Model | None, names: Sequence[str], pairing: Pairing, started: Sequence[PairedOutput],
    places: Sequence[int], first: Sequence[Array],
) -> tuple[WatchedTies, ...]:  # fmt: skip
    """Set up the watching, and tell each output of indices about it.

    Args:
        model: The file that the outputs are described in; None where there is none.
        names: Names of all outputs of that side.
        pairing: Which outputs belong together.
        started: The pairs as they are counted.
        places: Place of each pair among the outputs of that side.
        first: What that side gave in the first run.
    """
    if model is None:
        return ()
    watched = []
    for known in find_companions(model, [names[place] for place in places]):
        beside = known.scores if known.scores >= 0 else known.values
        name = pairing.names[beside] if beside >= 0 else ""
        dtype = dtype_name(np.asarray(first[places[beside]])) if beside >= 0 else ""
        tolerance = tolerance_for(dtype) if dtype else EXACT
        counts = TieCounts(known.source, name, tolerance)
        one = WatchedTies(known, counts, started[beside] if beside >= 0 else None)
        started[known.indices].ties = one
        watched.append(one)
    return tuple(watched)
