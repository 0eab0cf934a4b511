"""The failure dialog: as high as its words, whatever is folded away."""

from pytestqt.qtbot import QtBot

from inspector.core.failures import Failure
from inspector.ui.dialogs.failure import FailureDialog

LONG = Failure(
    "ONNX has no translation for the operation special.i1e.",
    "It is used in blocks.py, line 58. Replace it there, or try the older exporter, which knows "
    "it from opset 16 on. No file was written.",
    "\n".join(f"line {number}" for number in range(60)),
    stage="Translating to ONNX",
)


def shown(qtbot: QtBot, failure: Failure) -> FailureDialog:
    dialog = FailureDialog(failure)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    return dialog


def gap(dialog: FailureDialog) -> int:
    return dialog.hint.geometry().top() - dialog.sentence.geometry().bottom() - 1


def test_hint_and_sentence_stand_together_folded_or_not(qtbot: QtBot) -> None:
    dialog = shown(qtbot, LONG)
    assert gap(dialog) <= 8
    low = dialog.height()
    dialog.fold.setChecked(True)
    assert dialog.details.isVisible()
    assert dialog.height() > low
    assert gap(dialog) <= 8
    dialog.fold.setChecked(False)
    assert dialog.height() == low


def test_the_whole_hint_has_room(qtbot: QtBot) -> None:
    dialog = shown(qtbot, LONG)
    assert dialog.hint.height() >= dialog.hint.heightForWidth(dialog.hint.width())
    assert dialog.sentence.height() >= dialog.sentence.heightForWidth(dialog.sentence.width())


def test_a_failure_without_details_offers_none(qtbot: QtBot) -> None:
    dialog = shown(qtbot, Failure("It stopped.", ""))
    assert not dialog.fold.isVisible()
    assert not dialog.hint.isVisible()


def test_names_in_a_sentence_are_plain_text(qtbot: QtBot) -> None:
    dialog = shown(qtbot, Failure("'<b>x</b>&amp;.onnx' cannot be opened.", "<i>no</i>"))
    assert dialog.sentence.text() == "'<b>x</b>&amp;.onnx' cannot be opened."
    assert dialog.sentence.textFormat().name == "PlainText"
