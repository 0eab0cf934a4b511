"""Libraries that bring operators to ONNX Runtime: chosen by the person, loaded by consent."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from inspector.ui import look
from inspector.ui.dialogs.frame import Dialog
from inspector.ui.document import Document
from inspector.ui.libraries import states_of
from inspector.ui.widgets.code_fields import choose_file
from inspector.ui.widgets.controls import button
from inspector.ui.widgets.labels import Label

LIBRARIES = "Libraries (*.so *.so.* *.dylib *.dll)"


class CustomOpsDialog(Dialog):
    """The libraries, and the one consent that they may be loaded; nothing is loaded by choosing.

    Consent lasts until the window is closed, or the list or one of the files is changed.
    """

    def __init__(self, parent: QWidget | None, document: Document) -> None:
        super().__init__(parent, "Custom operators", 560)
        self._document = document
        self.libraries = QListWidget()
        self.add = button("Add library…", icon="plus")
        self.remove = button("Remove", icon="trash")
        self.consent = QCheckBox("Load them when an ONNX file is run")
        self.use = button("Use", "primary")
        self._lay_out()
        self.libraries.addItems(list(document.custom_ops))
        self.consent.setChecked(bool(document.custom_ops) and self._are_as_agreed())
        self.libraries.currentRowChanged.connect(self._check)
        self.consent.toggled.connect(self._check)
        self.add.clicked.connect(self._on_add_clicked)
        self.remove.clicked.connect(self._on_remove_clicked)
        self.use.clicked.connect(self._on_use_clicked)
        self._check()

    @property
    def paths(self) -> tuple[str, ...]:
        """The libraries in the list."""
        return tuple(self.libraries.item(row).text() for row in range(self.libraries.count()))

    def _are_as_agreed(self) -> bool:
        return states_of(self._document.custom_ops) == self._document.agreed

    def take(self, path: str) -> None:
        """Put a library into the list; what was agreed to before was another list."""
        if path and path not in self.paths:
            self.libraries.addItem(path)
            self.libraries.setCurrentRow(self.libraries.count() - 1)
            self.consent.setChecked(False)
        self._check()

    def _lay_out(self) -> None:
        words = (
            "An ONNX file may use operators that ONNX Runtime does not have. Whoever wrote them "
            "gives them away as a library for this kind of computer."
        )
        self.body.addWidget(Label(words, 13, 400, "text2", wrap=True))
        self.libraries.setAccessibleName("Libraries of custom operators")
        self.libraries.setFont(look.font(12, mono=True))
        self.libraries.setSpacing(2)
        self.libraries.setFixedHeight(104)
        self.libraries.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        frame = QFrame()
        frame.setProperty("kind", "sunken")
        QVBoxLayout(frame).addWidget(self.libraries)
        self.body.addWidget(frame)
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in (self.add, self.remove):
            part.setAutoDefault(False)
            row.addWidget(part)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(self.consent)
        warning = (
            "Loading a library runs its native code, before any check of the model. It runs in "
            "the worker. Only for libraries from people you trust."
        )
        self.body.addWidget(Label(warning, 12, 400, "text2", wrap=True))
        self.close_button = self.add_buttons()
        self.close_button.setText("Cancel")
        self._row.addWidget(self.use)

    def _check(self) -> None:
        some = self.libraries.count() > 0
        self.remove.setEnabled(self.libraries.currentRow() >= 0)
        self.consent.setEnabled(some)
        self.use.setText("Use" if some else "Use none")
        self.use.setEnabled(not some or self.consent.isChecked())

    def _on_add_clicked(self) -> None:
        choose_file(self, "Choose a library of operators", LIBRARIES, self.take)

    def _on_remove_clicked(self) -> None:
        self.libraries.takeItem(self.libraries.currentRow())
        self._check()

    def _on_use_clicked(self) -> None:
        paths = tuple(str(Path(path).expanduser().absolute()) for path in self.paths)
        if paths != self._document.custom_ops or not self._are_as_agreed():
            self._document.set_custom_ops(paths)
        self.close()
