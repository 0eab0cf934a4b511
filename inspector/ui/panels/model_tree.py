"""The left half of the Model page: the filter and the tree, or why there is none yet."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from inspector.core.failures import Failure
from inspector.ui import look
from inspector.ui.models.graph_tree import GraphTree
from inspector.ui.models.tree_rows import TreeRows
from inspector.ui.panels.model_table import NODES, TREE, RowsTable
from inspector.ui.panels.model_view import GraphView
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.controls import Segmented
from inspector.ui.widgets.failure_view import FailureView
from inspector.ui.widgets.labels import Label, tooltip

OPENED_AT_FIRST = ("Inputs", "Outputs", "Opset imports", "Nodes", "Tensors", "Modules")
"""Sections that stand open when a file is shown."""

OPENED_MATCHES = 60
"""Matches whose scopes are opened while one types; the others are found with F3."""

_ONNX_SECTIONS = ("Inputs", "Outputs", "Opset imports", "Metadata", "Nodes", "Initializers")
_PYTORCH_SECTIONS = ("Tensors", "Modules", "Imports")


FILTER_HELP = """Words are looked for in names and types.
name:block*conv     the name
op:Conv             the operator; op:Conv,Gemm for either
dtype:float16       the type of the values
shape:*x3x3         the shape
attr:group=1        an attribute of a node
-op:Relu            without these
name:"block 1"      quotes hold words together
* is any text, ? any character. All that is asked for must hold."""


class TreePane(Card):
    """Switch, filter and tree. `chosen` names an outline row, `side_chosen` the switch's side."""

    chosen = Signal(int)
    side_chosen = Signal(int)
    facets_needed = Signal()
    """The filter looks in what the tree's own columns leave out."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = GraphTree(self)
        self.view = GraphView(self.tree)
        self.sides = Segmented(("ONNX graph", "PyTorch modules", "Weights"), "Which file is shown")
        self.forms = Segmented(("Tree", "Nodes", "Tensors"), "How it is shown", small=True)
        self.table = RowsTable()
        self.filter = QLineEdit()
        self.summary = Label("", 12, 400, "text2")
        self.problem = Label("", 12, 400, "review", wrap=True)
        self.problem.hide()
        self.message = FailureView()
        self._loading = _Loading()
        self.summary.hide()
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()

    def show_rows(self, rows: TreeRows) -> None:
        """Show a file; the sections that people look at first stand open."""
        self.tree.set_rows(rows)
        self._stack.setCurrentWidget(self.view)
        self.filter.show()
        self._open_rows()
        self._show_form()

    def show_loading(self, name: str, *, onnx: bool) -> None:
        """Say that a file is being read."""
        self.tree.set_rows(None)
        self._loading.say(f"Reading {name}", _ONNX_SECTIONS if onnx else _PYTORCH_SECTIONS)
        self._stack.setCurrentWidget(self._loading)
        self.filter.show()
        self._show_summary("")

    def show_failure(self, failure: Failure) -> None:
        """Say why a file cannot be shown, in place of its tree."""
        self.tree.set_rows(None)
        self.message.say(failure)
        self._stack.setCurrentWidget(self.message)
        self.filter.hide()  # there is nothing to look for
        self._show_summary("")

    def focus_filter(self) -> None:
        """Put the keyboard into the filter."""
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def step_match(self, step: int) -> None:
        """Go to the next (1) or the previous (-1) match, around the ends."""
        matches = self.tree.matches
        if not matches:
            return
        current = self.tree.row_of(self.view.currentIndex())
        if step > 0:
            later = (row for row in matches if row > current)
            self.view.go_to(next(later, matches[0]))
        else:
            earlier = (row for row in reversed(matches) if row < current)
            self.view.go_to(next(earlier, matches[-1]))

    def _lay_out(self) -> None:
        self.filter.setPlaceholderText("Filter: conv  op:Conv  dtype:float16  shape:*x3x3")
        self.filter.setAccessibleName("Filter by name, operator, type, shape or attribute")
        self.filter.setToolTip(tooltip(FILTER_HELP))
        self.filter.setClearButtonEnabled(False)
        search = QAction(look.icon("search", "text3"), "", self.filter)
        self.filter.addAction(search, QLineEdit.ActionPosition.LeadingPosition)
        self._clear = QAction(look.icon("close"), "Clear the filter", self.filter)
        self.filter.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        self._clear.setVisible(False)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.filter, 1)
        row.addWidget(self.summary)
        head = QHBoxLayout()
        head.addWidget(self.sides)
        head.addStretch(1)
        head.addWidget(self.forms)
        self.body.addLayout(head)
        self.body.addLayout(row)
        self.body.addWidget(self.problem)
        self.body.addWidget(self._stack, 1)
        for page in (self.view, self._loading, self.message, self.table):
            self._stack.addWidget(page)

    def _connect(self) -> None:
        self.view.chosen.connect(self.chosen)
        self.sides.changed.connect(self.side_chosen)
        self.forms.changed.connect(self._show_form)
        self.table.chosen.connect(self._on_table_chosen)
        self.filter.textChanged.connect(self._on_filter_changed)
        self.filter.returnPressed.connect(lambda: self.step_match(1))
        self._clear.triggered.connect(self.filter.clear)
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut
        down = QShortcut(QKeySequence(Qt.Key.Key_Down), self.filter)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self.view.setFocus)
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.filter)
        leave.setContext(context)
        leave.activated.connect(self.filter.clear)

    def _on_filter_changed(self, text: str) -> None:
        kept = self.tree.row_of(self.view.currentIndex())
        self._clear.setVisible(bool(text))
        self.tree.set_query(text)
        self._show_problem()
        self._open_rows()
        if kept >= 0 and self.tree.index_of(kept).isValid():
            blocked = self.view.blockSignals(True)
            self.view.go_to(kept)
            self.view.blockSignals(blocked)

    def find_again(self) -> None:
        """Apply the filter anew: more is known about the rows."""
        self.tree.set_query(self.filter.text(), again=True)
        self._open_rows()

    def _show_form(self) -> None:
        """Show the file as a tree or as a table; the row that is looked at stays."""
        rows = self.tree.rows
        if rows is None:
            return
        sections = {rows.name(row) for row in rows.below(-1).tolist()}
        self.forms.set_label(NODES, "Nodes" if "Nodes" in sections else "Modules")
        if self.forms.current == TREE:
            self._stack.setCurrentWidget(self.view)
            return
        self.table.show_rows(rows, self.tree.narrowed, self.forms.current)
        self.table.mark(self.tree.row_of(self.view.currentIndex()))
        self._stack.setCurrentWidget(self.table)

    def _on_table_chosen(self, row: int) -> None:
        """The tree follows, so that it shows the same row when it is seen again."""
        blocked = self.view.blockSignals(True)
        self.view.go_to(row)
        self.view.blockSignals(blocked)
        self.chosen.emit(row)

    def _show_problem(self) -> None:
        """Say what of the filter is not understood, and have read what it needs besides."""
        parsed = self.tree.parsed
        text = " ".join(parsed.problems) if parsed else ""
        if text != self.problem.text():
            self.problem.setText(text)
            self.problem.setVisible(bool(text))
        if parsed is not None and parsed.needs_facets:
            self.facets_needed.emit()

    def _show_summary(self, text: str) -> None:
        self.summary.setText(text)
        self.summary.setVisible(bool(text))

    def _open_rows(self) -> None:
        """Open the sections, and what leads to the first matches."""
        tree, rows = self.tree, self.tree.rows
        self._show_summary(tree.summary)
        if rows is None:
            return
        if self.forms.current != TREE:
            self._show_form()
        opened = {r for r in rows.below(-1).tolist() if rows.name(r) in OPENED_AT_FIRST}
        for row in tuple(opened):
            only = rows.below(row).tolist()
            while len(only) == 1:
                opened.add(only[0])
                only = rows.below(only[0]).tolist()
        for match in tree.first_matches(OPENED_MATCHES):
            above = rows.above(match)
            while above >= 0 and above not in opened:
                opened.add(above)
                above = rows.above(above)
        for row in opened:
            index = tree.index_of(row)
            if index.isValid():
                self.view.setExpanded(index, True)


class _Loading(QWidget):
    """The sections that will come, each with three dots."""

    def __init__(self) -> None:
        super().__init__()
        self._title = Label("", 13, 600)
        self._sections = [Label("", 13, 600, "text3") for _ in range(6)]
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self._title)
        for label in self._sections:
            column.addWidget(label)
        column.addStretch(1)

    def say(self, title: str, sections: tuple[str, ...]) -> None:
        """Show what is read, and what it will have."""
        self._title.setText(title)
        self.setAccessibleName(title)
        names = [*sections, *[""] * 6]
        for label, name in zip(self._sections, names, strict=False):
            label.setText(f"{name}  ..." if name else "")
