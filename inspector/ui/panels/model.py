"""Model: what is in either file, and the question of trust before a checkpoint is run."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from inspector.core.failures import TRUST_NEEDED, Failure
from inspector.core.inspection import Detail
from inspector.jobs import requests
from inspector.ui.ahead import finish
from inspector.ui.consent import needs_consent
from inspector.ui.document import CANDIDATE, REFERENCE, Document, OpenFile
from inspector.ui.forms import needs_code
from inspector.ui.models.tree_loader import TreeLoader
from inspector.ui.models.tree_rows import TreeRows
from inspector.ui.panels.model_beside import BesidePane, beside_name, both_onnx
from inspector.ui.panels.model_detail import DetailPane
from inspector.ui.panels.model_history import RowHistory
from inspector.ui.panels.model_inside import InsideLinks
from inspector.ui.panels.model_source import SourceBar
from inspector.ui.panels.model_summary import summary
from inspector.ui.panels.model_tree import TreePane
from inspector.ui.panels.model_trust import TrustQuestion
from inspector.ui.turns import Turn
from inspector.ui.widgets.cards import Card, EmptyState

SIDES = (CANDIDATE, REFERENCE)
"""In the order of the switch: ONNX graph, PyTorch modules; after them both beside each other."""

SIDE_NAMES = ("ONNX graph", "PyTorch modules")


class ModelPanel(QWidget):
    """Tree and details of the ONNX file or the checkpoint; the question of trust in their place.

    Args:
        document: What is shown.
        in_steps: Leave it to `making` to make the parts.
    """

    pane: TreePane
    detail: DetailPane

    def __init__(self, document: Document, *, in_steps: bool = False) -> None:
        super().__init__()
        self._document = document
        self._side = CANDIDATE
        self._seen: tuple[OpenFile | None, ...] = (None, None)
        self._answered: set[str] = set()
        self._asking = self._beside_chosen = False
        self._beside: BesidePane | None = None
        self._trees: dict[str, TreeRows] = {}
        self._loading: set[str] = set()
        self._shown: object = None
        self._history = RowHistory()
        self._loader = TreeLoader(self)
        self._question: TrustQuestion | None = None
        self._turn = Turn(self, self.refresh)
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        self.pane = TreePane()
        yield "tree"
        self.detail = DetailPane()
        yield "detail"
        self.inside = InsideLinks(self._document, self.pane, self.detail, lambda: self._side)
        self.source_bar = SourceBar(self._document)
        self._lay_out()
        yield "layout"
        self._connect()
        self.refresh()

    @property
    def question(self) -> TrustQuestion:
        """The question of trust, made when it is first put: most files need none."""
        if self._question is None:
            self._question = TrustQuestion(self._document)
            self._question.answered.connect(self._on_question_answered)
            self._stack.addWidget(self._question)
        return self._question

    @property
    def beside(self) -> BesidePane:
        """Both files beside each other, made when it is first asked for."""
        if self._beside is None:
            self._beside = BesidePane(self._document, self.inside.inside)
            self._beside.side_chosen.connect(self._on_pane_side_chosen)
            self._beside.sides.choose(len(SIDES))
            self._stack.addWidget(self._beside)
        return self._beside

    def ask_trust(self) -> None:
        """Put the question of trust about the checkpoint, whatever was answered before."""
        opened = self._document.reference
        if opened is not None and opened.inspection and opened.inspection.checkpoint:
            self._side, self._asking = REFERENCE, True
            self.refresh()

    def show_row(self, side: str, row: int) -> None:
        """Show a row of a file; a filter that hides it is cleared."""
        if side != self._side:
            self._side = side
            self.refresh()
        if not self.pane.tree.index_of(row).isValid():
            self.pane.filter.clear()
        self.pane.view.go_to(row)

    def show_node(self, side: str, node: str) -> None:
        """Show a node by its name; where it is, the reader of the file knows."""
        opened = self._document.file(side)
        if opened is None:
            return
        job = self._document.reader.submit("row", requests.RowRequest(opened.path, node))
        job.finished.connect(lambda found: self._on_row_found(side, opened.path, found.row))
        job.failed.connect(self._document.failed)

    def _on_row_found(self, side: str, path: str, row: int) -> None:
        opened = self._document.file(side)
        if row >= 0 and opened is not None and opened.path == path:
            self._on_pane_side_chosen(SIDES.index(side))
            self.show_row(side, row)

    def focus_filter(self) -> None:
        """Put the keyboard into the filter."""
        self.pane.focus_filter()

    def next_match(self) -> None:
        """Go to the next row that the filter found."""
        self.pane.step_match(1)

    def previous_match(self) -> None:
        """Go to the row before that the filter found."""
        self.pane.step_match(-1)

    def go_back(self) -> None:
        """Show the row that was looked at before."""
        self._step(-1)

    def go_forward(self) -> None:
        """Undo `go_back`."""
        self._step(1)

    def show_beside(self) -> None:
        """Show both files beside each other."""
        self._on_pane_side_chosen(len(SIDES))

    def save_nodes(self) -> None:
        """Ask for a place and write the nodes of the ONNX file as CSV."""
        self._on_pane_side_chosen(SIDES.index(CANDIDATE))
        self.inside.export_table("nodes")

    def save_tensors(self) -> None:
        """Ask for a place and write the tensors of the shown file as CSV."""
        self.inside.export_table("tensors")

    def copy_name(self) -> None:
        """Put the name of the shown row on the clipboard."""
        self.detail.copy_name()

    def refresh(self) -> None:
        """Draw the document as it is now."""
        document = self._document
        self._follow_new_files()
        both = document.candidate is not None and document.reference is not None
        self.pane.sides.setVisible(both)
        if document.file(self._side) is None:
            self._side = next((side for side in SIDES if document.file(side)), self._side)
        self.pane.sides.choose(SIDES.index(self._side))
        opened = document.file(self._side)
        self._show_source_bar(opened)
        read = [document.file(side) for side in SIDES]
        self._beside_chosen &= all(one is not None and one.inspection for one in read)
        beside = self.beside if self._beside_chosen else None
        self._name_sides()
        if opened is None:
            self._stack.setCurrentWidget(self._empty)
        elif beside is not None:
            self._stack.setCurrentWidget(beside)
            beside.refresh()
        elif self._must_ask(opened):
            question = self.question
            if self._stack.currentWidget() is not question:
                question.show_question()
            self._stack.setCurrentWidget(question)
        else:
            self._stack.setCurrentWidget(self._page)
            self._show_file(opened)

    def _name_sides(self) -> None:
        """Call the views of the switch after what is open."""
        files = ("Candidate", "Reference") if both_onnx(self._document) else SIDE_NAMES
        switches = [self.pane.sides, *([self._beside.sides] if self._beside else [])]
        for switch in switches:
            for number, label in enumerate((*files, beside_name(self._document))):
                switch.set_label(number, label)

    # Which page

    def _follow_new_files(self) -> None:
        """Show the file that was opened last; a question about another file is over."""
        now = tuple(self._document.file(side) for side in SIDES)
        for side, before, opened in zip(SIDES, self._seen, now, strict=True):
            if opened is not None and (before is None or before.path != opened.path):
                self._side, self._beside_chosen = side, False
                if side == REFERENCE:
                    self._asking = False
                    self._answered.discard(opened.path)
        self._seen = now

    def _must_ask(self, opened: OpenFile) -> bool:
        facts = opened.inspection.checkpoint if opened.inspection else None
        if self._side != REFERENCE or facts is None:
            return False
        if self._asking:
            return True
        waiting = opened.path not in self._answered and not self._document.plan.trusted
        return waiting and needs_consent(facts)

    def _show_source_bar(self, opened: OpenFile | None) -> None:
        facts = opened.inspection.checkpoint if opened and opened.inspection else None
        plan = self._document.plan
        bare = facts is not None and needs_code(facts)
        self.source_bar.setVisible(bare and self._side == REFERENCE and not plan.trusted)

    def _show_file(self, opened: OpenFile) -> None:
        inspection = opened.inspection
        state = (opened.path, inspection is None, opened.outline, opened.failure)
        if state == self._shown:
            return
        self._shown = state
        if inspection is not None:
            self.detail.show_summary(summary(inspection))
        else:
            self.detail.clear()
        # What cannot be read has no rows to choose from.
        self.detail.setVisible(opened.failure is None)
        if opened.failure is not None:
            self.pane.show_failure(opened.failure)
        elif opened.outline is not None and opened.outline in self._trees:
            # Rows that stand already stay as the person has opened them.
            if self.pane.tree.rows is not self._trees[opened.outline]:
                self.pane.show_rows(self._trees[opened.outline])
        else:
            self.pane.show_loading(opened.name, onnx=self._side == CANDIDATE)
            if opened.outline is not None and opened.outline not in self._loading:
                self._loading.add(opened.outline)
                self._loader.load(opened.outline)

    # Setting up

    def _lay_out(self) -> None:
        # From the outside in: every widget that moves into another has all below it dressed anew.
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedWidget()
        whole.addWidget(self._stack)
        self._empty, self._page = Card(), QWidget()
        for page in (self._empty, self._page):
            self._stack.addWidget(page)
        hint = "Drop a PyTorch or an ONNX file on the window, or open one from the menu."
        self._empty.body.addWidget(EmptyState("model", "No file is open", hint))
        column = QVBoxLayout(self._page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.source_bar)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        column.addWidget(splitter, 1)
        splitter.setObjectName("tree")
        splitter.setHandleWidth(16)
        splitter.setChildrenCollapsible(False)
        for number, (pane, stretch) in enumerate(((self.pane, 7), (self.detail, 6))):
            splitter.addWidget(pane)
            splitter.setStretchFactor(number, stretch)
        splitter.setSizes([700, 595])

    def _connect(self) -> None:
        document = self._document
        document.files_changed.connect(self._turn.ask)
        document.plan_changed.connect(self._turn.ask)
        document.detail_ready.connect(self._on_document_detail_ready)
        document.failed.connect(self._on_document_failed)
        document.node_asked.connect(self.show_node)
        self._loader.loaded.connect(self._on_loader_loaded)
        self._loader.failed.connect(self._on_loader_failed)
        self.pane.chosen.connect(self._on_pane_chosen)
        self.pane.side_chosen.connect(self._on_pane_side_chosen)
        self.detail.followed.connect(lambda row: self.show_row(self._side, row))
        self.detail.stepped.connect(self._step)
        self.source_bar.chosen.connect(self._on_source_bar_chosen)
        for keys, act in {
            "F3": self.next_match, "Shift+F3": self.previous_match,
            "Alt+Left": self.go_back, "Alt+Right": self.go_forward,
        }.items():  # fmt: skip
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # Answers

    def _on_loader_loaded(self, folder: str, rows: TreeRows) -> None:
        opened = self._document.file(self._side)
        self._loading.discard(folder)
        wanted = {
            side.outline
            for side in (self._document.candidate, self._document.reference)
            if side is not None
        }
        self._trees = {f: kept for f, kept in self._trees.items() if f in wanted}
        if folder not in wanted:
            return
        self._trees[folder] = rows
        if opened and opened.outline == folder:
            self.pane.show_rows(rows)

    def _on_loader_failed(self, folder: str, failure: Failure) -> None:
        opened = self._document.file(self._side)
        self._loading.discard(folder)
        if opened and opened.outline == folder:
            self.pane.show_failure(failure)

    def _on_pane_chosen(self, row: int) -> None:
        rows = self.pane.tree.rows
        opened = self._document.file(self._side)
        if rows is None or opened is None:
            return
        self._history.visit(opened.path, row)
        self._show_steps()
        if row < rows.length:
            self._document.ask_detail(self._side, row)

    def _on_pane_side_chosen(self, number: int) -> None:
        self._beside_chosen = number == len(SIDES)
        if not self._beside_chosen:
            self._side = SIDES[number]
        self.refresh()

    def _on_document_detail_ready(self, side: str, row: int, detail: Detail) -> None:
        # Answers to rows that were left meanwhile are stale.
        if side == self._side and row == self.pane.tree.row_of(self.pane.view.currentIndex()):
            self.detail.show_detail(detail)
            self.inside.show_detail(detail)

    def _on_document_failed(self, failure: Failure) -> None:
        if failure.kind == TRUST_NEEDED:
            self.ask_trust()

    def _on_question_answered(self) -> None:
        opened = self._document.reference
        self._asking = False
        if opened is not None:
            self._answered.add(opened.path)
        self.refresh()

    def _on_source_bar_chosen(self, path: str) -> None:
        self.ask_trust()
        self.question.set_code(path)

    def _step(self, step: int) -> None:
        place = self._history.step(step)
        for side in SIDES:
            opened = self._document.file(side)
            if place is not None and opened is not None and opened.path == place[0]:
                self.show_row(side, place[1])
        self._show_steps()

    def _show_steps(self) -> None:
        self.detail.set_steps(back=self._history.can_step(-1), forward=self._history.can_step(1))
