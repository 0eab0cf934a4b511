"""The window around the pages: menus, rail, header, banner, the pages, the status bar."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6 import QtCore, QtWidgets
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent

from inspector.ui.frame import FIRST_MODULES, Frame
from inspector.ui.later import later
from inspector.ui.pages import PANELS as PANELS
from inspector.ui.settings import RecentPair

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from inspector.core import failures
    from inspector.core.failures import Failure
    from inspector.ui import (
        accepted,
        actions,
        ahead,
        answers,
        banner,
        bundled,
        choose,
        consents,
        drop,
        header,
        history,
        look,
        panes,
        picture_settings,
        rail,
        remedies,
        status,
        steps,
        turns,
    )
    from inspector.ui import document as files
    from inspector.ui.dialogs import failure as failure_dialog
    from inspector.ui.document import Document
    from inspector.ui.panels import welcome
else:  # the first paint waits for none of them
    failures = later("inspector.core.failures")
    accepted = later("inspector.ui.accepted")
    actions = later("inspector.ui.actions")
    answers = later("inspector.ui.answers")
    banner = later("inspector.ui.banner")
    bundled = later("inspector.ui.bundled")
    choose = later("inspector.ui.choose")
    drop = later("inspector.ui.drop")
    ahead = later("inspector.ui.ahead")
    header = later("inspector.ui.header")
    consents = later("inspector.ui.consents")
    history = later("inspector.ui.history")
    look = later("inspector.ui.look")
    panes = later("inspector.ui.panes")
    picture_settings = later("inspector.ui.picture_settings")
    rail = later("inspector.ui.rail")
    remedies = later("inspector.ui.remedies")
    status = later("inspector.ui.status")
    steps = later("inspector.ui.steps")
    turns = later("inspector.ui.turns")
    files = later("inspector.ui.document")
    failure_dialog = later("inspector.ui.dialogs.failure")
    welcome = later("inspector.ui.panels.welcome")


WELCOME = "welcome"


class MainWindow(Frame):
    """One pair of files, and the pages that show it.

    A new one is the light frame that the first paint shows; `fill` makes everything in it.
    """

    document: Document
    chooser: choose.FileChooser
    failures: failure_dialog.FailureQueue
    actions_by_name: dict[str, QAction]
    rail: rail.Rail
    header: header.Header
    banner: banner.Banner
    pages: QtWidgets.QStackedWidget
    welcome: welcome.WelcomePanel
    status: status.StatusBar
    drops: drop.DropFilter
    history: history.History
    consents: consents.Consents
    acceptances: accepted.Acceptances
    pictures: picture_settings.PictureSettings
    imports: ahead.Imports | None = None
    """Brings the modules of the pages; None: they are imported when they are asked for."""

    def fill(self, document: Document) -> None:
        """Make all parts at once."""
        for _ in self.filling(document):
            pass

    def filling(self, document: Document) -> Iterator[str]:
        """Make the parts one after the other; the event loop may run between two of them."""
        self.document = document
        self._panels: dict[str, QtWidgets.QWidget] = {}
        self._steps: dict[str, Iterator[str]] = {}
        self._made: set[str] = set()
        self._page = WELCOME
        self._turn = turns.Turn(self, self.refresh)
        self._page_turn = turns.Turn(self, self._show_current)
        self._answer_turn = turns.Turn(self, self._show_answer)
        for name in FIRST_MODULES:
            importlib.import_module(name)
            yield name
        for make in (
            self._make_tools, self._make_places, self._make_rail, self._make_header,
            self._make_banner, self._make_status,
        ):  # fmt: skip
            make()
            yield make.__name__
        self.welcome = welcome.WelcomePanel(self.document, self.settings, in_steps=True)
        yield from self.welcome.making
        self.pages.addWidget(self.welcome)
        yield from ahead.dressing(self.welcome)
        # Nothing can be asked of the window before all of it is there: the menus come last.
        self._connect()
        actions.fill_menu_bar(self)
        self.refresh()
        yield "menus"
        self.status.show()
        self._middle.show()
        self.cover()
        yield "laid out"
        self.end_opening()
        self._on_window_shown()

    def _make_tools(self) -> None:
        self.chooser = choose.FileChooser(self, self.document, self.settings)
        self.failures = failure_dialog.FailureQueue(
            self, lambda failure: remedies.of_failure(self, self.document, failure)
        )
        self.history = history.History(self.document, self.settings)
        self.consents = consents.Consents(self.settings, self.document)
        self.pictures = picture_settings.PictureSettings(self.settings, self.document)
        self.acceptances = accepted.Acceptances(self.settings, self.document)
        self.drops = drop.DropFilter(self, self.document)

    def _make_places(self) -> None:
        """From the outside in: what moves into another widget has all below it dressed anew."""
        self._middle = QtWidgets.QWidget()
        self._middle.hide()
        self.setCentralWidget(self._middle)
        self._row = QtWidgets.QHBoxLayout(self._middle)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._column = QtWidgets.QVBoxLayout()
        self._column.setSpacing(0)
        self._row.addLayout(self._column, 1)
        self._page_box = QtWidgets.QVBoxLayout()
        self._page_box.setSpacing(12)
        self._column.addLayout(self._page_box, 1)
        self.pages = QtWidgets.QStackedWidget()
        self._page_box.addWidget(self.pages, 1)

    def _make_rail(self) -> None:
        self.rail = rail.Rail(tuple((entry.id, entry.label, entry.icon) for entry in PANELS))
        self._row.insertWidget(0, self.rail)

    def _make_header(self) -> None:
        self.actions_by_name = actions.build(self)
        self.header = header.Header(self.document, actions.card_menus(self))
        self._column.insertWidget(0, self.header)

    def _make_banner(self) -> None:
        self.banner = banner.Banner()
        self._page_box.insertWidget(0, self.banner)

    def _make_status(self) -> None:
        self.status = status.StatusBar(self.document)
        self.status.hide()
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        document = self.document
        for signal in (
            document.files_changed, document.plan_changed, document.data_changed,
            document.job_started, document.job_ended, document.comparison_changed,
            document.acceptances_changed, document.layers_changed, document.tab_changed,
        ):  # fmt: skip
            signal.connect(self._turn.ask)
        document.job_started.connect(lambda job: job.progressed.connect(self._answer_turn.ask))
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
        self.history.changed.connect(self._on_history_changed)

    # Pages

    @property
    def page(self) -> str:
        """Id of the page that is shown."""
        return self._page

    def panel(self, page: str) -> QtWidgets.QWidget:
        """The page with this id; what is missing of it is made now."""
        if page == WELCOME:
            return self.welcome
        ahead.finish(self._making(page))
        return self._panels[page]

    def _making(self, page: str) -> Iterator[str]:
        """Make what is not made yet of a page."""
        if page not in self._panels:
            entry = next(entry for entry in PANELS if entry.id == page)
            kind = getattr(importlib.import_module(entry.module), entry.path.partition(":")[2])
            made = self._panels[page] = kind(self.document, in_steps=True)
            self._steps[page] = made.making
            self.pages.addWidget(made)
        yield from self._steps[page]
        if page not in self._made:
            self._made.add(page)
            panes.keep_splitters(self._panels[page], page, self.settings)

    def making_pages(self) -> Iterator[str]:
        """Make the pages that were not shown yet, so that a first visit costs little."""
        for part in (self.header, self.banner):
            yield from ahead.dressing(part)
        for entry in PANELS:
            yield from self._making(entry.id)
            page = self._panels[entry.id]
            yield entry.id
            yield from ahead.dressing(page)
            # What a page makes when it is first needed is made now, each part in a step.
            for part in getattr(page, "making_parts", tuple)():
                yield part
                yield from ahead.dressing(page)

    def _ready(self, page: str) -> bool:
        """Whether a page can be made without waiting; `refresh` shows it when it can."""
        if self.imports is None or page in self._panels:
            return True
        return not self.imports.pending(next(e.module for e in PANELS if e.id == page))

    def show_page(self, page: str) -> None:
        """Show a page; one that makes no sense now is left alone."""
        if page != WELCOME and not (steps.sensible(self.document)[page] and self._ready(page)):
            return
        first = self._page == WELCOME != page
        self._page = page
        if first:
            # The frame comes first, then what is in it: together they would be felt.
            self.welcome.hide()
            self._page_turn.ask()
        else:
            self._show_current()
        self.rail.show_step(page)
        welcome = page == WELCOME
        self.header.setVisible(not welcome)
        self.banner.setVisible(not welcome)
        margin = 0 if welcome else 16
        self._page_box.setContentsMargins(
            margin, 0 if welcome else 12, margin, 0 if welcome else 12
        )
        self.banner.set_full(page == "compare")
        self._show_answer()
        self.drops.set_targets(self.welcome if welcome else self.header)
        if welcome:
            self.welcome.refresh()
            self.welcome.target.open.setFocus()

    def _show_current(self) -> None:
        self.pages.setCurrentWidget(self.panel(self._page))

    def refresh(self) -> None:
        """Show the document as it is now."""
        document = self.document
        possible = steps.sensible(document)
        for page, badge in steps.badges(document).items():
            self.rail.items[page].setEnabled(possible[page])
            self.rail.items[page].set_badge(badge)
        empty = document.reference is None and document.candidate is None
        if empty and document.data is None:
            self.show_page(WELCOME)
        elif self._page == WELCOME or not possible[self._page]:
            self.show_page("model")
        names = [side.name for side in (document.reference, document.candidate) if side]
        self.setWindowTitle(" vs ".join(names) + " - ONNX Inspector" if names else "ONNX Inspector")
        actions.refresh(self)
        self._show_answer()

    def _show_answer(self) -> None:
        answer = answers.answer(self.document, self.history.compared_at)
        if self.document.tab == "Layers" and self._page == "compare":
            answer = answers.on_layers(answer, self.document)
        self.banner.show_answer(answers.on_page(answer, self._page))

    # What actions do

    def open_paths(self, paths: list[str]) -> None:
        """Open files named on the command line, by the system, or in a dialog."""
        self.document.open_files(paths)

    def open_sample(self, sample: bundled.Sample) -> None:
        """Open one of the pairs that come with the program."""
        bundled.open_sample(self.document, sample)

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
        for side in (files.REFERENCE, files.CANDIDATE):
            self.document.close_file(side)

    def set_theme(self, choice: str) -> None:
        """Use another theme, now and from now on."""
        self.settings.theme = choice
        app = QtWidgets.QApplication.instance()
        assert isinstance(app, QtWidgets.QApplication)
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

    def _on_history_changed(self) -> None:
        if self._page == WELCOME:  # else when it is shown again
            self.welcome.refresh()

    # Window

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.filled:
            self._on_window_shown()

    def _on_window_shown(self) -> None:
        handle = self.windowHandle()
        if handle is not None:
            handle.installEventFilter(self.drops)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        escape = event.key() == QtCore.Qt.Key.Key_Escape
        if escape and self.filled and self.document.job is not None:
            self.banner.focus_button()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.filled:
            self.document.close()
        super().closeEvent(event)
