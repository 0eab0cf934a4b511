"""The tab "Rules": tolerances, other sizes and execution providers that a person chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from inspector.core.comparison import Chosen, Comparison, Verdict
from inspector.core.providers import Against, Apart, Latency, Measured, Placed, Providers
from inspector.core.size_trial import SizeTrial, TrialOutcome
from inspector.core.sources import Choice
from inspector.ui import ruling
from inspector.ui.document import Document
from inspector.ui.panels.compare_providers import ProvidersCard, installed_words
from inspector.ui.panels.compare_rules import RulesView
from inspector.ui.panels.compare_tolerances import LOOSER, TolerancesCard
from inspector.ui.panels.compare_trials import SizesCard
from inspector.ui.widgets.labels import Label

CPU_ONLY = {"Execution providers": "CPU"}
BOTH = {"Execution providers": "CPU, CUDA"}


@pytest.fixture
def compared(
    document: Document,
    open_pair: Callable[..., None],
    make_comparison: Callable[..., Comparison],
) -> Callable[..., Document]:
    """A document that was compared; fields of the comparison replaced as asked for."""

    def make(**fields: object) -> Document:
        open_pair()
        document.compare()
        document.runner.answer("compare", make_comparison(**fields))  # type: ignore[attr-defined]
        return document

    return make


@pytest.fixture
def card(qtbot: QtBot, compared: Callable[..., Document]) -> TolerancesCard:
    made = TolerancesCard(compared())
    qtbot.addWidget(made)
    made.refresh()
    made.choose_output("output")
    return made


def type_into(qtbot: QtBot, card: TolerancesCard, absolute: str, relative: str) -> None:
    for field, text in ((card.absolute, absolute), (card.relative, relative)):
        field.setText(text)
    qtbot.keyClick(card.relative, Qt.Key.Key_Return)


def words_of(card: QWidget) -> str:
    return "\n".join(label.text() for label in card.findChildren(Label))


def test_the_default_and_its_origin_are_shown(card: TolerancesCard) -> None:
    table = card.view.table
    assert [table.text(row, 0) for row in range(table.rowCount())] == ["every output", "output"]
    assert table.text(1, 2) == "1e-05 + 1.3e-06\u00d7"
    assert card.absolute.placeholderText() == "1e-05"
    assert "rounding of float32" in card.note.text()
    assert not card.reset_button.isEnabled()


def test_a_looser_tolerance_is_labelled_at_once(
    qtbot: QtBot, card: TolerancesCard, document: Document
) -> None:
    with qtbot.waitSignal(document.comparison_changed):
        type_into(qtbot, card, "0.01", "0.001")
    assert document.tolerances == (Choice("output", 0.01, 0.001),)
    assert document.out_of_date
    assert card.note.text() == LOOSER
    assert card.view.table.text(1, 3) == "0.01 + 0.001\u00d7"
    assert card.view.table.text(1, 4) == "looser"


def test_a_stricter_tolerance_can_still_earn_pass(
    qtbot: QtBot, card: TolerancesCard, document: Document
) -> None:
    type_into(qtbot, card, "1e-6", "0")
    assert document.tolerances == (Choice("output", 1e-6, 0.0),)
    assert "PASS can be earned" in card.note.text()
    assert card.view.table.text(1, 4) == "not looser"


def test_a_field_that_is_left_empty_keeps_its_default(
    qtbot: QtBot, card: TolerancesCard, document: Document
) -> None:
    type_into(qtbot, card, "", "0.5")
    assert document.tolerances == (Choice("output", 1e-5, 0.5),)


@pytest.mark.parametrize("text", ["abc", "-1", "inf", "nan"])
def test_what_is_no_number_changes_nothing(
    qtbot: QtBot, card: TolerancesCard, document: Document, text: str
) -> None:
    type_into(qtbot, card, text, "")
    assert document.tolerances == ()
    assert card.absolute.property("state") == "bad"
    assert "1e-4" in card.note.text()


def test_the_default_comes_back(qtbot: QtBot, card: TolerancesCard, document: Document) -> None:
    type_into(qtbot, card, "0.01", "")
    assert document.tolerances
    card.reset_button.click()
    assert document.tolerances == ()
    assert card.absolute.text() == ""
    assert card.view.table.text(1, 3) == "\u2013"


def test_one_tolerance_may_hold_for_every_output(
    qtbot: QtBot, card: TolerancesCard, document: Document
) -> None:
    card.choose_output(ruling.EVERY)
    type_into(qtbot, card, "1", "1")
    assert document.tolerances == (Choice("", 1.0, 1.0),)
    assert card.view.table.text(1, 4) == "looser"
    assert card.note.text() == LOOSER


def test_the_next_comparison_is_asked_for_by_these_rules(
    qtbot: QtBot, card: TolerancesCard, document: Document
) -> None:
    type_into(qtbot, card, "0.01", "0.001")
    document.set_rules(sizes=False)
    document.compare()
    request = document.runner.waiting("compare")[0].request  # type: ignore[attr-defined]
    assert request.tolerances == (Choice("output", 0.01, 0.001),)
    assert not request.sizes


def test_rules_that_change_while_both_run_make_the_answer_out_of_date(
    card: TolerancesCard, document: Document, make_comparison: Callable[..., Comparison]
) -> None:
    document.compare()
    document.set_rules(tolerances=(Choice("output", 1.0, 0.0),))
    document.runner.answer("compare", make_comparison())  # type: ignore[attr-defined]
    assert document.out_of_date
    document.compare()
    document.runner.answer("compare", make_comparison())  # type: ignore[attr-defined]
    assert not document.out_of_date


def test_a_tolerance_for_an_output_that_is_gone_is_not_sent(
    compared: Callable[..., Document],
) -> None:
    document = compared()
    document.set_rules(tolerances=(Choice("of another file", 1.0, 0.0), Choice("", 0.0, 0.0)))
    assert ruling.usable(document) == (Choice("", 0.0, 0.0),)


def test_outputs_are_known_from_the_file_before_anything_ran(
    document: Document, open_pair: Callable[..., None]
) -> None:
    open_pair()
    document.set_rules(tolerances=(Choice("output", 1e-3, 0.0),))
    row = ruling.rows(document)[1]
    assert (row.name, row.dtype, row.default) == ("output", "float32", None)
    assert row.loosened is None


def test_what_a_comparison_found_looser_stays_so(
    compared: Callable[..., Document], make_comparison: Callable[..., Comparison]
) -> None:
    output = make_comparison().outputs[0]
    # Within the default of the largest slice, beyond that of the smallest: only judging knows.
    judged = replace(output, chosen=Chosen(1e-6, 0.0, output.allowed, 0, loosened=True))
    document = compared(outputs=(judged,))
    document.set_rules(tolerances=(Choice("output", 1e-6, 0.0),))
    assert ruling.rows(document)[1].loosened
    document.set_rules(tolerances=(Choice("output", 1e-7, 0.0),))
    assert not ruling.rows(document)[1].loosened


def test_other_sizes_are_tried_unless_a_person_says_no(
    qtbot: QtBot, compared: Callable[..., Document]
) -> None:
    document = compared()
    card = SizesCard(document)
    qtbot.addWidget(card)
    assert card.box.isChecked()
    card.box.click()
    assert not document.sizes
    assert document.out_of_date


def test_each_trial_says_what_happened(qtbot: QtBot, compared: Callable[..., Document]) -> None:
    trials = (
        SizeTrial({"batch": 1}, "batch", TrialOutcome.AGREES, exported=True),
        SizeTrial({"batch": 3}, "batch", TrialOutcome.CANDIDATE_STOPPED, "No kernel."),
    )
    card = SizesCard(compared(trials=trials))
    qtbot.addWidget(card)
    card.refresh()
    told = words_of(card)
    assert "batch = 1, as exported" in told
    assert "both agree" in told
    assert "ONNX stops, PyTorch runs: No kernel." in told


@pytest.fixture
def providers() -> Providers:
    latency = Latency(0.002, 0.003, 3, 20)
    node = Placed("/norm", "LayerNormalization", "CPUExecutionProvider")
    sides = (
        Measured("reference (PyTorch)", "CPU", latency),
        Measured("CPUExecutionProvider", "CPU", latency, 12_000_000, nodes=9),
        Measured("CUDAExecutionProvider", "NVIDIA GPU", latency, 5_000_000, 80_000_000, 9, (node,)),
    )
    apart = (
        Apart("y", Verdict.FAIL, "2 of 4 differ.", 4, 2, 0.5),
        Apart("y", Verdict.PASS, "All agree.", 4, 0, 0.0),
    )
    names = [one.name for one in sides]
    return Providers(
        sides,
        (
            Against(names[0], names[1], (apart[1],)), Against(names[0], names[2], (apart[0],)),
            Against(names[1], names[2], (apart[0],)),
        ),
        2, 32, 64,
    )  # fmt: skip


def test_what_is_installed_is_said_in_one_line(
    qtbot: QtBot, compared: Callable[..., Document]
) -> None:
    card = ProvidersCard(compared(environment=CPU_ONLY))
    qtbot.addWidget(card)
    card.refresh()
    assert card.words.text().startswith("Only CPU is installed here")
    assert not card.boxes
    assert "known once" in installed_words((), known=False)
    assert "did not take part" in installed_words((), known=True)


def test_the_chosen_providers_are_run_and_shown(
    qtbot: QtBot, compared: Callable[..., Document], providers: Providers
) -> None:
    document = compared(environment=BOTH)
    card = ProvidersCard(document)
    qtbot.addWidget(card)
    card.refresh()
    assert [box.text() for box in card.boxes] == ["CPU", "CUDA"]
    card.boxes[0].setChecked(False)
    card.run_button.click()
    job = document.runner.waiting("providers")[0]  # type: ignore[attr-defined]
    assert job.request.providers == "CUDA"
    job.end(providers)
    card.refresh()
    rows = [[card.view.table.text(row, column) for column in range(6)] for row in range(3)]
    assert rows[0] == ["reference (PyTorch)", "", "2 ms", "3 ms", "-", "-"]
    assert rows[1] == ["CPU", "PASS", "2 ms", "3 ms", "12 MB", "0 of 9"]
    assert rows[2] == ["CUDA", "FAIL", "2 ms", "3 ms", "5 MB, 80 MB on the GPU", "1 of 9"]
    told = card.told.text()
    assert "CUDA: 1 of 9 nodes runs on CPU (LayerNormalization)." in told
    assert "CPU against CUDA: FAIL." in told
    assert "Each run takes 32 samples" in told


def test_what_was_measured_goes_with_the_file_it_was_measured_on(
    compared: Callable[..., Document], providers: Providers
) -> None:
    document = compared(environment=BOTH)
    document.providers = providers
    document.set_plan(replace(document.plan, code="/models/other.py:Net"))
    assert document.providers is None


def test_all_cards_are_on_the_tab(qtbot: QtBot, compared: Callable[..., Document]) -> None:
    view = RulesView(compared(environment=CPU_ONLY))
    qtbot.addWidget(view)
    view.resize(1160, 540)
    view.show()
    assert view.tolerances.isVisible()
    assert view.sizes.isVisible()
    assert view.providers.isVisible()
    assert not view.tolerances.view.verticalScrollBar().isVisible()
    assert view.area.horizontalScrollBar().maximum() == 0
