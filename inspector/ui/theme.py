"""Colours, fonts and resources: what the first paint needs, and nothing that it does not.

Naming `Qt`, `QIcon` or `QtSvg` costs more than the whole first paint: they are in `look.py`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import ClassVar

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette

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

_ROLES = (QPalette.ColorRole.Window, QPalette.ColorRole.WindowText)

WORDS, NUMBERS = "Inter", "JetBrains Mono"


class _State:
    """The theme in use; changed by `use` alone."""

    name = "light"
    tokens = LIGHT
    fonts: ClassVar[set[str]] = set()


def resource(*parts: str) -> Path:
    """Path of a shipped file: in the package when installed, else at the repository's root."""
    return _resources().joinpath(*parts)


@cache
def _resources() -> Path:
    package = Path(__file__).resolve().parent.parent
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"


def theme() -> str:
    """`light` or `dark`, as used last."""
    return _State.name


def tokens() -> dict[str, str]:
    """Every colour of the theme in use, `#RRGGBB` by token."""
    return _State.tokens


def use(name: str) -> None:
    """Take the colours of `light` or `dark` from now on."""
    _State.name = name
    _State.tokens = DARK if name == "dark" else LIGHT


def of_system(palette: QPalette) -> str:
    """`light` or `dark`, as the palette has it that the system gave the application."""
    ground, text = (palette.color(role).lightness() for role in _ROLES)
    return "dark" if text > ground else "light"


def color(token: str) -> QColor:
    """The colour that `token` has in the theme in use."""
    return QColor(_State.tokens[token])


def font(size: int = 13, weight: int = 400, *, mono: bool = False) -> QFont:
    """A font of the program: `size` in pixels, Inter or JetBrains Mono, figures of one width."""
    return QFont(_font(size, weight, mono))


@cache
def _font(size: int, weight: int, mono: bool) -> QFont:
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


def load_fonts(names: tuple[str, ...] = ("*",)) -> None:
    """Load shipped fonts; where that fails the system's own stand in.

    Args:
        names: Patterns of file names without suffix. A font that is loaded already is skipped.
    """
    for name in names:
        for path in sorted(resource("fonts").rglob(f"{name}.[ot]tf")):
            if path.name not in _State.fonts:
                _State.fonts.add(path.name)
                QFontDatabase.addApplicationFont(str(path))
