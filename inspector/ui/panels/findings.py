"""Findings: what was remarked about the files and the comparison, one at a time in full."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from inspector.core.findings import Finding
from inspector.ui import look, remedies
from inspector.ui.ahead import finish
from inspector.ui.document import Document
from inspector.ui.hints import in_window
from inspector.ui.turns import Turn
from inspector.ui.widgets.cards import Card, EmptyState, scrolling
from inspector.ui.widgets.controls import IconView, button, icon_button
from inspector.ui.widgets.labels import Label, Tag

GROUPS = {
    "must": ("Must be mended", "fail", "fail"),
    "should": ("Should be mended", "review", "review"),
    "note": ("Good to know", "info-ring", "none"),
}
"""Severity: heading, icon, colour token."""

_FINDING = int(Qt.ItemDataRole.UserRole)
_SHOWN_PLACES = 500


class FindingsPanel(QWidget):
    """A list at the left, worst first; at the right why it matters and how to mend it.

    Args:
        document: What is shown.
        in_steps: Leave it to `making` to make the parts.
    """

    def __init__(self, document: Document, *, in_steps: bool = False) -> None:
        super().__init__()
        self._document = document
        self._shown: tuple[Finding, ...] = ()
        self._remedy: remedies.Remedy | None = None
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        document = self._document
        self._list = QListWidget()
        self._list.setItemDelegate(_Rows(self._list))
        self._list.setAccessibleName("Findings")
        self._list.currentItemChanged.connect(self._on_list_current_item_changed)
        self._detail = _Detail()
        self._detail.remedy.clicked.connect(self._on_remedy_clicked)
        yield "detail"
        self._lay_out()
        yield "layout"
        turn = Turn(self, self.refresh)
        for signal in (
            document.files_changed, document.plan_changed, document.comparison_changed,
            document.export_finished,
        ):  # fmt: skip
            signal.connect(turn.ask)
        self.refresh()

    def _lay_out(self) -> None:
        card = Card("Findings")
        self._count = card.hint
        card.body.addWidget(self._list)
        right = Card()
        right.body.addWidget(scrolling(self._detail))
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("findings")
        splitter.setHandleWidth(16)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(card)
        splitter.addWidget(right)
        splitter.setSizes([500, 740])
        self._empty = EmptyState("findings", "", "")
        empty = Card()
        empty.body.addWidget(self._empty)
        self._stack = QStackedWidget()
        self._stack.addWidget(splitter)
        self._stack.addWidget(empty)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._stack)

    def refresh(self) -> None:
        """Show the findings as they are now; the chosen one stays while they are the same."""
        current = self._list.currentItem()
        chosen = current.data(_FINDING) if current is not None else None
        findings = self._document.findings
        if findings != self._shown:
            chosen = None
        self._shown = findings
        self._list.clear()
        self._stack.setCurrentIndex(0 if findings else 1)
        if not findings:
            self._say_why_empty()
            return
        self._count.setText(f"{len(findings)}, worst first")
        for severity, (heading, _, _) in GROUPS.items():
            group = [finding for finding in findings if finding.severity == severity]
            if not group:
                continue
            head = QListWidgetItem(f"{heading}  {len(group)}")
            head.setFlags(Qt.ItemFlag.NoItemFlags)
            self._list.addItem(head)
            for finding in group:
                item = QListWidgetItem(finding.sentence)
                item.setData(_FINDING, finding)
                self._list.addItem(item)
                if finding == chosen:
                    self._list.setCurrentItem(item)
        if self._list.currentItem() is None:
            self._list.setCurrentRow(1)

    def _say_why_empty(self) -> None:
        if self._document.reference is None and self._document.candidate is None:
            words = ("No file is open", "Open a PyTorch or ONNX file; what is remarkable about "
                     "it is listed here.")  # fmt: skip
        else:
            words = ("Nothing was found", "Every check of the open files came out clean. "
                     "A comparison may add more.")  # fmt: skip
        self._empty.sentence.setText(words[0])
        self._empty.hint.setText(words[1])

    def _on_remedy_clicked(self) -> None:
        if self._remedy is not None:
            self._remedy[1]()

    def _on_list_current_item_changed(self, item: QListWidgetItem | None) -> None:
        finding = item.data(_FINDING) if item is not None else None
        if finding is not None:
            self._detail.show_finding(finding)
            self._remedy = remedies.of_rule(self.window(), self._document, finding.rule)
            self._detail.offer(self._remedy[0] if self._remedy is not None else "")


class _Rows(QStyledItemDelegate):
    """A heading, or an icon with the sentence and the places below it."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(200, 36 if index.data(_FINDING) is None else 52)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        room: QRect = option.rect
        finding = index.data(_FINDING)
        painter.save()
        if finding is None:
            painter.setFont(look.font(12, 600))
            painter.setPen(look.color("text2"))
            side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
            painter.drawText(room.adjusted(4, 0, 0, -6), side, str(index.data()))
        else:
            if option.state & QStyle.StateFlag.State_Selected:
                painter.fillRect(room, look.color("accent_soft"))
                painter.fillRect(QRect(room.left(), room.top(), 3, room.height()),
                                 look.color("accent"))  # fmt: skip
            self._paint_finding(painter, room, finding)
        painter.restore()

    def _paint_finding(self, painter: QPainter, room: QRect, finding: Finding) -> None:
        _, icon, token = GROUPS[finding.severity]
        painter.drawPixmap(room.left() + 12, room.top() + 10, look.pixmap(icon, token, 18))
        elide = Qt.TextElideMode.ElideRight
        for text, size, colour, top in (
            (finding.sentence, 13, "text", 7),
            (place_words(finding), 12, "text2", 27),
        ):
            painter.setFont(look.font(size, 500 if size == 13 else 400))
            painter.setPen(look.color(colour))
            line = QRect(room.left() + 44, room.top() + top, room.width() - 52, 18)
            shown = painter.fontMetrics().elidedText(text, elide, line.width())
            painter.drawText(line, Qt.TextFlag.TextSingleLine, shown)
        painter.fillRect(QRect(room.left(), room.bottom(), room.width(), 1), look.color("line"))


def place_words(finding: Finding) -> str:
    """Where a finding is, in one line; where it is the whole file, why it matters."""
    if not finding.where:
        return finding.why
    first = finding.where[0]
    return first if len(finding.where) == 1 else f"{first} and {len(finding.where) - 1:,} more"


class _Detail(QWidget):
    """One finding in full."""

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
        self._text = "\n".join([finding.sentence, finding.why, mend, *finding.where])
