"""How many samples go into a run, where the candidate does not take as many as its file says.

A batch may be fixed inside a file whose header leaves it open. Such a file stops at the first run;
judged with a number of samples that it does take, it can be told what else is wrong with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

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


class Settled(NamedTuple):
    """What both sides run with.

    Attributes:
        bound: The data, in runs that both take.
        stopped: A record of each size that the candidate does not take though the reference does.
        alone: Whether the candidate takes a sample alone, as far as that was tried.
    """

    bound: BoundData
    stopped: tuple[SizeTrial, ...] = ()
    alone: bool = True


def settle_batch(
    sides: tuple[Opened, Opened], inputs: tuple[Value, ...], bound: BoundData
) -> Settled:
    """Find a number of samples that the candidate runs with.

    Args:
        sides: Reference and candidate.
        inputs: What the data is bound to.
        bound: The data, in runs of a size that the program chose.

    Returns:
        The data as it is, where the candidate takes a whole run, or where there is no size that
        both take among those that are likely.
    """
    rule, feeds = batch_rule(inputs), bound.feeds
    if feeds is None or feeds.whole or not rule.dynamic or not feeds.samples:
        return Settled(bound)
    if not isinstance(sides[1].runtime, OnnxRuntime) or isinstance(sides[0].runtime, Recorded):
        return Settled(bound)
    name = rule.symbol or "batch"
    own = min(feeds.batch_size, feeds.samples)
    said = {size: _refuses(sides[1], feeds, size) for size in dict.fromkeys((own, 1))}
    stopped = tuple(
        SizeTrial({name: size}, name, TrialOutcome.CANDIDATE_STOPPED, words)
        for size, words in said.items()
        if words and _runs(sides[:1], feeds, size)
    )
    if not said[own]:
        return Settled(bound, stopped, not said[1])
    examples = example_sizes(sides)
    known = [
        examples[column.value.name][column.axis]
        for column in feeds.columns
        if 0 <= column.axis < len(examples.get(column.value.name, ()))
    ]
    for size in dict.fromkeys((*known, *_LIKELY)):
        if size <= feeds.samples and size != own and _runs(sides, feeds, size):
            return Settled(_in_runs_of(size, bound, feeds), stopped, not said[1])
    return Settled(bound)


def _arrays(feeds: Feeds, size: int) -> dict[str, Array]:
    run = replace(feeds, batch_size=size).first()
    return dict(zip((column.value.name for column in feeds.columns), run.arrays, strict=True))


def _runs(sides: Sequence[Opened], feeds: Feeds, size: int) -> bool:
    with contextlib.suppress(NoRoomError):
        return all(not isinstance(run_side(side, _arrays(feeds, size)), str) for side in sides)
    return False


def _refuses(side: Opened, feeds: Feeds, size: int) -> str:
    """What a side says where it stops; empty where it runs, or for want of memory does not."""
    with contextlib.suppress(NoRoomError):
        said = run_side(side, _arrays(feeds, size))
        return said if isinstance(said, str) else ""
    return ""


def _in_runs_of(size: int, bound: BoundData, feeds: Feeds) -> BoundData:
    samples = feeds.samples - feeds.samples % size
    return BoundData(
        replace(bound.binding, samples=samples, batch_size=size),
        replace(feeds, samples=samples, batch_size=size),
        bound.unused_samples + feeds.samples - samples,
    )
