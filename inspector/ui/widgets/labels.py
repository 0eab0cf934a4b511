"""Text that is only ever text: names from files are never read as rich text."""

from __future__ import annotations

import html

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QResizeEvent, QTextLayout
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from inspector.ui import look

# Numbers, because Python takes long to join two flags: a page has hundreds of texts.
_WRAP, _ONE_LINE = Qt.TextFlag.TextWordWrap.value, Qt.TextFlag.TextSingleLine.value

WIDEST_WORD = 240
"""Least width that a paragraph may ask for, whatever words are in it."""


def tooltip(text: str) -> str:
    """Text for `setToolTip` that is shown as it is, whatever tags a file name holds."""
    if not text:
        return ""
    return f"<p style='white-space: pre-wrap'>{html.escape(text)}</p>"


def menu_text(text: str) -> str:
    """Text for a menu entry or a button, where `&` would mark a key."""
    return text.replace("&", "&&")


class Label(QLabel):
    """Plain text in one of the program's sizes and colours; it can be selected and copied.

    The colour token is looked up when painting, so a change of theme needs no call.
    """

    def __init__(
        self,
        text: str = "",
        size: int = 13,
        weight: int = 400,
        token: str = "text",
        *,
        mono: bool = False,
        wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(look.font(size, weight, mono=mono))
        self.setWordWrap(wrap)
        self._token = token
        self.setText(text)

    def set_token(self, token: str) -> None:
        """Use another colour token."""
        self._token = token
        self.update()

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        # A name without a space must not widen the page beyond its edge.
        return QSize(min(hint.width(), WIDEST_WORD), hint.height()) if self.wordWrap() else hint

    def paintEvent(self, event: QPaintEvent) -> None:
        wanted = look.color(self._token if self.isEnabled() else "disabled")
        if self.textInteractionFlags() == Qt.TextInteractionFlag.NoTextInteraction:
            # Another palette would have a label measured and dressed anew at its first painting.
            painter = QPainter(self)
            painter.setPen(wanted)
            painter.setFont(self.font())
            flags = self.alignment().value | (_WRAP if self.wordWrap() else 0)
            painter.drawText(self.contentsRect(), flags, self.text())
            return
        palette = self.palette()
        if palette.color(self.foregroundRole()) != wanted:
            palette.setColor(self.foregroundRole(), wanted)
            self.setPalette(palette)
        super().paintEvent(event)


class Elided(Label):
    """One line that is shortened in the middle where room is short; the tooltip holds it all."""

    def __init__(
        self,
        text: str = "",
        size: int = 13,
        weight: int = 400,
        token: str = "text",
        *,
        mono: bool = False,
    ) -> None:
        super().__init__(text, size, weight, token, mono=mono)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def setText(self, text: str) -> None:
        super().setText(text)
        if self.underMouse():
            self._set_tooltip()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._set_tooltip()
        super().enterEvent(event)

    def _set_tooltip(self) -> None:
        short = self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()
        self.setToolTip(tooltip(self.text()) if short else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(look.color(self._token if self.isEnabled() else "disabled"))
        painter.setFont(self.font())
        room = self.contentsRect()
        mode = Qt.TextElideMode.ElideMiddle
        shown = self.fontMetrics().elidedText(self.text(), mode, room.width())
        painter.drawText(room, self.alignment().value | _ONE_LINE, shown)


class Clamped(Label):
    """A paragraph of at most so many lines; what does not fit is in the tooltip."""

    def __init__(self, text: str = "", *, lines: int = 2) -> None:
        super().__init__(text, wrap=True)
        self._lines = lines
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_lines(self, lines: int) -> None:
        """Allow another number of lines."""
        self._lines = lines
        self.fit()

    def fit(self) -> None:
        """Be as high as the lines need at this width; to be called when text or font changed."""
        self.setFixedHeight(self.fontMetrics().height() * len(self._broken(self.width())) + 2)
        self.update()
        if self.underMouse():
            self._set_tooltip()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def hasHeightForWidth(self) -> bool:
        # Its height is fixed. Else a page that scrolls would give every card the height that it
        # would like best instead of the room there is.
        return False

    def sizeHint(self) -> QSize:
        return QSize(320, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.fontMetrics().height() + 2)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._set_tooltip()
        super().enterEvent(event)

    def _set_tooltip(self) -> None:
        whole = " ".join(self._broken(self.width())) == " ".join(self.text().split())
        self.setToolTip("" if whole else tooltip(self.text()))

    def _broken(self, width: int) -> list[str]:
        """The lines as shown, the last one shortened at its end where more would follow."""
        layout = QTextLayout(self.text(), self.font())
        layout.beginLayout()
        starts = []
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(1, width))
            starts.append(line.textStart())
        layout.endLayout()
        ends = [*starts[1 : self._lines], len(self.text())]
        lines = [self.text()[a:b].strip() for a, b in zip(starts, ends, strict=False)]
        if lines:
            mode = Qt.TextElideMode.ElideRight
            lines[-1] = self.fontMetrics().elidedText(lines[-1], mode, width)
        return lines or [""]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(look.color(self._token if self.isEnabled() else "disabled"))
        painter.setFont(self.font())
        lines, height = self._broken(self.width()), self.fontMetrics().height()
        top = (self.height() - height * len(lines)) // 2
        for number, line in enumerate(lines):
            place = QRect(0, top + number * height, self.width(), height)
            painter.drawText(place, Qt.TextFlag.TextSingleLine, line)


class Tag(QWidget):
    """A small grey box with a short name in it: an op type, a dtype, a count."""

    def __init__(self, text: str = "", kind: str = "none", *, mono: bool = True) -> None:
        super().__init__()
        self._kind, self._text = kind, text
        self.setFont(look.font(11, 400 if mono else 500, mono=mono))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def set_text(self, text: str, kind: str | None = None) -> None:
        """Show another text, perhaps in the colours of another verdict token."""
        self._text, self._kind = text, kind or self._kind
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + 14, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(look.color(f"{self._kind}_frame"))
        painter.setBrush(look.color(f"{self._kind}_ground"))
        painter.drawRoundedRect(QRect(0, 0, self.width() - 1, self.height() - 1), 4, 4)
        painter.setPen(look.color(self._kind))
        painter.setFont(self.font())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
