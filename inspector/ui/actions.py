"""Everything a person can do from the menus: one row per action, one function where it is more.

To add an action, add a row to `ACTIONS` and its name to `MENUS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLabel, QLineEdit, QMenu, QWidget

from inspector.ui import bundled, look, panes, remedies
from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.header import DATA, SIDES
from inspector.ui.settings import THEMES
from inspector.ui.steps import sensible
from inspector.ui.widgets.labels import menu_text

if TYPE_CHECKING:
    from inspector.ui.main_window import MainWindow


class Entry(NamedTuple):
    """One action: its words, its keys, what it does, and when it can be done."""

    text: str
    keys: str
    run: Callable[[MainWindow], object]
    possible: Callable[[Document], bool] = lambda document: True
    icon: str = ""


def _page(name: str) -> Callable[[Document], bool]:
    return lambda document: sensible(document)[name]


ACTIONS: dict[str, Entry] = {
    "open": Entry("&Open files…", "Ctrl+O", lambda w: w.chooser.ask(""), icon="folder"),
    "open-folder": Entry(
        "Open fol&der…", "Ctrl+Shift+O", lambda w: w.chooser.ask_folder(), icon="folder"
    ),
    "close": Entry("&Close files", "Ctrl+W", lambda w: w.close_files(), lambda d: is_open(d)),
    "save-report": Entry(
        "Save re&port…", "Ctrl+S", lambda w: save_report(w), lambda d: d.comparison is not None,
        "save",
    ),
    "save-nodes": Entry(
        "Save &nodes as CSV…", "", lambda w: on_model(w, "save_nodes"), lambda d: has_nodes(d)
    ),
    "save-tensors": Entry(
        "Save &tensors as CSV…", "", lambda w: on_model(w, "save_tensors"), lambda d: is_read(d)
    ),
    "beside": Entry(
        "&Weights and differences", "", lambda w: on_model(w, "show_beside"), lambda d: both_read(d)
    ),
    "quit": Entry("&Quit", "Ctrl+Q", lambda w: w.close()),
    "copy": Entry("&Copy", "Ctrl+C", lambda w: copy(), icon="copy"),
    "copy-name": Entry("Copy &name", "Ctrl+Shift+C", lambda w: copy_name()),
    "find": Entry("&Find", "Ctrl+F", lambda w: find(w), icon="search"),
    "next-match": Entry("Next &match\tF3", "", lambda w: on_model(w, "next_match"), _page("model")),
    "previous-match": Entry(
        "Previous m&atch\tShift+F3", "", lambda w: on_model(w, "previous_match"), _page("model")
    ),
    "back": Entry("&Back\tAlt+Left", "", lambda w: on_model(w, "go_back"), _page("model")),
    "forward": Entry(
        "F&orward\tAlt+Right", "", lambda w: on_model(w, "go_forward"), _page("model")
    ),
    "next-pane": Entry("&Next pane", "F6", lambda w: step_pane(w, 1)),
    "previous-pane": Entry("&Previous pane", "Shift+F6", lambda w: step_pane(w, -1)),
    "model": Entry("&Model", "Ctrl+1", lambda w: w.show_page("model"), _page("model")),
    "export-page": Entry("&Export", "Ctrl+2", lambda w: w.show_page("export"), _page("export")),
    "compare-page": Entry("&Compare", "Ctrl+3", lambda w: w.show_page("compare"), _page("compare")),
    "findings": Entry("&Findings", "Ctrl+4", lambda w: w.show_page("findings"), _page("findings")),
    "report": Entry("&Report", "Ctrl+5", lambda w: w.show_page("report"), _page("report")),
    "export": Entry("&Export", "Ctrl+E", lambda w: export(w), _page("export"), "export"),
    "compare": Entry("&Compare", "F5", lambda w: w.compare(), lambda d: d.can_compare, "compare"),
    "layers": Entry(
        "Find the &layer", "", lambda w: find_layer(w), lambda d: d.can_localise, "layers"
    ),
    "convert": Entry(
        "Convert a c&opy…", "", lambda w: remedies.convert(w, w.document),
        lambda d: remedies.can_convert(d), "save",
    ),
    "custom-ops": Entry(
        "Custom ope&rators…", "", lambda w: remedies.show_custom_ops(w, w.document), icon="layers"
    ),
    "cancel": Entry(
        "C&ancel", "Ctrl+.", lambda w: w.document.cancel(), lambda d: d.job is not None, "stop"
    ),
    "settings": Entry("S&ettings…", "Ctrl+,", lambda w: show_settings(w), icon="settings"),
    "about": Entry("&About ONNX Inspector", "", lambda w: show_about(w), icon="info"),
    "keyboard": Entry("&Keyboard", "F1", lambda w: show_keyboard(w), icon="keyboard"),
}  # fmt: skip

SEPARATOR = "-"
MENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "&File",
        ("open", "open-folder", "sample>", "recent>", SEPARATOR, "close", SEPARATOR,
         "save-report", "save-nodes", "save-tensors", SEPARATOR, "quit"),
    ),
    ("&Edit", ("copy", "copy-name", SEPARATOR, "find", "next-match", "previous-match", SEPARATOR,
     "settings")),
    (
        "&View",
        ("model", "export-page", "compare-page", "findings", "report", SEPARATOR, "beside",
         SEPARATOR, "theme>",
         SEPARATOR, "back", "forward", SEPARATOR, "next-pane", "previous-pane"),
    ),
    ("&Run", ("export", "compare", "layers", SEPARATOR, "convert", "custom-ops", SEPARATOR,
     "cancel")),
    ("&Help", ("keyboard", "about")),
)  # fmt: skip

STEPS: dict[str, Callable[[MainWindow], object]] = {
    "open-reference": lambda w: w.chooser.ask(REFERENCE),
    "open-candidate": lambda w: w.chooser.ask(CANDIDATE),
    "open-data": lambda w: w.chooser.ask(DATA),
    "export-page": lambda w: w.show_page("export"),
    "compare-page": lambda w: w.show_page("compare"),
    "compare": lambda w: w.compare(),
    "cancel": lambda w: w.document.cancel(),
    "model": lambda w: w.show_page("model"),
    "findings": lambda w: w.show_page("findings"),
    "report": lambda w: w.show_page("report"),
    "worst": lambda w: show_in_compare(w, "worst"),
    "layers": lambda w: find_layer(w),
    "sizes": lambda w: show_in_compare(w, "rules"),
}
"""What the banner's button does, by the name of the step."""


