"""How made-up values are drawn, for all inputs or for each of its own."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from inspector.core.failures import InspectorError
from inspector.core.kinds import Kind, parse_kind
from inspector.ui import look
from inspector.ui.widgets.labels import Label

BY_TYPE, AS_OTHERS, ALL = "by type", "as the others", "all inputs"


class Choice(NamedTuple):
    """One entry of the list.

    Attributes:
        text: What the list says.
        kind: The kind that it stands for, without its numbers.
        labels: What stands before each of the numbers.
        numbers: What they are to begin with.
    """

    text: str
    kind: str
    labels: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


CHOICES = (
    Choice("normal", "normal", ("Mean", "deviation"), ("0", "1")),
    Choice("uniform", "uniform", ("Between", "and"), ("0", "1")),
    Choice("whole numbers", "integers", ("From", "to"), ("0", "1")),
    Choice("mask of zeros and ones", "mask", ("Share of ones",), ("0.5",)),
    Choice("edge cases", "edges"),
    Choice("edge cases, NaN and infinity", "edges(nan,inf)"),
    Choice("zeros", "zeros"),
    Choice("ones", "ones"),
)


class KindFields(QWidget):
    """Chooses a kind for all inputs, and another one for any of them."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[str, str] = {}
        self._names: tuple[str, ...] = ()
        self.target = QComboBox()
        self.target.setAccessibleName("Input that the values are for")
        self.kind = QComboBox()
        self.kind.setAccessibleName("How values are drawn")
        self.labels = tuple(Label("") for _ in range(2))
        self.numbers = tuple(QLineEdit() for _ in range(2))
        for field in self.numbers:
            field.setFixedSize(72, 32)
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setTextMargins(0, 0, 8, 0)
            field.setFont(look.font(12, mono=True))
            field.editingFinished.connect(self._keep)
        self.problem = Label("", 12, 400, "fail", wrap=True)
        self._lay_out()
        self.target.activated.connect(lambda _: self._show())
        self.kind.activated.connect(lambda _: self._on_kind_chosen())
        self.set_inputs(())

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._target_row = field_row("For", self.target)
        column.addWidget(self._target_row)
        column.addWidget(field_row("Values", self.kind))
        self._number_row = QWidget()
        row = QHBoxLayout(self._number_row)
        row.setContentsMargins(0, 0, 0, 0)
        for number, (label, field) in enumerate(zip(self.labels, self.numbers, strict=True)):
            row.addWidget(label, 0 if number else 1)
            row.addWidget(field)
        column.addWidget(self._number_row)
        column.addWidget(self.problem)
        self.problem.hide()

    def set_inputs(self, names: tuple[str, ...]) -> None:
        """Offer these inputs; what was chosen for others is forgotten."""
        if names == self._names and self.target.count():
            return
        self._names = names
        self._kinds = {name: kind for name, kind in self._kinds.items() if name in ("", *names)}
        self.target.clear()
        self.target.addItem(ALL)
        self.target.addItems(list(names))
        self._target_row.setVisible(len(names) > 1)
        self._show()

    def kinds(self) -> dict[str, str] | None:
        """As `DataSource.kinds`; None, and the reason in view, where one makes no sense."""
        self._keep()
        for name, kind in self._kinds.items():
            try:
                parse_kind(kind)
            except InspectorError as error:
                where = f"Input '{name}': " if name else ""
                self.problem.setText(f"{where}{error.failure.sentence} {error.failure.hint}")
                self.problem.show()
                return None
        self.problem.hide()
        return dict(self._kinds)

    def show_kinds(self, kinds: dict[str, str]) -> None:
        """Show the kinds in use."""
        if kinds != self._kinds:
            self._kinds = dict(kinds)
            self._show()

    def _name(self) -> str:
        return self._names[self.target.currentIndex() - 1] if self.target.currentIndex() > 0 else ""

    def _show(self) -> None:
        """The kind of the input that is chosen above."""
        name = self._name()
        self.kind.clear()
        self.kind.addItem(AS_OTHERS if name else BY_TYPE)
        self.kind.addItems([choice.text for choice in CHOICES])
        text = self._kinds.get(name, "")
        choice, numbers = _choice_of(text)
        self.kind.setCurrentText(choice.text if choice is not None else self.kind.itemText(0))
        self._show_numbers(choice, numbers)

    def _show_numbers(self, choice: Choice | None, numbers: tuple[str, ...]) -> None:
        labels = choice.labels if choice is not None else ()
        self._number_row.setVisible(bool(labels))
        for place, (label, field) in enumerate(zip(self.labels, self.numbers, strict=True)):
            there = place < len(labels)
            label.setVisible(there)
            field.setVisible(there)
            if there:
                label.setText(labels[place])
                field.setText(numbers[place])
                field.setAccessibleName(labels[place])

    def _chosen(self) -> Choice | None:
        text = self.kind.currentText()
        return next((choice for choice in CHOICES if choice.text == text), None)

    def _on_kind_chosen(self) -> None:
        choice = self._chosen()
        self._show_numbers(choice, choice.numbers if choice is not None else ())
        self._keep()

    def _keep(self) -> None:
        choice, name = self._chosen(), self._name()
        if choice is None:
            self._kinds.pop(name, None)
            return
        given = [field.text().strip() for field in self.numbers[: len(choice.labels)]]
        self._kinds[name] = f"{choice.kind}({','.join(given)})" if given else choice.kind


def _choice_of(text: str) -> tuple[Choice | None, tuple[str, ...]]:
    """The entry that a kind belongs to, and its numbers as text."""
    if not text:
        return None, ()
    try:
        found = parse_kind(text)
    except InspectorError:
        return None, ()
    for choice in CHOICES:
        plain: Kind = parse_kind(choice.kind)
        if (plain.name, plain.extra) == (found.name, found.extra):
            return choice, tuple(map(_number_text, found.numbers))
    return None, ()


def _number_text(number: float) -> str:
    return str(int(number)) if number % 1 == 0 else repr(number)


def field_row(text: str, control: QWidget) -> QWidget:
    """A control with its name before it."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    label = Label(text)
    label.setBuddy(control)
    row.addWidget(label, 1)
    control.setFixedWidth(220)
    row.addWidget(control)
    return made
