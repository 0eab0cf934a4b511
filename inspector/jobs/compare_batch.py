"""How many samples go into a run, where the candidate does not take as many as its file says.

A batch may be fixed inside a file whose header leaves it open. Such a file stops at the first run;
judged with a number of samples that it does take, it can be told what else is wrong with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace

from inspector.core.model import Value
from inspector.core.size_trial import SizeTrial, TrialOutcome
from inspector.jobs.compare_sides import Opened, example_sizes
from inspector.jobs.compare_sizes_judge import NoRoomError, run_side
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import OnnxRuntime
from inspector.runtimes.recorded import Recorded
from inspector.samples.binder import BoundData
from inspector.samples.feeds import Feeds
from inspector.samples.fit import batch_rule

_LIKELY = (1, 2, 3, 4, 8, 16)


def settle_batch(
    sides: tuple[Opened, Opened], inputs: tuple[Value, ...], bound: BoundData
) -> tuple[BoundData, tuple[SizeTrial, ...]]:
    """Find a number of samples that the candidate runs with.

    Args:
        sides: Reference and candidate.
        inputs: What the data is bound to.
        bound: The data, in runs of a size that the program chose.

    Returns:
        The data in runs that the candidate takes, and a record of each size that it does not take
        though the reference does. Nothing changes where it takes one sample and a whole run, or
        nothing that was tried.
    """
    rule, feeds = batch_rule(inputs), bound.feeds
    if feeds is None or feeds.whole or not rule.dynamic or not feeds.samples:
        return bound, ()
    if not isinstance(sides[1].runtime, OnnxRuntime) or isinstance(sides[0].runtime, Recorded):
        return bound, ()
    name = rule.symbol or "batch"
    own = min(feeds.batch_size, feeds.samples)
    refused = [
        SizeTrial({name: size}, name, TrialOutcome.CANDIDATE_STOPPED, said)
        for size in dict.fromkeys((own, 1))
        if (said := _refuses(sides, feeds, size))
    ]
    if not any(trial.sizes[name] == own for trial in refused):
        return bound, tuple(refused)
    examples = example_sizes(sides)
    known = [
        examples[column.value.name][column.axis]
        for column in feeds.columns
        if 0 <= column.axis < len(examples.get(column.value.name, ()))
    ]
    for size in dict.fromkeys((*known, *_LIKELY)):
        if size <= feeds.samples and size != own and _runs(sides[1], _arrays(feeds, size)):
            return _in_runs_of(size, bound, feeds), tuple(refused)
    return bound, ()


def _arrays(feeds: Feeds, size: int) -> dict[str, Array]:
    run = replace(feeds, batch_size=size).first()
    return dict(zip((column.value.name for column in feeds.columns), run.arrays, strict=True))


def _runs(side: Opened, arrays: Mapping[str, Array]) -> bool:
    with contextlib.suppress(NoRoomError):
        return not isinstance(run_side(side, arrays), str)
    return False


def _refuses(sides: tuple[Opened, Opened], feeds: Feeds, size: int) -> str:
    """What the candidate says where it stops and the reference runs; else empty."""
    arrays = _arrays(feeds, size)
    with contextlib.suppress(NoRoomError):
        said = run_side(sides[1], arrays)
        if isinstance(said, str) and _runs(sides[0], arrays):
            return said
    return ""


def _in_runs_of(size: int, bound: BoundData, feeds: Feeds) -> BoundData:
    samples = feeds.samples - feeds.samples % size
    return BoundData(
        replace(bound.binding, samples=samples, batch_size=size),
        replace(feeds, samples=samples, batch_size=size),
        bound.unused_samples + feeds.samples - samples,
    )
