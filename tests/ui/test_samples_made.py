"""Kinds of made-up values and settings for pictures on the tab "Samples"."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from inspector.core.failures import Failure
from inspector.core.image_settings import PRESETS, parse_image_settings
from inspector.core.inspection import Inspection
from inspector.core.model import Value
from inspector.jobs.requests import Binding, Bound, DataSource
from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.drop import open_at, places_of
from inspector.ui.header import DATA
from inspector.ui.panels.samples import SamplesView
from inspector.ui.panels.samples_kinds import CHOICES
from inspector.ui.panels.samples_made import words_of
from inspector.ui.picture_settings import PictureSettings, data_of
from inspector.ui.settings import Settings


@pytest.fixture
def view(qtbot: QtBot, document: Document) -> SamplesView:
    made = SamplesView(document)
    qtbot.addWidget(made)
    made.resize(1160, 700)
    made.show()
    return made


def choose(box: QComboBox, text: str) -> None:
    """As a person does."""
    box.setCurrentText(text)
    assert box.currentText() == text
    box.activated.emit(box.currentIndex())


def test_edge_cases_can_be_made_up(document: Document, view: SamplesView) -> None:
    choose(view.made_up_card.kind.kind, "edge cases")
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
    assert document.pictures == "imagenet"
    wanted = (
        "Shorter side 256, middle 224 x 224, values 0 to 1, less 0.485 0.456 0.406, "
        "divided by 0.229 0.224 0.225, RGB, NCHW."
    )
    qtbot.waitUntil(lambda: view.images_card.words.text() == wanted)
    assert words_of(PRESETS["bytes"]) == "Size as it is, whole bytes 0 to 255, RGB, NCHW."


def test_each_input_may_have_a_kind_of_its_own(
    document: Document, view: SamplesView, qtbot: QtBot
) -> None:
    fields = view.made_up_card.kind
    fields.set_inputs(("tokens", "mask"))
    choose(fields.kind, "uniform")
    fields.numbers[0].setText("-3")
    fields.numbers[1].setText("3")
    fields.numbers[1].editingFinished.emit()
    choose(fields.target, "tokens")
    assert fields.kind.currentText() == "as the others"
    choose(fields.kind, "whole numbers")
    fields.numbers[1].setText("1234567")
    fields.numbers[1].editingFinished.emit()
    choose(fields.target, "mask")
    choose(fields.kind, "mask of zeros and ones")
    assert not fields.numbers[1].isVisible()
    wanted = {"": "uniform(-3,3)", "tokens": "integers(0,1234567)", "mask": "mask(0.5)"}
    assert fields.kinds() == wanted
    choose(fields.target, "tokens")
    assert [field.text() for field in fields.numbers] == ["0", "1234567"]
    choose(fields.kind, "as the others")
    assert fields.kinds() == {name: kind for name, kind in wanted.items() if name != "tokens"}


def test_numbers_that_make_no_sense_are_said_and_nothing_is_made_up(
    document: Document, view: SamplesView
) -> None:
    card = view.made_up_card
    choose(card.kind.kind, "uniform")
    card.kind.numbers[0].setText("5")
    card.generate()
    assert document.data is None
    assert card.kind.problem.text().startswith("'uniform(5,1)' is no kind of generated data.")
    assert card.kind.problem.isVisible()
    card.kind.numbers[1].setText("7.5")
    card.generate()
    assert document.data is not None
    assert document.data.kinds == {"": "uniform(5,7.5)"}
    assert not card.kind.problem.isVisible()


def test_every_kind_in_the_list_is_one_and_comes_back(view: SamplesView) -> None:
    fields = view.made_up_card.kind
    for choice in CHOICES:
        choose(fields.kind, choice.text)
        kinds = fields.kinds()
        assert kinds is not None
        fields.show_kinds({})
        assert fields.kind.currentText() == "by type"
        fields.show_kinds(kinds)
        assert fields.kind.currentText() == choice.text
        assert fields.kinds() == kinds


def test_settings_for_pictures_outlive_the_window(document: Document, tmp_path: Path) -> None:
    settings = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    PictureSettings(settings, document)
    assert data_of(document, ("x.png",)).images == PRESETS["plain"]
    document.pictures = "imagenet,order=BGR"
    document.set_data(data_of(document, ("x.png",)))
    assert settings.pictures == "imagenet,order=BGR"
    later = Document()
    PictureSettings(settings, later)
    assert data_of(later, ("y.png",)).images == parse_image_settings("imagenet,order=BGR")
    later.pictures = "no settings"
    assert data_of(later, ("y.png",)).images == PRESETS["plain"]
    later.close()


class TestTensorFiles:
    """A file of tensors that comes while both sides are open."""

    @pytest.fixture
    def both(
        self,
        document: Document,
        onnx_inspection: Callable[..., Inspection],
        checkpoint_inspection: Callable[..., Inspection],
        tmp_path: Path,
    ) -> str:
        document.open_file("/models/a.pt", REFERENCE)
        document.reader.answer("inspect", checkpoint_inspection())  # type: ignore[attr-defined]
        document.open_file("/models/tiny.onnx", CANDIDATE)
        document.reader.answer("inspect", onnx_inspection())  # type: ignore[attr-defined]
        path = tmp_path / "x.safetensors"
        head = b'{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
        path.write_bytes(len(head).to_bytes(8, "little") + head + b"\0")
        return str(path)

    @staticmethod
    def fit(array: str, unused: tuple[str, ...], status: str = "as-is") -> Binding:
        bound = Bound(Value("input", "float32", (1,)), array, "float32", (1,), status, "")
        return Binding((), (bound,), unused, 1, 1, True, "x")

    @pytest.mark.parametrize(("array", "unused"), [("input", ("label",)), ("x", ())])
    def test_what_fits_the_inputs_is_sample_data(
        self, document: Document, both: str, array: str, unused: tuple[str, ...]
    ) -> None:
        told: list[str] = []
        document.noticed.connect(told.append)
        document.open_files([both])
        assert document.data is None, "the reader is asked first"
        document.reader.answer("bind", self.fit(array, unused))  # type: ignore[attr-defined]
        assert document.data == DataSource(paths=(both,))
        assert document.reference is not None
        assert document.reference.path == "/models/a.pt"
        assert told[-1].startswith("x.safetensors fits the inputs and is the sample data now.")

    @pytest.mark.parametrize(
        ("array", "unused", "status"), [("x", ("bias",), "as-is"), ("x", (), "unfit")]
    )
    def test_weights_are_the_reference(
        self, document: Document, both: str, array: str, unused: tuple[str, ...], status: str
    ) -> None:
        document.open_files([both])
        answer = self.fit(array, unused, status)
        document.reader.answer("bind", answer)  # type: ignore[attr-defined]
        assert document.data is None
        assert document.reference is not None
        assert document.reference.path == both

    def test_what_cannot_be_read_as_data_is_the_reference(
        self, document: Document, both: str
    ) -> None:
        document.open_files([both])
        document.reader.answer("bind", Failure("No tensors."))  # type: ignore[attr-defined]
        assert document.reference is not None
        assert document.reference.path == both

    def test_the_first_model_is_never_taken_for_data(
        self, document: Document, tmp_path: Path, both: str
    ) -> None:
        document.close_file(REFERENCE)
        document.open_files([both])
        assert document.reference is not None
        assert document.reference.path == both

    def test_it_goes_where_it_is_let_go(self, document: Document, both: str) -> None:
        assert places_of(["checkpoint"], DATA) == {DATA}
        open_at(document, both, DATA)
        assert document.data == DataSource(paths=(both,))
