"""What this program is, which versions it works with, and what it does not do."""

from __future__ import annotations

import platform
from importlib import metadata

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from inspector.ui import look
from inspector.ui.dialogs.frame import Dialog
from inspector.ui.widgets.controls import IconView, button
from inspector.ui.widgets.labels import Label

PROMISES = (
    "No network: files stay on this computer.",
    "No telemetry: nothing is counted and nothing is sent.",
    "No expiry: it works as long as you keep it.",
)
PACKAGES = (
    ("ONNX Inspector", "onnx-inspector"),
    ("PyTorch", "torch"),
    ("ONNX Runtime", "onnxruntime"),
    ("onnx", "onnx"),
    ("Qt for Python", "PySide6-Essentials"),
    ("NumPy", "numpy"),
)
LICENCES = (
    ("Inter, SIL OFL 1.1", ("fonts", "Inter-OFL.txt")),
    ("JetBrains Mono, SIL OFL 1.1", ("fonts", "JetBrainsMono-OFL.txt")),
)


def versions() -> tuple[tuple[str, str], ...]:
    """Name and installed version of what this program works with; nothing is imported."""
    found = []
    for name, package in PACKAGES:
        try:
            found.append((name, metadata.version(package)))
        except metadata.PackageNotFoundError:
            found.append((name, "not installed"))
    return (*found, ("Python", platform.python_version()))


class AboutDialog(Dialog):
    """Name, versions, promises, and the licences of the fonts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, "About ONNX Inspector", 560)
        self.body.addLayout(self._head())
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        found = versions()
        for row, (name, version) in enumerate(found):
            grid.addWidget(Label(name, 13, 400, "text2"), row, 0)
            value = Label(version, 12, 400, mono=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(value, row, 1)
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)
        for promise in PROMISES:
            row_layout = QHBoxLayout()
            row_layout.setSpacing(8)
            row_layout.addWidget(IconView("pass", "pass", 16))
            row_layout.addWidget(Label(promise), 1)
            self.body.addLayout(row_layout)
        self.licence = QPlainTextEdit()
        self._add_licences()
        self.add_buttons()

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(IconView("compare", "accent", 40))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label("ONNX Inspector", 20, 600))
        question = "Does the ONNX file compute what the PyTorch model computes?"
        words.addWidget(Label(question, 13, 400, "text2"))
        row.addLayout(words, 1)
        return row

    def _add_licences(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(Label("Apache-2.0. Fonts:", 12, 400, "text2"))
        for name, place in LICENCES:
            link = button(name, "quiet", small=True)
            link.setAutoDefault(False)
            link.clicked.connect(lambda _=False, place=place: self._show_licence(place))
            row.addWidget(link)
        row.addStretch(1)
        self.body.addLayout(row)
        self.licence.setReadOnly(True)
        self.licence.setProperty("kind", "code")
        self.licence.setFont(look.font(11, mono=True))
        self.licence.document().setDocumentMargin(10)
        self.licence.setFixedHeight(180)
        self.licence.setAccessibleName("Licence")
        self.licence.hide()
        self.body.addWidget(self.licence)

    def _show_licence(self, place: tuple[str, ...]) -> None:
        self.licence.setPlainText(look.resource(*place).read_text(encoding="utf-8"))
        self.licence.show()
        self.fit()
