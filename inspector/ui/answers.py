"""What the banner says: the answer to the question of the window, and the next sensible step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.ui import forms
from inspector.ui.document import Document, OpenFile
from inspector.ui.hints import in_window
from inspector.ui.job import Job
from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core import comparison as words
    from inspector.core.comparison import Comparison, OutputComparison, Side
else:
    words = later("inspector.core.comparison")

NOT_COMPARED, RUNNING, CANCELLED = "NOT COMPARED YET", "RUNNING", "CANCELLED"


@dataclass(frozen=True, slots=True)
class Step:
    """A button: what it does (a name in `actions.STEPS`), what it says, and its icon."""

    name: str
    label: str
    icon: str = ""
    kind: str = "default"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the banner shows.

    Attributes:
        word: A key of `look.VERDICT_LOOKS`.
        sentence: What is known, one sentence or two short ones.
        second: Second line, shown where there is room for it.
        rule: What is allowed, the end of the second line, left out in narrow windows.
        step: The next sensible step.
        pill: `out of date`, or empty.
        started: Time (`time.monotonic`) the running job began.
    """

    word: str
    sentence: str
    second: str = ""
    rule: str = ""
    step: Step | None = None
    pill: str = ""
    started: float | None = None


def answer(document: Document, compared_at: str = "") -> Answer:
    """What is to be said about a document now.

    Args:
        document: The document.
        compared_at: Time of day of the last result, for the words about an older result.
    """
    job = document.job
    if job is not None and job.task in ("compare", "localise", "providers"):
        return _running(document, job)
    if job is not None and job.task == "export" and document.comparison is None:
        return Answer(
            NOT_COMPARED,
            "The ONNX file is being made. You can go on reading the PyTorch model meanwhile.",
        )
    if document.cancelled:
        return _cancelled(document, compared_at)
    if document.comparison is not None:
        return _verdict(document, document.comparison)
    return _not_compared(document)


_LEADS_TO = {"export-page": "export", "report": "report", "findings": "findings"}
"""Page that a step opens and does nothing else."""


def on_page(answer: Answer, page: str) -> Answer:
    """The answer without a step to the page that is shown already."""
    leads = answer.step is not None and _LEADS_TO.get(answer.step.name) == page
    return replace(answer, step=None) if leads else answer


def on_layers(answer: Answer, document: Document) -> Answer:
    """The same verdict, with where the error is born instead of how large it is."""
    found = document.localisation
    if found is None or answer.word not in {one.value for one in words.Verdict}:
        return answer
    step = Step("findings", "Show findings", "findings") if document.findings else None
    return replace(answer, sentence=found.sentence, second=found.detail, rule="", step=step)


def _running(document: Document, job: Job) -> Answer:
    last = job.last
    sentence = ": ".join(part for part in (last.stage, last.text) if part)
    step = Step("cancel", "Cancel", "stop", "danger")
    sentence = f"{sentence or 'The two runtimes are being started'}."
    judged = document.judged if job.task == "compare" else None
    second = judged.sentence if judged is not None else ""
    sentence += f" So far: {judged.verdict.value}." if judged is not None else ""
    return Answer(RUNNING, sentence, second, step=step, started=job.started)


def _cancelled(document: Document, compared_at: str) -> Answer:
    last = document.cancelled_at
    where = f" while {inside(last.stage)}" if last and last.stage else ""
    count = f" ({last.text})" if last and last.text else ""
    second = f"The result of {compared_at} is still shown." if document.comparison else ""
    again = Step("compare", "Compare again", "refresh") if document.can_compare else None
    sentence = f"Stopped{where}{count}. Nothing was judged."
    return Answer(CANCELLED, sentence, second, step=again)


def inside(stage: str) -> str:
    """The name of a stage inside a sentence: small at its start, unless that is a name."""
    plain = stage[:2].istitle() and stage.split()[0] not in ("PyTorch", "ONNX")
    return stage[0].lower() + stage[1:] if plain else stage


def _verdict(document: Document, comparison: Comparison) -> Answer:
    stale = document.out_of_date
    if stale and document.binding is not None and document.binding.problem:
        return replace(_data_missing(document), second="An older result is still shown.")
    step: Step | None = _next_step(document, comparison)
    if stale:
        again = Step("compare", "Compare again", "refresh", "primary")
        step = again if document.can_compare else None
    return Answer(
        comparison.verdict.value,
        comparison.sentence,
        _second_line(comparison),
        _rule(comparison),
        step,
        "out of date" if stale else "",
    )


