"""The inside of files on the Model page: values, attributes for the filter, both files at once."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from inspector.core.difference import Change, Difference
from inspector.core.failures import Failure
from inspector.core.inspection import Detail
from inspector.core.matching import Item, Match, Matching
from inspector.core.tensor_facts import Bars, Picture, TensorFacts
from inspector.formats import columns
from inspector.formats.facets import Facet, Facets, save_facets
from inspector.jobs.requests import Event, Written
from inspector.ui.document import CANDIDATE, REFERENCE
from inspector.ui.panels.model import ModelPanel
from inspector.ui.panels.model_beside import CHANGE_COLUMNS, MATCH_COLUMNS
from inspector.ui.panels.model_tensor import AT_ONCE, TensorSection, number_text, numbers
from inspector.ui.plots.colour_maps import NOT_FINITE
from inspector.ui.plots.fields import picture_of
from inspector.ui.plots.value_bars import ValueBarsView, ticks

SMALL, LARGE, NODE = 1, 2, 4
ROWS = (
    (-1, columns.SECTION, "Initializers", "2", "", 0),
    (0, columns.INITIALIZER, "small", "float32", "[2, 3]", 24),
    (0, columns.INITIALIZER, "large", "float16", "[9, 9]", AT_ONCE + 1),
    (-1, columns.SECTION, "Nodes", "2", "", 0),
    (3, columns.NODE, "conv", "Conv", "[1, 8, 3, 3]", 24),
    (3, columns.NODE, "relu", "Relu", "[1, 8]", 0),
)
FACTS = TensorFacts(
    "small", "float32", (2, 3), 24, "tiny.onnx", 100, 24, 6, 1, 0, 1, 0, -1.0, 2.0, 0.5, 0.25,
    Bars((-1.0, 0.5, 2.0), (2, 3)), first=(0.0, 1.5),
)  # fmt: skip


@pytest.fixture
def outline(tmp_path):
    folder = tmp_path / "outline"
    parent, kind, name, types, shape, size = map(list, zip(*ROWS, strict=True))
    arrays = np.array(parent, np.int32), np.array(kind, np.uint8), np.array(size, np.int64)
    columns.save(columns.Outline(*arrays, name, types, shape), folder)
    return str(folder)


@pytest.fixture
def panel(qtbot, document, onnx_inspection, outline):
    made = ModelPanel(document)
    qtbot.addWidget(made)
    made.resize(1190, 640)
    made.show()
    document.open_file("/models/tiny.onnx", CANDIDATE)
    document.reader.answer("inspect", onnx_inspection(outline=outline))
    qtbot.waitUntil(lambda: made.pane.tree.rows is not None)
    return made


def choose(panel, document, row, tensor_row=-1, **fields):
    panel.show_row(CANDIDATE, row)
    document.reader.waiting("detail")[-1].end(
        Detail(ROWS[row][2], "float32", tensor_row=tensor_row, **fields)
    )


def test_a_small_tensor_is_read_at_once_and_shown(qtbot, panel, document, tmp_path):
    np.save(tmp_path / "p.npy", np.array([[1, -2], [np.nan, 0.5]], np.float32))
    choose(panel, document, SMALL, SMALL)
    qtbot.waitUntil(lambda: bool(document.reader.waiting("tensor")))
    request = document.reader.waiting("tensor")[0].request
    assert (request.path, request.row, request.npy) == ("/models/tiny.onnx", SMALL, False)
    picture = Picture(str(tmp_path / "p.npy"), (2, 2), (0, 0), "2 rows")
    document.reader.answer("tensor", _with(FACTS, picture=picture))
    section = panel.detail.tensor
    assert section.isVisible()
    assert "2 from -1 to" in section.bars.accessibleDescription()
    assert "3 from 0.5 to 2" in section.bars.accessibleDescription()
    assert section.save.isVisible()


def _with(facts, **fields):
    from dataclasses import replace

    return replace(facts, **fields)


def test_a_large_tensor_waits_to_be_asked_for_and_can_be_stopped(qtbot, panel, document):
    choose(panel, document, LARGE, LARGE)
    section = panel.detail.tensor
    qtbot.wait(250)
    assert not document.reader.waiting("tensor")
    section.read.click()
    qtbot.waitUntil(lambda: bool(document.reader.waiting("tensor")))
    job = document.reader.waiting("tensor")[0]
    job.progressed.emit(Event("", "progress", "Reading the values", "", 0.4))
    assert section.stop.isVisible()
    section.stop.click()
    assert job.over
    assert section.read.isVisible()


def test_the_answer_about_a_row_that_was_left_is_not_shown(qtbot, panel, document):
    choose(panel, document, SMALL, SMALL)
    qtbot.waitUntil(lambda: bool(document.reader.waiting("tensor")))
    choose(panel, document, NODE)
    document.reader.answer("tensor", FACTS)
    assert panel.detail.tensor.isHidden()


def test_rows_chosen_while_one_is_read_are_read_after_it(qtbot, panel, document):
    choose(panel, document, SMALL, SMALL)
    qtbot.waitUntil(lambda: bool(document.reader.waiting("tensor")))
    choose(panel, document, NODE, SMALL)
    qtbot.wait(250)
    assert len(document.reader.waiting("tensor")) == 1
    document.reader.answer("tensor", FACTS)
    assert len(document.reader.waiting("tensor")) == 1


def test_values_that_cannot_be_read_are_explained_in_place(qtbot, panel, document):
    choose(panel, document, SMALL, SMALL)
    qtbot.waitUntil(lambda: bool(document.reader.waiting("tensor")))
    document.reader.answer("tensor", Failure("The file is cut short.", "Copy it again."))
    assert "cut short" in panel.detail.tensor._message.text()


def test_a_tensor_is_saved_where_the_person_says(qtbot, panel, document, tmp_path):
    choose(panel, document, SMALL, SMALL)
    qtbot.waitUntil(lambda: bool(document.reader.waiting("tensor")))
    document.reader.answer("tensor", FACTS)
    panel.detail.tensor.save.click()
    output = tmp_path / "out.npy"
    panel.inside.dialog.fileSelected.emit(str(output))
    panel.inside.dialog.close()
    (tmp_path / "made.npy").write_bytes(b"array")
    with qtbot.waitSignal(panel.inside.inside.saved):
        document.reader.answer("tensor", _with(FACTS, npy=str(tmp_path / "made.npy")))
    assert output.read_bytes() == b"array"


def test_a_table_is_saved_where_the_person_says(qtbot, panel, document, tmp_path):
    panel.inside.export_table("nodes")
    panel.inside.dialog.fileSelected.emit(str(tmp_path / "nodes.csv"))
    panel.inside.dialog.close()
    (tmp_path / "made.csv").write_text("name")
    with qtbot.waitSignal(panel.inside.inside.saved):
        document.reader.answer("table", Written(str(tmp_path / "made.csv"), 2))
    assert (tmp_path / "nodes.csv").read_text() == "name"


def test_documentation_and_the_line_of_source_are_shown_as_plain_text(panel, document):
    choose(
        panel, document, NODE, documentation="<b>Conv</b>", source="net.py, line 3", code="y = f(x)"
    )
    folded = panel.detail._content.documentation
    assert folded.isVisible()
    folded.head.click()
    assert folded.view.toPlainText() == "<b>Conv</b>"
    assert panel.detail._content._code.toPlainText() == "y = f(x)"


def matches(panel):
    return [panel.pane.tree.rows.name(row) for row in panel.pane.tree.matches]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("op:Conv", ["conv"]),
        ("-op:Conv -op:Relu", ["small", "large"]),
        ("dtype:float16", ["large"]),
        ("shape:*x3x3", ["conv"]),
        ("conv op:Relu", []),
        ("name:*l*", ["small", "large", "relu"]),
        ("name:?el*", ["relu"]),
        ("name:*", ["small", "large", "conv", "relu"]),
        ("l -name:large", ["small", "relu"]),
    ],
)
def test_the_filter_understands_keys(panel, text, names):
    panel.pane.filter.setText(text)
    assert matches(panel) == names
    assert panel.pane.problem.isHidden()


def test_what_the_filter_does_not_understand_is_said(panel):
    panel.pane.filter.setText("kind:Conv")
    assert "'kind:'" in panel.pane.problem.text()
    assert panel.pane.problem.isVisible()
    panel.pane.filter.setText("conv")
    assert panel.pane.problem.isHidden()


def test_attributes_are_read_when_the_filter_first_asks_for_them(qtbot, panel, document, tmp_path):
    panel.pane.filter.setText("attr:group=1")
    assert matches(panel) == []
    none = Facet(np.full(len(ROWS), -1, np.int32), [])
    codes = np.full(len(ROWS), -1, np.int32)
    codes[NODE] = 0
    save_facets(Facets(none, Facet(codes, ["group=1"])), tmp_path)
    document.reader.answer("facets", Written(str(tmp_path), len(ROWS)))
    qtbot.waitUntil(lambda: matches(panel) == ["conv"])
    panel.pane.filter.setText("attr:group=2")
    assert not document.reader.waiting("facets")


# Both files


@pytest.fixture
def pair(panel, document, checkpoint_inspection):
    document.open_file("/models/tiny.pt", REFERENCE)
    document.reader.answer("inspect", checkpoint_inspection())
    panel._answered.add("/models/tiny.pt")
    panel.refresh()
    panel._on_pane_side_chosen(2)
    return panel


MATCHING = Matching(
    "/models/tiny.pt",
    "/models/tiny.onnx",
    (
        Match("layer10.w", "float32", (2,), "same", ("w10",), "float32", (2,)),
        Match("layer2.w", "float32", (3,), "missing"),
    ),
    (Item("=extra", "float32", (9,)),),
    {"same": 1, "missing": 1},
)


def test_what_became_of_the_weights_is_a_table(qtbot, pair, document, tmp_path):
    job = document.reader.waiting("match")[0]
    assert job.request.paths == ("/models/tiny.pt", "/models/tiny.onnx")
    job.end(MATCHING)
    assert pair.beside.sentence.text().startswith("1 of 2 tensors")
    view = pair.beside.matches
    assert view.isVisible()
    table = view.table
    assert [table.text(row, 0) for row in range(3)] == ["layer10.w", "layer2.w", ""]
    view._on_head_clicked(0)
    assert [table.text(row, 0) for row in range(3)] == ["layer10.w", "layer2.w", ""]
    view._on_head_clicked(0)
    assert [table.text(row, 0) for row in range(3)] == ["", "layer2.w", "layer10.w"]
    view.selectRow(1)
    view.copy_rows()
    assert QGuiApplication.clipboard().text().startswith("layer2.w\tfloat32")
    pair.beside.save_table(str(tmp_path / "t.csv"))
    qtbot.waitUntil(lambda: (tmp_path / "t.csv").exists())
    qtbot.wait(50)
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert (rows[0][0], rows[1][4]) == ("Tensor", "'=extra")


def test_the_trees_are_a_click_away_and_nothing_is_read_twice(pair, document):
    document.reader.waiting("match")[0].end(MATCHING)
    pair._on_pane_side_chosen(0)
    assert pair._stack.currentWidget() is not pair.beside
    pair._on_pane_side_chosen(2)
    assert pair._stack.currentWidget() is pair.beside
    assert not document.reader.waiting("match")


def test_matching_can_be_stopped_fails_in_words_and_is_tried_again(pair, document):
    pair.beside.stop.click()
    assert pair.beside.again.isVisible()
    pair.beside.again.click()
    document.reader.answer("match", Failure("It cannot be read.", "Open it again."))
    assert pair.beside.sentence.text() == "It cannot be read."
    assert pair.beside.again.isVisible()


def test_two_onnx_files_show_their_difference(panel, document, onnx_inspection, outline):
    document.open_file("/models/other.onnx", REFERENCE)
    document.reader.answer("inspect", onnx_inspection("/models/other.onnx", outline=outline))
    panel.refresh()
    panel._on_pane_side_chosen(2)
    changes = (Change("node", "added", "act", "", "", "Relu"),)
    paths = ("/models/other.onnx", "/models/tiny.onnx")
    assert document.reader.waiting("difference")[0].request.paths == paths
    document.reader.answer("difference", Difference(paths, changes, {"node": {"added": 1}}, 3, 4))
    assert panel.beside.changes.isVisible()
    assert panel.beside.changes.table.text(0, 2) == "act"
    assert panel.beside.sentence.text() == "The files differ. Nodes: 1 added."


def test_what_changed_in_values_is_shown_in_words_and_no_digest():
    told = "3 of 9 values differ, by at most 0.02"
    weight = Change("weight", "changed", "w", "values", "a1b2", "c3d4", told)
    node = weight._replace(part="node", what="value")
    texts = [[column.text(change) for column in CHANGE_COLUMNS[3:]] for change in (weight, node)]
    assert texts == [[told, "", ""], [f"value: {told}", "", ""]]


@pytest.mark.parametrize(
    ("relation", "note", "became", "meaning"),
    [
        ("folded", "into w_1: batch normalisation 'b'", "folded",
         "into w_1: batch normalisation 'b'; checked by value"),
        ("unneeded", "counts the steps of training", "not needed",
         "not needed to run the model; counts the steps of training"),
        ("perhaps-folded", "belongs to a batch normalisation", "perhaps folded",
         "not found by value; belongs to a batch normalisation"),
    ],
)  # fmt: skip
def test_what_became_of_a_tensor_is_said_in_words(relation, note, became, meaning):
    match = Match("b.weight", "float32", (8,), relation, note=note)
    assert [column.text(match) for column in (MATCH_COLUMNS[3], MATCH_COLUMNS[5])] == [
        became,
        meaning,
    ]


def test_two_onnx_files_dropped_together_take_both_places(document, tmp_path):
    import onnx
    from onnx import helper

    paths = []
    for name in ("a.onnx", "b.onnx"):
        graph = helper.make_graph([], "g", [], [])
        opset = [helper.make_opsetid("", 18)]
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / name)
        paths.append(str(tmp_path / name))
    document.open_files(paths)
    assert (document.reference.path, document.candidate.path) == tuple(paths)


# Parts


def test_numbers_are_short_and_exact_where_they_are_whole():
    assert numbers(FACTS)[:3] == ("6", "-1", "2")
    assert numbers(FACTS)[-2:] == ("1 (16.7%)", "0 / 1")
    assert number_text(1_234_567) == "1,234,567"
    assert number_text(1.5e-7) == "1.500e-07"


@pytest.mark.parametrize("most", [1, 2, 7, 10, 99, 312, 5000, 123_456])
def test_the_count_axis_begins_at_zero_and_stays_below_the_largest(most):
    found = ticks(most)
    assert found[0] == 0
    assert 2 <= len(found) <= 4
    assert found[-1] <= most


def test_pictures_of_both_signs_have_zero_in_the_middle():
    field = picture_of(np.array([[-4.0, 4.0], [np.nan, 0.0]]))
    assert (field.lower, field.upper) == (-4.0, 4.0)
    assert field.pixels[2] == field.pixels[3] == 126
    assert picture_of(np.array([[1.0, 4.0]])).lower == 1.0
    assert picture_of(np.array([[1.0, np.inf]])).pixels[1] == NOT_FINITE
    assert picture_of(np.full((2, 2), np.inf)).pixels == bytes([NOT_FINITE] * 4)


def test_a_few_very_large_values_do_not_hide_the_others():
    values = np.resize([-1.0, 1.0], (100, 100))
    values[0, 0] = 1000.0
    assert picture_of(values).upper == 1.0


def test_nothing_is_drawn_without_values(qtbot):
    view, section = ValueBarsView(), TensorSection()
    for widget in (view, section):
        qtbot.addWidget(widget)
        widget.resize(400, 200)
        assert not widget.grab().isNull()
