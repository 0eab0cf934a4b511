"""The tab "Samples": matching arrays to inputs, consent, amounts, made-up data."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from inspector.core.failures import Failure
from inspector.core.inspection import Inspection, OnnxFacts
from inspector.core.model import Tensor, Value
from inspector.core.sample_preview import SamplePreview
from inspector.jobs.requests import Binding, Bound, DataSource, PreviewRequest
from inspector.ui.document import CANDIDATE, Document
from inspector.ui.panels.samples import SamplesView
from inspector.ui.panels.samples_binding import conversion_text, shape_text, what_to_do

ARRAYS = (
    Tensor("X", "float64", (1500, 12), 144_000),
    Tensor("region_id", "int32", (1500,), 6_000),
    Tensor("order_no", "int64", (1500,), 12_000),
)
BOUND = (
    Bound(Value("order", "float32", ("batch", 12)), "X", "float64", (1500, 12), "narrowed", ""),
    Bound(Value("region", "int64", ("batch",)), "region_id", "int32", (1500,), "widened", ""),
)
PROBLEM = "Input 'order' takes float32, 'X' holds float64."
FIT = Binding(
    ARRAYS, BOUND, ("order_no",), 1500, 32, True, "orders.npz", PROBLEM, "Allow the rounding."
)


@pytest.fixture
def view(qtbot: QtBot, document: Document) -> SamplesView:
    made = SamplesView(document)
    qtbot.addWidget(made)
    made.resize(1160, 600)
    made.show()
    return made


@pytest.fixture
def bound(document: Document, onnx_inspection: Callable[..., Inspection]) -> None:
    """An ONNX file and `orders.npz`, matched as `FIT` says."""
    document.open_file("/models/tiny.onnx", CANDIDATE)
    document.reader.answer("inspect", onnx_inspection())  # type: ignore[attr-defined]
    document.set_data(DataSource(paths=("/data/orders.npz",)))
    document.reader.answer("bind", FIT)  # type: ignore[attr-defined]


def texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def test_without_data_the_page_offers_both_ways(qtbot: QtBot, view: SamplesView) -> None:
    assert view.empty.isVisible()
    assert view.empty.sentence.text() == "No sample data yet"
    assert not view.binding_card.isVisible()
    assert not view.run_card.isVisible()


def test_each_input_says_what_it_wants_and_what_it_gets(view: SamplesView, bound: None) -> None:
    shown = texts(view.binding_card)
    for text in (
        "order", "float32 ['batch', 12]", "float64 [1500, 12]", "must be rounded to float32",
        "region", "int32 [1500]", "widened to int64, exact",
    ):  # fmt: skip
        assert text in shown
    assert view.binding_card.boxes["order"].currentText() == "X"


def test_a_problem_stands_with_what_to_do_about_it(view: SamplesView, bound: None) -> None:
    assert view.binding_card.problem.isVisible()
    assert view.binding_card.problem.text() == PROBLEM
    assert (
        view.binding_card.hint_label.text()
        == "Allow rounding to float32 under Samples, or save the array as float32."
    )


def test_another_array_can_be_chosen_for_an_input(
    document: Document, view: SamplesView, bound: None
) -> None:
    view.binding_card.boxes["region"].textActivated.emit("order_no")
    assert document.data is not None
    assert document.data.binding == {"region": "order_no"}


def test_rounding_needs_consent(
    qtbot: QtBot, qapp: QApplication, document: Document, view: SamplesView, bound: None
) -> None:
    consent = view.binding_card.consent
    assert consent.text() == "Allow rounding to float32"
    assert not consent.isChecked()
    qtbot.keyClick(consent, Qt.Key.Key_Space)
    assert document.data is not None
    assert document.data.cast
    assert consent.isVisible(), "the old answer stays until the new one is there"
    document.reader.answer("bind", replace(FIT, problem="", hint=""))  # type: ignore[attr-defined]
    qapp.processEvents()
    assert "rounded to float32" in texts(view.binding_card)
    assert consent.isChecked()


def test_what_to_do_is_about_the_problem_that_is_named() -> None:
    unfit = replace(BOUND[0], status="unfit", note="too long")
    missing = replace(BOUND[1], status="missing", array="")
    both = replace(FIT, bound=(unfit, missing), hint="Use data of shape [batch, 12].")
    assert what_to_do(both) == "Use data of shape [batch, 12]."
    assert "Name an array 'region'" in what_to_do(replace(FIT, bound=(missing, unfit)))


def test_nothing_is_asked_where_nothing_is_rounded(
    document: Document, view: SamplesView, bound: None
) -> None:
    document.set_data(DataSource(paths=("/data/other.npz",)))
    fit = Binding(ARRAYS, BOUND[1:], (), 1500, 32, True, "other.npz")
    document.reader.answer("bind", fit)  # type: ignore[attr-defined]
    assert not view.binding_card.consent.isVisible()
    assert not view.binding_card.problem.isVisible()


def test_random_arrays_are_not_a_matter_of_choice(
    document: Document, view: SamplesView, bound: None
) -> None:
    document.set_data(DataSource(random=16))
    document.reader.answer("bind", replace(FIT, real=False))  # type: ignore[attr-defined]
    assert not view.binding_card.boxes


def test_the_keyboard_stays_in_the_list_that_was_used(
    qtbot: QtBot, qapp: QApplication, document: Document, view: SamplesView, bound: None
) -> None:
    qtbot.waitActive(view)
    qapp.processEvents()
    view.binding_card.boxes["region"].setFocus()
    view.binding_card.boxes["region"].textActivated.emit("order_no")
    document.reader.answer("bind", FIT)  # type: ignore[attr-defined]
    qapp.processEvents()
    assert view.binding_card.boxes["region"].hasFocus()


def test_arrays_that_no_input_takes_are_named(view: SamplesView, bound: None) -> None:
    assert "Not used" in texts(view.binding_card)
    rows = [view.arrays.text(row, 3) for row in range(3)]
    assert rows == ["order", "region", "-"]


def test_the_amount_and_the_batch_size_are_passed_on(
    document: Document, view: SamplesView, bound: None
) -> None:
    view.run_card.limit.setValue(100)
    view.run_card.batch.setValue(8)
    assert document.data is not None
    assert (document.data.limit, document.data.batch_size) == (100, 8)


def test_a_batch_size_that_the_model_fixes_cannot_be_changed(
    document: Document,
    view: SamplesView,
    bound: None,
    onnx_inspection: Callable[..., Inspection],
) -> None:
    assert view.run_card.batch.isEnabled()
    facts = onnx_inspection().onnx
    assert facts is not None
    given = {name: getattr(facts, name) for name in OnnxFacts.__slots__}
    fixed = OnnxFacts(**given | {"inputs": (Value("input", "float32", (4, 10)),)})
    document.open_file("/models/fixed.onnx", CANDIDATE)
    answer = onnx_inspection("/models/fixed.onnx", onnx=fixed)
    document.reader.answer("inspect", answer)  # type: ignore[attr-defined]
    assert not view.run_card.batch.isEnabled()


def test_made_up_data_comes_from_a_count_and_a_seed(
    qtbot: QtBot, document: Document, view: SamplesView
) -> None:
    view.made_up_card.count.setValue(200)
    view.made_up_card.seed.setValue(20260612)
    qtbot.mouseClick(view.made_up_card.button, Qt.MouseButton.LeftButton)
    assert document.data == DataSource(random=200, seed=20260612)
    assert not view.empty.isVisible()
    assert not view.run_card.limit.isEnabled()


def test_the_page_says_that_made_up_data_is_for_review(view: SamplesView) -> None:
    assert any("REVIEW at best" in text for text in texts(view.made_up_card))


def test_data_before_the_model_waits_for_it(document: Document, view: SamplesView) -> None:
    document.set_data(DataSource(paths=("/data/orders.npz",)))
    assert any("Open the ONNX file" in text for text in texts(view.binding_card))


def test_numbers_can_be_typed_without_asking_at_every_key(view: SamplesView) -> None:
    assert not any(spin.keyboardTracking() for spin in view.findChildren(QSpinBox))


@pytest.mark.parametrize(
    ("shape", "text"),
    [(("batch", 12), "['batch', 12]"), ((None, 3), "[?, 3]"), ((), "[]"), (None, "of any shape")],
)
def test_shapes_in_words(shape: tuple[int | str | None, ...] | None, text: str) -> None:
    assert shape_text(shape) == text


def test_every_status_has_words() -> None:
    for status in ("as-is", "widened", "narrowed", "missing", "unfit"):
        bound = Bound(Value("x", "float32", (1,)), "a", "float64", (1,), status, "")
        assert conversion_text(bound, cast=False)
    noted = Bound(Value("x", "float32", (1,)), "a", "", (), "unfit", "4 axes instead of 2")
    assert conversion_text(noted, cast=False) == "4 axes instead of 2"


PICTURE = SamplePreview(
    "X", "float32", (4, 4), 0, 1500, 0.0, 15.0, 7.5, 0, 0,
    picture=base64.b64encode(bytes(range(0, 256, 16))).decode(), picture_shape=(4, 4, 1),
)  # fmt: skip


def answer(document: Document, found: object) -> None:
    document.reader.answer("preview", found)  # type: ignore[attr-defined]


def asked(document: Document) -> PreviewRequest:
    (job,) = document.reader.waiting("preview")  # type: ignore[attr-defined]
    assert isinstance(job.request, PreviewRequest)
    return job.request


def test_one_sample_of_the_first_bound_array_is_shown(
    document: Document, view: SamplesView, bound: None, qapp: QApplication
) -> None:
    qapp.processEvents()
    assert (asked(document).array, asked(document).input, asked(document).sample) == (
        "X",
        "order",
        0,
    )
    answer(document, PICTURE)
    card = view.preview_card
    assert card.facts.text() == "float32 [4, 4], from 0 to 15, mean 7.5"
    assert card.total.text() == "of 1,500 samples"
    assert not card.previous.isEnabled()
    shot = card.view.grab().toImage()
    middle = shot.width() // 2, shot.height() // 2
    upper = shot.pixelColor(middle[0] - middle[1] + 8, 8).lightness()
    lower = shot.pixelColor(middle[0] + middle[1] - 8, shot.height() - 8).lightness()
    assert (upper, lower) == (0, 240)


def test_the_next_sample_and_another_array_are_asked_for_one_at_a_time(
    qtbot: QtBot, document: Document, view: SamplesView, bound: None, qapp: QApplication
) -> None:
    qapp.processEvents()
    answer(document, PICTURE)
    qtbot.mouseClick(view.preview_card.next, Qt.MouseButton.LeftButton)
    assert asked(document).sample == 1
    view.arrays_view.record_chosen.emit(ARRAYS[2])
    assert asked(document).array == "X", "the reader is asked again when it has answered"
    answer(document, replace(PICTURE, sample=1))
    assert (asked(document).array, asked(document).input, asked(document).sample) == (
        "order_no",
        "",
        0,
    )
    answer(
        document, replace(PICTURE, array="order_no", picture="", numbers=("3", "4"), note="a part")
    )
    assert view.preview_card.numbers.text() == "3  4"
    assert view.preview_card.numbers.isVisible()
    assert view.preview_card.note.text() == "Shown: a part."


def test_curves_are_drawn_with_gaps_and_failures_are_said(
    document: Document, view: SamplesView, bound: None, qapp: QApplication
) -> None:
    qapp.processEvents()
    nan = float("nan")
    curve = (*[(0.0, 1.0)] * 40, *[(nan, nan)] * 20, *[(0.0, 1.0)] * 40)
    answer(document, SamplePreview("X", "f", (100,), 0, 1, 0.0, 1.0, 0.5, 20, 3, curve=curve))
    card = view.preview_card
    assert card.facts.text() == "f [100], from 0 to 1, mean 0.5, 20 NaN, 3 infinite"
    assert not card.sample.isVisible()
    shot = card.view.grab().toImage()
    columns = [
        len({shot.pixelColor(x, y).name() for y in range(10, shot.height() - 10)})
        for x in (shot.width() // 5, shot.width() // 2, shot.width() * 4 // 5)
    ]
    assert columns[1] == 1
    assert min(columns[0], columns[2]) > 1 or columns[0] != columns[1]
    document.set_data(DataSource(paths=("/data/other.npz",)))
    document.reader.answer("bind", FIT)  # type: ignore[attr-defined]
    qapp.processEvents()
    answer(document, Failure("The file is gone."))
    assert card.facts.text() == "The file is gone."
