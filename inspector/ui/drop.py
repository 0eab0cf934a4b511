"""Drag and drop: the whole window is the target, and files sort themselves by content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.header import DATA
from inspector.ui.later import later
from inspector.ui.picture_settings import data_of

if TYPE_CHECKING:
    from inspector.core import failures
    from inspector.formats import registry, sniff
else:
    failures = later("inspector.core.failures")
    registry = later("inspector.formats.registry")
    sniff = later("inspector.formats.sniff")

PLACES = {"onnx": (CANDIDATE, REFERENCE), "checkpoint": (REFERENCE, DATA), "data": (DATA,)}
"""Kind of a file to the places that can take it, the usual one first."""


class Targets(Protocol):
    """What lights up while files are dragged: the cards, or the first page."""

    @property
    def cards(self) -> Mapping[str, QWidget]:
        """The widget of each place."""

    def light(self, sides: frozenset[str]) -> None:
        """Light these places and no others."""


class DropFilter(QObject):
    """Takes dragged files before any child of the window sees them.

    Installed on the window's `QWindow`: a text field or a tree below the pointer cannot steal
    the drop. Drags without files, such as those inside a page, pass untouched.

    Args:
        window: The window whose handle is filtered.
        document: Opens what is dropped.
    """

    def __init__(self, window: QWidget, document: Document) -> None:
        super().__init__(window)
        self._window, self._document = window, document
        self._targets: Targets | None = None
        self._paths: list[str] = []
        self._kinds: list[str] = []

    def set_targets(self, targets: Targets) -> None:
        """Light these from now on."""
        self._targets = targets

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.DragEnter and isinstance(event, QDragEnterEvent):
            return self._enter(event)
        if kind == QEvent.Type.DragMove and isinstance(event, QDragMoveEvent):
            return self._move(event)
        if kind == QEvent.Type.Drop and isinstance(event, QDropEvent):
            return self._drop(event)
        if kind == QEvent.Type.DragLeave:
            return self._leave()
        return False

    def _enter(self, event: QDragEnterEvent) -> bool:
        self._remember(event)
        if not self._paths:
            return False
        self._light(event.position().toPoint())
        event.acceptProposedAction()
        return True

    def _move(self, event: QDragMoveEvent) -> bool:
        if not self._paths:
            return False
        self._light(event.position().toPoint())
        event.acceptProposedAction()
        return True

    def _leave(self) -> bool:
        mine = bool(self._paths)
        self._forget()
        return mine

    def _drop(self, event: QDropEvent) -> bool:
        self._remember(event)
        if not self._paths:
            return False
        hovered = self._hovered(event.position().toPoint())
        paths, kinds = self._paths, self._kinds
        self._forget()
        event.acceptProposedAction()
        if len(paths) == 1 and hovered in PLACES.get(kinds[0], ()):
            open_at(self._document, paths[0], hovered)
        else:
            known = [
                path for path, kind in zip(paths, kinds, strict=True) if _told_in_full(path, kind)
            ]
            self._document.open_files(known)
            self._document.open_files([path for path in paths if path not in known], quiet=True)
        return True

    def _remember(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths != self._paths:
            self._paths, self._kinds = paths, [_kind(path) for path in paths]

    def _forget(self) -> None:
        self._paths, self._kinds = [], []
        if self._targets is not None:
            self._targets.light(frozenset())

    def _light(self, place: QPoint) -> None:
        if self._targets is not None:
            self._targets.light(places_of(self._kinds, self._hovered(place)))

    def _hovered(self, place: QPoint) -> str:
        for side, card in (self._targets.cards if self._targets is not None else {}).items():
            if card.isVisible() and card.rect().contains(card.mapFrom(self._window, place)):
                return side
        return ""


def places_of(kinds: list[str], hovered: str = "") -> frozenset[str]:
    """The places that files of these kinds go to, with the pointer over `hovered`."""
    if len(kinds) == 1 and hovered in PLACES.get(kinds[0], ()):
        return frozenset((hovered,))
    return frozenset(PLACES[kind][0] for kind in kinds if kind in PLACES)


def open_at(document: Document, path: str, side: str) -> None:
    """Open one file at the place that the person chose for it."""
    if side == DATA:
        document.set_data(data_of(document, (path,)))
    else:
        document.open_file(path, side)


def _kind(path: str) -> str:
    try:
        return sniff.classify(Path(path))
    except failures.InspectorError:
        return "unknown"


def _told_in_full(path: str, kind: str) -> bool:
    """A damaged model deserves the whole explanation, a stray text file one sentence."""
    known = {suffix for form in registry.FORMATS for suffix in form.suffixes}
    return kind != "unknown" or (Path(path).suffix.lower() in known and Path(path).is_file())
