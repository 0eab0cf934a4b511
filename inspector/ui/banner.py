"""The verdict banner: one line on every page, the whole answer on Compare."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from inspector.ui import look
from inspector.ui.answers import RUNNING, Answer, Step
from inspector.ui.widgets.controls import IconView, button
from inspector.ui.widgets.labels import Clamped, Elided, Label, Tag
from inspector.ui.widgets.spinner import Clock, Spinner

COMPACT, FULL = 44, 84
WIDE_WINDOW = 1400
"""From this width of the window on the second line ends with the rule of what is allowed."""


class Banner(QFrame):
    """Icon, word, sentence, and the next sensible step.

    `stepped` carries the name of the step whose button was pressed.
    """

    stepped = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._answer = Answer("NOT COMPARED YET", "")
        self._full = False
        self._icon = IconView("not-compared", "none", 18)
        self._spinner = Spinner(18)
        self._word = Label("", 13, 700)
        self._sentence = Clamped(lines=2)
        self._second = Elided("", 12, 400, "text2")
        self._pill = Tag("", "review", mono=False)
        self._clock = Clock(12)
        self._button: QPushButton | None = None
        self._lay_out()
        self._fit()

    def _lay_out(self) -> None:
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._spinner)
        self._row.addWidget(self._word)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addStretch(1)
        column.addWidget(self._sentence)
        column.addWidget(self._second)
        column.addStretch(1)
        self._row.addLayout(column, 1)
        self._row.addWidget(self._pill)
        self._row.addWidget(self._clock)
        self._word.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    @property
    def shown(self) -> Answer:
        """The answer that is shown."""
        return self._answer

    @property
    def step_button(self) -> QPushButton | None:
        """The button of the next step, where there is one."""
        return self._button

    def show_answer(self, answer: Answer) -> None:
        """Show another answer; a change of the word is announced to screen readers."""
        if answer == self._answer:
            return
        before, self._answer = self._answer, answer
        if answer.step != before.step or answer.word != before.word:
            self._set_button(answer.step)
        self._fit()
        self.setAccessibleName(f"{answer.word}. {answer.sentence}")
        if answer.word != before.word and QAccessible.isActive():
            text = f"{answer.word}. {answer.sentence}"
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def set_full(self, full: bool) -> None:
        """Be 84 high with everything, where the answer is a verdict, or 44 high."""
        if full != self._full:
            self._full = full
            self._set_button(self._answer.step)
            self._fit()

    def focus_button(self) -> bool:
        """Put the focus on the button; False where there is none."""
        if self._button is None:
            return False
        self._button.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True

    def _set_button(self, step: Step | None) -> None:
        if self._button is not None:
            self._row.removeWidget(self._button)
            self._button.hide()
            self._button.deleteLater()
            self._button = None
        if step is None:
            return
        # A page has one primary button: where the banner is compact, that is the page's own.
        kind = "default" if step.kind == "primary" and not self.is_full else step.kind
        self._button = button(step.label, kind, step.icon)
        self._button.clicked.connect(lambda: self.stepped.emit(step.name))
        self._row.addWidget(self._button)
        self._button.show()

    @property
    def is_full(self) -> bool:
        """Whether the whole answer is shown now."""
        return self._full and self._answer.word in ("PASS", "REVIEW", "FAIL", "CANNOT JUDGE")

    def _fit(self) -> None:
        answer, full = self._answer, self.is_full
        style = look.VERDICT_LOOKS[answer.word]
        running = answer.word == RUNNING
        self.setFixedHeight(FULL if full else COMPACT)
        self._row.setContentsMargins(20 if full else 16, 0, 16 if full else 8, 0)
        self._row.setSpacing(12 if full else 10)
        self._icon.show_icon(style.icon, style.word, 36 if full else 18)
        self._icon.setVisible(not running)
        self._spinner.setVisible(running)
        self._word.setFont(look.font(20 if full else 13, 700))
        self._word.set_token(style.word)
        self._word.setText(answer.word)
        self._sentence.setFont(look.font(15 if full else 13, 500 if full else 400))
        self._sentence.setText(answer.sentence)
        self._sentence.set_lines(2 if full else 1)
        self._second.setVisible(full and bool(answer.second))
        self._second.setText(self._second_text())
        self._pill.setVisible(bool(answer.pill))
        self._pill.set_text(answer.pill)
        self._clock.setVisible(running)
        if answer.started is not None:
            self._clock.begin(answer.started)
        self.update()

    def _second_text(self) -> str:
        wide = self.window().width() >= WIDE_WINDOW and self._answer.rule
        return f"{self._answer.second}  ·  {self._answer.rule}" if wide else self._answer.second

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._second.setText(self._second_text())

    def paintEvent(self, event: QPaintEvent) -> None:
        style = look.VERDICT_LOOKS[self._answer.word]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.color(style.frame), 1))
        painter.setBrush(look.color(style.ground))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
