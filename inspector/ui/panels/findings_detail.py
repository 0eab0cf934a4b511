"""One finding in full: what, why it matters, how to mend it, where, and whether it may stay."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from inspector.core.findings import Finding
from inspector.ui import look
from inspector.ui.hints import in_window
from inspector.ui.widgets.code_fields import field
from inspector.ui.widgets.controls import IconView, button, icon_button
from inspector.ui.widgets.labels import Label, Tag

GROUPS = {
    "must": ("Must be mended", "fail", "fail"),
    "should": ("Should be mended", "review", "review"),
    "note": ("Good to know", "info-ring", "none"),
}
"""Severity: heading, icon, colour token."""

_SHOWN_PLACES = 500


class Detail(QWidget):
    """One finding in full; `answered` carries the reason and the name of who accepts it."""

    answered = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._icon = IconView("info-ring", "none", 22)
        self._sentence = Label("", 16, 600, wrap=True)
        self._severity = Tag("", "none", mono=False)
        self._rule = Tag("")
        self._why = Label("", wrap=True)
        self._where_title = Label("Where", 12, 600, "text2")
        self._where = QPlainTextEdit()
        self._where.setReadOnly(True)
        self._where.setProperty("kind", "code")
        self._where.setFont(look.font(12, mono=True))
        self._where.setAccessibleName("Where")
        self._where.setTabChangesFocus(True)
        self._mend = Label("", wrap=True)
        self._text = ""
        self.remedy = button("")
        self.acceptance = _Acceptance()
        self.acceptance.answered.connect(self.answered)
        copy = icon_button("copy", "Copy this finding")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text))
        for label in (self._sentence, self._why, self._mend):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._sentence, 1)
        head.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        tags = QHBoxLayout()
        tags.addWidget(self._severity)
        tags.addWidget(self._rule)
        tags.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 8, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(tags)
        column.addSpacing(8)
        column.addWidget(Label("Why it matters", 12, 600, "text2"))
        column.addWidget(self._why)
        column.addSpacing(8)
        column.addWidget(Label("How to mend it", 12, 600, "text2"))
        column.addWidget(self._mend)
        column.addWidget(self.remedy, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(8)
        column.addWidget(self._where_title)
        column.addWidget(self._where)
        column.addSpacing(8)
        column.addWidget(self.acceptance)
        column.addStretch(1)

    def offer(self, words: str) -> None:
        """Show the button of what the window can do about it; empty: there is nothing."""
        self.remedy.setText(words)
        self.remedy.setVisible(bool(words))

    def show_finding(self, finding: Finding) -> None:
        """Show another finding."""
        words, icon, token = GROUPS[finding.severity]
        self._icon.show_icon(icon, token)
        self._sentence.setText(finding.sentence)
        self._severity.set_text(words, token)
        self._rule.set_text(finding.rule)
        self._why.setText(finding.why)
        mend = in_window(finding.mend)
        self._mend.setText(mend)
        places = finding.where[:_SHOWN_PLACES]
        more = len(finding.where) - len(places)
        lines = [*places, *([f"and {more:,} more"] if more else [])]
        self._where.setPlainText("\n".join(lines))
        self._where.setFixedHeight(min(320, 20 + 18 * max(1, len(lines))))
        self._where.setVisible(bool(places))
        self._where_title.setVisible(bool(places))
        self.acceptance.show_finding(finding)
        accepted = [f"Accepted: {finding.accepted}"] if finding.accepted else []
        self._text = "\n".join([finding.sentence, finding.why, mend, *accepted, *finding.where])


_STANDS = (
    "This finding stands in the report until it is mended, or until somebody accepts it with a "
    "reason."
)


class _Acceptance(QWidget):
    """Accept a finding with a reason and a name, or open it again."""

    answered = Signal(str, str)
    """Reason and name; both empty: it is open again."""

    def __init__(self) -> None:
        super().__init__()
        self._accept = button("Accept with a reason\u2026", "quiet")
        self._accept.clicked.connect(lambda: self._ask(True))
        self._said = Label("", 13, 400, "text2", wrap=True)
        self._again = button("Open it again", "quiet")
        self._again.clicked.connect(lambda: self.answered.emit("", ""))
        self.reason = field("Reason", "Why it may stay so", mono=False)
        self.name = field("Your name", "Name", mono=False)
        self._save = button("Accept", "default", small=True)
        self._save.clicked.connect(self._on_save_clicked)
        self._leave = button("Cancel", "quiet", small=True)
        self._leave.clicked.connect(lambda: self._ask(False))
        self.reason.textChanged.connect(lambda text: self._save.setEnabled(bool(text.strip())))
        for given in (self.reason, self.name):
            given.returnPressed.connect(self._on_save_clicked)
        self._form = self._lay_out_form()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Label("What the reviewer sees", 12, 600, "text2"))
        column.addWidget(self._said)
        for widget in (self._accept, self._again):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._form)

    def _lay_out_form(self) -> QWidget:
        form = QWidget()
        row = QHBoxLayout(form)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.reason, 3)
        row.addWidget(self.name, 1)
        row.addWidget(self._save)
        row.addWidget(self._leave)
        return form

    def show_finding(self, finding: Finding) -> None:
        """Show whether a finding is accepted."""
        self._said.setText(f"Accepted: {finding.accepted}" if finding.accepted else _STANDS)
        self._again.setVisible(bool(finding.accepted))
        self._accept.setVisible(not finding.accepted)
        self._form.hide()
        self.reason.clear()
        self._save.setEnabled(False)

    def _ask(self, ask: bool) -> None:
        self._form.setVisible(ask)
        self._accept.setVisible(not ask)
        (self.reason if ask else self._accept).setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._form.isVisible():
            self._ask(False)
        else:
            super().keyPressEvent(event)

    def _on_save_clicked(self) -> None:
        reason = self.reason.text().strip()
        if reason:
            self.answered.emit(reason, self.name.text().strip())
