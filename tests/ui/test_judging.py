"""A running comparison: what is judged so far, and what stays of it when it is stopped."""

from __future__ import annotations

from inspector.core import wire
from inspector.core.comparison import DataFacts
from inspector.jobs.requests import PARTIAL_COMPARISON, DataSource, Event
from inspector.ui import answers
from inspector.ui.document import OpenFile
from inspector.ui.panels.compare import ComparePanel


def test_what_is_judged_so_far_is_shown_and_stays_when_it_is_stopped(
    document, make_comparison, onnx_inspection, qtbot
):
    document.reference = OpenFile("/m/a.pt", onnx_inspection("/m/a.pt"))
    document.candidate = OpenFile("/m/a.onnx", onnx_inspection("/m/a.onnx"))
    document.data = DataSource(paths=("/m/x.npz",))
    page = ComparePanel(document)
    qtbot.addWidget(page)
    document.compare()
    (job,) = document.runner.waiting("compare")
    facts = DataFacts("x.npz", True, 412)
    judged = make_comparison("PASS", data=facts, planned=1000)
    wire.save(judged, job.directory / PARTIAL_COMPARISON)
    job.progressed.emit(Event(str(job.directory), "judged"))
    page.refresh()
    assert page.outputs.comparison == judged
    assert not page.outputs.errors.histogram.dimmed
    running = answers.answer(document)
    assert running.word == "RUNNING"
    assert running.sentence.endswith("So far: PASS.")
    assert running.second == judged.sentence

    document.cancel()
    assert document.comparison is not None
    said = answers.answer(document)
    assert said.word == "REVIEW"
    assert said.sentence.startswith("Stopped after 412 of 1,000 samples.")
    assert said.step is not None
    assert said.step.name == "compare"


def test_a_comparison_that_is_stopped_before_anything_was_judged_leaves_nothing(
    document, onnx_inspection
):
    document.reference = OpenFile("/m/a.pt", onnx_inspection("/m/a.pt"))
    document.candidate = OpenFile("/m/a.onnx", onnx_inspection("/m/a.onnx"))
    document.data = DataSource(paths=("/m/x.npz",))
    document.compare()
    document.cancel()
    assert document.comparison is None
    assert answers.answer(document).word == "CANCELLED"
