"""The card of what each output may differ by: the default, and what a person allows instead."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from inspector.core.sources import Choice
from inspector.core.tolerance import tolerance_for
from inspector.ui import ruling
from inspector.ui.document import Document
from inspector.ui.models.record_table import Column, RecordTable
from inspector.ui.ruling import EVERY, Row
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.code_fields import field, mark_bad
from inspector.ui.widgets.controls import IconView, button
from inspector.ui.widgets.labels import Elided, Label
from inspector.ui.widgets.record_view import HEAD_HEIGHT, ROW_HEIGHT, RecordView

LOOSER = "Looser than the default: REVIEW at best."
_MOST_ROWS = 6
_WIDTH = 104


class TolerancesCard(Card):
    """A table of the outputs, and fields for the one that is chosen in it."""

    def __init__(self, document: Document) -> None:
        super().__init__("What each output may differ by", "absolute + relative \u00d7 |reference|")
        self._document = document
        self._current = Row(EVERY)
        self.view = RecordView(RecordTable(_columns(), self), "Tolerance of each output", 0)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(self.view)
        self.name = Elided("", 12, 600)
        self.absolute = _number("Absolute tolerance")
        self.relative = _number("Relative tolerance")
        self.reset_button = button("Back to the default", "quiet", small=True)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.name, 1)
        for part in (
            self.absolute, Label("+", 12), self.relative, Label("\u00d7 |reference|", 12),
            self.reset_button,
        ):  # fmt: skip
            line.addWidget(part)
        self.body.addLayout(line)
        note = QHBoxLayout()
        note.setSpacing(8)
        self.sign = IconView("review", "review", 16)
        self.note = Label("", 12, 400, "text2", wrap=True)
        note.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        note.addWidget(self.note, 1)
        self.body.addLayout(note)
        self.view.record_chosen.connect(self._show_row)
        for part in (self.absolute, self.relative):
            part.editingFinished.connect(self._on_edited)
        self.reset_button.clicked.connect(self._on_reset_clicked)

    def refresh(self) -> None:
        """Show the outputs of the document, with the one that was chosen chosen again."""
        found = ruling.rows(self._document)
        self.view.show_records(found)
        shown = min(len(found), _MOST_ROWS)
        self.view.setFixedHeight(HEAD_HEIGHT + shown * ROW_HEIGHT)
        self._show_row(next((row for row in found if row.name == self._current.name), found[0]))
        self.view.mark(self._current)

    def choose_output(self, name: str) -> None:
        """Put the fields to an output."""
        found = ruling.rows(self._document)
        self._show_row(next(row for row in found if row.name == name))
        self.view.mark(self._current)

    def _show_row(self, row: Row) -> None:
        self._current = row
        self.name.setText(f"'{row.name}'" if row.name else "Every output")
        own = row.choice if row.choice is not None and row.choice.output == row.name else None
        texts = ("", "") if own is None else (f"{own.absolute:g}", f"{own.relative:g}")
        hints = _hints(row)
        for part, text, hint in zip((self.absolute, self.relative), texts, hints, strict=True):
            part.setText(text)
            part.setPlaceholderText(hint)
            mark_bad(part, bad=False)
        self.reset_button.setEnabled(own is not None)
        self._say(row)

    def _say(self, row: Row) -> None:
        loosened = row.loosened
        if row.name == EVERY and row.choice is not None:
            others = (one.loosened for one in ruling.rows(self._document)[1:])
            loosened = True if any(others) else None
        self.sign.setVisible(bool(loosened))
        self.note.set_token("review" if loosened else "text2")
        self.note.setText(_note(row, loosened))

    def _on_edited(self) -> None:
        texts = self.absolute.text().strip(), self.relative.text().strip()
        numbers = tuple(_parsed(text) for text in texts)
        for part, text, number in zip((self.absolute, self.relative), texts, numbers, strict=True):
            mark_bad(part, bad=bool(text) and number is None)
        if any(text and number is None for text, number in zip(texts, numbers, strict=True)):
            self.sign.hide()
            self.note.set_token("fail")
            self.note.setText("A number from 0 on is wanted, such as 1e-4.")
            return
        choice = None
        if any(texts):
            rule = _defaults(self._current)
            pair = (rule[at] if numbers[at] is None else numbers[at] for at in (0, 1))
            absolute, relative = (float(one or 0.0) for one in pair)
            choice = Choice(self._current.name, absolute, relative)
        own = self._current.choice
        if choice != (own if own is not None and own.output == self._current.name else None):
            ruling.choose(self._document, self._current.name, choice)
            self.refresh()

    def _on_reset_clicked(self) -> None:
        ruling.choose(self._document, self._current.name, None)
        self.refresh()


def _columns() -> Iterable[Column]:
    return (
        Column("Output", lambda row: row.name or "every output", mono=True),
        Column("Type", lambda row: row.dtype, token=lambda row: "text2"),
        Column("Default", _default_text, numeric=True, token=lambda row: "text2"),
        Column("Yours", _own_text, numeric=True, weight=500, token=_token),
        Column("", _state, token=_token),
    )


def _number(name: str) -> QLineEdit:
    made = field(name)
    made.setFixedWidth(_WIDTH)
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    return made


def _parsed(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if 0.0 <= number < math.inf else None


def _defaults(row: Row) -> tuple[float, float]:
    """What the fields stand for while they are empty."""
    if row.default is not None:
        return row.default.absolute, row.default.relative
    return 0.0, tolerance_for(row.dtype).relative if row.dtype else 0.0


def _hints(row: Row) -> tuple[str, str]:
    if not row.dtype:
        return "absolute", "relative"
    absolute, relative = _defaults(row)
    return f"{absolute:.2g}" if row.default is not None else "absolute", f"{relative:g}"


def _default_text(row: Row) -> str:
    if row.default is None:
        rule = tolerance_for(row.dtype)
        if not row.dtype:
            return ""
        return "no difference" if rule.exact else f"{rule.steps:g} steps + {rule.relative:g}\u00d7"
    if row.default.absolute == 0.0 and row.default.relative == 0.0:
        return "no difference"
    return f"{row.default.absolute:.2g} + {row.default.relative:g}\u00d7"


def _own_text(row: Row) -> str:
    if row.choice is None:
        return "\u2013"
    return f"{row.choice.absolute:g} + {row.choice.relative:g}\u00d7"


def _state(row: Row) -> str:
    if row.choice is None or not row.name:
        return ""
    return {True: "looser", False: "not looser", None: "not known yet"}[row.loosened]


def _token(row: Row) -> str:
    return "review" if row.choice is not None and row.name and row.loosened else "text"


def _note(row: Row, loosened: bool | None) -> str:
    if loosened:
        return LOOSER
    if row.choice is not None and loosened is None:
        return "Whether this is looser than the default is known once both have run."
    if row.choice is not None:
        return "Not looser than the default, so PASS can be earned."
    if not row.name:
        return "An output's own tolerance goes before this one."
    slices = "; each slice by its own largest value" if row.slices is not None else ""
    return f"The default: {row.origin}{slices}." if row.origin else ""
