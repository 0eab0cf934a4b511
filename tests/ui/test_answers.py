"""What the banner, the cards and the rail say in each state of the document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core.comparison import Comparison, DataFacts
from inspector.core.size_trial import SizeTrial, TrialOutcome
from inspector.jobs.requests import Binding, DataSource, ExportRequest
from inspector.ui.answers import answer
from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.main_window import MainWindow

PASS_SENTENCE = "All 3,000 values of 'output' agree."


def test_compare_is_offered_once_everything_is_there(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    open_pair(data=False)
    assert not window.header.compare.isEnabled()
    assert window.banner.shown.step is not None
    assert window.banner.shown.step.name == "open-data"

    window.document.set_data(DataSource(paths=("/models/samples.npz",)))

    assert window.header.compare.isEnabled()
    assert window.header.compare.property("kind") == "primary"
    assert window.header.compare.text() == "Compare"


def test_a_comparison_runs_and_its_verdict_is_shown(
    window: MainWindow,
    open_pair: Callable[..., None],
    make_comparison: Any,
    qtbot: QtBot,
) -> None:
    open_pair()
    qtbot.mouseClick(window.header.compare, Qt.MouseButton.LeftButton)
    job = window.document.job
    assert job is not None
    assert window.page == "compare"
    assert window.banner.shown.word == "RUNNING"
    assert window.rail.items["compare"].badge.icon == "running"
    assert not window.header.compare.isEnabled()
    assert window.status.text.startswith("Comparing")

    job.progress("PyTorch runs", "412 of 1,000 samples")  # type: ignore[attr-defined]
    assert window.banner.shown.sentence == "PyTorch runs: 412 of 1,000 samples."
    assert window.status.text == "Comparing: PyTorch runs"

    window.document.runner.answer("compare", make_comparison())  # type: ignore[attr-defined]
    assert window.banner.shown.word == "PASS"
    assert window.banner.shown.sentence == PASS_SENTENCE
    assert window.rail.items["compare"].badge.icon == "pass"
    assert window.header.compare.text() == "Compare again"
    assert window.header.compare.property("kind") == "default"
    assert window.status.text.startswith("Ready")


def test_cancel_in_the_banner_stops_the_comparison(
    window: MainWindow, open_pair: Callable[..., None], qtbot: QtBot
) -> None:
    open_pair()
    window.compare()
    job = window.document.job
    assert job is not None
    job.progress("Running PyTorch", "412 of 1,000 samples")  # type: ignore[attr-defined]
    button = window.banner.step_button
    assert button is not None
    assert button.text() == "Cancel"

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    assert window.document.job is None
    assert window.banner.shown.word == "CANCELLED"
    expected = "Stopped while running PyTorch (412 of 1,000 samples). Nothing was judged."
    assert window.banner.shown.sentence == expected
    assert window.header.compare.isEnabled()


def test_a_cancelled_comparison_keeps_the_older_result_and_says_so(
    window: MainWindow, open_pair: Callable[..., None], make_comparison: Any
) -> None:
    open_pair()
    window.document._on_compared(make_comparison())
    window.compare()
    window.document.cancel()

    assert window.document.comparison is not None
    assert window.banner.shown.word == "CANCELLED"
    assert window.banner.shown.second.startswith("The result of ")


def test_a_result_is_out_of_date_when_the_data_changes(
    window: MainWindow, open_pair: Callable[..., None], make_comparison: Any
) -> None:
    open_pair()
    window.document._on_compared(make_comparison())
    assert window.banner.shown.pill == ""

    window.document.set_data(DataSource(random=8, seed=1))

    assert window.banner.shown.pill == "out of date"
    assert window.banner.shown.word == "PASS"
    assert window.banner.shown.step is not None
    assert window.banner.shown.step.label == "Compare again"


STEPS = [
    ("PASS", True, "report"),
    ("REVIEW", True, "report"),
    ("REVIEW", False, "open-data"),
    ("FAIL", True, "worst"),
    ("CANNOT JUDGE", True, "findings"),
]


@pytest.mark.parametrize(("verdict", "real", "step"), STEPS)
def test_each_verdict_names_the_next_sensible_step(
    verdict: str,
    real: bool,
    step: str,
    window: MainWindow,
    open_pair: Callable[..., None],
    make_comparison: Any,
) -> None:
    open_pair()
    data = DataFacts("x", real=real, samples=8)

    window.document._on_compared(make_comparison(verdict, data=data))

    shown = window.banner.shown
    assert shown.word == verdict
    assert shown.step is not None
    assert shown.step.name == step
    assert shown.step.kind == "primary"
    assert ("Real data" in shown.second) is real
    assert "PyTorch 2.13.0 against ONNX Runtime 1.31.1, both on CPU, float32" in shown.second


def test_the_rule_is_left_out_of_a_narrow_window(
    window: MainWindow, open_pair: Callable[..., None], make_comparison: Any, qapp: QApplication
) -> None:
    open_pair()
    window.document._on_compared(make_comparison())
    qapp.processEvents()
    assert "allowed" not in window.banner._second.text()

    window.resize(1440, 900)
    qapp.processEvents()

    assert "allowed: 1.3e-06 of the value + 64 rounding steps" in window.banner._second.text()


def test_what_blocks_the_reference_comes_before_everything_else(
    window: MainWindow, checkpoint_inspection: Any
) -> None:
    document = window.document
    document.open_file("/models/tiny.pt", REFERENCE)
    assert window.banner.shown.sentence == "The file is being read."
    document.reader.answer(  # type: ignore[attr-defined]
        "inspect", checkpoint_inspection(form="whole-module", executes=True)
    )
    assert window.banner.shown.step is not None
    assert window.banner.shown.step.label == "Read it"

    document.open_file("/models/weights.pt", REFERENCE)
    document.reader.answer("inspect", checkpoint_inspection())  # type: ignore[attr-defined]
    assert "weights alone" in window.banner.shown.sentence


def test_data_that_does_not_fit_is_said_in_the_banner_and_on_its_card(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    open_pair(data=False)
    window.document.set_data(DataSource(paths=("/models/other.npz",)))
    problem = "'x' has 3 dimensions, the input takes 2."
    fit = Binding((), (), (), 0, 0, real=True, source="other.npz", problem=problem, hint="Do.")
    window.document.reader.answer("bind", fit)  # type: ignore[attr-defined]

    assert window.banner.shown.sentence == problem
    card = window.header.cards["data"].facts
    assert card.problem == "does not fit"
    assert card.reason == f"{problem} Do."


def test_random_data_carries_its_pill(window: MainWindow, open_pair: Callable[..., None]) -> None:
    open_pair(data=False)
    window.chooser.generate()

    card = window.header.cards["data"].facts
    assert (card.tile, card.pill) == ("RND", "random, not real")
    assert "not real" in window.banner.shown.sentence


def test_an_export_is_seen_on_the_card_the_rail_and_the_banner(
    window: MainWindow, open_pair: Callable[..., None], qapp: QApplication
) -> None:
    open_pair(data=False)
    document = window.document
    document.close_file(CANDIDATE)
    document.export(ExportRequest(document.source(REFERENCE), "/models/out.onnx"))
    assert document.job is not None
    document.job.progress("Translating", "2 of 4", 0.5)  # type: ignore[attr-defined]
    qapp.processEvents()

    card = window.header.cards[CANDIDATE].facts
    assert card.name == "out.onnx"
    assert card.role.endswith("being exported")
    assert card.fraction == 0.5
    assert window.rail.items["export"].badge.icon == "running"
    assert window.banner.shown.sentence.startswith("The ONNX file is being made")
    assert window.status.text.startswith("Exporting: translating")
    assert not window.rail.items["compare"].isEnabled()


def test_what_stops_at_another_size_leads_to_the_sizes(
    document: Document, open_pair: Callable[..., None], make_comparison: Callable[..., Comparison]
) -> None:
    open_pair()
    stopped = SizeTrial({"batch": 3}, "batch", TrialOutcome.CANDIDATE_STOPPED, "No kernel.")
    document.comparison = make_comparison("FAIL", trials=(stopped,))
    step = answer(document).step
    assert step is not None
    assert step.name == "sizes"


def test_what_cannot_be_judged_leads_to_what_removes_the_cause(
    document: Document, open_pair: Callable[..., None], make_comparison: Callable[..., Comparison]
) -> None:
    open_pair()
    parted = replace(make_comparison().outputs[0], over_tolerance=9)
    document.comparison = make_comparison("CANNOT JUDGE", outputs=(parted,))
    step = answer(document).step
    assert step is not None
    assert step.name == "findings"
