"""A data set judged in parts: each part hands on its counts, and together they are the whole.

The counts are the same numbers whatever the split; so are the verdict and the report. What a file
with a part says is checked before it is believed: it may come from another computer.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from inspector.core import wire
from inspector.core.causes import by_relevance
from inspector.core.comparison import Comparison, Verdict
from inspector.core.failures import InspectorError
from inspector.core.referee import merge_referees
from inspector.core.sources import Binding
from inspector.core.states import Room, from_state, to_state
from inspector.core.statistics import OutputStatistics
from inspector.core.stopped import as_stopped
from inspector.core.ties import TieCounts
from inspector.core.verdict import judge, judged_again, side_names
from inspector.jobs.compare_outputs import PairedOutput
from inspector.jobs.compare_ties import WatchedTies
from inspector.jobs.compare_words import how_sure, next_step
from inspector.jobs.requests import PART_COUNTS, CompareRequest
from inspector.runtimes.user_code import installed, split_code
from inspector.samples.binder import BoundData

_FORM = "onnx-inspector part 2"
_MOST_BYTES = 1 << 30
_BROKEN = (ValueError, TypeError, AttributeError, KeyError, IndexError, ArithmeticError)
"""What comes of counts that somebody has tampered with."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a data set, judged.

    Attributes:
        form: Says what the file is.
        number: Which part, from 1.
        of: How many there are.
        planned: Samples of the whole data set.
        comparison: What this part alone gave.
        binding: How the data fits.
        problems: What differs in structure.
        drawn: Nodes that draw random numbers.
        accept_generated: As asked for.
        options: All else that was asked for, see `options_of`; the same in every part.
        begin: Its first sample in the whole data set.
        counts: One `states.to_state` per output.
        ties: The same of what watches indices; None for outputs that hold none.
        companions: Place of the output that holds the scores of those indices; -1 for none.
    """

    form: str
    number: int
    of: int
    planned: int
    comparison: Comparison
    binding: Binding
    problems: tuple[str, ...]
    drawn: tuple[str, ...]
    accept_generated: bool
    options: str
    begin: int
    counts: tuple[Any, ...]
    ties: tuple[Any, ...]
    companions: tuple[int, ...]


def restrict(bound: BoundData, part: tuple[int, int]) -> BoundData:
    """The data of one part: whole runs, as even as they can be.

    Raises:
        InspectorError: There are fewer runs than parts, or no such part.
    """
    number, of = part
    feeds = bound.feeds
    if not of or feeds is None:
        return bound
    runs = math.ceil(feeds.samples / feeds.batch_size)
    if not 1 <= number <= of or runs < of:
        raise InspectorError(
            f"There is no part {number:,} of {of:,}: the data makes {runs:,} runs.",
            "Name a part from 1 on, and no more parts than runs; a smaller batch size makes more.",
        )
    begin, stop = samples_of(part, feeds.samples, feeds.batch_size)
    binding = replace(bound.binding, samples=stop - begin)
    return replace(bound, binding=binding, feeds=replace(feeds, begin=begin, samples=stop))


def samples_of(part: tuple[int, int], samples: int, batch_size: int) -> tuple[int, int]:
    """First sample of a part, and the one behind its last, in a data set of `samples`."""
    number, of = part
    runs = math.ceil(samples / batch_size)
    begin = (number - 1) * runs // of * batch_size
    return begin, min(number * runs // of * batch_size, samples)


def options_of(request: CompareRequest) -> str:
    """All that a judgement depends on besides the two files and the data, as text.

    Where the files lie does not count, parts may come from several computers; what is in them does.
    """
    plain = wire.to_plain(replace(request, part=(0, 0), keep_bytes=0, accept_generated=False))
    for side, source in (("reference", request.reference), ("candidate", request.candidate)):
        for field in ("path", "trust"):
            plain[side].pop(field)
        if source.code and not installed(source.code):
            file, name = split_code(source.code)
            plain[side]["code"] = [_digest(file), name]
        plain[side]["custom_ops"] = [_digest(Path(library)) for library in source.custom_ops]
    plain["data"].pop("paths")
    return json.dumps(plain, sort_keys=True)


def _digest(path: Path) -> str:
    """SHA-256 of a file; empty where it cannot be read."""
    try:
        return hashlib.sha256(path.expanduser().read_bytes()).hexdigest()
    except OSError:
        return ""


def write_part(
    job_dir: Path,
    request: CompareRequest,
    planned: int,
    found: Comparison,
    binding: Binding,
    problems: Sequence[str],
    drawn: Sequence[str],
    outputs: Sequence[PairedOutput],
) -> None:
    """Write the counts of one part into the job's folder."""
    counts = [output.statistics for output in outputs]
    watched = [one.ties if isinstance(one.ties, WatchedTies) else None for one in outputs]
    scores = [one.scores.statistics if one is not None and one.scores else None for one in watched]
    part = request.part
    begin, _ = samples_of(part, planned, found.data.batch_size)
    made = Part(
        _FORM, *part, planned, _without_files(found), binding, tuple(problems),
        tuple(drawn), request.accept_generated, options_of(request), begin,
        tuple(map(to_state, counts)),
        tuple(to_state(one.counts) if one is not None else None for one in watched),
        tuple(counts.index(one) if one is not None else -1 for one in scores),
    )  # fmt: skip
    (job_dir / PART_COUNTS).write_text(json.dumps(wire.to_plain(made)), encoding="utf-8")


def _without_files(found: Comparison) -> Comparison:
    outputs = (
        replace(one, reference_file="", candidate_file="", kept_samples=0) for one in found.outputs
    )
    return replace(found, outputs=tuple(outputs))


