"""A file card: one of the three things that the question of the window is about."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from inspector.ui import look
from inspector.ui.widgets.controls import BY_KEY, icon_button
from inspector.ui.widgets.labels import tooltip
from inspector.ui.widgets.spinner import Clock

HEIGHT = 56
NAMES = {"reference": "the reference", "candidate": "the candidate", "data": "sample data"}
"""How each card is spoken of."""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card shows.

    Attributes:
        tile: Kind in at most four letters.
        role: First line, left: role and runtime.
        name: Second line: file name, or what to do where there is no file.
        size: Second line, after the name.
        filled: There is a file.
        problem: Two words at the right of the first line, with an octagon.
        reason: The whole sentence, as tooltip.
        pill: Words in REVIEW colours, for made-up data.
        started: Time (`time.monotonic`) a running export of this file began.
        fraction: Share of that export that is done, only where it is known.
    """

    tile: str = ""
    role: str = ""
    name: str = ""
    size: str = ""
    filled: bool = False
    problem: str = ""
    reason: str = ""
    pill: str = ""
    started: float | None = None
    fraction: float | None = None


class FileCard(QAbstractButton):
    """Tile, two lines and a menu; a click chooses a file.

    Args:
        side: `reference`, `candidate` or `data`: gives the tile its colour.
        actions: What the `...` button offers, in order.
    """

    menu_opened = Signal()

    def __init__(self, side: str, actions: tuple[QAction, ...] = ()) -> None:
        super().__init__()
        self._side, self._facts, self._lit = side, CardFacts(), ""
        self._by_key = False
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(168)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.more = icon_button("more", f"More for {NAMES.get(side, side)}")
        self.more.setParent(self)
        self.more.setCursor(Qt.CursorShape.ArrowCursor)
        self.more.clicked.connect(self._on_more_clicked)
        self.menu = QMenu(self)
        self.menu.addActions(list(actions))
        self._clock = Clock(12, "text2")
        self._clock.setParent(self)
        self._clock.hide()

    @property
    def facts(self) -> CardFacts:
        """What is shown."""
        return self._facts

    @property
    def lit(self) -> str:
        """What is said while something is dragged over the window, else empty."""
        return self._lit

    def show_facts(self, facts: CardFacts) -> None:
        """Show something else."""
        if facts == self._facts:
            return
        self._facts = facts
        words = (facts.role, facts.name, facts.size, facts.problem, facts.pill)
        self.setAccessibleName(", ".join(word for word in words if word))
        self.setAccessibleDescription(facts.reason)
        self.setToolTip(tooltip("\n".join(part for part in (facts.name, facts.reason) if part)))
        if facts.started is None:
            self._clock.stop()
            self._clock.hide()
        else:
            self._clock.begin(facts.started)
            self._clock.show()
        self.update()

    def light(self, words: str) -> None:
        """Show that this card takes what is being dragged, in `words`; empty ends it."""
        if words != self._lit:
            self._lit = words
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(311, HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.more.move(self.width() - 16 - 24, (HEIGHT - 26) // 2)
        self._clock.setGeometry(self.width() - 48 - 64, 8, 64, 18)
        self._clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_key = event.reason() in BY_KEY
        super().focusInEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._open_menu(event.globalPos())

    def _on_more_clicked(self) -> None:
        self._open_menu(self.more.mapToGlobal(QPoint(0, self.more.height() + 2)))

    def _open_menu(self, place: QPoint) -> None:
        self.menu_opened.emit()
        self.menu.popup(place)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_frame(painter)
        self._paint_tile(painter)
        right = self.width() - 48
        left = 59
        self._paint_first_line(painter, left, right)
        self._paint_second_line(painter, left, right)
        if self._facts.started is not None and self._facts.fraction is not None:
            track = QRect(left, HEIGHT - 11, right - left, 4)
            paint_track(painter, track, self._facts.fraction)

    def _paint_frame(self, painter: QPainter) -> None:
        ground, frame, width = "surface", "line2", 1.0
        style = Qt.PenStyle.SolidLine
        if self._lit:
            ground, frame, width, style = "accent_soft", "accent", 2.0, Qt.PenStyle.DashLine
        elif self.hasFocus() and self._by_key:
            frame, width = "accent", 2.0
        elif not self._facts.filled:
            frame, style = "control", Qt.PenStyle.DashLine
        if not self._lit and self.underMouse():
            ground = "sunken"
        pen = QPen(look.color(frame), width)
        if style == Qt.PenStyle.DashLine:
            pen.setDashPattern([4, 3] if width == 2 else [3, 3])
        painter.setPen(pen)
        painter.setBrush(look.color(ground))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 8, 8)

    def _paint_tile(self, painter: QPainter) -> None:
        paint_tile(painter, QRect(8, 8, 40, 40), self._facts.tile, self._tile_token())

    def _tile_token(self) -> str:
        colours = {"reference": "ref", "candidate": "cand"}
        coloured = self._facts.filled and self._facts.started is None
        return colours.get(self._side, "") if coloured else ""

    def _paint_first_line(self, painter: QPainter, left: int, right: int) -> None:
        facts = self._facts
        if facts.started is not None:
            right -= 72
        if facts.problem and not self._lit:
            right = _paint_problem(painter, facts.problem, left, right)
        elif facts.pill and not self._lit:
            right = _paint_pill(painter, facts.pill, left, right)
        role = self._lit_role() if self._lit else facts.role
        painter.setFont(look.font(12))
        metrics = painter.fontMetrics()
        role = metrics.elidedText(role, Qt.TextElideMode.ElideRight, max(0, right - left))
        _draw(painter, role, left, 18, right - left, look.font(12), "text2")

    def _lit_role(self) -> str:
        return f"{self._facts.role.partition('  ·  ')[0]}  ·  let go to open"

    def _paint_second_line(self, painter: QPainter, left: int, right: int) -> None:
        facts = self._facts
        if self._lit:
            _draw(painter, self._lit, left, 39, right - left, look.font(13, 500), "text2")
            return
        line = 36 if facts.started is not None else 39
        weight = 600 if facts.filled else 500
        token = "text" if facts.filled and facts.started is None else "text2"
        room = right - left
        name_font, size_font = look.font(13, weight), look.font(12)
        painter.setFont(size_font)
        size_room = painter.fontMetrics().horizontalAdvance(facts.size) + 12 if facts.size else 0
        used = _draw(painter, facts.name, left, line, room - size_room, name_font, token)
        if facts.size:
            place = left + used + 10
            _draw(painter, facts.size, place, line, size_room, size_font, "text2")


def paint_tile(painter: QPainter, place: QRect, text: str, token: str) -> None:
    """Paint the kind of a file as a tile: in the colour of its side, or grey (no token)."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.color(token or "hover"))
    painter.drawRoundedRect(place, 6, 6)
    painter.setPen(look.color("tile_text" if token else "text2"))
    painter.setFont(look.font(12 if place.width() > 44 else 11, 700, mono=True))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


class Tile(QWidget):
    """The kind of a file as a tile, not a control."""

    def __init__(self, text: str, token: str = "", side: int = 40) -> None:
        super().__init__()
        self._text, self._token = text, token
        self.setFixedSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_tile(painter, self.rect(), self._text, self._token)


def paint_track(painter: QPainter, place: QRect, fraction: float) -> None:
    """Paint the 4 px line of a count that is known."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.color("hover"))
    painter.drawRoundedRect(place, 2, 2)
    done = QRectF(place)
    done.setWidth(max(4.0, place.width() * min(1.0, max(0.0, fraction))))
    painter.setBrush(look.color("accent"))
    painter.drawRoundedRect(done, 2, 2)


def _draw(
    painter: QPainter, text: str, left: int, middle: int, room: int, font: QFont, token: str
) -> int:
    """Draw one line, shortened in the middle where room is short; returns its width."""
    painter.setFont(font)
    painter.setPen(look.color(token))
    metrics = painter.fontMetrics()
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, max(0, room))
    place = QRect(left, middle - 10, max(0, room), 20)
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    painter.drawText(place, flags | Qt.TextFlag.TextSingleLine, shown)
    return metrics.horizontalAdvance(shown)


def _paint_problem(painter: QPainter, words: str, left: int, right: int) -> int:
    painter.setFont(look.font(12, 500))
    width = min(painter.fontMetrics().horizontalAdvance(words), right - left - 20)
    painter.drawPixmap(right - width - 19, 11, look.pixmap("fail", "fail", 14))
    _draw(painter, words, right - width, 18, width + 1, look.font(12, 500), "fail")
    return right - width - 28


def _paint_pill(painter: QPainter, words: str, left: int, right: int) -> int:
    painter.setFont(look.font(11, 500))
    width = min(painter.fontMetrics().horizontalAdvance(words) + 16, right - left)
    place = QRectF(right - width + 0.5, 8.5, width - 1, 19)
    painter.setPen(look.color("review_frame"))
    painter.setBrush(look.color("review_ground"))
    painter.drawRoundedRect(place, 4, 4)
    painter.setPen(look.color("review"))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
    return int(right - width - 8)
