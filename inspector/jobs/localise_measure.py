"""How far values inside a model are off: part by part, each reduced to counts at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from inspector.core.arrays import dtype_name
from inspector.core.layer_graph import topological
from inspector.core.layers import Measure, measure_of
from inspector.core.statistics import OutputStatistics
from inspector.core.tolerance import tolerance_for
from inspector.jobs.localise_pairs import OUTPUT, Pair, Pairs
from inspector.jobs.localise_store import Store
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime_taps import Form, Taps, as_dtype, batches

_WIDTHS = {"float16": 1, "bfloat16": 0, "float32": 2, "float64": 3}
"""Floating types by how exact they are."""


class LayerRun(NamedTuple):
    """One run of both sides: its first sample, and the inputs of the ONNX file by name."""

    sample: int
    feeds: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one value.

    Attributes:
        pair: Which value of the other side it is.
        whole: How far it is off when the whole model runs.
        alone: The same when only what lies between it and the known values before it runs.
        dtype: Of the reference's value.
        shape: In the first run.
        problem: What differs in form; empty where nothing does.
    """

    pair: Pair
    whole: Measure
    alone: Measure | None
    dtype: str
    shape: tuple[int, ...]
    problem: str = ""


class Counter:
    """Counts one value over all runs."""

    def __init__(self, name: str, flip: bool) -> None:
        self._name = name
        self._flip = flip
        self._statistics: OutputStatistics | None = None
        self.dtype = ""
        self.shape: tuple[int, ...] = ()

    def add(self, other: Array, inside: Array, sample: int) -> None:
        """Count one run.

        Args:
            other: [...] the value of the side that is not looked into.
            inside: [...] the value in the ONNX file.
            sample: Number of the first sample of the run.
        """
        reference, candidate = (inside, other) if self._flip else (other, inside)
        if self._statistics is None:
            self.dtype, self.shape = dtype_name(reference), reference.shape
            tolerance = tolerance_for(coarser(self.dtype, dtype_name(candidate)))
            self._statistics = OutputStatistics(self._name, self.dtype, tolerance)
        reference, candidate = same_width(reference, candidate)
        self._statistics.dtype = dtype_name(reference)
        self._statistics.update(reference, candidate, sample, batched=False)

    def finish(self) -> tuple[Measure, str]:
        """The measure, and what differs in form."""
        assert self._statistics is not None
        found = self._statistics.finish("the reference", "the candidate")
        return measure_of(found), self._statistics.structure


def coarser(first: str, second: str) -> str:
    """Of two floating types the less exact one, whose rounding both may have; else the first."""
    if first in _WIDTHS and second in _WIDTHS:
        return min(first, second, key=_WIDTHS.__getitem__)
    return first


def same_width(first: Array, second: Array) -> tuple[Array, Array]:
    """Two floating arrays in the wider of their types, which loses nothing; others as they are."""
    names = dtype_name(first), dtype_name(second)
    if names[0] == names[1] or not all(name in _WIDTHS for name in names):
        return first, second
    wide = np.dtype("float64" if "float64" in names else "float32")
    return first.astype(wide), second.astype(wide)


@dataclass(frozen=True, slots=True)
class Bench:
    """Both sides of a measurement: the taps, the other side's values, and the runs."""

    taps: Taps
    store: Store
    runs: Sequence[LayerRun]
    forms: Mapping[str, Form]
    flip: bool = False

    def measure(
        self, pairs: Pairs, on_part: Callable[[dict[str, Measured], int], None]
    ) -> dict[str, Measured]:
        """Measure every pair, in the order of running.

        Args:
            pairs: By value of the ONNX file; only those with a known form are measured.
            on_part: Told what is known so far and how many there are in all.
        """
        known = {v: pair for v, pair in pairs.items() if self._comparable(pair)}
        order = topological(self.taps.wiring.nodes, known)
        sizes = {value: self.forms[value].bytes for value in order}
        found: dict[str, Measured] = {}
        for batch in batches(order, sizes):
            whole = self._count(batch, known, self._tapped(batch))
            alone = self._count(batch, known, self._alone(batch, known))
            for value in batch:
                measure, problem = whole[value].finish()
                own = alone[value].finish()[0] if not problem else None
                counter = whole[value]
                found[value] = Measured(
                    known[value], measure, own, counter.dtype, counter.shape, problem
                )
            on_part(found, len(order))
        return found

    def _comparable(self, pair: Pair) -> bool:
        """Whether both have the same form; outputs of the model are compared in any case."""
        if pair.value not in self.forms or (0, pair.key) not in self.store:
            return False
        form, other = self.forms[pair.value], self.store.get(0, pair.key)
        if pair.by == OUTPUT:
            return True
        same = form.dtype == dtype_name(other)
        floats = form.dtype in _WIDTHS and dtype_name(other) in _WIDTHS
        return form.shape == other.shape and (same or floats)

    def _count(
        self,
        batch: Sequence[str],
        known: Mapping[str, Pair],
        results: Iterator[tuple[int, LayerRun, list[Array]]],
    ) -> dict[str, Counter]:
        counters = {value: Counter(value, self.flip) for value in batch}
        for place, run, arrays in results:
            for value, array in zip(batch, arrays, strict=True):
                other = self.store.get(place, known[value].key)
                counters[value].add(other, array, run.sample)
        return counters

    def _tapped(self, batch: Sequence[str]) -> Iterator[tuple[int, LayerRun, list[Array]]]:
        runtime = self.taps.tapped(batch)
        runtime.take_also(self.runs[0].feeds)
        for place, run in enumerate(self.runs):
            yield place, run, runtime.run({n: run.feeds[n] for n in runtime.input_names})

    def _alone(
        self, batch: Sequence[str], known: Mapping[str, Pair]
    ) -> Iterator[tuple[int, LayerRun, list[Array]]]:
        dtypes = {value: self.forms[value].dtype for value in known}
        usable = {value for value, pair in known.items() if self._feedable(pair)}
        cut = self.taps.cut(batch, usable, dtypes)
        cut.runtime.take_also(self.runs[0].feeds)
        for place, run in enumerate(self.runs):
            feeds = {n: run.feeds[n] for n in cut.runtime.input_names if n in run.feeds}
            for value in cut.known:
                array = self.store.get(place, known[value].key)
                feeds[value] = as_dtype(array, dtypes[value])
            yield place, run, cut.runtime.run(feeds)

    def _feedable(self, pair: Pair) -> bool:
        """Whether the other side's value can stand for the file's own: it has its shape."""
        return self.forms[pair.value].shape == self.store.get(0, pair.key).shape
