"""Kinds of made-up values and settings for pictures on the tab "Samples"."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from inspector.core.image_settings import PRESETS
from inspector.jobs.requests import DataSource
from inspector.ui.document import Document
from inspector.ui.panels.samples import SamplesView


@pytest.fixture
def view(qtbot: QtBot, document: Document) -> SamplesView:
    made = SamplesView(document)
    qtbot.addWidget(made)
    made.resize(1160, 700)
    made.show()
    return made


def test_edge_cases_can_be_made_up(document: Document, view: SamplesView) -> None:
    view.made_up_card.kind.setCurrentText("edge cases")
    view.made_up_card.generate()
    assert document.data is not None
    assert document.data.kinds == {"": "edges"}


def test_settings_for_pictures_appear_with_pictures(
    document: Document, view: SamplesView, tmp_path: Path, qtbot: QtBot
) -> None:
    document.set_data(DataSource(paths=(str(tmp_path / "x.npz"),)))
    qtbot.waitUntil(lambda: not view.images_card.isVisible())
    document.set_data(DataSource(paths=(str(tmp_path / "x.png"),)))
    qtbot.waitUntil(view.images_card.isVisible)
    view.images_card.preset.textActivated.emit("imagenet")
    assert document.data is not None
    assert document.data.images == PRESETS["imagenet"]
    view.images_card.text.setText("crop=big")
    view.images_card.text.editingFinished.emit()
    assert view.images_card.problem.text().startswith("'crop=big' is no setting")
    assert document.data.images == PRESETS["imagenet"]