def build(window: MainWindow) -> dict[str, QAction]:
    """Make every action of `ACTIONS` and give its keys to the window; `refresh` allows them."""
    made = {}
    for name, entry in ACTIONS.items():
        action = QAction(entry.text, window)
        action.setEnabled(False)
        if entry.keys:
            action.setShortcut(entry.keys)
        if entry.icon:
            action.setIcon(look.icon(entry.icon))
        action.triggered.connect(lambda _=False, run=entry.run: run(window))
        window.addAction(action)
        made[name] = action
    return made


def refresh(window: MainWindow) -> None:
    """Allow what can be done now."""
    for name, entry in ACTIONS.items():
        window.actions_by_name[name].setEnabled(entry.possible(window.document))


def fill_menu_bar(window: MainWindow) -> None:
    """Put the actions into the menus of the window."""
    bar = window.menuBar()
    bar.setFixedHeight(28)
    submenus = {"sample>": _sample_menu, "recent>": _recent_menu, "theme>": _theme_menu}
    for title, names in MENUS:
        menu = bar.addMenu(title)
        for name in names:
            if name == SEPARATOR:
                menu.addSeparator()
            elif name in submenus:
                menu.addMenu(submenus[name](window))
            else:
                menu.addAction(window.actions_by_name[name])


def _sample_menu(window: MainWindow) -> QMenu:
    menu = QMenu("Open &sample", window)
    for sample in bundled.samples():
        entry = menu.addAction(menu_text(sample.title))
        entry.triggered.connect(lambda _=False, sample=sample: window.open_sample(sample))
    return menu


