"""How pictures become numbers, on the tab "Samples"."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QLineEdit

from inspector.core.failures import InspectorError
from inspector.core.image_settings import (
    PRESETS,
    ImageSettings,
    parse_image_settings,
    settings_text,
)
from inspector.ui.document import Document
from inspector.ui.panels.samples_kinds import field_row
from inspector.ui.widgets.cards import Card
from inspector.ui.widgets.labels import Label

_PICTURES = (".png", ".jpg", ".jpeg")
_FIRST = 50
"""Entries of a folder that tell whether it holds pictures."""


class ImagesCard(Card):
    """What is done to each picture: a preset, or settings as text."""

    def __init__(self, document: Document) -> None:
        super().__init__("How pictures become numbers")
        self._document = document
        self.preset = QComboBox()
        self.preset.setAccessibleName("Preset for pictures")
        self.preset.addItems([*PRESETS, "own settings"])
        self.text = QLineEdit()
        self.text.setAccessibleName("Settings for pictures")
        self.problem = Label("", 12, 400, "fail", wrap=True)
        self.words = Label("", 12, 400, "text2", wrap=True)
        self.body.addWidget(field_row("Preset", self.preset))
        self.body.addWidget(field_row("Settings", self.text))
        self.body.addWidget(self.words)
        self.body.addWidget(self.problem)
        self.problem.hide()
        self.preset.textActivated.connect(self._use)
        self.text.editingFinished.connect(lambda: self._use(self.text.text()))

    def refresh(self) -> None:
        """Show the settings in use; nothing where the data is no pictures."""
        data = self._document.data
        there = data is not None and any(_holds_pictures(path) for path in data.paths)
        self.setVisible(there)
        if data is None or not there:
            return
        text = settings_text(data.images)
        self.preset.setCurrentText(text if text in PRESETS else "own settings")
        self.text.setText(text)
        self.text.setCursorPosition(0)
        self.words.setText(words_of(data.images))
        self.problem.setText("")
        self.problem.hide()

    def _use(self, text: str) -> None:
        data = self._document.data
        if data is None or text == "own settings":
            self.text.setFocus()
            return
        try:
            chosen = parse_image_settings(text)
        except InspectorError as error:
            self.problem.setText(f"{error.failure.sentence} {error.failure.hint}")
            self.problem.show()
            return
        self._document.pictures = settings_text(chosen)
        if chosen != data.images:
            self._document.set_data(replace(data, images=chosen))


def words_of(settings: ImageSettings) -> str:
    """Every step in words: size, crop, values, channels and layout."""
    parts = [f"shorter side {settings.resize}" if settings.resize else "size as it is"]
    if settings.crop:
        parts.append(f"middle {settings.crop} x {settings.crop}")
    if not settings.scale:
        parts.append("whole bytes 0 to 255")
    else:
        parts.append(f"values 0 to {255 * settings.scale:g}")
        if any(settings.mean):
            parts.append(f"less {' '.join(f'{one:g}' for one in settings.mean)}")
        if any(one != 1 for one in settings.std):
            parts.append(f"divided by {' '.join(f'{one:g}' for one in settings.std)}")
    text = ", ".join((*parts, settings.order, settings.layout))
    return f"{text[0].upper()}{text[1:]}."


def _holds_pictures(path: str) -> bool:
    """By name alone: nothing is decoded here."""
    place = Path(path)
    if not place.is_dir():
        return place.suffix.lower() in _PICTURES
    try:
        found = (entry.suffix.lower() for entry in islice(place.iterdir(), _FIRST))
        return any(suffix in _PICTURES for suffix in found)
    except OSError:
        return False
