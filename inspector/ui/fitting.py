"""Which array of the sample data goes to which input of the ONNX file, worked out by the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core.failures import Failure
    from inspector.jobs import requests
    from inspector.jobs.requests import Binding
    from inspector.ui.document import Document
else:
    requests = later("inspector.jobs.requests")


def bind(document: Document) -> None:
    """Ask how the sample data fits; nothing is asked before there are inputs to fit it to."""
    opened, data = document.candidate, document.data
    onnx = opened.inspection.onnx if opened is not None and opened.inspection else None
    if data is None or onnx is None:
        return
    job = document.reader.submit("bind", requests.BindRequest(onnx.inputs, data))

    def on_finished(binding: Binding) -> None:
        if document.data is data:
            document.binding = binding
            document.fitted = data, binding
            document.data_changed.emit()

    def on_failed(failure: Failure) -> None:
        # A wrong drop loses nothing: the data from before is back.
        if document.data is data is not document.fitted[0]:
            document.data, document.binding = document.fitted
            document.data_changed.emit()
        document.failed.emit(failure)

    job.finished.connect(on_finished)
    job.failed.connect(on_failed)