def _recent_menu(window: MainWindow) -> QMenu:
    menu = QMenu("&Recent", window)
    menu.aboutToShow.connect(lambda: _fill_recent(menu, window))
    return menu


def _fill_recent(menu: QMenu, window: MainWindow) -> None:
    from inspector.ui.panels.welcome_recent import pair_text

    menu.clear()
    for pair in window.settings.recent:
        entry = menu.addAction(menu_text(pair_text(pair)))
        entry.triggered.connect(lambda _=False, pair=pair: window.open_recent(pair))
    if not window.settings.recent:
        menu.addAction("Nothing was opened yet").setEnabled(False)
    else:
        menu.addSeparator()
        menu.addAction("Clear list").triggered.connect(window.history.clear)


def _theme_menu(window: MainWindow) -> QMenu:
    menu = QMenu("&Theme", window)
    group = QActionGroup(menu)
    for choice in THEMES:
        entry = menu.addAction(choice.capitalize())
        entry.setCheckable(True)
        entry.setData(choice)
        group.addAction(entry)
        entry.triggered.connect(lambda _=False, choice=choice: window.set_theme(choice))

    def mark() -> None:
        for entry in group.actions():
            entry.setChecked(entry.data() == window.settings.theme)

    menu.aboutToShow.connect(mark)
    mark()
    return menu


def card_menus(window: MainWindow) -> dict[str, tuple[QAction, ...]]:
    """What the `...` button of each card offers."""
    return {side: _card_menu(window, side) for side in SIDES}


def _card_menu(window: MainWindow, side: str) -> tuple[QAction, ...]:
    choices: list[tuple[str, str, Callable[[], object]]] = [
        ("Replace…", "open", lambda: window.chooser.ask(side)),
        ("Remove", "trash", lambda: window.chooser.remove(side)),
        ("Show in folder", "folder", lambda: window.chooser.reveal(side)),
        ("Details…", "info", lambda: show_details(window, side)),
    ]
    if side == CANDIDATE:
        choices.insert(
            3, ("Convert a copy…", "save", lambda: remedies.convert(window, window.document))
        )
    if side == DATA:
        choices.insert(1, ("Generate random inputs", "refresh", window.chooser.generate))
    made = []
    for text, icon, run in choices:
        action = QAction(look.icon(icon), text, window)
        action.triggered.connect(lambda _=False, run=run: run())
        made.append(action)

    def allow() -> None:
        document = window.document
        held = document.data if side == DATA else document.file(side)
        for action in made:
            if action.text() in ("Remove", "Details…"):
                action.setEnabled(held is not None)
            if action.text() == "Convert a copy…":
                action.setEnabled(remedies.can_convert(window.document))
            if action.text() == "Show in folder":
                action.setEnabled(bool(window.chooser.path(side)))
            if action.text() in ("Replace…", "Choose…"):
                action.setText("Replace…" if held is not None else "Choose…")

    window.document.files_changed.connect(allow)
    window.document.data_changed.connect(allow)
    allow()
    return tuple(made)


def is_open(document: Document) -> bool:
    """Whether anything is open."""
    return any((document.reference, document.candidate, document.data))


def is_read(document: Document) -> bool:
    """Whether a model file is open and read."""
    return any(one and one.inspection for one in (document.reference, document.candidate))


def both_read(document: Document) -> bool:
    """Whether two model files are open and read."""
    return all(one and one.inspection for one in (document.reference, document.candidate))


def has_nodes(document: Document) -> bool:
    """Whether an ONNX file is open and read."""
    opened = document.candidate
    return opened is not None and opened.inspection is not None


