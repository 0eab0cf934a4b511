"""What is known about one of the three files, in short."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from inspector.core.inspection import Inspection
from inspector.ui.dialogs.frame import Dialog
from inspector.ui.document import Document
from inspector.ui.header import DATA, ROLES, size_text
from inspector.ui.widgets.labels import Label


def facts(document: Document, side: str) -> tuple[tuple[str, str], ...]:
    """Label and text of everything that is known about what a place holds."""
    if side == DATA:
        return _data_facts(document)
    opened = document.file(side)
    if opened is None:
        return ()
    rows = [("File", opened.path)]
    if opened.failure is not None:
        rows += [("Problem", opened.failure.sentence), ("What to do", opened.failure.hint)]
    if opened.inspection is not None:
        rows += _inspection_facts(opened.inspection)
    return tuple(rows)


def _inspection_facts(inspection: Inspection) -> list[tuple[str, str]]:
    rows = [
        ("What", inspection.what),
        ("Size", f"{size_text(inspection.bytes)} ({inspection.bytes:,} bytes)"),
    ]
    if inspection.onnx is not None:
        onnx = inspection.onnx
        opsets = ", ".join(f"{domain} {version}" for domain, version in onnx.opset_imports.items())
        producer = f"{onnx.producer_name} {onnx.producer_version}".strip()
        rows += [
            ("IR version", str(onnx.ir_version)),
            ("Opset imports", opsets),
            ("Producer", producer or "not recorded"),
            ("Nodes", f"{onnx.nodes:,}"),
            ("Parameters", f"{onnx.initializers.parameters + onnx.constants.parameters:,}"),
        ]
    if inspection.checkpoint is not None:
        checkpoint = inspection.checkpoint
        rows += [
            ("Form", f"{checkpoint.form}, {checkpoint.container}"),
            ("Tensors", f"{checkpoint.tensor_count:,}"),
            ("Parameters", f"{checkpoint.parameters:,}"),
            ("Next", checkpoint.next_step),
        ]
    return rows


def _data_facts(document: Document) -> tuple[tuple[str, str], ...]:
    data, binding = document.data, document.binding
    if data is None:
        return ()
    rows = [("File" if len(data.paths) == 1 else "Files", "\n".join(data.paths))]
    if not data.paths:
        rows = [("Random", f"{data.random} samples from seed {data.seed}, not real")]
    if binding is not None:
        rows.append(("Samples", f"{binding.samples:,}"))
        rows += [
            (array.name, f"{array.dtype} {list(array.shape)}") for array in binding.arrays[:12]
        ]
        if binding.problem:
            rows += [("Problem", binding.problem), ("What to do", binding.hint)]
    return tuple(rows)


class DetailsDialog(Dialog):
    """Two columns: label and text, which can be selected."""

    def __init__(self, parent: QWidget | None, document: Document, side: str) -> None:
        super().__init__(parent, ROLES[side], 640)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, (label, text) in enumerate(facts(document, side)):
            name = Label(label, 12, 400, "text3")
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            value = Label(breakable(text), 12, 400, wrap=True, mono=label in ("File", "Files"))
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(value, row, 1)
        self.body.addLayout(grid)
        self.add_buttons()


def breakable(path: str) -> str:
    """Let a long path wrap at its separators (a zero-width space after each)."""
    return path.replace("/", "/\u200b").replace("\\", "\\\u200b")
