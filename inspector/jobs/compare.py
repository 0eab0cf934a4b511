"""Run two models on the same data and judge: the job behind `compare`."""

from __future__ import annotations

import shutil
from pathlib import Path

from inspector.core.comparison import Comparison, Side
from inspector.core.findings import Finding
from inspector.core.progress import Report
from inspector.core.verdict import judge, side_names
from inspector.jobs.compare_data import data_facts, fit_data
from inspector.jobs.compare_run import Runner
from inspector.jobs.compare_sides import Opened, bring_together, facts_of, open_side, random_nodes
from inspector.jobs.compare_words import environment, how_sure, next_step, not_checked
from inspector.jobs.requests import CompareRequest
from inspector.runtimes.recorded import Recorded
from inspector.runtimes.registry import How


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


def _compare(request: CompareRequest, outputs: Path, scratch: Path, report: Report) -> Comparison:
    # The sides report stages of their own, and a comparison has its six.
    how = How(Report(), scratch, request.provider)
    report.stage("Opening the reference", Path(request.reference.path).name)
    reference = open_side("reference", request.reference, how)
    report.stage("Opening the candidate", Path(request.candidate.path).name)
    sides = reference, open_side("candidate", request.candidate, how)
    inputs = bring_together(sides, how)
    facts = facts_of(sides[0]), facts_of(sides[1])
    labels = side_names(*facts)
    report.stage("Reading the sample data")
    bound = fit_data(request.data, sides, inputs, scratch / "data")
    data = data_facts(request.data, bound.binding)
    assert bound.feeds is not None
    runner = Runner(sides, labels, inputs, bound.feeds, outputs, request.keep_bytes)
    report.stage("Checking that each side repeats itself")
    repeats = runner.repeats(request.provider)
    report.stage("Running")
    pairing, paired = runner.run(report)
    report.stage("Judging")
    finished = tuple(output.finish(labels) for output in paired)
    drawn = random_nodes(sides)
    accept, problems = request.accept_generated, pairing.problems
    verdict, sentence = judge(finished, data, repeats, drawn, problems, accept, labels)
    left_out = not_checked(inputs, bound.binding, request.data, bound.unused_samples, how.provider)
    recorded = [side.role for side in sides if isinstance(side.runtime, Recorded)]
    return Comparison(
        verdict=verdict,
        sentence=sentence,
        outputs=finished,
        data=data,
        reference=facts[0],
        candidate=facts[1],
        findings=_findings(sides),
        repeats=repeats,
        not_checked=left_out,
        how_sure=how_sure(repeats, bound.binding, recorded),
        next_step=next_step(verdict, data.real, finished, bool(drawn)),
        environment=environment(_versions(facts)),
        seconds=report.seconds,
    )


def _versions(facts: tuple[Side, Side]) -> dict[str, str]:
    return {side.runtime: side.version for side in facts if side.version}


def _findings(sides: tuple[Opened, Opened]) -> tuple[Finding, ...]:
    """Remarks about both files, each once."""
    return tuple(dict.fromkeys(finding for side in sides for finding in side.findings))
