"""Colours, fonts and icons: computed contrast, everything that is named exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFontDatabase, QFontInfo, QIcon, QImage, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.ui import look
from inspector.ui.answers import Answer
from inspector.ui.banner import Banner
from inspector.ui.style_sheet import style_sheet

THEMES = {"light": look.LIGHT, "dark": look.DARK}
SOURCES = sorted(Path(look.__file__).parent.rglob("*.py"))


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2, definition of relative luminance."""

    def channel(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (channel(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21. Source: WCAG 2.2, definition of contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GROUNDS = ("surface", "app", "sunken", "hover")
VERDICTS = ("pass", "review", "fail", "cannot", "none")
TEXT = [
    *((token, ground) for token in ("text", "text2") for ground in (*GROUNDS, "accent_soft")),
    *(("text3", ground) for ground in ("surface", "app", "sunken", "accent_soft")),
    *(("accent_text", ground) for ground in ("surface", "app", "accent_soft")),
    *(("on_accent", ground) for ground in ("accent", "accent_hover", "accent_press")),
    *((token, "surface") for token in VERDICTS),
    *((token, f"{token}_ground") for token in VERDICTS),
    *((token, f"{verdict}_ground") for token in ("text", "text2") for verdict in VERDICTS),
    ("tile_text", "ref"),
    ("tile_text", "cand"),
    ("surface", "fail"),
    ("surface", "review"),
    ("surface", "none"),
    ("text", "match"),
]
SHAPES = [
    ("control", "surface"),
    ("control", "app"),
    ("accent", "surface"),
    ("accent", "app"),
    ("accent", "accent_soft"),
    ("bar", "surface"),
    ("bar_fail", "surface"),
    ("ref", "surface"),
    ("cand", "surface"),
]


def test_the_formula_knows_black_and_white() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("token", "ground"), TEXT, ids="-on-".join)
def test_text_can_be_read(token: str, ground: str, theme: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[token], tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("token", "ground"), SHAPES, ids="-on-".join)
def test_shapes_and_frames_that_carry_meaning_can_be_seen(
    token: str, ground: str, theme: str
) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[token], tokens[ground]) >= 3


def test_both_themes_have_the_same_tokens() -> None:
    assert look.LIGHT.keys() == look.DARK.keys()


def named(pattern: str) -> set[str]:
    found: set[str] = set()
    for source in SOURCES:
        found.update(re.findall(pattern, source.read_text(encoding="utf-8")))
    return found


def test_every_icon_that_is_named_exists() -> None:
    names = named(r"(?:look\.icon|look\.pixmap|IconView|show_icon|icon_button)\(\s*\"([a-z-]+)\"")
    names |= {style.icon for style in look.VERDICT_LOOKS.values()}

    assert len(names) > 10
    missing = {name for name in names if not look.resource("icons", f"{name}.svg").is_file()}
    assert not missing


def test_every_colour_that_is_named_exists() -> None:
    names = named(r"look\.color\(\s*\"([a-z0-9_]+)\"\s*\)")

    assert len(names) > 10
    assert names <= set(look.LIGHT)


def test_no_widget_names_a_colour_itself() -> None:
    """The report's paper is always light, and a plot writes on its own colour map."""
    allowed = {"theme.py", "look.py", "report.py"}
    for source in SOURCES:
        if source.name not in allowed and source.parent.name != "plots":
            found = re.findall(r"#[0-9A-Fa-f]{6}\b", source.read_text(encoding="utf-8"))
            assert not found, source.name


@pytest.mark.parametrize("theme", THEMES)
def test_the_style_sheet_leaves_nothing_open(theme: str) -> None:
    sheet = style_sheet(THEMES[theme], look.resource("icons"), theme)

    assert "$" not in sheet
    for path in re.findall(r'url\("([^"]+)"\)', sheet):
        assert Path(path).is_file()


def test_the_shipped_fonts_are_the_ones_that_are_used(qapp: QApplication) -> None:
    families = QFontDatabase.families()
    assert {look.WORDS, look.NUMBERS} <= set(families)
    assert QFontInfo(look.font(13)).family() == look.WORDS
    assert QFontInfo(look.font(12, mono=True)).family() == look.NUMBERS
    assert QFontInfo(look.font(13)).pixelSize() == 13
    for licence in ("Inter-OFL.txt", "JetBrainsMono-OFL.txt"):
        assert "SIL OPEN FONT LICENSE" in look.resource("fonts", licence).read_text().upper()


def test_an_icon_takes_the_colour_of_the_theme(qapp: QApplication) -> None:
    icon = look.icon("pass", "pass")
    seen = {}
    for theme in THEMES:
        look.apply(qapp, theme)
        seen[theme] = colours(icon.pixmap(QSize(32, 32)).toImage())
    look.apply(qapp, "light")

    assert look.LIGHT["pass"].lower() in seen["light"]
    assert look.DARK["pass"].lower() in seen["dark"]


def test_a_disabled_icon_is_grey() -> None:
    pixmap = look.icon("pass", "pass").pixmap(QSize(32, 32), QIcon.Mode.Disabled)
    assert colours(pixmap.toImage()) == {look.LIGHT["disabled"].lower()}


def colours(image: QImage) -> set[str]:
    found = set()
    for x in range(image.width()):
        for y in range(image.height()):
            pixel = image.pixelColor(x, y)
            if pixel.alpha() == 255:
                found.add(QColor(pixel.rgb()).name())
    return found


def test_a_theme_reaches_the_palette(qapp: QApplication) -> None:
    look.apply(qapp, "dark")
    dark = qapp.palette().color(QPalette.ColorRole.Window).name()
    assert look.theme() == "dark"
    look.apply(qapp, "light")

    assert dark == look.DARK["app"].lower()
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == look.LIGHT["app"].lower()


def test_fonts_that_were_set_late_survive_another_theme(qtbot: QtBot, qapp: QApplication) -> None:
    banner = Banner()
    qtbot.addWidget(banner)
    banner.show()
    banner.set_full(True)
    banner.show_answer(Answer("FAIL", "3 of 4 values differ."))
    sizes = (banner._word.font().pixelSize(), banner._sentence.font().pixelSize())
    assert sizes == (20, 15)
    look.apply(qapp, "dark")
    assert (banner._word.font().pixelSize(), banner._sentence.font().pixelSize()) == sizes
    assert banner._word.font().weight() == 700
