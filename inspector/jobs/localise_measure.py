"""How far values inside a model are off: part by part, each reduced to counts at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inspector.core.arrays import dtype_name
from inspector.core.layer_graph import topological
from inspector.core.layer_statistics import WIDTHS, LayerStatistics, coarser
from inspector.core.layers import Measure
from inspector.jobs.localise_pairs import OUTPUT, Pair, Pairs
from inspector.jobs.localise_store import Store
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime_taps import Form, Taps, as_dtype, batches


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
            whole = self._count(batch, known, self._tapped(batch), {})
            alone = self._count(batch, known, self._alone(batch, known), self._rounded(known))
            for value in batch:
                seen = whole[value]
                own = None if seen.problem else alone[value].finish()
                found[value] = Measured(
                    known[value], seen.finish(), own, seen.dtype, seen.shape, seen.problem
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
        floats = form.dtype in WIDTHS and dtype_name(other) in WIDTHS
        return form.shape == other.shape and (same or floats)

    def _count(
        self,
        batch: Sequence[str],
        known: Mapping[str, Pair],
        results: Iterator[tuple[int, LayerRun, list[Array]]],
        rounded: Mapping[str, str],
    ) -> dict[str, LayerStatistics]:
        counters = {value: LayerStatistics(self._fed(value, rounded)) for value in batch}
        for place, run, arrays in results:
            for value, array in zip(batch, arrays, strict=True):
                other = self.store.get(place, known[value].key)
                sides = (array, other) if self.flip else (other, array)
                counters[value].add(*sides, run.sample)
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

    def _rounded(self, known: Mapping[str, Pair]) -> dict[str, str]:
        """Values that are rounded when they are fed, as to a half-precision file, and to what."""
        found = {}
        for value, pair in known.items():
            dtype, given = self.forms[value].dtype, dtype_name(self.store.get(0, pair.key))
            if dtype != given and coarser(given, dtype) == dtype:
                found[value] = dtype
        return found

    def _fed(self, value: str, rounded: Mapping[str, str]) -> str:
        """The least exact type that the inputs of a layer were rounded to."""
        if not rounded:
            return ""
        inputs = self.taps.wiring.region(value, rounded).inputs
        return min((rounded[one] for one in inputs), key=WIDTHS.__getitem__, default="")

    def _feedable(self, pair: Pair) -> bool:
        """Whether the other side's value can stand for the file's own: it has its shape."""
        return self.forms[pair.value].shape == self.store.get(0, pair.key).shape
