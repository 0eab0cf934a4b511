"""The dialogs that choose files, and what the menus of the cards do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.header import DATA
from inspector.ui.later import later
from inspector.ui.picture_settings import data_of
from inspector.ui.settings import Settings

if TYPE_CHECKING:
    from inspector.formats import registry
    from inspector.jobs import requests
    from inspector.samples import registry as sample_registry
else:
    registry = later("inspector.formats.registry")
    requests = later("inspector.jobs.requests")
    sample_registry = later("inspector.samples.registry")  # imports numpy

TITLES = {
    "": "Open files",
    REFERENCE: "Choose the PyTorch model",
    CANDIDATE: "Choose the ONNX model",
    DATA: "Choose sample data",
}


def suffixes(side: str) -> tuple[str, ...]:
    """Usual suffixes of what a place takes; empty side: of everything."""
    if side == DATA:
        return _unique(suffix for reader in sample_registry.READERS for suffix in reader.suffixes)
    if side == CANDIDATE:
        return (".onnx",)
    known = _unique(suffix for form in registry.FORMATS for suffix in form.suffixes)
    if side == REFERENCE:
        return known
    return known + suffixes(DATA)


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


class FileChooser:
    """Asks for files without blocking the window, and opens what was chosen.

    Args:
        window: Parent of the dialogs.
        document: Opens the files.
        settings: Remembers the folders.
    """

    def __init__(self, window: QWidget, document: Document, settings: Settings) -> None:
        self._window, self._document, self._settings = window, document, settings
        self.dialog: QFileDialog | None = None

    def ask(self, side: str) -> None:
        """Let the person choose a file for a place; empty side: any files."""
        dialog = QFileDialog(self._window, TITLES[side])
        several = side in ("", DATA)
        mode = QFileDialog.FileMode.ExistingFiles if several else QFileDialog.FileMode.ExistingFile
        dialog.setFileMode(mode)
        patterns = " ".join(f"*{suffix}" for suffix in suffixes(side))
        dialog.setNameFilters([f"Models and data ({patterns})", "All files (*)"])
        purpose = side or REFERENCE
        folder = self._settings.folder(purpose)
        if folder and Path(folder).is_dir():
            dialog.setDirectory(folder)
        dialog.filesSelected.connect(lambda paths: self._on_chosen(side, paths))
        dialog.finished.connect(dialog.deleteLater)
        self.dialog = dialog
        dialog.open()

    def ask_folder(self) -> None:
        """Let the person choose a folder that is a model: Hugging Face, or distributed."""
        dialog = QFileDialog(self._window, "Open a folder with a model")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        folder = self._settings.folder(REFERENCE)
        if folder and Path(folder).is_dir():
            dialog.setDirectory(folder)
        dialog.fileSelected.connect(self._on_folder_chosen)
        dialog.finished.connect(dialog.deleteLater)
        self.dialog = dialog
        dialog.open()

    def _on_folder_chosen(self, path: str) -> None:
        self._settings.remember_folder(REFERENCE, str(Path(path).parent))
        self._document.open_files([path])

    def _on_chosen(self, side: str, paths: list[str]) -> None:
        if not paths:
            return
        self._settings.remember_folder(side or REFERENCE, str(Path(paths[0]).parent))
        if side == DATA:
            self._document.set_data(data_of(self._document, tuple(paths)))
        elif side:
            self._document.open_file(paths[0], side)
        else:
            self._document.open_files(paths)

    def path(self, side: str) -> str:
        """Path of what a place holds, empty where it holds no file."""
        if side == DATA:
            data = self._document.data
            return data.paths[0] if data is not None and data.paths else ""
        opened = self._document.file(side)
        return opened.path if opened is not None else ""

    def remove(self, side: str) -> None:
        """Empty a place."""
        if side == DATA:
            self._document.set_data(None)
        else:
            self._document.close_file(side)

    def reveal(self, side: str) -> None:
        """Show the folder of a file in the system's file manager."""
        folder = str(Path(self.path(side)).resolve().parent)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(folder)):
            self._document.noticed.emit(f"No file manager answered. The folder is {folder}")

    def generate(self) -> None:
        """Use random inputs, clearly called so."""
        self._document.set_data(requests.DataSource(random=32, seed=0))
