"""Findings: what was remarked about the files and the comparison, one at a time in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from inspector.core import causes
from inspector.core.findings import Finding
from inspector.core.targets import TARGETS
from inspector.ui import look, remedies, targets
from inspector.ui.ahead import finish
from inspector.ui.document import Document
from inspector.ui.known_findings import opened_findings, owned_findings
from inspector.ui.panels.findings_detail import GROUPS, Detail
from inspector.ui.turns import Turn
from inspector.ui.widgets.cards import Card, EmptyState, scrolling
from inspector.ui.widgets.controls import Segmented
from inspector.ui.widgets.labels import Label

_FINDING = int(Qt.ItemDataRole.UserRole)
_HIDDEN = (None, True, False)
"""For all, open, accepted: whether those that are accepted, or those that are not, are left out."""


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
        self._detail = Detail()
        self._detail.remedy.clicked.connect(self._on_remedy_clicked)
        self._detail.answered.connect(self._on_detail_answered)
        self._filter = Segmented(("All", "Open", "Accepted"), "Findings shown", small=True)
        self._filter.changed.connect(self.refresh)
        self._target = QComboBox()
        self._target.setAccessibleName("Runtime that the file is meant for")
        self._target.addItem("any runtime", "")
        for target in TARGETS:
            self._target.addItem(target.name, target.key)
        self._target.activated.connect(self._on_target_activated)
        yield "detail"
        self._lay_out()
        yield "layout"
        turn = Turn(self, self.refresh)
        for signal in (
            document.files_changed, document.plan_changed, document.comparison_changed,
            document.export_finished, document.acceptances_changed,
        ):  # fmt: skip
            signal.connect(turn.ask)
        self.refresh()

    def _lay_out(self) -> None:
        card = Card("Findings")
        self._count = card.hint
        card.add_control(self._filter)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(Label("Meant for", 12, 400, "text2"))
        line.addWidget(self._target, 1)
        card.body.addLayout(line)
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
        if [one.rule for one in findings] != [one.rule for one in self._shown]:
            chosen = None
        self._shown = findings
        self._target.setEnabled(targets.possible(self._document))
        self._target.setCurrentIndex(max(0, self._target.findData(self._document.target)))
        self._list.clear()
        self._stack.setCurrentIndex(0 if findings or self._document.target else 1)
        if not findings:
            self._say_why_empty()
        left = len(opened_findings(self._document))
        self._count.setText(f"{left} open, {len(findings) - left} accepted")
        for heading, group in self._groups(findings):
            head = QListWidgetItem(f"{heading}  {len(group)}")
            head.setFlags(Qt.ItemFlag.NoItemFlags)
            self._list.addItem(head)
            for finding in group:
                item = QListWidgetItem(finding.sentence)
                item.setData(_FINDING, finding)
                self._list.addItem(item)
                if chosen is not None and replace(chosen, accepted=finding.accepted) == finding:
                    self._list.setCurrentItem(item)
        if self._list.currentItem() is None:
            self._list.setCurrentRow(1)
        self._detail.setVisible(self._list.count() > 0)

    def _groups(self, findings: tuple[Finding, ...]) -> Iterator[tuple[str, list[Finding]]]:
        """Headings with what stands under them: what may explain the verdict, then by severity."""
        kept = [one for one in findings if bool(one.accepted) is not _HIDDEN[self._filter.current]]
        comparison = None if self._document.out_of_date else self._document.comparison
        seen = causes.signs(comparison) if comparison is not None else ()
        explaining = list(causes.explaining(kept, seen))
        rest = [one for one in kept if one not in explaining]
        by_severity = (
            (heading, [one for one in rest if one.severity == severity])
            for severity, (heading, _, _) in GROUPS.items()
        )
        for heading, group in (("May explain the verdict", explaining), *by_severity):
            if group:
                yield heading, group

    def _say_why_empty(self) -> None:
        if self._document.reference is None and self._document.candidate is None:
            words = ("No file is open", "Open a PyTorch or ONNX file; what is remarkable about "
                     "it is listed here.")  # fmt: skip
        else:
            words = ("Nothing was found", "Every check of the open files came out clean. "
                     "A comparison may add more.")  # fmt: skip
        self._empty.sentence.setText(words[0])
        self._empty.hint.setText(words[1])

    def _on_detail_answered(self, reason: str, who: str) -> None:
        item = self._list.currentItem()
        finding = item.data(_FINDING) if item is not None else None
        if finding is not None:
            path = owned_findings(self._document).get(replace(finding, accepted=""), "")
            self._document.acceptance_asked.emit(finding.rule, path, reason, who)

    def _on_target_activated(self, index: int) -> None:
        targets.choose(self._document, str(self._target.itemData(index)))

    def _on_remedy_clicked(self) -> None:
        if self._remedy is not None:
            self._remedy[1]()

    def _on_list_current_item_changed(self, item: QListWidgetItem | None) -> None:
        finding = item.data(_FINDING) if item is not None else None
        if finding is not None:
            self._detail.acceptance.name.setText(self._document.accepts_as)
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
        icon, token = ("pass", "none") if finding.accepted else (icon, token)
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
    """Where a finding is, in one line; where it is the whole file, why it matters.

    Of one that is accepted, the reason.
    """
    if finding.accepted:
        return f"Accepted: {finding.accepted}"
    if not finding.where:
        return finding.why
    first = finding.where[0]
    return first if len(finding.where) == 1 else f"{first} and {len(finding.where) - 1:,} more"
