"""Colours, fonts, icons and resources: the one file that knows what the window looks like.

Widgets name tokens (`accent`, `text2`), never colours; icons are tinted when they are painted,
so a change of theme needs no widget's help.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
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

LIGHT = {
    "app": "#F2F4F7", "surface": "#FFFFFF", "sunken": "#F7F8FA", "hover": "#EDF0F4",
    "line": "#E0E4EA", "line2": "#CDD3DC", "control": "#7F8897",
    "text": "#161A21", "text2": "#454D5B", "text3": "#5F6877", "disabled": "#9AA2AF",
    "accent": "#2A5BD0", "accent_hover": "#2350BA", "accent_press": "#1C449F",
    "accent_text": "#2450B8", "accent_soft": "#E8EEFC", "on_accent": "#FFFFFF",
    "pass": "#006876", "pass_ground": "#E1F1F4", "pass_frame": "#A6D2DA",
    "review": "#7F5200", "review_ground": "#FCF1DB", "review_frame": "#E6CC93",
    "fail": "#AE1B33", "fail_ground": "#FCEBED", "fail_frame": "#EDB9C1",
    "cannot": "#5A4A94", "cannot_ground": "#EFECF9", "cannot_frame": "#C9C1E6",
    "none": "#454D5B", "none_ground": "#EDF0F4", "none_frame": "#CDD3DC",
    "bar": "#7C92BC", "bar_fail": "#CB2F47", "ref": "#404854", "cand": "#1577AD",
    "grid": "#E9ECF0", "match": "#FBE7C0", "tile_text": "#FFFFFF", "nan": "#C2189B",
}  # fmt: skip

DARK = {
    "app": "#12151A", "surface": "#1A1E25", "sunken": "#15191F", "hover": "#252B34",
    "line": "#2B313B", "line2": "#3A424E", "control": "#6F7888",
    "text": "#E9ECF1", "text2": "#B9C0CB", "text3": "#98A1AF", "disabled": "#616A78",
    "accent": "#86A9FF", "accent_hover": "#9BB8FF", "accent_press": "#6E97FB",
    "accent_text": "#9BB8FF", "accent_soft": "#22304D", "on_accent": "#0D1422",
    "pass": "#4FC4C4", "pass_ground": "#122F31", "pass_frame": "#235C5F",
    "review": "#F0C75E", "review_ground": "#322810", "review_frame": "#695526",
    "fail": "#FF8577", "fail_ground": "#3B1B1A", "fail_frame": "#7A3833",
    "cannot": "#B9A8F0", "cannot_ground": "#292340", "cannot_frame": "#544983",
    "none": "#B9C0CB", "none_ground": "#252B34", "none_frame": "#3A424E",
    "bar": "#6E8CC4", "bar_fail": "#FF7468", "ref": "#D5DAE1", "cand": "#36A9CE",
    "grid": "#242A33", "match": "#4A3A12", "tile_text": "#12151A", "nan": "#FF6BE0",
}  # fmt: skip

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

WORDS, NUMBERS = "Inter", "JetBrains Mono"


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


class _State:
    """The theme in use; changed by `apply` alone."""

    name = "light"
    tokens = LIGHT


def resource(*parts: str) -> Path:
    """Path of a shipped file: in the package when installed, else at the repository's root."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "resources"
    return (inside if inside.is_dir() else package.parent / "resources").joinpath(*parts)


def theme() -> str:
    """`light` or `dark`, as applied last."""
    return _State.name


def color(token: str) -> QColor:
    """The colour that `token` has in the theme in use."""
    return QColor(_State.tokens[token])


def font(size: int = 13, weight: int = 400, *, mono: bool = False) -> QFont:
    """A font of the program: `size` in pixels, Inter or JetBrains Mono, figures of one width."""
    made = QFont(NUMBERS if mono else WORDS)
    made.setPixelSize(size)
    made.setWeight(QFont.Weight(weight))
    if mono:
        made.setStyleHint(QFont.StyleHint.Monospace)
        made.setFeature(QFont.Tag("liga"), 0)
        made.setFeature(QFont.Tag("calt"), 0)
    else:
        made.setStyleHint(QFont.StyleHint.SansSerif)
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


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


def load_fonts() -> None:
    """Load the shipped fonts; where that fails the system's own stand in."""
    for path in sorted(resource("fonts").rglob("*.[ot]tf")):
        QFontDatabase.addApplicationFont(str(path))


def apply(app: QApplication, choice: str = "system") -> None:
    """Dress the whole program.

    Args:
        app: The application.
        choice: `light`, `dark`, or `system` (light where the system has no opinion).
    """
    if choice == "system":
        dark = app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        choice = "dark" if dark else "light"
    _State.name = choice
    _State.tokens = DARK if choice == "dark" else LIGHT
    app.setStyle("Fusion")
    app.setPalette(_palette())
    app.setFont(font())
    app.setStyleSheet(style_sheet(_State.tokens, resource("icons"), choice))


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
