"""What the Model page asks about the inside of a file: values, attributes, tables to save."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QMenu

from inspector.core.inspection import Detail
from inspector.ui.document import Document
from inspector.ui.inside import Inside
from inspector.ui.panels.model_detail import DetailPane
from inspector.ui.panels.model_tensor import AT_ONCE
from inspector.ui.panels.model_tree import TreePane
from inspector.ui.plots.background import Background

if TYPE_CHECKING:
    from inspector.core.failures import Failure
    from inspector.core.tensor_facts import TensorFacts
    from inspector.ui.models.tree_rows import TreeRows

PAUSE = 150
"""Milliseconds that a row stays chosen before its values are read."""

_LONGEST_NAME = 80


class InsideLinks(QObject):
    """Connects tree and details with the reader.

    Args:
        document: The open files.
        pane: The tree; its filter may need attributes.
        detail: Shows the values.
        side: Which file is shown.
    """

    def __init__(
        self, document: Document, pane: TreePane, detail: DetailPane, side: Callable[[], str]
    ) -> None:
        super().__init__(pane)
        self._document, self._pane, self._detail, self._side = document, pane, detail, side
        self.inside = Inside(document, self)
        self.dialog: QFileDialog | None = None
        self.menu: QMenu | None = None
        self._loading = Background(self)
        self._again = False
        self._reading = 0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._ask)
        tensor = detail.tensor
        tensor.wanted.connect(self._pause.start)
        tensor.stopped.connect(self._on_tensor_stopped)
        tensor.save_asked.connect(self._on_save_asked)
        self.inside.tensor_ready.connect(self._on_tensor_ready)
        self.inside.tensor_failed.connect(self._on_tensor_failed)
        self.inside.tensor_progressed.connect(self._on_tensor_progressed)
        self.inside.facets_ready.connect(self._on_facets_ready)
        pane.facets_needed.connect(self._on_facets_needed)
        pane.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        pane.view.customContextMenuRequested.connect(self._on_menu_requested)

    def show_detail(self, detail: Detail) -> None:
        """A row was shown: offer its values."""
        self._pause.stop()
        if detail.tensor_row >= 0:
            self._detail.tensor.offer(self._bytes(detail.tensor_row))

    def _bytes(self, row: int) -> int:
        rows = self._pane.tree.rows
        return rows.bytes(row) if rows is not None else 0

    # Values

    def _ask(self) -> None:
        row = self._detail.tensor_row
        if row < 0:
            return
        if self.inside.busy("tensor") and self._reading <= AT_ONCE:
            # It is soon over; to stop it would cost the reader its life and all that it knows.
            self._again = True
            return
        self._again, self._reading = False, self._bytes(row)
        self.inside.ask_tensor(self._side(), row)

    def _next(self) -> bool:
        if self._again:
            self._ask()
            return True
        return False

    def _on_tensor_ready(self, side: str, row: int, facts: TensorFacts) -> None:
        if not self._next() and side == self._side() and row == self._detail.tensor_row:
            self._detail.tensor.show_facts(facts)

    def _on_tensor_failed(self, failure: Failure) -> None:
        if not self._next():
            self._detail.tensor.show_failure(failure)

    def _on_tensor_progressed(self, event: Any) -> None:
        if self._reading > AT_ONCE and not self._detail.tensor.isHidden():
            self._detail.tensor.show_progress(event)

    def _on_tensor_stopped(self) -> None:
        self.inside.stop("tensor")
        self._detail.tensor.show_stopped()

    def _on_save_asked(self) -> None:
        side, row = self._side(), self._detail.tensor_row
        name = re.sub(r"[^\w.-]+", "_", self._detail.tensor.name)[:_LONGEST_NAME].strip("._")
        self._ask_place(
            "Save the tensor", f"{name or 'tensor'}.npy", "NumPy array (*.npy)",
            lambda path: self.inside.save_tensor(side, row, path),
        )  # fmt: skip

    # Tables

    def export_table(self, table: str) -> None:
        """Ask for a place and write the nodes or the tensors of the shown file as CSV."""
        side = self._side()
        opened = self._document.file(side)
        if opened is not None:
            self._ask_place(
                f"Save the {table}", f"{Path(opened.path).stem}_{table}.csv", "Table (*.csv)",
                lambda path: self.inside.save_table(side, table, path),
            )  # fmt: skip

    def _on_menu_requested(self, at: QPoint) -> None:
        opened = self._document.file(self._side())
        if opened is None or self._pane.tree.rows is None:
            return
        menu = QMenu(self._pane.view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self._pane.view.currentIndex().isValid():
            menu.addAction("Copy row", self._pane.view.copy_row)
            menu.addAction("Copy name", self._detail.copy_name)
            menu.addSeparator()
        inspection = opened.inspection
        if inspection is not None and inspection.onnx is not None:
            menu.addAction("Save nodes as CSV...", lambda: self.export_table("nodes"))
        menu.addAction("Save tensors as CSV...", lambda: self.export_table("tensors"))
        self.menu = menu
        menu.popup(self._pane.view.viewport().mapToGlobal(at))

    def _ask_place(self, title: str, name: str, kind: str, chosen: Callable[[str], object]) -> None:
        opened = self._document.file(self._side())
        dialog = QFileDialog(self._pane.window(), title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([kind, "All files (*)"])
        if opened is not None:
            dialog.setDirectory(str(Path(opened.path).parent))
        dialog.selectFile(name)
        dialog.fileSelected.connect(chosen)
        dialog.finished.connect(dialog.deleteLater)
        self.dialog = dialog
        dialog.open()

    # Attributes

    def _on_facets_needed(self) -> None:
        rows = self._pane.tree.rows
        if rows is not None and not rows.has_facets:
            self.inside.ask_facets(self._side())

    def _on_facets_ready(self, path: str, folder: str) -> None:
        opened, rows = self._document.file(self._side()), self._pane.tree.rows
        if opened is not None and opened.path == path and rows is not None:
            self._loading.ask(_told(rows, folder), lambda told: self._on_facets_loaded(rows, told))

    def _on_facets_loaded(self, rows: TreeRows, told: bool | None) -> None:
        if told and rows is self._pane.tree.rows:
            self._pane.find_again()


def _told(rows: TreeRows, folder: str) -> Callable[[], bool]:
    def load() -> bool:
        from inspector.formats.facets import load_facets

        facets = load_facets(Path(folder))
        if len(facets.dtype.codes) != rows.length:
            return False
        rows.set_facets(facets)
        rows.prepare()
        return True

    return load
