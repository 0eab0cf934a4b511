"""Buttons, icons and the segmented control."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from inspector.ui import look

BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
"""Ways to get the focus after which painted controls show a ring; a click needs none."""


def button(text: str, kind: str = "default", icon: str = "", *, small: bool = False) -> QPushButton:
    """A push button: `default`, `primary` (one per page), `danger` or `quiet` (a link)."""
    made = QPushButton(text)
    made.setProperty("kind", kind)
    made.setProperty("small", "true" if small else "false")
    made.setFont(look.font(13, 600 if kind == "primary" else 500))
    if icon:
        tokens = {"primary": "on_accent", "danger": "fail", "quiet": "accent_text"}
        made.setIcon(look.icon(icon, tokens.get(kind, "text")))
        made.setIconSize(QSize(16, 16))
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made


def icon_button(icon: str, name: str) -> QToolButton:
    """A button that is only an icon; `name` is its tooltip and its accessible name."""
    made = QToolButton()
    made.setIcon(look.icon(icon))
    made.setIconSize(QSize(16, 16))
    made.setToolTip(name)
    made.setAccessibleName(name)
    made.setFixedSize(26, 26)
    return made


class IconView(QWidget):
    """A tinted icon that is not a control."""

    def __init__(self, name: str, token: str = "text2", size: int = 16) -> None:
        super().__init__()
        self._name, self._token, self._size = name, token, size
        self.setFixedSize(size, size)

    def show_icon(self, name: str, token: str, size: int = 0) -> None:
        """Show another icon, or the same in another colour, or (not 0) in another size."""
        self._name, self._token = name, token
        if size:
            self._size = size
            self.setFixedSize(size, size)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, look.pixmap(self._name, self._token, self._size))


class Segmented(QFrame):
    """Two to four exclusive views; `changed` carries the index that was chosen."""

    changed = Signal(int)

    def __init__(self, labels: Sequence[str], name: str, *, small: bool = False) -> None:
        super().__init__()
        self.setProperty("kind", "segmented")
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        self._group = QButtonGroup(self)
        for number, label in enumerate(labels):
            part = QPushButton(label)
            part.setCheckable(True)
            part.setProperty("kind", "segment")
            part.setProperty("small", "true" if small else "false")
            part.setFont(look.font(12 if small else 13, 500))
            self._group.addButton(part, number)
            row.addWidget(part)
        self._group.idToggled.connect(self._on_group_id_toggled)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(self.changed)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def current(self) -> int:
        """Index of the chosen view."""
        return self._group.checkedId()

    def choose(self, index: int) -> None:
        """Choose a view without a signal; a focus that was on another one comes along."""
        focused = any(part.hasFocus() for part in self._group.buttons())
        self._group.button(index).setChecked(True)
        if focused:
            self._group.button(index).setFocus()

    def _on_group_id_toggled(self) -> None:
        """The chosen view is the one stop of the Tab key; arrows go to the others."""
        policies = Qt.FocusPolicy
        for number, part in enumerate(self._group.buttons()):
            chosen = number == self.current
            part.setFocusPolicy(policies.StrongFocus if chosen else policies.ClickFocus)

    def set_label(self, index: int, label: str) -> None:
        """Call one view by another name."""
        self._group.button(index).setText(label)

    def set_shown(self, index: int, shown: bool) -> None:
        """Offer one view, or leave it out."""
        self._group.button(index).setVisible(shown)

    def set_enabled(self, index: int, enabled: bool) -> None:
        """Allow or forbid one view."""
        self._group.button(index).setEnabled(enabled)