def _next_step(document: Document, comparison: Comparison) -> Step:
    differs = any(one.over_tolerance or one.nonfinite_mismatch for one in comparison.outputs)
    judged = comparison.verdict is not words.Verdict.CANNOT_JUDGE
    if differs and judged and document.localisation is None and document.can_localise:
        return Step("layers", "Find the layer", "layers", "primary")
    if comparison.planned and document.can_compare:
        return Step("compare", "Compare again", "refresh", "primary")
    if comparison.verdict is words.Verdict.FAIL and comparison.trials and not differs:
        return Step("sizes", "Show the sizes", "target", "primary")
    if comparison.verdict is words.Verdict.FAIL:
        return Step("worst", "Show the worst value", "target", "primary")
    if comparison.verdict is words.Verdict.CANNOT_JUDGE:
        return Step("findings", "Show findings", "findings", "primary")
    if comparison.verdict is words.Verdict.REVIEW and not comparison.data.real:
        return Step("open-data", "Add real data…", "open", "primary")
    return Step("report", "Prepare report", "report", "primary")


def _second_line(comparison: Comparison) -> str:
    data, reference, candidate = comparison.data, comparison.reference, comparison.candidate
    kind = "Real data" if data.real else "Made-up data, not real"
    devices = {reference.device, candidate.device}
    where = (
        f"both on {reference.device}"
        if len(devices) == 1
        else f"{reference.device} and {candidate.device}"
    )
    dtypes = ", ".join(dict.fromkeys(output.dtype for output in comparison.outputs))
    ran = f"{_with_version(reference)} against {_with_version(candidate)}, {where}"
    return f"{kind}  ·  {ran}{f', {dtypes}' if dtypes else ''}"


def _with_version(side: Side) -> str:
    """A runtime and its version, without the build's own suffix (`2.13.0+cpu`)."""
    return f"{side.runtime} {side.version.partition('+')[0]}".strip()


def _rule(comparison: Comparison) -> str:
    if not comparison.outputs:
        return ""
    allowed = worst_output(comparison).allowed
    if not allowed.steps:
        return ""
    return (
        f"allowed: {allowed.relative:.1e} of the value "
        f"+ {allowed.steps:g} rounding steps of the largest"
    )


def worst_output(comparison: Comparison) -> OutputComparison:
    """The output that the sentence is about: of the worst verdict, the first."""
    verdict = words.Verdict
    order = [verdict.FAIL, verdict.CANNOT_JUDGE, verdict.REVIEW, verdict.PASS]
    return min(comparison.outputs, key=lambda output: order.index(output.verdict))


def _not_compared(document: Document) -> Answer:
    reference, candidate = document.reference, document.candidate
    for opened, step in ((reference, "open-reference"), (candidate, "open-candidate")):
        if opened is not None and opened.failure is not None:
            choose = Step(step, "Choose another file…", "open")
            return Answer(NOT_COMPARED, opened.failure.sentence, opened.failure.hint, step=choose)
    if any(opened is not None and opened.inspection is None for opened in (reference, candidate)):
        return Answer(NOT_COMPARED, "The file is being read.")
    if reference is None:
        add = Step("open-reference", "Add PyTorch model…", "open")
        return Answer(
            NOT_COMPARED, "Add the PyTorch model that this ONNX file was made from.", step=add
        )
    blocked = _blocked(document, reference)
    if blocked is not None:
        return blocked
    if candidate is None:
        return Answer(
            NOT_COMPARED,
            "Export the PyTorch model here, or drop the ONNX file that was made from it.",
            step=Step("export-page", "Export", "export"),
        )
    return _data_missing(document)


def _blocked(document: Document, reference: OpenFile) -> Answer | None:
    """What must be done about the PyTorch file before it can be run."""
    checkpoint = reference.inspection.checkpoint if reference.inspection else None
    if checkpoint is None or document.plan.trusted:
        return None
    if forms.needs_code(checkpoint) and not document.plan.code:
        return Answer(
            NOT_COMPARED,
            "This file holds weights alone. Name what builds the model, or have it looked for.",
            step=Step("export-page", "Name the source", "export"),
        )
    if checkpoint.executes or document.plan.code:
        return Answer(
            NOT_COMPARED,
            f"Running {Path(reference.path).name} would execute code. "
            "Read what it would import, then decide.",
            step=Step("model", "Read it", "shield"),
        )
    return None


def _data_missing(document: Document) -> Answer:
    if document.data is None:
        return Answer(
            NOT_COMPARED,
            "Add sample data, and both files are run on the same inputs.",
            step=Step("open-data", "Add sample data…", "open"),
        )
    if document.binding is not None and document.binding.problem:
        show = Step("compare-page", "Show sample data", "grid")
        return Answer(
            NOT_COMPARED, document.binding.problem, in_window(document.binding.hint), step=show
        )
    if not document.data.paths:
        return Answer(
            NOT_COMPARED,
            "Ready to compare on random inputs. They cannot earn PASS: they are not real.",
        )
    return Answer(NOT_COMPARED, "Everything is here. Both files are run on the same inputs.")
