"""The files that a person allowed to run, each with a way to take it back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from inspector.ui.settings import Consent
from inspector.ui.widgets.cards import scrolling
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.labels import Elided, Label, tooltip

if TYPE_CHECKING:
    from inspector.ui.consents import Consents

ROW_HEIGHT = 32
MOST_SHOWN = 4
"""Rows that are seen without scrolling."""


class ConsentList(QWidget):
    """One row per consent: the file, its source, the day, and a button that withdraws it."""

    def __init__(self, consents: Consents) -> None:
        super().__init__()
        self._consents = consents
        self.rows: list[ConsentRow] = []
        self._nothing = Label("Nothing was allowed yet.", 12, 400, "text2")
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._scroll: QScrollArea = scrolling(content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._nothing)
        whole.addWidget(self._scroll)
        consents.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the list as it is now."""
        for old in self.rows:
            old.hide()
            old.deleteLater()
        self.rows = [ConsentRow(consent) for consent in self._consents.given]
        for row in self.rows:
            row.withdraw.clicked.connect(lambda _=False, row=row: self._withdraw(row.consent))
            self._column.addWidget(row)
        self._nothing.setVisible(not self.rows)
        self._scroll.setVisible(bool(self.rows))
        self._scroll.setFixedHeight(ROW_HEIGHT * min(len(self.rows), MOST_SHOWN))

    def _withdraw(self, consent: Consent) -> None:
        self._consents.withdraw(consent)


class ConsentRow(QWidget):
    """One consent."""

    def __init__(self, consent: Consent) -> None:
        super().__init__()
        self.consent = consent
        self.setFixedHeight(ROW_HEIGHT)
        name = Path(consent.path).name
        self.text = name + (f", with {_source_name(consent.code)}" if consent.code else "")
        label = Elided(self.text, 12, 500)
        label.setToolTip(tooltip(f"{consent.path}\nSHA-256 {consent.digest}\n{consent.code}"))
        day = time.strftime("%d %b %Y", time.localtime(consent.when)).lstrip("0")
        self.withdraw: QPushButton = button("Withdraw", small=True)
        self.withdraw.setAutoDefault(False)
        self.withdraw.setAccessibleName(f"Withdraw the consent to run {name}")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(12)
        row.addWidget(label, 1)
        row.addWidget(Label(day, 12, 400, "text2"))
        row.addWidget(self.withdraw)


def _source_name(code: str) -> str:
    """`FILE.py:CALLABLE` without its folders."""
    path, _, name = code.partition(".py")
    return f"{Path(path).name}.py{name}"