def read_part(path: Path) -> Part:
    """Read a file that `write_part` has made.

    Raises:
        InspectorError: It cannot be read, or is something else.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("too large")
        made: Part = wire.from_plain(json.loads(path.read_text(encoding="utf-8")), Part)
    except OSError as error:
        raise InspectorError(
            f"'{path.name}' cannot be read.", "Check the path.", str(error)
        ) from error
    except (*_BROKEN, RecursionError) as error:
        raise _no_part(path, error) from error
    if made.form != _FORM:
        raise _no_part(path, ValueError(made.form))
    _require_own_samples(path, made)
    return made


def _require_own_samples(path: Path, part: Part) -> None:
    """A part holds the samples that its number stands for; else some could count twice.

    Raises:
        InspectorError: It holds others.
    """
    data = part.comparison.data
    known = 1 <= part.number <= part.of and data.batch_size >= 1 and part.planned >= 1
    if not known:
        raise _no_part(path, ValueError(f"part {part.number} of {part.of}"))
    begin, stop = samples_of((part.number, part.of), part.planned, data.batch_size)
    if part.begin != begin or data.samples > stop - begin:
        raise _no_part(path, ValueError(f"{data.samples} samples from {part.begin} on"))


def _no_part(path: Path, error: Exception) -> InspectorError:
    return InspectorError(
        f"'{path.name}' holds no part of a comparison.",
        "Name files that 'compare --part K/N --save-part FILE' has written.",
        f"{type(error).__name__}: {error}",
    )


def merge_parts(paths: Sequence[Path]) -> Comparison:
    """Put parts of one data set together and judge the whole.

    Parts that are missing make it a comparison that was stopped: no PASS.

    Raises:
        InspectorError: A file is no part, the parts belong to different comparisons, or one is
            there twice.
    """
    parts = sorted((read_part(path) for path in paths), key=lambda part: part.number)
    _require_one_comparison(parts)
    try:
        return _merged(parts)
    except _BROKEN as error:
        raise InspectorError(
            "The counts of these parts cannot be put together.",
            "Judge the parts again, all with the same version of the program.",
            f"{type(error).__name__}: {error}",
        ) from error


def _require_one_comparison(parts: Sequence[Part]) -> None:
    about = {_about(part) for part in parts}
    if len(about) > 1:
        raise InspectorError(
            "These parts belong to different comparisons.",
            "Name parts that were judged with the same files, data and options.",
        )
    numbers = [part.number for part in parts]
    if len(set(numbers)) < len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise InspectorError(f"Part {twice:,} is named twice.", "Name every part once.")


def _about(part: Part) -> tuple[object, ...]:
    found = part.comparison
    sides = (found.reference.sha256, found.candidate.sha256)
    names = tuple((output.name, output.dtype) for output in found.outputs)
    facts = found.data.source, found.data.sha256, found.data.batch_size
    return part.of, part.planned, *sides, names, facts, part.accept_generated, part.options


def _merged(parts: Sequence[Part]) -> Comparison:
    first = parts[0]
    labels = side_names(first.comparison.reference, first.comparison.candidate)
    every = [part.comparison for part in parts]
    counts, ties = _counts_of(parts)
    outputs = tuple(one.finish(*labels) for one in counts)
    outputs = tuple(
        replace(one, ties=tie.finish(counts[at].scale if at >= 0 else 0.0) if tie else None)
        for one, tie, at in zip(outputs, ties, first.companions, strict=True)
    )
    referees = merge_referees([found.referees for found in every])
    outputs = judged_again(outputs, referees, labels)
    samples = sum(found.data.samples for found in every)
    data = first.comparison.data._replace(samples=samples)
    repeats = tuple(dict.fromkeys(repeat for found in every for repeat in found.repeats))
    trials = tuple(trial for found in every for trial in found.trials)
    verdict, sentence = judge(
        outputs, data, repeats, first.drawn, first.problems, first.accept_generated, labels,
        referees, trials,
    )  # fmt: skip
    if verdict is Verdict.CANNOT_JUDGE:
        outputs = tuple(replace(one, verdict=verdict, reason=sentence) for one in outputs)
    found = replace(
        first.comparison, verdict=verdict, sentence=sentence, outputs=outputs, data=data,
        repeats=repeats, referees=referees, trials=trials, planned=first.planned,
    )  # fmt: skip
    return _explained(found, first, every)


def _counts_of(parts: Sequence[Part]) -> tuple[list[OutputStatistics], list[TieCounts | None]]:
    room = Room()
    counts = [cast("OutputStatistics", from_state(one, room)) for one in parts[0].counts]
    ties = [cast("TieCounts | None", from_state(one, room)) for one in parts[0].ties]
    for part in parts[1:]:
        room = Room()  # what the part before filled is free again
        for one, other in zip(counts, part.counts, strict=True):
            one.merge(from_state(other, room))
        for tie, other in zip(ties, part.ties, strict=True):
            if tie is not None:
                tie.merge(from_state(other, room))
    return counts, ties


def _explained(found: Comparison, first: Part, every: Sequence[Comparison]) -> Comparison:
    """The whole with what is said around its verdict."""
    found_all = tuple(dict.fromkeys(one for part in every for one in part.findings))
    binding = replace(first.binding, samples=found.data.samples)
    moving = bool(first.drawn) or any(repeat.random for repeat in found.repeats)
    found = replace(
        found,
        findings=by_relevance(found_all, found),
        how_sure=how_sure(found.repeats, binding, ()),
        not_checked=tuple(dict.fromkeys(text for part in every for text in part.not_checked)),
        next_step=next_step(found.verdict, found.data.real, found.outputs, moving),
        environment={**found.environment, "Parts": f"{len(every)} of {first.of}"},
        seconds={},
    )
    whole = found.data.samples >= first.planned
    return replace(found, planned=0) if whole else as_stopped(found)
