"""The right half of the Model page: all about one row of the tree."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.core.inspection import Detail
from inspector.ui.panels.model_ports import PortView
from inspector.ui.panels.model_tensor import TensorSection
from inspector.ui.widgets.cards import Card, EmptyState, scrolling
from inspector.ui.widgets.controls import icon_button
from inspector.ui.widgets.folded import FoldedText, code_view, fit_lines
from inspector.ui.widgets.labels import Elided, Label, Tag
from inspector.ui.widgets.rules import Rule

TEXT_LINES = 18


class DetailPane(Card):
    """Tag, name, sentence, attributes, facts, ports and text; `followed` names a linked row."""

    followed = Signal(int)
    stepped = Signal(int)
    """-1: back, 1: forward."""

    def __init__(self) -> None:
        super().__init__()
        self.name = ""
        self.tensor_row = -1
        self._content = _Content()
        self.tensor = self._content.tensor
        self._content.ports.followed.connect(self.followed)
        self._content.copy.clicked.connect(self.copy_name)
        self._content.back.clicked.connect(lambda: self.stepped.emit(-1))
        self._content.forward.clicked.connect(lambda: self.stepped.emit(1))
        nothing = EmptyState("model", "Nothing is chosen", "Choose a row of the tree.")
        self._stack = QStackedWidget()
        self.body.addWidget(self._stack)
        self._area = scrolling(self._content)
        for page in (nothing, self._area):
            self._stack.addWidget(page)

    def show_detail(self, detail: Detail) -> None:
        """Show another row."""
        self.name, self.tensor_row = detail.title, detail.tensor_row
        self._content.show_detail(detail)
        self._area.verticalScrollBar().setValue(0)
        self._stack.setCurrentIndex(1)

    def show_summary(self, detail: Detail) -> None:
        """Show the file as a whole: no row of it is chosen."""
        self.show_detail(detail)
        self.name = ""

    def clear(self) -> None:
        """Nothing is chosen."""
        self.name, self.tensor_row = "", -1
        self._content.tensor.clear()
        self._stack.setCurrentIndex(0)

    def copy_name(self) -> None:
        """Put the name of the shown thing on the clipboard."""
        if self.name:
            QApplication.clipboard().setText(self.name)

    def set_steps(self, *, back: bool, forward: bool) -> None:
        """Say whether there is a row to go back or forward to."""
        self._content.back.setEnabled(back)
        self._content.forward.setEnabled(forward)


class _Content(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.copy = icon_button("copy", "Copy the name")
        self.back = icon_button("arrow-left", "Back")
        self.forward = icon_button("arrow-right", "Forward")
        self.ports = PortView()
        self._tag = Tag()
        self._name = Elided("", 16, 600, mono=False)
        self._sentence = Label("", 13, 400, "text2", wrap=True)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._facts = QVBoxLayout()
        self._ports_title = Label("Inputs and outputs", 12, 600, "text2")
        self._ports_line = Rule()
        self._source_title = Label("PyTorch source", 12, 600, "text2")
        self._source = Elided("", 12, token="text3")
        self._code = code_view("Line of PyTorch source")
        self.documentation = FoldedText("Documentation of the operator", TEXT_LINES)
        self.documentation.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.tensor = TensorSection()
        self._text_title = Label("Text", 12, 600, "text2")
        self._text = code_view("Text")
        self._lay_out()

    def show_detail(self, detail: Detail) -> None:
        self._tag.set_text(detail.tag)
        self._tag.setVisible(bool(detail.tag))
        self._name.setText(detail.title or "(no name)")
        self._sentence.setText(detail.sentence)
        self._sentence.setVisible(bool(detail.sentence))
        self._show_facts(detail)
        self.ports.show_detail(detail)
        for widget in (self._ports_title, self._ports_line):
            widget.setVisible(not self.ports.isHidden())
        self._show_source(detail)
        self.documentation.set_text(detail.documentation)
        self.tensor.clear()
        self._text_title.setText("Whole trace" if detail.source else "Text")
        self._text.setPlainText(detail.text)
        fit_lines(self._text, TEXT_LINES)
        for part in (self._text, self._text_title):
            part.setVisible(bool(detail.text))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._tag)
        head.addWidget(self._name, 1)
        for control in (self.back, self.forward, self.copy):
            head.addWidget(control)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._sentence)
        column.addLayout(self._facts)
        column.addWidget(self._ports_line)
        column.addWidget(self._ports_title)
        column.addWidget(self.ports)
        source = QHBoxLayout()
        source.setSpacing(8)
        source.addWidget(self._source_title)
        source.addWidget(self._source, 1)
        column.addLayout(source)
        column.addWidget(self._code)
        column.addWidget(self.tensor)
        column.addWidget(self.documentation)
        column.addWidget(self._text_title)
        column.addWidget(self._text)
        column.addStretch(1)

    def _show_source(self, detail: Detail) -> None:
        self._source.setText(detail.source)
        for part in (self._source, self._source_title):
            part.setVisible(bool(detail.source))
        self._code.setPlainText(detail.code)
        fit_lines(self._code, 3)
        self._code.setVisible(bool(detail.code))

    def _show_facts(self, detail: Detail) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        attributes = [(name, text) for name, _, text in detail.attributes]
        facts = [pair for pair in detail.facts if pair[0] != "PyTorch source"]
        # Weights and inputs lead to nodes too; nothing leads to them.
        kind = "node" if detail.attributes or detail.inputs else ""
        about = f"About this {kind}" if kind else "About it"
        if attributes or facts:
            self._facts.addWidget(Rule())
            self._facts.addWidget(_Facts(attributes, facts, about))


class _Facts(QWidget):
    """Attributes at the left, facts at the right; one below the other where only one is long."""

    def __init__(
        self, attributes: list[tuple[str, str]], facts: list[tuple[str, str]], about: str
    ) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for title, pairs in (("Attributes", attributes), (about, facts)):
            if pairs:
                row.addLayout(_pairs(title, pairs), 1)


def _pairs(title: str, pairs: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(3)
    grid.addWidget(Label(title, 12, 600, "text2"), 0, 0, 1, 2)
    grid.setRowMinimumHeight(0, 22)
    for number, (label, text) in enumerate(pairs, 1):
        key = Label(label, 12, 400, "text2")
        value = Elided(text, 12, mono=True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        key.setBuddy(value)
        grid.addWidget(key, number, 0)
        grid.addWidget(value, number, 1)
    grid.setColumnStretch(1, 1)
    grid.setRowStretch(len(pairs) + 1, 1)
    return grid
