"""The Model page: which file is shown, what leads where, and every state of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from inspector.core.failures import Failure
from inspector.core.inspection import Detail, Link, Port
from inspector.core.model import Import, Value
from inspector.formats import columns
from inspector.ui.document import CANDIDATE, REFERENCE
from inspector.ui.models.graph_tree import NAME, TYPE
from inspector.ui.panels.model import ModelPanel
from inspector.ui.panels.model_history import RowHistory
from inspector.ui.panels.model_ports import PortTable, PortView, port_rows
from inspector.ui.panels.model_table import NODES, TENSORS, TREE

ROWS = (
    (-1, columns.SECTION, "Inputs", "1"),
    (0, columns.INPUT, "image", "float32"),
    (-1, columns.SECTION, "Metadata", "1"),
    (2, columns.METADATA, "author", ""),
    (-1, columns.SECTION, "Nodes", "3"),
    (4, columns.SCOPE, "layer1", "Block"),
    (5, columns.NODE, "conv1", "Conv"),
    (5, columns.NODE, "relu1", "Relu"),
    (4, columns.NODE, "conv_last", "Conv"),
    (-1, columns.SECTION, "Initializers", "1"),
    (9, columns.INITIALIZER, "conv1.weight", "float32"),
)
CONV1, RELU1, LAST = 6, 7, 8


@pytest.fixture
def outline(tmp_path: Path) -> str:
    folder = tmp_path / "outline"
    columns.save(
        columns.Outline(
            np.array([row[0] for row in ROWS], np.int32),
            np.array([row[1] for row in ROWS], np.uint8),
            np.zeros(len(ROWS), np.int64),
            [row[2] for row in ROWS],
            [row[3] for row in ROWS],
            ["[1]"] * len(ROWS),
        ),
        folder,
    )
    return str(folder)


@pytest.fixture
def panel(qtbot, document):
    made = ModelPanel(document)
    qtbot.addWidget(made)
    made.resize(1190, 640)
    made.show()
    return made


@pytest.fixture
def opened(qtbot, panel, document, onnx_inspection, outline):
    """The panel with an ONNX file that was read."""
    document.open_file("/models/tiny.onnx", CANDIDATE)
    document.reader.answer("inspect", onnx_inspection(outline=outline))
    qtbot.waitUntil(lambda: panel.pane.tree.rows is not None)
    return panel


def shown_names(panel: ModelPanel) -> list[str]:
    """Names that can be seen, from top to bottom."""
    view = panel.pane.view
    names, index = [], view.model().index(0, 0)
    while index.isValid():
        names.append(index.data())
        index = view.indexBelow(index)
    return names


def detail(title: str = "conv1", row: int = RELU1) -> Detail:
    value = Value("relu_1", "float32", ("batch", 3))
    return Detail(
        title,
        "Conv",
        "A convolution.",
        facts=(("Domain", "ai.onnx"),),
        attributes=(("strides", "ints", "[1, 1]"),),
        inputs=(Port("X", value, "graph input", ()),),
        outputs=(Port("Y", value, "node", (Link("relu1", row), Link("last", LAST))),),
        text="def forward(self): ...",
    )


def test_without_a_file_the_page_says_what_to_do(panel):
    assert panel._stack.currentWidget() is panel._empty
    assert not panel.pane._clear.isVisible()


def test_while_a_file_is_read_the_page_names_it(panel, document):
    document.open_file("/models/tiny.onnx", CANDIDATE)
    assert panel.pane._loading.accessibleName() == "Reading tiny.onnx"
    assert panel.pane._stack.currentWidget() is panel.pane._loading


def test_a_file_that_cannot_be_read_says_why_in_place_of_the_tree(panel, document):
    document.open_file("/models/tiny.onnx", CANDIDATE)
    failure = Failure("It is cut off.", "Fetch it again.", "EOF at byte 7")
    document.reader.answer("inspect", failure)
    message = panel.pane.message
    assert message.isVisible()
    assert message.sentence.text() == "It is cut off."
    assert message.hint.text() == "Fetch it again."
    assert not message.details.view.isVisible()
    message.details.head.click()
    assert message.details.view.toPlainText() == "EOF at byte 7"
    assert message.details.view.isVisible()


def test_a_read_file_is_shown_with_its_nodes_open_and_scopes_closed(opened):
    assert shown_names(opened) == [
        "Inputs", "image", "Metadata", "Nodes", "layer1", "conv_last", "Initializers",
    ]  # fmt: skip


def test_typing_in_the_filter_narrows_the_tree_and_counts(qtbot, opened):
    opened.focus_filter()
    qtbot.keyClicks(opened.pane.filter, "conv")
    assert shown_names(opened) == [
        "Inputs", "image", "Metadata", "Nodes", "layer1", "conv1", "conv_last",
        "Initializers", "conv1.weight",
    ]  # fmt: skip
    assert opened.pane.summary.text() == "2 of 3 nodes, 1 of 1 initializers"
    qtbot.keyClick(opened.pane.filter, Qt.Key.Key_Escape)
    assert opened.pane.filter.text() == ""
    assert opened.pane.summary.text() == ""


def test_matches_are_walked_forward_and_back_around_the_ends(opened):
    opened.pane.filter.setText("conv")
    rows = []
    for _ in range(4):
        opened.next_match()
        rows.append(opened.pane.tree.row_of(opened.pane.view.currentIndex()))
    assert rows == [CONV1, LAST, 10, CONV1]
    opened.previous_match()
    assert opened.pane.tree.row_of(opened.pane.view.currentIndex()) == 10


def test_the_chosen_row_stays_chosen_while_the_filter_changes(opened, document):
    opened.show_row(CANDIDATE, CONV1)
    asked = len(document.reader.waiting("detail"))
    opened.pane.filter.setText("conv1")
    assert opened.pane.tree.row_of(opened.pane.view.currentIndex()) == CONV1
    assert len(document.reader.waiting("detail")) == asked


def test_a_chosen_row_is_described(opened, document):
    opened.show_row(CANDIDATE, CONV1)
    job = document.reader.waiting("detail")[0]
    assert (job.request.path, job.request.row) == ("/models/tiny.onnx", CONV1)
    document.reader.answer("detail", detail())
    assert opened.detail.name == "conv1"
    assert opened.detail._content._sentence.text() == "A convolution."
    opened.copy_name()
    assert QApplication.clipboard().text() == "conv1"


def test_an_answer_about_a_row_that_was_left_is_dropped(opened, document):
    opened.show_row(CANDIDATE, CONV1)
    opened.show_row(CANDIDATE, RELU1)
    document.reader.answer("detail", detail("conv1"))
    assert opened.detail.name == ""
    document.reader.answer("detail", detail("relu1"))
    assert opened.detail.name == "relu1"


def test_a_link_leads_on_and_the_way_back_is_kept(qtbot, opened, document):
    opened.show_row(CANDIDATE, CONV1)
    document.reader.answer("detail", detail())
    ports = opened.detail._content.ports
    ports.setCurrentIndex(ports.model().index(1, 3))
    qtbot.keyClick(ports, Qt.Key.Key_Return)

    def current() -> int:
        return int(opened.pane.tree.row_of(opened.pane.view.currentIndex()))

    assert current() == RELU1
    opened.go_back()
    assert current() == CONV1
    opened.go_forward()
    assert current() == RELU1
    opened.go_forward()
    assert current() == RELU1


def test_a_row_that_the_filter_hides_clears_it_when_it_is_asked_for(opened):
    opened.pane.filter.setText("conv")
    opened.show_row(CANDIDATE, RELU1)
    assert opened.pane.filter.text() == ""
    assert opened.pane.tree.row_of(opened.pane.view.currentIndex()) == RELU1


def test_the_current_row_is_copied_as_tab_separated_text(qtbot, opened):
    opened.show_row(CANDIDATE, CONV1)
    qtbot.keyClick(opened.pane.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "conv1\tConv\t[1]\t"


def test_the_switch_appears_with_the_second_file(
    qtbot, opened, document, checkpoint_inspection, outline
):
    assert not opened.pane.sides.isVisible()
    document.open_file("/models/tiny.pt", REFERENCE)
    document.reader.answer("inspect", checkpoint_inspection())
    assert opened.pane.sides.isVisible()
    assert opened.pane.sides.current == 1
    opened.pane.sides._group.button(0).click()
    qtbot.waitUntil(lambda: opened.pane.tree.rows is not None)
    assert "conv_last" in shown_names(opened)
    document.close_file(CANDIDATE)
    assert opened.pane.sides.current == 1
    assert not opened.pane.sides.isVisible()


def test_weights_without_code_are_listed_with_a_quiet_offer(panel, document, checkpoint_inspection):
    document.open_file("/models/tiny.pt", REFERENCE)
    document.reader.answer("inspect", checkpoint_inspection())
    assert panel._stack.currentWidget() is panel._page
    assert panel.source_bar.isVisible()


def test_a_tree_that_cannot_be_read_back_says_so(qtbot, panel, document, onnx_inspection, tmp_path):
    document.open_file("/models/tiny.onnx", CANDIDATE)
    document.reader.answer("inspect", onnx_inspection(outline=str(tmp_path / "gone")))
    qtbot.waitUntil(panel.pane.message.isVisible)
    assert "could not be read back" in panel.pane.message.sentence.text()


def test_names_from_a_file_are_shown_as_they_are(opened, document):
    opened.show_row(CANDIDATE, CONV1)
    name = "<b>bold</b> & <img src=x>"
    document.reader.answer("detail", detail(name))
    label = opened.detail._content._name
    assert label.text() == name
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_each_link_of_a_port_has_a_line_of_its_own(qtmodeltester):
    lines = port_rows(detail())
    assert [line.texts[3] for line in lines] == ["graph input", "relu1", "last"]
    assert [line.row for line in lines] == [-1, RELU1, LAST]
    assert lines[1].texts[:3] == ("Y", "relu_1", "float32 ['batch', 3]")
    table = PortTable()
    table.set_detail(detail())
    qtmodeltester.check(table)


def test_a_port_without_a_link_leads_nowhere(qtbot):
    view = PortView()
    qtbot.addWidget(view)
    view.show_detail(detail())
    view.setCurrentIndex(view.model().index(0, 3))
    with qtbot.assertNotEmitted(view.followed, wait=20):
        qtbot.keyClick(view, Qt.Key.Key_Return)


def test_history_forgets_what_lay_ahead_of_a_new_place():
    history = RowHistory()
    for row in (1, 2, 2, 3):
        history.visit("a", row)
    assert history.step(-1) == ("a", 2)
    assert history.step(-1) == ("a", 1)
    assert history.step(-1) is None
    history.visit("a", 9)
    assert history.step(1) is None
    assert history.step(-1) == ("a", 1)


def test_everything_that_takes_the_keyboard_has_a_name(opened, document):
    opened.show_row(CANDIDATE, CONV1)
    document.reader.answer("detail", detail())
    for widget in opened.findChildren(type(opened.pane.filter).__mro__[1]):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            named = widget.accessibleName() or getattr(widget, "text", str)()
            scrolls = widget.metaObject().className() in ("QScrollArea", "QSplitter")
            assert named or scrolls, widget


def test_a_real_file_is_read_and_described_by_the_worker(qtbot, real_document):
    sample = Path(__file__).parents[2] / "resources/samples/digits/digits.onnx"
    panel = ModelPanel(real_document)
    qtbot.addWidget(panel)
    panel.show()
    real_document.open_file(str(sample), CANDIDATE)
    qtbot.waitUntil(lambda: panel.pane.tree.rows is not None, timeout=60_000)
    tree = panel.pane.tree
    assert tree.rows is not None
    names = [tree.index(n, NAME).data() for n in range(tree.rowCount())]
    assert names[:2] == ["Inputs", "Outputs"]
    panel.pane.filter.setText("conv")
    with qtbot.waitSignal(real_document.detail_ready, timeout=60_000):
        panel.next_match()
    current = panel.pane.view.currentIndex()
    assert "conv" in (current.data() + current.siblingAtColumn(TYPE).data()).lower()
    assert panel.detail.name
    assert panel.detail._content.ports.model().rowCount() >= 2


def test_an_import_of_a_whole_module_puts_the_question_first(
    panel, document, checkpoint_inspection
):
    found = (Import("nets.Net", 1, "unknown", "a class"),)
    document.open_file("/models/net.pt", REFERENCE)
    document.reader.answer("inspect", checkpoint_inspection("/models/net.pt", imports=found,
                                                            form="whole-module"))  # fmt: skip
    assert panel._stack.currentWidget() is panel.question


def table_names(panel: ModelPanel) -> list[str]:
    table = panel.pane.table.view.table
    return [table.text(row, 0) for row in range(table.rowCount())]


def show_form(panel: ModelPanel, form: int) -> None:
    panel.pane.forms.choose(form)
    panel.pane.forms.changed.emit(form)


def test_nodes_and_tensors_are_tables_too(opened):
    show_form(opened, NODES)
    assert table_names(opened) == ["layer1/conv1", "layer1/relu1", "conv_last"]
    show_form(opened, TENSORS)
    assert table_names(opened) == ["conv1.weight"]
    show_form(opened, TREE)
    assert opened.pane.view.isVisible()


def test_a_node_without_weights_has_no_size_in_the_table(opened):
    show_form(opened, NODES)
    table = opened.pane.table.view.table
    assert table.text(1, 0) == "layer1/relu1"
    assert table.text(1, 3) == ""


def test_a_table_is_filtered_and_sorted(opened):
    show_form(opened, NODES)
    opened.pane.filter.setText("op:Conv")
    assert table_names(opened) == ["layer1/conv1", "conv_last"]
    opened.pane.table.view.table.sort(0, Qt.SortOrder.AscendingOrder)
    assert table_names(opened) == ["conv_last", "layer1/conv1"]
    opened.pane.filter.setText("op:Loop")
    assert table_names(opened) == []
    assert opened.pane.table._nothing.text() == "No row fits the filter."


def test_a_row_of_a_table_is_described_and_stays_in_the_tree(opened, document):
    show_form(opened, NODES)
    opened.pane.table.view.selectRow(1)
    (job,) = document.reader.waiting("detail")
    assert job.request.row == RELU1
    show_form(opened, TREE)
    assert opened.pane.tree.row_of(opened.pane.view.currentIndex()) == RELU1
