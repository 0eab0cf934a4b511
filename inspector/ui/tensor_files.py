"""Files of tensors that may be weights or sample data: the inputs of the ONNX file decide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inspector.ui.later import later
from inspector.ui.picture_settings import data_of

if TYPE_CHECKING:
    from inspector.jobs import requests
    from inspector.jobs.requests import Binding
    from inspector.ui.document import Document
else:
    requests = later("inspector.jobs.requests")

_SUFFIXES = (".pt", ".pth", ".safetensors")


def open_as_fits(document: Document, path: str) -> bool:
    """Take a file as sample data if it fits the inputs, and else as the reference.

    Weights are never taken for data by chance: every input must find an array of its own name,
    or every array of the file an input.

    Returns:
        False where there is nothing to decide: no reference is open, or no inputs are known.
    """
    opened = document.candidate
    onnx = opened.inspection.onnx if opened is not None and opened.inspection else None
    if document.reference is None or onnx is None or Path(path).suffix.lower() not in _SUFFIXES:
        return False
    data = data_of(document, (path,))
    job = document.reader.submit("bind", requests.BindRequest(onnx.inputs, data))

    def on_finished(binding: Binding) -> None:
        if not _is_data(binding):
            document.open_file(path, "reference")
            return
        document.set_data(data)
        document.noticed.emit(
            f"{Path(path).name} fits the inputs and is the sample data now. To open it as the "
            "model, let it go on the card Reference."
        )

    job.finished.connect(on_finished)
    job.failed.connect(lambda _: document.open_file(path, "reference"))
    return True


def _is_data(binding: Binding) -> bool:
    if any(bound.status in ("missing", "unfit") for bound in binding.bound):
        return False
    named = all(bound.array == bound.input.name for bound in binding.bound)
    return bool(binding.bound) and (named or not binding.unused)
