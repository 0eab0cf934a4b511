"""The column "In plain words": five questions and their answers."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from inspector.core import answers
from inspector.core.answers_beside import referees
from inspector.core.comparison import Comparison, OutputComparison
from inspector.core.verdict import side_names
from inspector.ui import look
from inspector.ui.panels.compare_distance import Distance
from inspector.ui.widgets.cards import scrolling
from inspector.ui.widgets.controls import IconView, icon_button
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.lines import Line

WIDTH = 288

_ICONS = {
    answers.SURE: "shield",
    answers.WORST: "target",
    answers.UNCHECKED: "eye",
    answers.NEXT: "arrow-right",
}


class LeadText(QWidget):
    """A paragraph whose first sentence is bold. Plain text: nothing in it is interpreted."""

    def __init__(self) -> None:
        super().__init__()
        self._text, self._lead = "", 0
        self._layouts: dict[int, QTextLayout] = {}
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFont(look.font(13))

    def show_text(self, text: str, *, lead: bool) -> None:
        """Show another text; `lead`: with its first sentence bold, where more follows."""
        # A percent sign never begins a line.
        self._layouts.clear()
        self._text = text = text.replace(" %", "\u00a0%")
        end = text.find(". ")
        self._lead = end + 1 if lead and 0 < end <= 40 else 0
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(self._laid_out(width).boundingRect().height()) + 1

    def sizeHint(self) -> QSize:
        width = self.width() or WIDTH
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.heightForWidth(self.width() or WIDTH))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(look.color("text"))
        self._laid_out(self.width()).draw(painter, QPointF(0, 0))

    def _laid_out(self, width: int) -> QTextLayout:
        """The lines at a width; layouts ask for their height again and again."""
        if width not in self._layouts:
            if len(self._layouts) >= 8:
                self._layouts.clear()
            self._layouts[width] = self._lay_out(width)
        return self._layouts[width]

    def _lay_out(self, width: int) -> QTextLayout:
        layout = QTextLayout(self._text, self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        bold = QTextLayout.FormatRange()
        bold.start, bold.length = 0, self._lead
        style = QTextCharFormat()
        style.setFontWeight(QFont.Weight.DemiBold)
        bold.format = style
        layout.setFormats([bold])
        layout.beginLayout()
        top = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(1, width))
            line.setPosition(QPointF(0, top))
            top += 17.0
        layout.endLayout()
        return layout


class PlainWords(QFrame):
    """What a person who does not program wants to know. The chevron folds it away."""

    folded = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("In plain words")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 8, 8)
        head = QHBoxLayout()
        head.addWidget(Label("In plain words", 13, 600), 1)
        self.fold_button = icon_button("chevron-right", "Fold the column away")
        self.fold_button.clicked.connect(self.folded)
        head.addWidget(self.fold_button)
        column.addLayout(head)
        content = QWidget()
        self._rows = QVBoxLayout(content)
        self._rows.setContentsMargins(0, 0, 8, 0)
        self._rows.setSpacing(10)
        self._answers: dict[str, tuple[IconView, LeadText]] = {}
        for question in (*(answers.AGREE,), *_ICONS):
            self._add_question(question)
        self.distance = Distance()
        self._rows.addWidget(self.distance)
        self._rows.addStretch(1)
        column.addWidget(scrolling(content), 1)

    def _add_question(self, question: str) -> None:
        if self._answers:
            self._rows.addWidget(Line())
        icon = IconView(_ICONS.get(question, "not-compared"), "text3", 14)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(icon)
        row.addWidget(Label(question, 12, 600, "text2"), 1)
        box = QVBoxLayout()
        box.setSpacing(4)
        box.addLayout(row)
        text = LeadText()
        box.addWidget(text)
        self._rows.addLayout(box)
        self._answers[question] = (icon, text)

    def show_comparison(self, comparison: Comparison) -> None:
        """Answer the five questions."""
        for question, answer in answers.answers(comparison):
            _, text = self._answers[question]
            text.show_text(answer, lead=True)
        shape = look.VERDICT_LOOKS[comparison.verdict.value]
        icon, _ = self._answers[answers.AGREE]
        icon.show_icon(shape.icon, shape.word)

    def show_distance(self, comparison: Comparison, output: OutputComparison | None) -> None:
        """Show how far both sides of an output are from the calculation in 64 bits."""
        name = output.name if output is not None else ""
        found = next((one for one in referees(comparison) if one.output == name), None)
        names = side_names(comparison.reference, comparison.candidate)
        self.distance.show_referee(found, output.dtype if output is not None else "", names)

    def text_of(self, question: str) -> str:
        """The answer that is shown for a question."""
        return self._answers[question][1].accessibleName()

    def keep_focus_inside(self) -> None:
        """Where the keyboard goes when the column opens over the page."""
        self.fold_button.setFocus(Qt.FocusReason.PopupFocusReason)
