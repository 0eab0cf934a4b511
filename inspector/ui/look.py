"""What the window looks like: icons, verdicts, colour maps, and the dressing of the program.

Widgets name tokens (`accent`, `text2`), never colours; icons are tinted when they are painted,
so a change of theme needs no widget's help. Colours and fonts are in `theme.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from inspector.ui.style_sheet import style_sheet
from inspector.ui.theme import (
    DARK,
    LIGHT,
    NUMBERS,
    WORDS,
    color,
    font,
    load_fonts,
    resource,
    theme,
    tokens,
    use,
)

__all__ = [
    "DARK",
    "LIGHT",
    "NUMBERS",
    "WORDS",
    "color",
    "font",
    "load_fonts",
    "resource",
    "theme",
]

DIFFERENCE_MAP = {
    "light": ("#123F8C", "#4B82CF", "#C3D7F0", "#FAFAFA", "#F6CDB3", "#D9692F", "#7C2A08"),
    "dark": ("#9CC4FF", "#4B82CF", "#24416E", "#1A1E25", "#6B2F15", "#D9692F", "#FFC09A"),
}
"""Signed difference: blue, ground, orange, symmetric about 0."""

ERROR_MAP = {
    "light": ("#FFFFFF", "#FCE9E6", "#F5BDB5", "#E07A79", "#B3243A", "#5E0A1F"),
    "dark": ("#1A1E25", "#38201F", "#74282A", "#B83B3C", "#FF8577", "#FFD8D0"),
}
"""Size of an error: ground to dark red, logarithmic."""

VALUE_MAP = "viridis"


class VerdictLook(NamedTuple):
    """Icon and colour tokens of a verdict; icon, word and colour always appear together."""

    icon: str
    word: str
    ground: str
    frame: str


VERDICT_LOOKS = {
    "PASS": VerdictLook("pass", "pass", "pass_ground", "pass_frame"),
    "REVIEW": VerdictLook("review", "review", "review_ground", "review_frame"),
    "FAIL": VerdictLook("fail", "fail", "fail_ground", "fail_frame"),
    "CANNOT JUDGE": VerdictLook("cannot-judge", "cannot", "cannot_ground", "cannot_frame"),
    "NOT COMPARED YET": VerdictLook("not-compared", "none", "none_ground", "none_frame"),
    "CANCELLED": VerdictLook("not-compared", "none", "none_ground", "none_frame"),
    "RUNNING": VerdictLook("running", "none", "none_ground", "none_frame"),
}


class _TintedIcon(QIconEngine):
    """Paints a one-colour SVG in the colour that its token has at that moment."""

    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name, self._token = name, token

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        token = "disabled" if mode == QIcon.Mode.Disabled else self._token
        side = min(rect.width(), rect.height())
        ratio = painter.device().devicePixelRatioF() if painter.device() else 1.0
        corner = rect.topLeft() + QPoint((rect.width() - side) // 2, (rect.height() - side) // 2)
        painter.drawPixmap(corner, _tinted(self._name, color(token).name(), side, ratio))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        token = "disabled" if mode == QIcon.Mode.Disabled else self._token
        return _tinted(self._name, color(token).name(), min(size.width(), size.height()), 1.0)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        token = "disabled" if mode == QIcon.Mode.Disabled else self._token
        side = round(min(size.width(), size.height()) / scale)
        return _tinted(self._name, color(token).name(), side, scale)

    def clone(self) -> QIconEngine:
        return _TintedIcon(self._name, self._token)


def icon(name: str, token: str = "text2") -> QIcon:
    """The icon `resources/icons/NAME.svg`, tinted with `token` whenever it is painted."""
    return QIcon(_TintedIcon(name, token))


def pixmap(name: str, token: str = "text2", size: int = 16) -> QPixmap:
    """The icon as a picture of `size` logical pixels, tinted now, sharp on every screen."""
    screen = QGuiApplication.primaryScreen()
    ratio = screen.devicePixelRatio() if screen else 1.0
    return _tinted(name, color(token).name(), size, ratio)


@lru_cache(maxsize=512)
def _tinted(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    side = max(1, round(size * ratio))
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _renderer(name).render(painter, QRectF(0, 0, side, side))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(picture.rect(), QColor(colour))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


@lru_cache(maxsize=128)
def _renderer(name: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(resource("icons", f"{name}.svg").read_bytes()))


def dressing(app: QApplication, choice: str) -> Iterator[str]:
    """Give the program its icon, all fonts and its colours, in short steps."""
    app.setWindowIcon(QIcon(str(resource("icons", "onnx-inspector.png"))))
    load_fonts()
    yield "fonts"
    apply(app, choice)
    yield "colours"


def apply(app: QApplication, choice: str = "system") -> None:
    """Dress the whole program.

    Args:
        app: The application.
        choice: `light`, `dark`, or `system` (light where the system has no opinion).
    """
    if choice == "system":
        dark = app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        choice = "dark" if dark else "light"
    use(choice)
    fonts = [(widget, widget.font()) for widget in app.allWidgets()]
    app.setStyle("Fusion")
    app.setPalette(_palette())
    app.setFont(font())
    app.setStyleSheet(style_sheet(tokens(), resource("icons"), choice))
    for widget, wanted in fonts:
        # Another style sheet takes back every font that was set after the one before it.
        if widget.font() != wanted:
            widget.setFont(wanted)


def _palette() -> QPalette:
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, token in {
        roles.Window: "app", roles.WindowText: "text", roles.Base: "surface",
        roles.AlternateBase: "sunken", roles.Text: "text", roles.Button: "surface",
        roles.ButtonText: "text", roles.BrightText: "fail", roles.ToolTipBase: "surface",
        roles.ToolTipText: "text", roles.Highlight: "accent_soft",
        roles.HighlightedText: "text", roles.Link: "accent_text",
        roles.LinkVisited: "accent_text", roles.PlaceholderText: "text3",
        roles.Accent: "accent", roles.Light: "surface", roles.Midlight: "hover",
        roles.Mid: "line2", roles.Dark: "control", roles.Shadow: "line2",
    }.items():  # fmt: skip
        palette.setColor(role, color(token))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, color("disabled"))
    return palette
