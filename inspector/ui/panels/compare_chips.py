"""One chip per output: verdict shape, name, how much is beyond; over six of them are a list."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QComboBox, QHBoxLayout, QWidget

from inspector.core.comparison import OutputComparison, Verdict
from inspector.core.verdict import excess
from inspector.ui import look
from inspector.ui.plots.histogram_bars import beyond_count
from inspector.ui.widgets.labels import tooltip

MOST_CHIPS = 6
_ORDER = (Verdict.FAIL, Verdict.CANNOT_JUDGE, Verdict.REVIEW, Verdict.PASS)
_WIDEST_NAME = 180
_LONGEST = 48
"""Letters of a name in the list."""


def worst_first(outputs: tuple[OutputComparison, ...]) -> tuple[OutputComparison, ...]:
    """Outputs as the verdict ranks them: the one that its sentence is about comes first."""

    def rank(output: OutputComparison) -> tuple[int, bool, bool, float, int]:
        one_sided = output.nonfinite_mismatch > 0
        times = 0.0 if one_sided else excess(output)
        order = _ORDER.index(output.verdict)
        return order, not output.structure, not one_sided, -times, -beyond_count(output)

    return tuple(sorted(outputs, key=rank))


def chip_text(output: OutputComparison) -> str:
    """How an output fared: `6,994 beyond`, `all agree`, `not judged`."""
    if output.structure:
        return "another form"
    if not output.elements:
        return "no values"
    if output.verdict is Verdict.CANNOT_JUDGE:
        return "not judged"
    beyond = beyond_count(output)
    if beyond:
        return f"{beyond:,} beyond"
    if output.chosen is not None and output.chosen.loosened:
        return "by a looser tolerance"
    return f"{output.nan_agreed:,} NaN on both" if output.nan_agreed else "all agree"


def _short_name(output: OutputComparison) -> str:
    """The name in one line of a list, shortened in the middle."""
    name = " ".join(output.name.split())
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST // 2]}…{name[-_LONGEST // 2 :]}"


class Chip(QAbstractButton):
    """One output; checked: it is the one shown."""

    def __init__(self, output: OutputComparison) -> None:
        super().__init__()
        self.output = output
        self._text = chip_text(output)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{output.verdict.value}: {output.name}, {self._text}")
        self.setToolTip(tooltip(f"{output.name}: {output.reason}"))
        self._name_font, self._text_font = look.font(12, 500, mono=True), look.font(12)

    def _widths(self) -> tuple[int, int]:
        name = QFontMetrics(self._name_font).horizontalAdvance(self.output.name)
        text = QFontMetrics(self._text_font).horizontalAdvance(self._text)
        return min(name + 2, _WIDEST_NAME), text

    def sizeHint(self) -> QSize:
        name, text = self._widths()
        return QSize(12 + 16 + 8 + name + 8 + text + 14, 34)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        strong = self.isChecked() or self.hasFocus()
        token = "accent" if strong else "line2"
        painter.setPen(QPen(look.color(token), 2 if strong else 1))
        painter.setBrush(look.color("hover" if self.underMouse() else "surface"))
        painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus() and self.isChecked():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.color("accent"), 1))
            painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), 4, 4)
        shape = look.VERDICT_LOOKS[self.output.verdict.value]
        icon = look.pixmap(shape.icon, shape.word, 16)
        painter.drawPixmap(12, (self.height() - 16) // 2, icon)
        name, _ = self._widths()
        painter.setFont(self._name_font)
        painter.setPen(look.color("text"))
        middle = Qt.TextElideMode.ElideMiddle
        shown = painter.fontMetrics().elidedText(self.output.name, middle, name + 2)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(QRect(36, 0, name + 2, self.height()), flags, shown)
        painter.setFont(self._text_font)
        painter.setPen(look.color("text2"))
        painter.drawText(QRect(36 + name + 8, 0, self.width(), self.height()), flags, self._text)


class Chips(QWidget):
    """The outputs of a comparison, worst first."""

    chosen = Signal(object)
    """The OutputComparison that the person chose."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._group: QButtonGroup | None = None
        self.chips: list[Chip] = []
        self.list = QComboBox()
        self.list.setAccessibleName("Output")
        self.list.setFont(look.font(12, mono=True))
        self.list.setMinimumWidth(320)
        self.list.activated.connect(lambda index: self.chosen.emit(self._outputs[index]))
        self._row.addWidget(self.list)
        self._outputs: tuple[OutputComparison, ...] = ()

    def show_outputs(self, outputs: tuple[OutputComparison, ...], current: str) -> None:
        """Show the outputs, worst first, with the one named `current` chosen."""
        self._outputs = worst_first(outputs)
        for chip in self.chips:
            self._row.removeWidget(chip)
            # Until it is gone it would show around the edges of the one in its place.
            chip.hide()
            chip.deleteLater()
        self.chips = []
        as_list = len(outputs) > MOST_CHIPS
        self.list.setVisible(as_list)
        self.list.clear()
        if as_list:
            for output in self._outputs:
                shape = look.VERDICT_LOOKS[output.verdict.value]
                icon = look.icon(shape.icon, shape.word)
                self.list.addItem(icon, f"{_short_name(output)}  {chip_text(output)}")
            self.mark(current)
            return
        self._group = QButtonGroup(self)
        for output in self._outputs:
            chip = Chip(output)
            chip.setChecked(output.name == current)
            chip.clicked.connect(lambda _, output=output: self.chosen.emit(output))
            self._group.addButton(chip)
            self._row.addWidget(chip)
            # New widgets come last in the tab order; chips belong right after the tabs.
            QWidget.setTabOrder(self.chips[-1] if self.chips else self.list, chip)
            self.chips.append(chip)

    def mark(self, current: str) -> None:
        """Show the output of this name as the chosen one."""
        names = [output.name for output in self._outputs]
        if current not in names:
            return
        if self.chips:
            self.chips[names.index(current)].setChecked(True)
        else:
            self.list.setCurrentIndex(names.index(current))
