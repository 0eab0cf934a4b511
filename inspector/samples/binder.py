"""Fits sample data to the inputs of a model and cuts it into runs that the model takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from inspector.core.failures import InspectorError
from inspector.core.model import Tensor, Value
from inspector.core.sources import Binding, Bound, DataSource
from inspector.samples.batches import choose_batch
from inspector.samples.draw import source_text
from inspector.samples.feeds import Column, Feeds
from inspector.samples.fit import (
    MISSING,
    NARROWED,
    UNFIT,
    BatchRule,
    Fit,
    batch_rule,
    count,
    fit,
)
from inspector.samples.generate import generate
from inspector.samples.pairing import Pair, pair, quoted
from inspector.samples.registry import read_arrays
from inspector.samples.stored import SampleArray, describe

Sizes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class BoundData:
    """Data that fits: the record that is shown, and the feeds of every run.

    Attributes:
        binding: What goes where. `binding.problem` is set where it does not fit.
        feeds: Cuts the data; None where it does not fit.
        unused_samples: Samples at the end that do not fill a run of fixed size.
    """

    binding: Binding
    feeds: Feeds | None
    unused_samples: int = 0


def bind(
    inputs: tuple[Value, ...],
    data: DataSource,
    scratch: Path,
    sizes: Sizes | None = None,
    constants: tuple[SampleArray, ...] = (),
) -> BoundData:
    """Fit data to inputs; only headers are read.

    Args:
        inputs: What the model takes, with its dtypes and shapes.
        data: Files, or a number of random samples.
        scratch: Folder that may be made and filled with unpacked arrays.
        sizes: Input name to example sizes, for generated data where the model leaves sizes open.
        constants: Arrays named like inputs that take them where the data has none of that name.

    Raises:
        InspectorError: A file cannot be read, or nothing was given.
    """
    rule = batch_rule(inputs)
    if data.random:
        return _random(inputs, data, rule, sizes or {}, constants)
    if not data.paths:
        raise InspectorError(
            "There is no sample data.",
            "Give files with --data, or ask for random samples with --random N.",
        )
    source = ", ".join(Path(path).name for path in data.paths)
    return bind_arrays(inputs, _read(data, scratch), data, rule, source, constants)


def bind_arrays(
    inputs: tuple[Value, ...],
    arrays: tuple[SampleArray, ...],
    data: DataSource,
    rule: BatchRule,
    source: str,
    constants: tuple[SampleArray, ...] = (),
) -> BoundData:
    """Fit arrays that are listed already to inputs.

    Args:
        inputs: What the model takes, with its dtypes and shapes.
        arrays: What the data holds.
        data: What was asked for beside the files.
        rule: The model's batch axis.
        source: Name of the data in words.
        constants: Arrays named like inputs that take them where the data has none of that name.

    Raises:
        InspectorError: An input was named that the model does not have.
    """
    named = {*data.binding, *(array.name for array in arrays)}
    arrays = (*arrays, *(array for array in constants if array.name not in named))
    unknown = set(data.binding) - {value.name for value in inputs}
    if unknown:
        raise InspectorError(
            f"The model has no input named {quoted(sorted(unknown))}.",
            f"Its inputs are {quoted(value.name for value in inputs)}.",
        )
    return _fit_all(pair(inputs, arrays, data.binding, rule), arrays, data, rule, source)


def _read(data: DataSource, scratch: Path) -> tuple[SampleArray, ...]:
    arrays: dict[str, SampleArray] = {}
    for path in data.paths:
        for array in read_arrays(Path(path), scratch, data):
            if array.name in arrays:
                raise InspectorError(
                    f"Two arrays of the sample data are named '{array.name}'.",
                    "Give each array a name of its own; samples that belong together go into one.",
                )
            arrays[array.name] = array
    return tuple(arrays.values())


def _random(
    inputs: tuple[Value, ...],
    data: DataSource,
    rule: BatchRule,
    sizes: Sizes,
    constants: tuple[SampleArray, ...],
) -> BoundData:
    samples = data.random
    if rule.size:
        samples = -(-samples // rule.size) * rule.size
    axes = tuple(rule.axis_of(value.shape) for value in inputs)
    given = {array.name: array for array in constants}
    drawn = generate(inputs, samples, data.seed, axes, sizes, data.kinds)
    arrays = tuple(given.get(array.name, array) for array in drawn)
    pairs = tuple(Pair(v, a, "random") for v, a in zip(inputs, arrays, strict=True))
    return _fit_all(pairs, arrays, data, rule, source_text(data, drawn))


def _fit_all(
    pairs: tuple[Pair, ...],
    arrays: tuple[SampleArray, ...],
    data: DataSource,
    rule: BatchRule,
    source: str,
) -> BoundData:
    samples = _samples(pairs, rule)
    fits = tuple(_fit(one, rule, samples) for one in pairs)
    binding = Binding(
        arrays=tuple(describe(array) for array in arrays),
        bound=tuple(_bound(one, result) for one, result in zip(pairs, fits, strict=True)),
        unused=tuple(a.name for a in arrays if all(a is not one.array for one in pairs)),
        samples=samples,
        batch_size=0,
        real=not data.random,
        source=source,
    )
    problem, hint = _problem(pairs, fits, data.cast) or _disagreement(pairs, fits) or ("", "")
    if not problem:
        batch, problem, hint = choose_batch(pairs, fits, data, rule, samples)
        binding = replace(binding, batch_size=batch)
    if problem:
        return BoundData(replace(binding, problem=problem, hint=hint), None)
    usable = min(samples, data.limit or samples)
    usable -= usable % binding.batch_size if rule.size else 0
    columns = tuple(
        Column(one.value, one.array, result.axis)
        for one, result in zip(pairs, fits, strict=True)
        if one.array is not None
    )
    unused = samples % binding.batch_size if rule.size and not data.limit else 0
    ready = replace(binding, samples=usable)
    return BoundData(ready, Feeds(columns, usable, binding.batch_size), unused)


def _samples(pairs: tuple[Pair, ...], rule: BatchRule) -> int:
    """Samples that the deciding input has; 1 where no input has a batch axis."""
    if rule.lead < 0:
        return 1
    lead = pairs[rule.lead]
    if lead.array is None:
        return 0
    found = fit(lead.value, lead.array, rule, 0)
    # A scalar where the model leaves the number of dimensions open is one sample.
    return 1 if found.status != UNFIT and not lead.array.shape else found.samples


def _fit(one: Pair, rule: BatchRule, samples: int) -> Fit:
    if one.array is None:
        return Fit(MISSING, -1, 0, one.problem, one.hint)
    return fit(one.value, one.array, rule, samples)


def _bound(one: Pair, result: Fit) -> Bound:
    array = Tensor("", "", (), 0) if one.array is None else describe(one.array)
    notes = [f"Taken {one.how}."] if one.how in ("by order", "as chosen") else []
    if result.status not in (UNFIT, MISSING) and result.axis < 0 and one.array is not None:
        notes.append("The same in every run.")
    notes.append(result.note)
    notes.append(getattr(one.array, "note", ""))
    note = " ".join(part for part in notes if part)
    return Bound(one.value, array.name, array.dtype, array.shape, result.status, note)


def _problem(pairs: tuple[Pair, ...], fits: tuple[Fit, ...], cast: bool) -> tuple[str, str] | None:
    for result in fits:
        if result.status in (UNFIT, MISSING):
            return result.note, result.hint
    for one, result in zip(pairs, fits, strict=True):
        if result.status == NARROWED and not cast and one.array is not None:
            given, wanted = describe(one.array).dtype, one.value.dtype
            return (
                f"'{one.value.name}' takes {wanted}, and the array '{one.array.name}' holds "
                f"{given}, which is not the same numbers.",
                f"Save it as {wanted}, or allow the conversion (--cast on the command line).",
            )
    return None


def _disagreement(pairs: tuple[Pair, ...], fits: tuple[Fit, ...]) -> tuple[str, str] | None:
    """Sizes that must be the same and are not: samples, and dimensions of the same symbol."""
    seen: dict[str, tuple[int, str]] = {}
    for one, result in zip(pairs, fits, strict=True):
        assert one.array is not None
        dims = list(zip(one.value.shape or (), one.array.shape, strict=False))
        named = [(d, size) for k, (d, size) in enumerate(dims) if k != result.axis]
        if result.axis >= 0:
            named.append(("", result.samples))
        for symbol, size in named:
            if not isinstance(symbol, str):
                continue
            first, owner = seen.setdefault(symbol, (size, one.array.name))
            if first != size:
                return _differ(symbol, (owner, first), (one.array.name, size))
    return None


def _differ(symbol: str, one: tuple[str, int], other: tuple[str, int]) -> tuple[str, str]:
    if not symbol:
        return (
            f"'{one[0]}' has {count(one[1], 'sample')} and '{other[0]}' has "
            f"{count(other[1], 'sample')}.",
            "Give every input the same number of samples.",
        )
    return (
        f"'{symbol}' is {one[1]} in '{one[0]}' and {other[1]} in '{other[0]}'.",
        "The model gives both the same name, so they must be the same size.",
    )
