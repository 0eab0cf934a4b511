"""The answers to the question of trust, from the safest on, and what each one means."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core.inspection import CheckpointFacts
from inspector.jobs import confinement
from inspector.ui import look
from inspector.ui.document import Plan
from inspector.ui.forms import MODULE_FORMS, WEIGHT_FORMS, needs_code
from inspector.ui.panels.model_trust_source import SourceText
from inspector.ui.widgets.cards import Card, scrolling
from inspector.ui.widgets.code_fields import CodeFields
from inspector.ui.widgets.controls import IconView, button
from inspector.ui.widgets.labels import Label, Tag, tooltip

LOOK, WEIGHTS, RUN = range(3)


class Choice(NamedTuple):
    """What the person decided: only look (`runs` False), or run `code`, the file, or both.

    `again`: the answer holds for exactly this file and source from now on.
    """

    runs: bool
    code: str = ""
    code_args: str = "{}"
    again: bool = True


class Words(NamedTuple):
    """An answer in words; `refusal` says why it is not offered, empty where it is.

    `danger` tells a refusal that protects from one that only says what makes no sense.
    """

    title: str
    text: str
    note: str = ""
    refusal: str = ""
    danger: bool = False


def answers_for(facts: CheckpointFacts) -> tuple[Words, Words, Words]:
    """The three answers as they are for one checkpoint."""
    dangerous = [item for item in facts.imports if item.judgement == "dangerous"]
    unknown = sum(item.judgement == "unknown" for item in facts.imports)
    harmless = sum(item.judgement == "harmless" for item in facts.imports)
    look_only = Words(
        "Look inside only",
        "Nothing is run. You see the names, shapes and sizes of the weights "
        "and the settings stored with them.",
        "Not enough to export or compare.",
    )
    refused = unknown + len(dangerous)
    weights = Words(
        "Load the weights only",
        f"PyTorch's safe loader takes the {_names(harmless)} known to be harmless"
        + (f" and refuses the other {refused}." if refused else ".")
        if facts.imports
        else "The numbers are read; the file names nothing that would be imported.",
        "Enough to export and compare, with the Python file that builds the model: "
        "that file is run.",
        "" if facts.form in WEIGHT_FORMS
        else "Not offered for this file: it is a whole model, not weights alone.",
    )  # fmt: skip
    run = _run_words(facts, unknown)
    if dangerous:
        run = run._replace(refusal=f"Not offered for this file: {_danger(facts)}.", danger=True)
    elif needs_code(facts):
        run = run._replace(refusal="Not needed for this file: it brings no code to run.")
    elif facts.form not in (*MODULE_FORMS, *WEIGHT_FORMS):
        run = run._replace(refusal=facts.next_step or "This form is not run here.")
    return look_only, weights, run


def _run_words(facts: CheckpointFacts, unknown: int) -> Words:
    if facts.form == "whole-module":
        return Words(
            "Run my code and this file",
            f"{_names(unknown)} not known here, to be found in your Python file or in packages "
            "that are installed: that code is run."
            if unknown
            else "Every name in the file is known to be harmless; the module is put together "
            "by PyTorch's safe loader.",
            "Enough to export and compare. Only for files from people you trust.",
        )
    if facts.architecture:
        return Words(
            f"Build {facts.architecture}",
            "The package transformers builds the architecture that the file names, if it is "
            "installed, and gets these weights. Code in the folder is not run.",
            "Enough to export and compare.",
        )
    compiled = facts.form == "aotinductor"
    return Words(
        "Run the file's own code",
        "Opens the file as its maker meant it: the code inside is run.",
        ("Enough to compare; it is native code, which cannot be exported." if compiled
         else "Enough to export and compare.") + " Only for files from people you trust.",
    )  # fmt: skip


def _names(count: int) -> str:
    return f"{count:,} name{'' if count == 1 else 's'}"


def _danger(facts: CheckpointFacts) -> str:
    first = next(item for item in facts.imports if item.judgement == "dangerous")
    return f"'{first.name}' {first.what}" if first.what else f"it wants '{first.name}'"


class Answers(Card):
    """The three answers, the fields for the Python file, and what protects this system."""

    chosen = Signal(object)
    """The Choice, when the primary button is pressed."""
    refused = Signal()
    """Do not open the file at all."""

    def __init__(self) -> None:
        super().__init__("How should it be opened?")
        self.options = [Option() for _ in range(3)]
        self.code = CodeFields()
        self.brought = SourceText()
        self.again = QCheckBox("Use this answer again for exactly this file and source")
        self.again.setChecked(True)
        self.again.setToolTip(tooltip("Settings lists what you allowed, and takes it back."))
        self.refuse = button("Do not open")
        self.go = button("Look inside only", "primary", "eye")
        self._group = QButtonGroup(self)
        for number, option in enumerate(self.options):
            self._group.addButton(option.radio, number)
        self._needs_callable = False
        self._lay_out()
        self._group.idToggled.connect(self._on_toggled)
        self.code.changed.connect(self._refresh)
        self.refuse.clicked.connect(self.refused)
        self.go.clicked.connect(lambda: self.chosen.emit(self._choice()))

    @property
    def current(self) -> int:
        """`LOOK`, `WEIGHTS` or `RUN`."""
        return self._group.checkedId()

    def show_checkpoint(self, facts: CheckpointFacts, plan: Plan) -> None:
        """Offer what can be offered for a checkpoint; the safest answer is chosen."""
        for option, words in zip(self.options, answers_for(facts), strict=True):
            option.show_words(words)
        self._needs_callable = facts.form in WEIGHT_FORMS
        self.code.show_callable(self._needs_callable)
        self.code.show_code(plan.code, plan.code_args)
        self.options[LOOK].radio.setChecked(True)
        self._refresh()

    def set_code(self, path: str) -> None:
        """Fill in a Python file, and choose the first answer that uses it."""
        self.code.file.setText(path)
        for option in self.options[WEIGHTS:]:
            if option.radio.isEnabled():
                option.radio.setChecked(True)
                break
        self.code.check()
        self._refresh()

    def focus(self) -> None:
        """Put the keyboard on the chosen answer."""
        self.options[max(self.current, LOOK)].radio.setFocus()

    def _lay_out(self) -> None:
        self.options[LOOK].add_tag("safest")
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for option in self.options:
            column.addWidget(option)
        column.addWidget(self.code)
        column.addWidget(self.brought)
        column.addSpacing(4)
        column.addWidget(Label("Whatever you choose, it happens", 12, 600, "text2"))
        for icon, text in protections():
            column.addLayout(_protection(icon, text))
        column.addStretch(1)
        self.body.addWidget(scrolling(content), 1)
        self.body.addWidget(self.again)
        row = QHBoxLayout()
        row.addWidget(self.refuse)
        row.addStretch(1)
        row.addWidget(self.go)
        self.body.addLayout(row)

    def _choice(self) -> Choice:
        if self.current == LOOK:
            return Choice(False)
        return Choice(True, self.code.code, self.code.code_args, self.again.isChecked())

    def _on_toggled(self, number: int, on: bool) -> None:
        if on:
            self._refresh()

    def _refresh(self) -> None:
        self.code.setVisible(self._uses_code())
        self.again.setEnabled(self.current != LOOK)
        self.brought.show_code(self.code.code if self._uses_code() else "")
        words = self.options[self.current].words
        self.go.setText(words.title)
        icons = {LOOK: "eye", WEIGHTS: "download", RUN: "play"}
        self.go.setIcon(look.icon(icons[self.current], "on_accent"))
        missing = self._needs_callable and not (self.code.file.text() and self.code.name.text())
        self.go.setEnabled(not self._uses_code() or not (missing or self.code.check()))

    def _uses_code(self) -> bool:
        if self.current == LOOK:
            return False
        return self.current == WEIGHTS or self.options[RUN].words.title.startswith("Run my code")


HELD = {
    confinement.NETWORK: "without network",
    confinement.PROGRAMS: "without starting other programs",
    confinement.READING: "reading nothing but the folders of the opened files",
    confinement.WRITING: "without writing outside its own folder",
    confinement.LIMITS: "with bounded memory, processor time and file size",
}
"""What a worker is held to, in the words of the list."""


def protections() -> tuple[tuple[str, str], ...]:
    """What holds on this system whatever is chosen: (icon, words)."""
    expected = confinement.expected()
    held = [("pass", words) for part, words in HELD.items() if part in expected.active]
    lacking = [part for part in HELD if part not in expected.active]
    said = f"Not ensured on this system: {', '.join(lacking)}."
    return (
        ("pass", "in a process of its own, which can be stopped at any time"),
        *held,
        *((("info-ring", said),) if lacking else ()),
    )


def _protection(icon: str, text: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    token = "pass" if icon == "pass" else "none"
    row.addWidget(IconView(icon, token, 16), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(Label(text, 12, 400, "text2", wrap=True), 1)
    return row


class Option(QFrame):
    """One answer: a radio button, what it means, and why it may not be offered."""

    def __init__(self) -> None:
        super().__init__()
        self.words = Words("", "")
        self.radio = QRadioButton()
        self.radio.setFont(look.font(13, 600))
        self._text = Label("", 12, 400, "text2", wrap=True)
        self._note = Label("", 12, 400, "text3", wrap=True)
        self._refusal = Label("", 12, 500, "fail", wrap=True)
        self._head = QHBoxLayout()
        self._head.setSpacing(8)
        self._head.addWidget(self.radio)
        self._head.addStretch(1)
        inner = QVBoxLayout()
        inner.setContentsMargins(26, 0, 0, 0)
        inner.setSpacing(3)
        for label in (self._text, self._note, self._refusal):
            inner.addWidget(label)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(3)
        column.addLayout(self._head)
        column.addLayout(inner)
        self.radio.toggled.connect(self.update)

    def add_tag(self, text: str) -> None:
        """Put a small word beside the title."""
        self._head.insertWidget(1, Tag(text, "pass", mono=False))

    def show_words(self, words: Words) -> None:
        """Show another answer."""
        self.words = words
        self.radio.setText(words.title)
        self.radio.setEnabled(not words.refusal)
        self.radio.setAccessibleDescription(f"{words.text} {words.note} {words.refusal}".strip())
        self._text.setText(words.text)
        self._text.setVisible(words.danger or not words.refusal)
        self._note.setText(words.note)
        self._note.setVisible(bool(words.note) and not words.refusal)
        self._refusal.setText(words.refusal)
        self._refusal.set_token("fail" if words.danger else "text3")
        self._refusal.setVisible(bool(words.refusal))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.radio.isEnabled():
            self.radio.setChecked(True)
            self.radio.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        checked, offered = self.radio.isChecked(), self.radio.isEnabled()
        width = 2 if checked else 1
        painter.setPen(QPen(look.color("accent" if checked else "line2"), width))
        ground = "accent_soft" if checked else "surface" if offered else "sunken"
        painter.setBrush(look.color(ground))
        half = width / 2
        room = QRectF(self.rect()).adjusted(half, half, -half, -half)
        painter.drawRoundedRect(room, 7, 7)
