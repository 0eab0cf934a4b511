"""Menus and keys: each action does what it says, and only when it can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QKeySequence, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from inspector.ui import actions, look
from inspector.ui.actions import ACTIONS, MENUS, SEPARATOR
from inspector.ui.dialogs.about import LICENCES, PROMISES, AboutDialog
from inspector.ui.dialogs.details import DetailsDialog, facts
from inspector.ui.dialogs.keyboard import KEYS, KeyboardDialog
from inspector.ui.dialogs.settings import SettingsDialog
from inspector.ui.document import CANDIDATE, REFERENCE
from inspector.ui.main_window import PANELS, MainWindow
from inspector.ui.panes import focusable, panes_of
from inspector.ui.settings import RecentPair
from inspector.ui.widgets.labels import Label

LISTED = [name for _, names in MENUS for name in names if name != SEPARATOR]


def dialog_of(window: MainWindow, kind: type[QDialog]) -> Any:
    return next(found for found in window.findChildren(kind) if found.isVisible())


def submenu(window: MainWindow, title: str) -> QMenu:
    menus = {menu.title().replace("&", ""): menu for menu in window.findChildren(QMenu)}
    return menus[title]


def press(window: MainWindow, name: str) -> None:
    window.actions_by_name[name].trigger()


def test_every_action_is_in_a_menu_once() -> None:
    listed = [name for name in LISTED if not name.endswith(">")]
    assert sorted(listed) == sorted(ACTIONS)


def test_no_key_is_given_twice(window: MainWindow) -> None:
    keys = [entry.keys for entry in ACTIONS.values() if entry.keys]
    assert len(keys) == len(set(keys))
    assert all(not QKeySequence(key).isEmpty() for key in keys)


def test_the_pages_have_the_keys_of_their_registry() -> None:
    by_page = {"export": "export-page", "compare": "compare-page"}
    for entry in PANELS:
        assert ACTIONS[by_page.get(entry.id, entry.id)].keys == entry.shortcut


def test_every_key_of_the_menus_is_in_the_list_of_keys() -> None:
    listed = " ".join(keys for keys, _ in KEYS)
    for entry in ACTIONS.values():
        if not entry.keys.startswith("Ctrl+") or not entry.keys[-1].isdigit():
            assert entry.keys in listed
    assert "Ctrl+1 to Ctrl+5" in listed


def test_mnemonics_of_one_menu_differ(window: MainWindow) -> None:
    for menu in window.menuBar().findChildren(QMenu):
        texts = [action.text() for action in menu.actions() if not action.isSeparator()]
        letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
        assert len(letters) == len(set(letters)), menu.title()


def test_without_files_only_what_makes_sense_is_offered(window: MainWindow) -> None:
    possible = {name for name, action in window.actions_by_name.items() if action.isEnabled()}
    assert {"open", "quit", "settings", "about", "keyboard", "copy"} <= possible
    assert not possible & {"compare", "cancel", "export", "save-report", "close", "model"}


def test_with_everything_open_compare_is_offered_and_cancel_is_not(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    open_pair()
    assert window.actions_by_name["compare"].isEnabled()
    assert not window.actions_by_name["cancel"].isEnabled()

    press(window, "compare")

    assert window.document.job is not None
    assert window.actions_by_name["cancel"].isEnabled()
    assert not window.actions_by_name["compare"].isEnabled()
    press(window, "cancel")
    assert window.document.job is None


@pytest.mark.parametrize("entry", PANELS, ids=lambda entry: entry.id)
def test_the_keys_of_the_rail_show_the_pages(
    entry: Any, window: MainWindow, open_pair: Callable[..., None], qtbot: QtBot
) -> None:
    open_pair()
    key = getattr(Qt.Key, f"Key_{entry.shortcut[-1]}")

    qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)

    assert window.page == entry.id


def test_export_goes_to_its_page_first(window: MainWindow, open_pair: Callable[..., None]) -> None:
    open_pair()
    press(window, "export")
    assert window.page == "export"
    assert window.document.job is None


def test_f6_walks_through_the_panes_in_reading_order(
    window: MainWindow, open_pair: Callable[..., None], qtbot: QtBot
) -> None:
    open_pair()
    window.show_page("model")
    qtbot.wait(20)
    page = panes_of(window.panel("model"))
    assert page
    order = [pane for pane in (window.rail, window.header, window.banner, *page) if focusable(pane)]
    window.rail.items["model"].setFocus()
    visited = []
    for _ in order:
        press(window, "next-pane")
        focus = QApplication.focusWidget()
        assert focus is not None
        visited.append(next(p for p in order if p is focus or p.isAncestorOf(focus)))
    assert visited == [*order[1:], order[0]]

    press(window, "previous-pane")
    focus = QApplication.focusWidget()
    assert focus is not None
    assert order[-1].isAncestorOf(focus)


def test_find_goes_to_the_filter_of_the_page(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    open_pair()
    window.show_page("findings")
    press(window, "find")
    assert "nothing to filter" in window.status.text

    page = window.panel("findings")
    field = QLineEdit(page)
    field.setAccessibleName("Filter by name")
    field.show()
    press(window, "find")
    assert field.hasFocus()


def test_copy_takes_rows_as_tab_separated_text(window: MainWindow, qtbot: QtBot) -> None:
    table = QTableView(window)
    model = QStandardItemModel(3, 2, table)
    for row in range(3):
        model.setItem(row, 0, QStandardItem(f"name {row}"))
        model.setItem(row, 1, QStandardItem(f"{row}.5"))
    table.setModel(model)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setGeometry(100, 100, 300, 300)
    table.show()
    table.setFocus()
    rows = QItemSelectionModel.SelectionFlag.Rows
    table.selectionModel().setCurrentIndex(
        model.index(1, 1), QItemSelectionModel.SelectionFlag.ClearAndSelect | rows
    )

    press(window, "copy")
    assert QApplication.clipboard().text() == "name 1\t1.5"
    table.selectAll()
    press(window, "copy")
    assert QApplication.clipboard().text() == "name 0\t0.5\nname 1\t1.5\nname 2\t2.5"
    press(window, "copy-name")
    assert QApplication.clipboard().text() == "name 1"


def test_copy_takes_selected_text(window: MainWindow) -> None:
    field = QPlainTextEdit("one two", window)
    field.show()
    field.setFocus()
    field.selectAll()
    press(window, "copy")
    assert QApplication.clipboard().text() == "one two"


def test_the_theme_menu_changes_and_remembers_the_theme(window: MainWindow) -> None:
    entries = {entry.text(): entry for entry in submenu(window, "Theme").actions()}
    entries["Dark"].trigger()
    assert (look.theme(), window.settings.theme) == ("dark", "dark")
    entries["Light"].trigger()
    assert (look.theme(), window.settings.theme) == ("light", "light")


def test_the_recent_menu_lists_pairs_as_plain_text(window: MainWindow) -> None:
    menu = submenu(window, "Recent")
    menu.aboutToShow.emit()
    assert [entry.text() for entry in menu.actions()] == ["Nothing was opened yet"]
    window.settings.remember(RecentPair("/m/a&b.pt"))

    menu.aboutToShow.emit()
    menu.actions()[0].trigger()

    assert menu.actions()[0].text() == "a&&b.pt"
    assert window.document.reference is not None
    assert window.document.reference.path == "/m/a&b.pt"


def test_the_sample_menu_opens_a_sample(window: MainWindow) -> None:
    submenu(window, "Open sample").actions()[0].trigger()
    assert window.document.plan.trusted


def test_about_names_versions_promises_and_font_licences(window: MainWindow) -> None:
    press(window, "about")
    dialog = dialog_of(window, AboutDialog)
    texts = [label.text() for label in dialog.findChildren(Label)]
    assert set(PROMISES) <= set(texts)
    assert any("No network" in promise for promise in PROMISES)
    assert "PyTorch" in texts
    for _, place in LICENCES:
        dialog._show_licence(place)
        assert "SIL Open Font License" in dialog.licence.toPlainText()
    dialog.close()


def test_the_keyboard_list_opens(window: MainWindow) -> None:
    press(window, "keyboard")
    dialog = dialog_of(window, KeyboardDialog)
    assert len(dialog.findChildren(Label)) == 2 * len(KEYS)
    dialog.close()


def test_the_settings_change_theme_interpreter_and_list(window: MainWindow, qtbot: QtBot) -> None:
    import sys

    window.settings.remember(RecentPair("/m/a.pt"))
    press(window, "settings")
    dialog = dialog_of(window, SettingsDialog)

    dialog.theme.changed.emit(2)
    assert window.settings.theme == "dark"
    dialog.theme.changed.emit(1)
    dialog.interpreter.setText("/no/such/python")
    dialog.interpreter.editingFinished.emit()
    assert dialog.problem.isVisible()
    assert window.settings.worker_interpreter == ""
    dialog._use(sys.executable)
    assert not dialog.problem.isVisible()
    assert window.settings.worker_interpreter == sys.executable
    assert window.document.runner.interpreter == sys.executable
    qtbot.mouseClick(dialog.clear, Qt.MouseButton.LeftButton)
    assert not window.settings.recent
    dialog.close()


def test_card_menus_replace_remove_reveal_and_tell(
    window: MainWindow, open_pair: Callable[..., None]
) -> None:
    empty = {a.text(): a for a in window.header.cards[CANDIDATE].menu.actions()}
    assert not empty["Remove"].isEnabled()
    assert "Choose\u2026" in empty
    open_pair()
    entries = {a.text(): a for a in window.header.cards[CANDIDATE].menu.actions()}
    assert list(entries) == [
        "Replace\u2026", "Remove", "Show in folder", "Convert a copy\u2026", "Details\u2026",
    ]  # fmt: skip

    entries["Details\u2026"].trigger()
    dialog = dialog_of(window, DetailsDialog)
    told = dict(facts(window.document, CANDIDATE))
    assert told["Opset imports"] == "ai.onnx 18"
    assert told["Size"] == "1.5 KB (1,540 bytes)"
    assert dict(facts(window.document, REFERENCE))["Form"] == "state-dict, zip"
    dialog.close()
    entries["Remove"].trigger()
    assert window.document.candidate is None

    data = {a.text(): a for a in window.header.cards["data"].menu.actions()}
    data["Generate random inputs"].trigger()
    assert window.document.data is not None
    assert window.document.data.random == 32
    assert not data["Show in folder"].isEnabled()


def test_close_ends_the_running_job(window: MainWindow, open_pair: Callable[..., None]) -> None:
    open_pair()
    press(window, "compare")
    job = window.document.job
    assert job is not None

    press(window, "close")

    assert job.over
    assert window.document.data is None
    assert not actions.is_open(window.document)


def test_the_first_pane_of_a_page_without_cards_is_the_page(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    field = QLineEdit(page)
    page.show()
    assert panes_of(page) == [page]
    field.setEnabled(False)
    assert panes_of(page) == []