def copy() -> None:
    """Copy what is selected where the focus is: text, or rows as tab-separated text."""
    focus = QApplication.focusWidget()
    if focus is None:
        return
    own = getattr(focus, "copy", None)
    if callable(own):
        own()
    elif isinstance(focus, QAbstractItemView):
        QGuiApplication.clipboard().setText(rows_text(focus))
    elif isinstance(focus, QLabel) and focus.hasSelectedText():
        QGuiApplication.clipboard().setText(focus.selectedText())


def copy_name() -> None:
    """Copy the first cell of the current row."""
    focus = QApplication.focusWidget()
    if isinstance(focus, QAbstractItemView) and focus.currentIndex().isValid():
        index = focus.currentIndex().siblingAtColumn(0)
        name = index.data(Qt.ItemDataRole.DisplayRole)
        QGuiApplication.clipboard().setText("" if name is None else str(name))


def rows_text(view: QAbstractItemView) -> str:
    """The selected rows of a table or tree, one a line, cells apart by tabs."""
    selection = view.selectionModel()
    if selection is None:
        return ""
    first = {(index.parent(), index.row()): index for index in selection.selectedIndexes()}
    lines = []
    for index in first.values():
        cells = range(view.model().columnCount(index.parent()))
        texts = (index.siblingAtColumn(cell).data(Qt.ItemDataRole.DisplayRole) for cell in cells)
        lines.append("\t".join("" if text is None else str(text) for text in texts))
    return "\n".join(lines)


def find(window: MainWindow) -> None:
    """Put the focus into the filter of the page that is shown."""
    for field in window.panel(window.page).findChildren(QLineEdit):
        if field.isVisible() and field.accessibleName().startswith("Filter"):
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            field.selectAll()
            return
    window.document.noticed.emit("There is nothing to filter on this page")


def on_model(window: MainWindow, method: str) -> None:
    """Show the model page and do something there; the page itself holds the keys for it."""
    window.show_page("model")
    _call(window.panel("model"), method)


def step_pane(window: MainWindow, direction: int) -> None:
    """Walk through rail, cards, banner and the cards of the page."""
    page = panes.panes_of(window.panel(window.page))
    panes.step_pane([window.rail, window.header, window.banner, *page], direction)


def save_report(window: MainWindow) -> None:
    """Show the report and ask where to write it."""
    window.show_page("report")
    _call(window.panel("report"), "save")


def export(window: MainWindow) -> None:
    """Show the export page; on the page itself, start the export."""
    if window.page == "export" and window.document.job is None:
        _call(window.panel("export"), "start")
    else:
        window.show_page("export")


def show_in_compare(window: MainWindow, what: str) -> None:
    """Show the `worst` element of the output that decided, the `layers` or the `rules`."""
    window.show_page("compare")
    _call(window.panel("compare"), f"show_{what}")


def find_layer(window: MainWindow) -> None:
    """Look for the layer where the two part, and show what is found."""
    show_in_compare(window, "layers")
    window.document.localise()


def _call(panel: QWidget, method: str) -> None:
    getattr(panel, method)()


def show_settings(window: MainWindow) -> None:
    """Open the settings."""
    from inspector.ui.dialogs.settings import SettingsDialog

    SettingsDialog(window, window.settings, window.document, window.history).open()


def show_about(window: MainWindow) -> None:
    """Say what this program is, and what it does not do."""
    from inspector.ui.dialogs.about import AboutDialog

    AboutDialog(window).open()


def show_keyboard(window: MainWindow) -> None:
    """List the keys."""
    from inspector.ui.dialogs.keyboard import KeyboardDialog

    KeyboardDialog(window).open()


def show_details(window: MainWindow, side: str) -> None:
    """Tell everything that is known about a file in short."""
    from inspector.ui.dialogs.details import DetailsDialog

    DetailsDialog(window, window.document, side).open()
