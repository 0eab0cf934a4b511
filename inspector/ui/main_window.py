"""The window around the pages: menus, rail, header, banner, the pages, the status bar."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.ui import actions, look, panes
from inspector.ui.answers import answer
from inspector.ui.banner import Banner
from inspector.ui.bundled import Sample, open_sample
from inspector.ui.choose import FileChooser
from inspector.ui.dialogs.failure import FailureQueue
from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.drop import DropFilter
from inspector.ui.header import Header
from inspector.ui.history import History
from inspector.ui.later import later
from inspector.ui.panels.welcome import WelcomePanel
from inspector.ui.rail import Rail
from inspector.ui.settings import RecentPair, Settings
from inspector.ui.status import StatusBar
from inspector.ui.steps import badges, sensible

if TYPE_CHECKING:
    from inspector.core import failures
    from inspector.core.failures import Failure
else:
    failures = later("inspector.core.failures")


class PanelEntry(NamedTuple):
    """One page: its id, label and icon on the rail, its class (`module:class`), its keys."""

    id: str
    label: str
    icon: str
    path: str
    shortcut: str


PANELS: tuple[PanelEntry, ...] = (
    PanelEntry("model", "Model", "model", "inspector.ui.panels.model:ModelPanel", "Ctrl+1"),
    PanelEntry("export", "Export", "export", "inspector.ui.panels.export:ExportPanel", "Ctrl+2"),
    PanelEntry(
        "compare", "Compare", "compare", "inspector.ui.panels.compare:ComparePanel", "Ctrl+3"
    ),
    PanelEntry(
        "findings", "Findings", "findings", "inspector.ui.panels.findings:FindingsPanel", "Ctrl+4"
    ),
    PanelEntry("report", "Report", "report", "inspector.ui.panels.report:ReportPanel", "Ctrl+5"),
)
"""The pages in the order of the rail. A page is made when it is first shown."""

WELCOME = "welcome"


class MainWindow(QMainWindow):
    """One pair of files, and the pages that show it."""

    def __init__(self, document: Document, settings: Settings) -> None:
        super().__init__()
        self.document: Document = document
        self.settings: Settings = settings
        self.setWindowTitle("ONNX Inspector")
        self.setMinimumSize(800, 560)
        self._panels: dict[str, QWidget] = {}
        self._page = WELCOME
        self.chooser: FileChooser = FileChooser(self, document, settings)
        self.failures = FailureQueue(self)
        self.actions_by_name = actions.build(self)
        self.rail = Rail(tuple((entry.id, entry.label, entry.icon) for entry in PANELS))
        self.header = Header(document, actions.card_menus(self))
        self.banner = Banner()
        self.pages = QStackedWidget()
        self.welcome = WelcomePanel(document, settings)
        self.pages.addWidget(self.welcome)
        self.status = StatusBar(document)
        self._lay_out()
        self.drops = DropFilter(self, document)
        self.history = History(document, settings)
        self._connect()
        self._restore()
        self.refresh()

    def _lay_out(self) -> None:
        self.setStatusBar(self.status)
        actions.fill_menu_bar(self)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self.header)
        self._page_box = QVBoxLayout()
        self._page_box.setSpacing(12)
        self._page_box.addWidget(self.banner)
        self._page_box.addWidget(self.pages, 1)
        column.addLayout(self._page_box, 1)
        row.addLayout(column, 1)
        self.setCentralWidget(middle)

    def _connect(self) -> None:
        document = self.document
        for signal in (
            document.files_changed, document.plan_changed, document.data_changed,
            document.job_started, document.job_ended, document.comparison_changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        document.job_started.connect(
            lambda job: job.progressed.connect(lambda _: self._show_answer())
        )
        document.failed.connect(self._on_document_failed)
        document.page_asked.connect(self.show_page)
        document.comparison_changed.connect(self._on_document_comparison_changed)
        self.rail.chosen.connect(self.show_page)
        self.rail.settings_asked.connect(lambda: actions.show_settings(self))
        self.header.chosen.connect(self.chooser.ask)
        self.header.compare_asked.connect(self.compare)
        self.banner.stepped.connect(lambda name: actions.STEPS[name](self))
        self.welcome.chosen.connect(self.chooser.ask)
        self.welcome.open_asked.connect(lambda: self.chooser.ask(""))
        self.welcome.sample_asked.connect(self.open_sample)
        self.welcome.recent_asked.connect(self.open_recent)
        self.history.changed.connect(self.welcome.refresh)

    # Pages

    @property
    def page(self) -> str:
        """Id of the page that is shown."""
        return self._page

    def panel(self, page: str) -> QWidget:
        """The page with this id, made now if it was never shown."""
        if page == WELCOME:
            return self.welcome
        if page not in self._panels:
            entry = next(entry for entry in PANELS if entry.id == page)
            module, _, name = entry.path.partition(":")
            made: QWidget = getattr(importlib.import_module(module), name)(self.document)
            self._panels[page] = made
            self.pages.addWidget(made)
            panes.keep_splitters(made, page, self.settings)
        return self._panels[page]

    def show_page(self, page: str) -> None:
        """Show a page; one that makes no sense now is left alone."""
        if page != WELCOME and not sensible(self.document)[page]:
            return
        self._page = page
        self.pages.setCurrentWidget(self.panel(page))
        self.rail.show_step(page)
        welcome = page == WELCOME
        self.header.setVisible(not welcome)
        self.banner.setVisible(not welcome)
        margin = 0 if welcome else 16
        self._page_box.setContentsMargins(
            margin, 0 if welcome else 12, margin, 0 if welcome else 12
        )
        self.banner.set_full(page == "compare")
        self.drops.set_targets(self.welcome if welcome else self.header)
        if welcome:
            self.welcome.target.open.setFocus()

    def refresh(self) -> None:
        """Show the document as it is now."""
        document = self.document
        steps = sensible(document)
        for page, badge in badges(document).items():
            self.rail.items[page].setEnabled(steps[page])
            self.rail.items[page].set_badge(badge)
        empty = document.reference is None and document.candidate is None
        if empty and document.data is None:
            self.show_page(WELCOME)
        elif self._page == WELCOME or not steps[self._page]:
            self.show_page("model")
        names = [side.name for side in (document.reference, document.candidate) if side]
        self.setWindowTitle(" vs ".join(names) + " - ONNX Inspector" if names else "ONNX Inspector")
        actions.refresh(self)
        self._show_answer()

    def _show_answer(self) -> None:
        self.banner.show_answer(answer(self.document, self.history.compared_at))

    # What actions do

    def open_paths(self, paths: list[str]) -> None:
        """Open files named on the command line, by the system, or in a dialog."""
        self.document.open_files(paths)

    def open_sample(self, sample: Sample) -> None:
        """Open one of the pairs that come with the program."""
        open_sample(self.document, sample)

    def open_recent(self, pair: RecentPair) -> None:
        """Open the files of a pair again; consent to run code is asked for anew."""
        self.history.reopen(pair)

    def compare(self) -> None:
        """Run both files on the sample data, and show the page that tells about it."""
        if self.document.can_compare:
            self.rail.items["compare"].setFocus()  # the button is about to be disabled
            self.document.compare()
            self.show_page("compare")

    def close_files(self) -> None:
        """Close everything; the first page is shown."""
        self.document.cancel()
        self.document.set_data(None)
        for side in (REFERENCE, CANDIDATE):
            self.document.close_file(side)

    def set_theme(self, choice: str) -> None:
        """Use another theme, now and from now on."""
        self.settings.theme = choice
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        look.apply(app, choice)

    # Answers

    def _on_document_failed(self, failure: Failure) -> None:
        if failure.kind == failures.TRUST_NEEDED:
            self.show_page("model")
            self.document.noticed.emit(failure.sentence)
        else:
            self.failures.show(failure)

    def _on_document_comparison_changed(self) -> None:
        finished = self.document.comparison is not None and not self.document.out_of_date
        if finished and self.document.job is None and self._page != "report":
            self.show_page("compare")

    # Window

    def _restore(self) -> None:
        if not self.restoreGeometry(self.settings.restore_geometry()):
            room = self.screen().availableGeometry().size()
            self.resize(min(1440, room.width()), min(900, room.height()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None:
            handle.installEventFilter(self.drops)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.document.job is not None:
            self.banner.focus_button()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.settings.keep_geometry(self.saveGeometry())
        self.settings.store.sync()
        self.document.close()
        super().closeEvent(event)
