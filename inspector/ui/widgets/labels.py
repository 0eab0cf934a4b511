"""Text that is only ever text: names from files are never read as rich text."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from inspector.ui import look


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

    def paintEvent(self, event: QPaintEvent) -> None:
        palette = self.palette()
        wanted = look.color(self._token if self.isEnabled() else "disabled")
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

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(look.color(self._token if self.isEnabled() else "disabled"))
        painter.setFont(self.font())
        room = self.contentsRect()
        mode = Qt.TextElideMode.ElideMiddle
        shown = self.fontMetrics().elidedText(self.text(), mode, room.width())
        self.setToolTip("" if shown == self.text() else self.text())
        painter.drawText(room, self.alignment() | Qt.TextFlag.TextSingleLine, shown)


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
