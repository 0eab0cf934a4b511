"""What both sides of a comparison compute: the data, fitted to their inputs."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from inspector.core.comparison import DataFacts
from inspector.core.failures import InspectorError
from inspector.core.input_spec import InputSpec
from inspector.core.model import Value
from inspector.core.sources import Binding, DataSource
from inspector.core.words import counted
from inspector.jobs.compare_sides import Opened, digest_of, example_sizes, given_values
from inspector.runtimes.onnxruntime import OnnxRuntime
from inspector.runtimes.recorded import Recorded
from inspector.samples import tensor_protos
from inspector.samples.binder import BoundData, bind
from inspector.samples.feeds import Feeds
from inspector.samples.fit import NARROWED, WIDENED, batch_rule
from inspector.samples.registry import read_arrays
from inspector.samples.sets import bind_sets
from inspector.samples.tensor_protos import LoadedArray

_RECORDED_BATCH = 256


def fit_data(
    data: DataSource, sides: tuple[Opened, Opened], inputs: tuple[Value, ...], scratch: Path
) -> BoundData:
    """Fit the data to the inputs of both sides.

    Raises:
        InspectorError: It does not fit, or there is none.
    """
    recorded = [side.runtime for side in sides if isinstance(side.runtime, Recorded)]
    if len(recorded) == len(sides):
        return _recordings(recorded, data.limit)
    if not inputs:
        for runtime in recorded:
            runtime.of_one_run = True
        binding = Binding((), (), (), 1, 1, True, "no inputs")
        return BoundData(binding, Feeds((), 1, 1))
    constants = tuple(_constant(name, spec) for name, spec in given_values(sides).items())
    sets = bind_sets(inputs, data, constants)
    if sets is not None and all(one.sets == sets.binding.samples for one in recorded):
        for runtime in recorded:
            runtime.give_sets()
        return sets
    bound = bind(inputs, data, scratch, example_sizes(sides), constants)
    whole = _recorded_with(data, sides) and not bound.binding.problem
    if whole and bound.binding.batch_size < bound.binding.samples and batch_rule(inputs).dynamic:
        data = replace(data, batch_size=bound.binding.samples)
        bound = bind(inputs, data, scratch, example_sizes(sides), constants)
    if bound.binding.problem:
        raise InspectorError(bound.binding.problem, bound.binding.hint)
    for runtime in recorded:
        runtime.of_one_run = whole and bound.binding.batch_size == bound.binding.samples
        if not runtime.of_one_run:
            _require_as_many(runtime, bound, data.limit)
    return bound


def offer_weights(data: DataSource, sides: tuple[Opened, Opened], scratch: Path) -> None:
    """Let data take the place of weights that a file declares as inputs, where it names them."""
    takers = [side.runtime for side in sides if isinstance(side.runtime, OnnxRuntime)]
    if not data.paths or not any(runtime.replaceable for runtime in takers):
        return
    arrays = (array for path in data.paths for array in read_arrays(Path(path), scratch, data))
    names = {*data.binding, *(array.name for array in arrays)}
    for runtime in takers:
        runtime.take_also(names)


def _recorded_with(data: DataSource, sides: tuple[Opened, Opened]) -> bool:
    """Whether inputs and outputs were recorded in the same run, and so belong to each other.

    The model may then turn its input into any number of outputs, along whatever axis.
    """
    if data.batch_size or data.limit or len(data.paths) != 1:
        return False
    folders = [side.source.path for side in sides if isinstance(side.runtime, Recorded)]
    return any(
        os.path.isdir(folder) and os.path.samefile(folder, data.paths[0]) for folder in folders
    ) and tensor_protos.is_one_set(Path(data.paths[0]))


def _constant(name: str, spec: InputSpec) -> LoadedArray:
    assert spec.value is not None
    dtype = np.dtype("float32" if spec.dtype == "bfloat16" else spec.dtype)
    return LoadedArray(name, np.full(spec.shape, spec.value).astype(dtype))


def _recordings(recorded: list[Recorded], limit: int) -> BoundData:
    """Two recordings need no data: they are held against each other as they are."""
    samples, other = (runtime.samples for runtime in recorded)
    if samples != other and not 0 < limit <= min(samples, other):
        raise InspectorError(
            f"The reference holds {counted(samples, 'sample')} and the candidate {other:,}.",
            "Record both with the same data, or compare the first few only (--limit N on the "
            "command line).",
        )
    samples = min(samples, limit or samples)
    batch = max(1, min(samples, _RECORDED_BATCH))
    binding = Binding((), (), (), samples, batch, True, "recorded outputs")
    return BoundData(binding, Feeds((), samples, batch))


def _require_as_many(runtime: Recorded, bound: BoundData, limit: int) -> None:
    samples = bound.binding.samples + bound.unused_samples
    if runtime.samples == samples or (limit and runtime.samples > samples):
        return
    raise InspectorError(
        f"The recorded outputs hold {counted(runtime.samples, 'sample')}, "
        f"and the data has {samples:,}.",
        "Use the data that the outputs were recorded with.",
    )


def data_facts(data: DataSource, binding: Binding) -> DataFacts:
    """The record of the data, with the digests of its files."""
    casts = tuple(
        f"'{one.input.name}': {one.note}"
        for one in binding.bound
        if one.status in (WIDENED, NARROWED)
    )
    digests = tuple(digest_of(Path(path)) for path in data.paths)
    return DataFacts(
        binding.source, binding.real, binding.samples, binding.batch_size, casts, digests
    )
