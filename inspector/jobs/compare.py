"""Run two models on the same data and judge: the job behind `compare`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from inspector.core.beside_words import unproven
from inspector.core.causes import by_relevance
from inspector.core.comparison import (
    Comparison,
    DataFacts,
    OutputComparison,
    Repeat,
    Side,
    Verdict,
)
from inspector.core.failures import InspectorError
from inspector.core.findings import Finding
from inspector.core.model import Value
from inspector.core.progress import Report
from inspector.core.size_trial import SizeTrial
from inspector.core.sources import Choice
from inspector.core.verdict import judge, judged_again, side_names
from inspector.jobs.compare_batch import Settled, settle_batch
from inspector.jobs.compare_causes import other_weights
from inspector.jobs.compare_data import data_facts, fit_data, offer_weights
from inspector.jobs.compare_layout import SIZES_LEFT, layouts_of, sentences
from inspector.jobs.compare_other_layout import other_layouts
from inspector.jobs.compare_pairing import pairs_told
from inspector.jobs.compare_partial import Partial
from inspector.jobs.compare_parts import restrict, write_part
from inspector.jobs.compare_referee import ask_referee
from inspector.jobs.compare_run import Runner
from inspector.jobs.compare_sides import Opened, bring_together, facts_of, open_side, random_nodes
from inspector.jobs.compare_sizes import Tried, try_sizes
from inspector.jobs.compare_words import environment, how_sure, next_step, not_checked
from inspector.jobs.requests import CompareRequest
from inspector.runtimes.recorded import Recorded
from inspector.runtimes.registry import How
from inspector.samples.binder import BoundData


def run(request: CompareRequest, job_dir: Path, report: Report) -> Comparison:
    """Carry out the comparison.

    Outputs are kept in `job_dir/outputs`, as far as `request.keep_bytes` goes.

    Raises:
        InspectorError: A side cannot be opened or run, or the data does not fit.
    """
    scratch = job_dir / "scratch"
    try:
        return _compare(request, job_dir / "outputs", scratch, report)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Ready:
    """Both sides and the data for them."""

    sides: tuple[Opened, Opened]
    facts: tuple[Side, Side]
    inputs: tuple[Value, ...]
    bound: BoundData
    data: DataFacts
    stopped: tuple[SizeTrial, ...] = ()
    planned: int = 0
    alone: bool = True

    @property
    def labels(self) -> tuple[str, str]:
        """What sentences call the two sides."""
        return side_names(*self.facts)


def _prepare(request: CompareRequest, scratch: Path, report: Report) -> _Ready:
    # The sides report stages of their own, and a comparison has its six.
    how = How(Report(), scratch, request.provider, request.convert)
    report.stage("Opening the reference", Path(request.reference.path).name)
    reference = open_side("reference", request.reference, how)
    report.stage("Opening the candidate", Path(request.candidate.path).name)
    sides = reference, open_side("candidate", request.candidate, how)
    offer_weights(request.data, sides, scratch / "data")
    for side in sides:
        side.layouts = layouts_of(request.layouts, side.role)
    inputs = bring_together(sides, how)
    facts = facts_of(sides[0]), facts_of(sides[1])
    report.stage("Reading the sample data")
    bound = fit_data(request.data, sides, inputs, scratch / "data")
    settled = Settled(bound, alone=not request.data.batch_size)
    if request.sizes and not request.layouts and not request.data.batch_size:
        settled = settle_batch(sides, inputs, bound)
    planned = settled.bound.binding.samples
    bound = restrict(settled.bound, request.part)
    data = data_facts(request.data, bound.binding)
    data = data._replace(casts=(*data.casts, *sentences(request.layouts)))
    return _Ready(sides, facts, inputs, bound, data, settled.stopped, planned, settled.alone)


def _compare(request: CompareRequest, outputs: Path, scratch: Path, report: Report) -> Comparison:
    ready = _prepare(request, scratch, report)
    labels, sides = ready.labels, ready.sides
    assert ready.bound.feeds is not None
    asked = not ready.alone
    feeds, keep = ready.bound.feeds, request.keep_bytes
    choices = request.tolerances
    runner = Runner(
        sides, labels, ready.inputs, feeds, outputs, keep, asked, choices,
        pairs=request.pairing,
    )  # fmt: skip
    report.stage("Checking that each side repeats itself")
    repeats = runner.repeats()
    report.stage("Running")
    drawn = random_nodes(sides)
    so_far = partial(_so_far, ready, request, repeats, drawn)
    known = Partial(so_far, labels, outputs.parent, report)
    pairing, paired = runner.run(report, known)
    require_names(choices, pairing.names)
    report.stage("Judging")
    finished = tuple(output.finish(labels) for output in paired)
    referees = ask_referee(runner, pairing, paired, finished, repeats, report)
    tried = Tried()
    if request.sizes and not request.layouts and request.part[0] <= 1:
        tried = try_sizes(runner, pairing, paired, finished, repeats, report, ready.stopped)
    trials = (*ready.stopped, *tried.trials)
    left = (SIZES_LEFT,) if request.layouts and request.sizes else tried.left
    accept, problems = request.accept_generated, pairing.problems
    finished = judged_again(finished, referees, labels)
    verdict, sentence = judge(
        finished, ready.data, repeats, drawn, problems, accept, labels, referees, trials
    )
    if verdict is Verdict.CANNOT_JUDGE:
        finished = tuple(replace(one, verdict=verdict, reason=sentence) for one in finished)
    names = [side.runtime.output_names for side in sides]
    places = pairing.reference, pairing.candidate
    told = pairs_told(names[0], names[1], places, request.pairing)
    found = Comparison(
        verdict, sentence, finished, ready.data, *ready.facts, _findings(sides), repeats,
        referees=referees, trials=trials, pairing=told,
    )  # fmt: skip
    hints = other_layouts(runner, pairing, finished)
    findings = (*other_weights(found, scratch), *hints, *found.findings)
    found = replace(found, findings=by_relevance(findings, found))
    found = _explained(found, ready, request, bool(drawn), left)
    if any(request.part):
        write_part(
            outputs.parent, request, ready.planned, found, ready.bound.binding, problems,
            drawn, paired,
        )  # fmt: skip
    return replace(found, seconds=report.seconds)


def _so_far(
    ready: _Ready,
    request: CompareRequest,
    repeats: tuple[Repeat, ...],
    drawn: tuple[str, ...],
    outputs: tuple[OutputComparison, ...],
    problems: Sequence[str],
    samples: int,
) -> Comparison:
    """The comparison of the first samples, without what is looked for at the end."""
    data = ready.data._replace(samples=samples)
    accept, labels = request.accept_generated, ready.labels
    verdict, sentence = judge(outputs, data, repeats, drawn, problems, accept, labels)
    found = Comparison(
        verdict, sentence, outputs, data, *ready.facts, _findings(ready.sides), repeats,
        planned=ready.data.samples,
    )  # fmt: skip
    bound = replace(ready.bound, binding=replace(ready.bound.binding, samples=samples))
    return _explained(found, replace(ready, bound=bound), request, bool(drawn))


def require_names(choices: tuple[Choice, ...], names: tuple[str, ...]) -> None:
    """Refuse a tolerance for an output that there is none of.

    Raises:
        InspectorError: A name belongs to no output.
    """
    for choice in choices:
        if choice.output and choice.output not in names:
            known = ", ".join(f"'{name}'" for name in names)
            raise InspectorError(
                f"There is no output '{choice.output}' that a tolerance could hold for.",
                f"The outputs that both sides have are {known}." if known else "",
            )


def _explained(
    found: Comparison, ready: _Ready, request: CompareRequest, drawn: bool, left: Sequence[str] = ()
) -> Comparison:
    """The comparison with what is said around its verdict."""
    bound = ready.bound
    recorded = [side.role for side in ready.sides if isinstance(side.runtime, Recorded)]
    moving = drawn or any(repeat.random for repeat in found.repeats)
    return replace(
        found,
        not_checked=(
            *not_checked(
                ready.inputs,
                bound.binding,
                request.data,
                bound.unused_samples,
                request.provider,
                found.trials,
                left,
            ),
            *unproven(found.outputs),
        ),
        how_sure=how_sure(found.repeats, bound.binding, recorded),
        next_step=next_step(found.verdict, found.data.real, found.outputs, moving),
        environment=environment(_versions(ready.facts)),
    )


def _versions(facts: tuple[Side, Side]) -> dict[str, str]:
    return {side.runtime: side.version for side in facts if side.version}


def _findings(sides: tuple[Opened, Opened]) -> tuple[Finding, ...]:
    """Remarks about both files, each once."""
    return tuple(dict.fromkeys(finding for side in sides for finding in side.findings))
