"""Ask who is to blame: the outputs under every combination of optimisers, in one small table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from inspector.core.blame import LEVELS, PROGRAM, THE_FILE, Trial
from inspector.core.failures import explain
from inspector.core.layer_statistics import LayerStatistics
from inspector.core.layers import Layer
from inspector.jobs.localise_measure import LayerRun
from inspector.jobs.localise_pairs import Pairs
from inspector.jobs.localise_sides import Inside
from inspector.jobs.localise_store import Store
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import OnnxRuntime, open_session
from inspector.runtimes.onnxruntime_taps import as_dtype

Outputs = Sequence[Sequence[Array]]
"""Outputs of every run."""


def trial(row: str, level: str, wanted: Outputs, found: Callable[[], Outputs]) -> Trial:
    """One cell of the table; what cannot be run says why.

    Args:
        row: What is run.
        level: How much ONNX Runtime may rewrite it.
        wanted: Outputs of the reference, in their order.
        found: Computes those that are held against them, in the same order.
    """
    try:
        outputs = found()
    except Exception as error:  # whatever a runtime says about a variant of the model
        return Trial(row, level, math.nan, False, explain(error).sentence)
    if any(len(one) != len(other) for one, other in zip(wanted, outputs, strict=True)):
        return Trial(row, level, math.inf, False, times_allowed=math.inf)
    counters = [LayerStatistics() for _ in wanted[0]]
    for place, (left, right) in enumerate(zip(wanted, outputs, strict=True)):
        for counter, one, other in zip(counters, left, right, strict=True):
            counter.add(one, other, place)
    measures = [counter.finish() for counter in counters]
    scaled = max((measure.scaled for measure in measures), default=0.0)
    times = max((measure.times_allowed for measure in measures), default=0.0)
    return Trial(row, level, scaled, all(one.agrees for one in measures), times_allowed=times)


def file_trials(
    runtime: OnnxRuntime, runs: Sequence[LayerRun], wanted: Outputs, order: Sequence[int]
) -> Iterator[Trial]:
    """The file as it is, under every level.

    Args:
        runtime: The file.
        runs: Its inputs.
        wanted: Outputs of the other side.
        order: Place of each of these among the file's outputs.
    """
    for level in LEVELS:

        def found(level: str = level) -> Outputs:
            again = runtime.again(level)
            again.take_also(runs[0].feeds)
            return [_in_order(again.run(run.feeds), order) for run in runs]

        yield trial(THE_FILE, level, wanted, found)


def _in_order(arrays: Sequence[Array], order: Sequence[int]) -> list[Array]:
    return [arrays[place] for place in order]


def exported_trials(
    files: Mapping[str, Path], runs: Sequence[LayerRun], wanted: Outputs
) -> Iterator[Trial]:
    """Files that were exported anew, under every level.

    Args:
        files: Row of the table to file.
        runs: Inputs by the names that the files have for them; those left out by an exporter
            are not fed.
        wanted: Outputs of the PyTorch model.
    """
    for row, path in files.items():
        for level in LEVELS:

            def found(path: Path = path, level: str = level) -> Outputs:
                runtime = open_session(path, level=level)
                return [
                    runtime.run({name: run.feeds[name] for name in runtime.input_names})
                    for run in runs
                ]

            yield trial(row, level, wanted, found)


def program_trial(outputs: Outputs, wanted: Outputs) -> Trial:
    """The exported program, run in PyTorch."""
    return trial(PROGRAM, "", wanted, lambda: outputs)


def by_the_rules(
    inside: Inside, layer: Layer, pairs: Pairs, known: Sequence[str], store: Store
) -> bool | None:
    """Whether a plain evaluation of one layer by the rules of ONNX agrees with the reference.

    It is fed with the reference's values, as for the local error. None where the evaluator of
    the `onnx` package cannot run the nodes.
    """
    from onnx.reference import ReferenceEvaluator

    dtypes = {value: inside.forms[value].dtype for value in known}
    try:
        proto, given = inside.taps.proto_of([layer.value], known, dtypes)
        evaluator = ReferenceEvaluator(proto)
        counter = LayerStatistics()
        for place, run in enumerate(inside.runs):
            feeds = {name: run.feeds[name] for name in evaluator.input_names if name in run.feeds}
            for value in given:
                array = store.get(place, pairs[value].key)
                feeds[value] = as_dtype(array, dtypes[value])
            (found,) = evaluator.run(None, feeds)
            other = store.get(place, pairs[layer.value].key)
            counter.add(other, np.asarray(found), run.sample)
        return counter.finish().agrees
    except Exception:  # it lacks operators, types, and the libraries of custom ones
        return None
