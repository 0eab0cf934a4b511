"""The tab of the layers: tree, curve, what both sides do, and who is to blame."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLabel

from inspector.core import wire
from inspector.core.blame import THE_FILE, Blame, Trial
from inspector.core.comparison import Side, Worst
from inspector.core.layers import Layer, Localisation, Status
from inspector.jobs.requests import PARTIAL_LAYERS, DataSource, Event, LocaliseRequest, Row
from inspector.ui import answers
from inspector.ui.document import OpenFile
from inspector.ui.models.layer_tree import ERROR, GROWTH, LayerTree, growth_text, scaled_text
from inspector.ui.panels.compare import LAYERS, ComparePanel
from inspector.ui.panels.layers import LayersView, why_nothing
from inspector.ui.panels.layers_detail import result_in_words
from inspector.ui.panels.layers_report import bug_report
from inspector.ui.panels.layers_tree import heat, readable_on
from inspector.ui.plots.layer_curve import LayerCurve, allowed_text, in_words

SIDES = Side("a.pt", "", "PyTorch", "2"), Side("a.onnx", "", "ONNX Runtime", "1")


def layer(name, error=1e-7, status=Status.AGREES, **fields):
    given = {
        "module": name.replace("/", "."), "value": name, "node": f"node_{name}",
        "op_type": "Conv", "allowed": 1.8e-5, "elements": 100,
    }  # fmt: skip
    return Layer(name=name, status=status, scaled_error=error, **(given | fields))


LAYERS_MADE = (
    layer("stem/conv"),
    layer("stem/act", status=Status.MERGED, error=None, note="merged into conv (Fuse)"),
    layer("body/0", 0.5, Status.DIFFERS, local_error=0.5, local_agrees=False, beyond=7,
          growth=5e6, worst=(Worst(0, (1,), 2.0, 3.0, 1.0, 1e-5),), dtype="float32"),
    layer("body/1", 0.6, Status.DIFFERS, local_error=1e-8, local_agrees=True, beyond=9),
    layer("head", math.inf, Status.DIFFERS),
)  # fmt: skip

BLAME = Blame(
    (Trial(THE_FILE, "off", 0.5, False), Trial(THE_FILE, "basic", 0.0, True),
     Trial(THE_FILE, "all", math.inf, False, "it could not be run")),
    "file", "The file is at fault.",
)  # fmt: skip


@pytest.fixture
def found():
    return Localisation(
        "The error is born in body/0.", "PyTorch has Conv there", LAYERS_MADE, birthplace=2,
        first_divergence="body/0", blame=BLAME, reference=SIDES[0], candidate=SIDES[1],
    )  # fmt: skip


@pytest.fixture
def view(qtbot, document):
    made = LayersView(document)
    qtbot.addWidget(made)
    made.resize(1160, 560)
    made.show()
    return made


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]


def cells(tree, column, parent=None):
    rows = tree.rowCount() if parent is None else tree.rowCount(parent)
    found = []
    for row in range(rows):
        index = tree.index(row, 0) if parent is None else tree.index(row, 0, parent)
        found.append(index.siblingAtColumn(column).data())
        found += cells(tree, column, index)
    return found


def test_the_tree_is_made_of_module_paths(qapp):
    tree = LayerTree()
    QAbstractItemModelTester(tree, QAbstractItemModelTester.FailureReportingMode.Fatal)
    tree.show_layers(LAYERS_MADE)
    assert cells(tree, 0) == ["stem", "conv", "act", "body", "0", "1", "head"]
    assert cells(tree, ERROR) == [
        "1.0e-07", "1.0e-07", "merged", "6.0e-01", "5.0e-01", "6.0e-01", "inf",
    ]  # fmt: skip
    assert cells(tree, GROWTH)[4] == "\N{MULTIPLICATION SIGN} 5.0e+06"


def test_what_agrees_can_be_left_out(qapp):
    tree = LayerTree()
    tree.show_layers(LAYERS_MADE, beyond_only=True)
    assert cells(tree, 0) == ["body", "0", "1", "head"]
    assert tree.index_of(2).data() == "0"
    assert not tree.index_of(0).isValid()


def test_an_index_that_outlives_its_layers_is_harmless(qapp):
    tree = LayerTree()
    tree.show_layers(LAYERS_MADE)
    old = tree.index_of(4)
    tree.show_layers(())
    assert tree.data(old) == ""
    assert tree.rowCount() == 0


def test_errors_have_one_form():
    assert [scaled_text(e) for e in (0.0, 1.234e-7, 0.5, math.inf)] == [
        "0", "1.2e-07", "5.0e-01", "inf",
    ]  # fmt: skip


@pytest.mark.parametrize("error", [0.0, 1e-9, 1e-5, 1e-2, 1.0, math.inf])
def test_every_heat_cell_can_be_read(qapp, error):
    ground = heat(error)
    assert abs(ground.lightnessF() - readable_on(ground).lightnessF()) > 0.35


def test_the_curve_says_its_numbers_and_is_clicked(qtbot):
    curve = LayerCurve()
    qtbot.addWidget(curve)
    curve.resize(640, 240)
    curve.show_layers(LAYERS_MADE, 2)
    curve.show()
    assert curve.accessibleDescription() == (
        "4 layers, 3 of them beyond what is allowed. The error is born in body/0."
    )
    with qtbot.waitSignal(curve.picked) as picked:
        at = curve._at(1, 0.5).toPoint()
        qtbot.mouseClick(curve, Qt.MouseButton.LeftButton, pos=QPoint(at.x(), at.y()))
    assert picked.args == [2]
    with qtbot.waitSignal(curve.picked) as picked:
        qtbot.keyClick(curve, Qt.Key.Key_Right)
    assert picked.args == [3]
    assert not curve.grab().isNull()


def test_a_curve_without_layers_is_empty(qtbot):
    curve = LayerCurve()
    qtbot.addWidget(curve)
    curve.show_layers((), None)
    assert not curve.grab().isNull()


def test_the_pointer_is_told_both_errors():
    words = in_words(LAYERS_MADE[2])
    assert "as run: 0.5" in words
    assert "this layer alone: 0.5" in words


def test_the_birthplace_is_shown_in_full(view, document, found):
    document.localisation = found
    view.refresh()
    shown = " ".join(texts(view))
    assert "7 of 100 values differ by more than allowed" in shown
    assert "PyTorch 2.000, ONNX 3.000" in shown
    assert "node node_body/0" in shown
    assert "4 compared, 1 not" in shown


def test_choosing_a_layer_shows_it_everywhere(view, document, found):
    document.localisation = found
    view.refresh()
    view.choose(3)
    assert view.layers.view.currentIndex().data() == "1"
    assert "it inherits the error from before" in " ".join(texts(view.detail))
    view.choose(1)
    assert "Merged into conv (Fuse)." in texts(view.detail)


def test_the_table_says_who_is_to_blame(view, document, found):
    document.localisation = found
    view.refresh()
    view.evidence._views.choose(1)
    view.evidence._turn_to()
    shown = texts(view.evidence)
    assert "The file is at fault." in shown
    assert [text for text in shown if text in ("5.0e-01", "0", "not run")] == [
        "5.0e-01", "0", "not run",
    ]  # fmt: skip


def test_the_values_at_the_birthplace_are_drawn(qtbot, view, document, found, tmp_path):
    for name in ("reference", "candidate"):
        np.save(tmp_path / f"{name}.npy", np.arange(100, dtype=np.float32))
    document.localisation = replace(
        found,
        reference_file=str(tmp_path / "reference.npy"),
        candidate_file=str(tmp_path / "candidate.npy"),
    )
    view.refresh()
    qtbot.waitUntil(lambda: "100 points" in view.evidence.scatter.accessibleDescription())


def test_whose_doing_it_is_in_words():
    names = ("PyTorch", "ONNX")
    assert "still errs" in result_in_words(LAYERS_MADE[2], names)
    assert result_in_words(LAYERS_MADE[0], names).startswith("All 100 values agree.")
    assert "could not be measured" in result_in_words(LAYERS_MADE[4], names)


def test_without_a_comparison_the_page_says_what_to_do(document):
    assert why_nothing(document, None)[0] == "Compare first"


def compared(document, make_comparison, onnx_inspection, verdict="FAIL"):
    document.reference = OpenFile("/m/a.pt", onnx_inspection("/m/a.pt"))
    document.candidate = OpenFile("/m/a.onnx", onnx_inspection("/m/a.onnx"))
    document.data = DataSource(paths=("/m/x.npz",))
    made = make_comparison(verdict)
    document.comparison = replace(made, outputs=(replace(made.outputs[0], over_tolerance=3),))


def test_a_failed_comparison_offers_to_find_the_layer(document, make_comparison, onnx_inspection):
    compared(document, make_comparison, onnx_inspection)
    step = answers.answer(document).step
    assert step is not None
    assert (step.name, step.label, step.kind) == ("layers", "Find the layer", "primary")


def test_a_review_offers_it_too(document, make_comparison, onnx_inspection):
    compared(document, make_comparison, onnx_inspection, "REVIEW")
    step = answers.answer(document).step
    assert step is not None
    assert step.name == "layers"


def test_the_search_runs_on_the_worst_samples_and_shows_what_is_known(
    document, make_comparison, onnx_inspection, found, tmp_path
):
    compared(document, make_comparison, onnx_inspection)
    document.localise()
    (job,) = document.runner.waiting("localise")
    assert isinstance(job.request, LocaliseRequest)
    assert job.request.samples == (0, 17)
    wire.save(replace(found, complete=False), job.directory / PARTIAL_LAYERS)
    job.progressed.emit(Event(str(tmp_path), "layers"))
    assert document.localisation is not None
    assert not document.localisation.complete
    job.end(found)
    assert document.localisation == found
    assert document.job is None


def test_the_banner_names_the_birthplace(document, make_comparison, onnx_inspection, found):
    compared(document, make_comparison, onnx_inspection)
    document.localisation = found
    said = answers.on_layers(answers.answer(document), document)
    assert (said.word, said.sentence) == ("FAIL", "The error is born in body/0.")


def test_another_comparison_forgets_the_layers(document, make_comparison, onnx_inspection, found):
    compared(document, make_comparison, onnx_inspection)
    document.localisation = found
    document.compare()
    assert document.localisation is None


def test_recordings_have_no_layers(document, make_comparison, onnx_inspection):
    compared(document, make_comparison, onnx_inspection)
    side = Side("out.npz", "", "Recorded outputs", "")
    document.comparison = replace(document.comparison, reference=side)
    assert not document.can_localise
    step = answers.answer(document).step
    assert step is not None
    assert step.name == "worst"


def test_the_tab_follows_the_search(qtbot, document, make_comparison, onnx_inspection, found):
    compared(document, make_comparison, onnx_inspection)
    panel = ComparePanel(document)
    qtbot.addWidget(panel)
    document.localise()
    assert panel.tabs.current == LAYERS
    document.runner.answer("localise", found)
    panel.refresh()
    assert panel.layers.layers.tree.rowCount() == 3
    assert document.tab == "Layers"


def test_show_in_tree_asks_the_reader_for_the_row(view, document, onnx_inspection, found):
    pages: list[str] = []
    document.page_asked.connect(pages.append)
    asked = []
    document.node_asked.connect(lambda side, node: asked.append((side, node)))
    document.localisation = found
    view.refresh()
    view.detail._show.click()
    assert pages == ["model"]
    assert asked == [("candidate", "node_body/0")]


def test_the_model_page_shows_the_row_of_a_node(window, document, onnx_inspection):
    document.candidate = OpenFile("/m/a.onnx", onnx_inspection("/m/a.onnx"))
    document.files_changed.emit()
    panel = window.panel("model")
    document.node_asked.emit("candidate", "node_linear")
    (job,) = document.reader.waiting("row")
    assert job.request.node == "node_linear"
    job.end(Row(-1))
    assert panel is window.panel("model")


def test_growth_stays_as_wide_as_its_column():
    assert growth_text(1234.4) == "\N{MULTIPLICATION SIGN} 1,234"
    assert growth_text(1e6) == "\N{MULTIPLICATION SIGN} 1.0e+06"


def test_the_bug_report_holds_what_a_maintainer_asks_for(found):
    layers = list(LAYERS_MADE)
    layers[2] = replace(layers[2], source="net.py, line 3: x = self.a(x)", module_text="ReLU()")
    sides = tuple(one._replace(path=f"/home/me/{one.path}") for one in SIDES)
    words = bug_report(
        replace(
            found, layers=tuple(layers), reference=sides[0], candidate=sides[1], samples=(0, 17),
            not_checked=("Samples other than 0, 17.",), environment={"NumPy": "2.4"},
        )
    )  # fmt: skip
    lines = words.splitlines()
    assert lines[0] == "The error is born in body/0."
    assert "PyTorch: ReLU()" in lines
    assert "Source: net.py, line 3: x = self.a(x)" in lines
    assert "Worst: sample 0 [1]: PyTorch 2.000, ONNX 3.000" in lines
    assert "Not looked at: Samples other than 0, 17." in lines
    assert "Candidate: a.onnx, ONNX Runtime 1" in lines
    assert "NumPy: 2.4" in lines
    assert "/home" not in words


def test_the_bug_report_leaves_out_what_is_not_known():
    assert bug_report(Localisation("No layer stands out.", "", ())) == "No layer stands out."


def test_the_button_copies_the_bug_report(view, document, found):
    document.localisation = found
    view.refresh()
    view.copy.click()
    assert QGuiApplication.clipboard().text() == bug_report(found)


def test_what_was_not_looked_at_stands_below_the_layers(view, document, found):
    document.localisation = replace(
        found, mapped_by="names", not_checked=("Samples other than 0.", "Loops.")
    )
    view.refresh()
    said = "Matched by names. Not looked at: samples other than 0. Loops."
    assert view.layers.scope.text() == said


def test_while_there_are_no_values_the_card_says_why(
    view, document, make_comparison, onnx_inspection, found
):
    compared(document, make_comparison, onnx_inspection)
    document.localise()
    document.localisation = replace(found, complete=False, blame=None)
    view.refresh()
    assert "when the search is done" in " ".join(texts(view.evidence))
    document.cancel()
    view.refresh()
    assert "The search was stopped" in " ".join(texts(view.evidence))
    document.localisation = replace(found, birthplace=None, blame=None)
    view.refresh()
    assert "No layer stands out" in " ".join(texts(view.evidence))


def test_the_name_at_the_birthplace_hides_no_point(qtbot):
    curve = LayerCurve()
    qtbot.addWidget(curve)
    curve.resize(640, 200)
    made = [layer(f"m{i}", 1e-7) for i in range(3)]
    made += [layer(f"m{i}", 0.1, Status.DIFFERS) for i in range(3, 30)]
    curve.show_layers(made, 3)
    at = curve._at(3, 0.1)
    room = curve._free(curve._area(), at, 200.0)
    assert not [dot for dot in curve._dots() if room.contains(dot)]
    beside = QRectF(at.x() + 9, at.y() - 9, 206, 18)
    assert [dot for dot in curve._dots() if beside.contains(dot)]


def test_what_is_allowed_is_named_from_the_least_to_the_most():
    assert allowed_text([1.8e-5, 1.81e-5]) == "allowed: 1.8e-05"
    assert allowed_text([1e-3, 1.8e-5]) == "allowed: 1.8e-05 to 1.0e-03"
