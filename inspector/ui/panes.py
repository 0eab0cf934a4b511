"""Panes of the window: walking through them by key, and keeping the sizes people gave them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QFrame, QSplitter, QWidget

from inspector.ui.settings import Settings


class _SplitterKeeper(QObject):
    """Keeps the sizes of one splitter; a double click on a handle restores the first ones."""

    def __init__(self, splitter: QSplitter, name: str, settings: Settings) -> None:
        super().__init__(splitter)
        self._splitter, self._name, self._settings = splitter, name, settings
        self._original: list[int] = []
        sizes = settings.splitters.get(name)
        if sizes and len(sizes) == splitter.count():
            splitter.setSizes(list(sizes))
        splitter.splitterMoved.connect(self._on_splitter_moved)
        splitter.installEventFilter(self)
        for number in range(1, splitter.count()):
            splitter.handle(number).installEventFilter(self)

    def _on_splitter_moved(self) -> None:
        sizes = tuple(self._splitter.sizes())
        self._settings.splitters = self._settings.splitters | {self._name: sizes}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self._splitter and event.type() == QEvent.Type.MouseButtonDblClick:
            self.restore()
            return True
        return False

    def restore(self) -> None:
        """Give every part the room it asks for by itself, and forget the sizes."""
        splitter = self._splitter
        horizontal = splitter.orientation() == Qt.Orientation.Horizontal
        stretches = []
        for number in range(splitter.count()):
            policy = _part(splitter, number).sizePolicy()
            stretches.append(policy.horizontalStretch() if horizontal else policy.verticalStretch())
        total = sum(splitter.sizes())
        shares = stretches if any(stretches) else [1] * len(stretches)
        splitter.setSizes([total * share // sum(shares) for share in shares])
        kept = self._settings.splitters
        self._settings.splitters = {name: kept[name] for name in kept if name != self._name}


def _part(splitter: QSplitter, number: int) -> QWidget:
    part = splitter.widget(number)
    assert part is not None
    return part


def keep_splitters(page: QWidget, name: str, settings: Settings) -> None:
    """Restore the sizes of every splitter of a page, and keep what people make of them."""
    for number, splitter in enumerate(page.findChildren(QSplitter)):
        _SplitterKeeper(splitter, f"{name}/{splitter.objectName() or number}", settings)


def focusable(pane: QWidget) -> list[QWidget]:
    """What Tab stops at inside a pane, in the order of Tab."""
    stops: list[QWidget] = []
    here: QWidget | None = pane
    while here is not None:
        if (here is pane or pane.isAncestorOf(here)) and takes_tab(here):
            stops.append(here)
        here = here.nextInFocusChain()
        if here is pane:
            break
    return stops


def takes_tab(widget: QWidget) -> bool:
    """Whether Tab stops at a widget now."""
    policy = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(policy) and widget.isVisible() and widget.isEnabled()


def panes_of(page: QWidget) -> list[QWidget]:
    """The cards of a page that hold something to stop at; the page itself where none do."""
    cards = [
        frame
        for frame in page.findChildren(QFrame)
        if frame.property("kind") == "card" and frame.isVisible() and focusable(frame)
    ]
    outer = [
        card for card in cards if not any(o.isAncestorOf(card) for o in cards if o is not card)
    ]
    return list(outer) or ([page] if focusable(page) else [])


def step_pane(panes: list[QWidget], direction: int) -> None:
    """Put the focus into the next (1) or previous (-1) pane of those that can take it."""
    open_panes = [pane for pane in panes if pane.isVisible() and focusable(pane)]
    if not open_panes:
        return
    focus = QApplication.focusWidget()
    inside = [
        number
        for number, pane in enumerate(open_panes)
        if focus is not None and (pane is focus or pane.isAncestorOf(focus))
    ]
    start = inside[0] if inside else (-1 if direction > 0 else 0)
    pane = open_panes[(start + direction) % len(open_panes)]
    focusable(pane)[0].setFocus(Qt.FocusReason.TabFocusReason)
