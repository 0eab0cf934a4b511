"""Every control has a name, focus walks in reading order, names are only ever text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from inspector.core.failures import Failure
from inspector.core.findings import Finding
from inspector.core.layers import Layer, Localisation, Status
from inspector.jobs.requests import DataSource
from inspector.ui.dialogs.about import AboutDialog
from inspector.ui.dialogs.details import DetailsDialog
from inspector.ui.dialogs.failure import FailureDialog
from inspector.ui.dialogs.keyboard import KeyboardDialog
from inspector.ui.document import CANDIDATE, REFERENCE, OpenFile
from inspector.ui.main_window import PANELS, WELCOME, MainWindow
from inspector.ui.panels.compare import LAYERS
from inspector.ui.panels.findings_detail import Detail
from inspector.ui.panels.model_table import NODES, TENSORS
from inspector.ui.panes import focusable
from inspector.ui.settings import RecentPair
from inspector.ui.widgets.labels import Label, menu_text, tooltip

CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit,
)  # fmt: skip
PAGES = [WELCOME, *(entry.id for entry in PANELS)]
NASTY = "<b>x<i>&<img src=x onerror=1>.onnx"


def unnamed(root: QWidget) -> list[str]:
    """Visible controls inside `root` that a screen reader could not name."""
    found = []
    for widget in root.findChildren(QWidget):
        if not isinstance(widget, CONTROLS) or not widget.isVisible():
            continue
        if isinstance(widget.parent(), (QAbstractSpinBox, QComboBox, QAbstractScrollArea)):
            continue
        if widget.objectName().startswith("qt_") or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface is not None
        if not interface.text(QAccessible.Text.Name).strip():
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found


def test_the_lint_finds_an_unnamed_control(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    QLineEdit(root)
    root.show()
    assert unnamed(root) == ["QLineEdit in QWidget"]


@pytest.mark.parametrize("page", PAGES)
def test_every_control_of_a_page_has_a_name(
    page: str,
    window: MainWindow,
    open_pair: Callable[..., None],
    make_comparison: Any,
    qapp: QApplication,
) -> None:
    window.settings.remember(RecentPair("/m/a.pt"))
    window.welcome.refresh()
    if page != WELCOME:
        open_pair()
        window.document._on_compared(make_comparison())
        window.show_page(page)
    qapp.processEvents()

    assert window.page == page
    assert unnamed(window) == []


def test_every_control_of_the_layers_has_a_name(
    window: MainWindow, open_pair: Callable[..., None], make_comparison: Any, qapp: QApplication
) -> None:
    open_pair()
    window.document._on_compared(make_comparison("FAIL"))
    window.show_page("compare")
    layers = tuple(
        Layer(f"m/{number}", "m", "v", "n", "Conv", Status.AGREES, 1e-7) for number in range(3)
    )
    window.document.localisation = Localisation("It is born.", "", layers, birthplace=1)
    window.document.layers_changed.emit()
    panel: Any = window.panel("compare")
    panel.tabs.choose(LAYERS)
    panel.refresh()
    qapp.processEvents()

    shown = panel.layers
    assert shown.copy.isVisible()
    assert unnamed(window) == []
    stops = [stop for stop in focusable(shown) if stop is not shown]
    walk = [shown.layers.view, shown.copy, shown.curve, shown.detail._show]
    places = [stops.index(stop) for stop in walk]
    assert places == sorted(places)


def test_every_control_of_the_tables_of_a_file_has_a_name(
    window: MainWindow, open_pair: Callable[..., None], qapp: QApplication
) -> None:
    open_pair()
    window.show_page("model")
    panel: Any = window.panel("model")
    forms = panel.pane.forms
    for form in (NODES, TENSORS):
        forms.choose(form)
        forms.changed.emit(form)
        qapp.processEvents()
        assert unnamed(window) == []


def test_every_control_of_the_acceptance_has_a_name(
    window: MainWindow, open_pair: Callable[..., None], onnx_inspection: Any, qapp: QApplication
) -> None:
    open_pair()
    found = Finding("fixed-batch", "should", "The batch is fixed", "Others are refused.", "Open.")
    window.document.candidate = OpenFile(
        "/m/a.onnx", onnx_inspection("/m/a.onnx", findings=(found,))
    )
    window.document.files_changed.emit()
    window.show_page("findings")
    panel: Any = window.panel("findings")
    panel.refresh()
    form = panel.findChild(Detail).acceptance
    form._ask(True)
    qapp.processEvents()

    assert form.reason.isVisible()
    assert unnamed(window) == []


@pytest.mark.parametrize("kind", ["failure", "about", "keyboard", "details", "settings"])
def test_every_control_of_a_dialog_has_a_name(kind: str, window: MainWindow) -> None:
    window.document.open_file("/m/a.onnx", CANDIDATE)
    made: dict[str, Callable[[], QWidget]] = {
        "failure": lambda: FailureDialog(Failure("It stopped.", "Do.", "raw"), window),
        "about": lambda: AboutDialog(window),
        "keyboard": lambda: KeyboardDialog(window),
        "details": lambda: DetailsDialog(window, window.document, CANDIDATE),
        "settings": lambda: settings_dialog(window),
    }
    dialog = made[kind]()
    dialog.show()
    assert unnamed(dialog) == []
    dialog.close()


def settings_dialog(window: MainWindow) -> QWidget:
    from inspector.ui.dialogs.settings import SettingsDialog

    return SettingsDialog(window, window.settings, window.document, window.history)


def test_tab_walks_in_reading_order(
    window: MainWindow, open_pair: Callable[..., None], qapp: QApplication
) -> None:
    open_pair()
    window.show_page("model")
    qapp.processEvents()
    central = window.centralWidget()
    assert central is not None
    stops = [stop for stop in focusable(central) if stop is not central]

    def place(widget: QWidget) -> int:
        return min(number for number, stop in enumerate(stops) if stop is widget)

    walk = [
        window.rail.items["model"],
        window.rail.items["report"],
        window.header.cards[REFERENCE],
        window.header.cards[CANDIDATE],
        window.header.cards["data"],
        window.header.compare,
    ]
    places = [place(widget) for widget in walk]
    assert places == sorted(places)
    on_page = [n for n, stop in enumerate(stops) if window.pages.isAncestorOf(stop)]
    assert on_page
    assert min(on_page) > places[-1]


def test_targets_are_large_enough(window: MainWindow, open_pair: Callable[..., None]) -> None:
    open_pair()
    for button in window.findChildren(QAbstractButton):
        inside = window.pages.isAncestorOf(button) or not button.isVisible()
        if not inside and button.focusPolicy() != Qt.FocusPolicy.NoFocus:
            assert min(button.width(), button.height()) >= 24, button.accessibleName()


def test_the_steps_say_their_state(
    window: MainWindow, open_pair: Callable[..., None], make_comparison: Any
) -> None:
    open_pair()
    window.document._on_compared(make_comparison("FAIL"))
    item = window.rail.items["compare"]
    assert item.accessibleName() == "Compare"
    assert item.accessibleDescription() == "FAIL"
    assert window.banner.accessibleName().startswith("FAIL. ")


def test_arrows_walk_along_the_rail(
    window: MainWindow, open_pair: Callable[..., None], qtbot: QtBot
) -> None:
    open_pair()
    items = window.rail.items
    items["model"].setFocus()

    qtbot.keyClick(items["model"], Qt.Key.Key_Down)
    assert items["export"].hasFocus()
    assert window.page == "model"
    qtbot.keyClick(items["export"], Qt.Key.Key_Space)
    assert window.page == "export"
    qtbot.keyClick(items["export"], Qt.Key.Key_Up)
    qtbot.keyClick(items["model"], Qt.Key.Key_Up)
    assert window.rail.settings.hasFocus()


def test_a_card_is_opened_by_key(window: MainWindow, open_pair: Any, qtbot: QtBot) -> None:
    open_pair()
    card = window.header.cards[REFERENCE]
    assert card.accessibleName().startswith("Reference")
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Space)
    assert window.chooser.dialog is not None
    assert window.chooser.dialog.isVisible()
    window.chooser.dialog.reject()


def test_names_of_files_are_only_ever_text(
    window: MainWindow, onnx_inspection: Any, qapp: QApplication
) -> None:
    path = f"/models/{NASTY}"
    window.document.open_file(path, CANDIDATE)
    window.document.reader.answer(  # type: ignore[attr-defined]
        "inspect", onnx_inspection(path, what=f"{NASTY} is an ONNX model.")
    )
    window.document.set_data(DataSource(paths=(f"/data/{NASTY}",)))
    window.document.noticed.emit(NASTY)
    window.welcome.refresh()
    dialog = FailureDialog(Failure(f"{NASTY} stopped.", NASTY, NASTY, NASTY), window)
    details = DetailsDialog(window, window.document, CANDIDATE)
    dialog.show()
    details.show()
    window.show_page("model")
    qapp.processEvents()

    assert window.header.cards[CANDIDATE].facts.name == NASTY
    for label in window.findChildren(QLabel):
        assert label.textFormat() != Qt.TextFormat.RichText
        if "<b>" in label.text():
            assert label.textFormat() == Qt.TextFormat.PlainText
    for widget in window.findChildren(QWidget):
        if "<b>x" in widget.toolTip():
            pytest.fail(f"{type(widget).__name__} shows a name as rich text in its tooltip")
    assert "&lt;b&gt;x" in window.header.cards[CANDIDATE].toolTip()
    assert dialog.details.toPlainText() == NASTY


def test_helpers_for_text_escape_it(qtbot: QtBot) -> None:
    assert tooltip("") == ""
    assert "&lt;b&gt;x&lt;i&gt;&amp;" in tooltip(NASTY)
    assert menu_text("a&b") == "a&&b"
    label = Label(NASTY)
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.sizeHint().width() > label.fontMetrics().horizontalAdvance("<b>x<i>&<img src")


class _Emitter(QObject):
    told = Signal(bool)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None and True are immortal from 3.12")
def test_qt_calls_keep_the_references_to_none_and_true(qapp: QApplication) -> None:
    """PySide6 6.12.0 loses one at each void call and emit, and aborts the program in the end."""
    label, emitter = QLabel(), _Emitter()
    heard: list[bool] = []
    emitter.told.connect(lambda value: heard.append(value))
    before = sys.getrefcount(None), sys.getrefcount(True)

    for number in range(1000):
        label.setToolTip(str(number))
        emitter.told.emit(True)
    after = sys.getrefcount(None), sys.getrefcount(True)

    assert len(heard) == 1000
    assert after[0] - before[0] > -100
    assert after[1] - before[1] > -100
