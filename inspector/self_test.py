"""`--self-test`: open a window, run each kind of job once on the bundled sample, say how it went.

It is for an installed or packaged program: everything it needs comes with it, and it leaves
nothing behind.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from inspector.core.comparison import Comparison, Verdict
from inspector.core.failures import InspectorError
from inspector.core.input_spec import parse_input_spec
from inspector.core.inspection import Detail, Inspection
from inspector.core.layers import Localisation
from inspector.core.sources import Binding, DataSource, ModelSource
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import (
    BindRequest,
    CompareRequest,
    DetailRequest,
    Elements,
    ElementsRequest,
    Exported,
    ExportRequest,
    InspectRequest,
    LocaliseRequest,
    Prepared,
    PrepareRequest,
)

_INPUT = "image=float32[batch=2,1,8,8]"


def main(arguments: Sequence[str] = ()) -> int:
    """Run the self-test; 0 where everything worked, else 1."""
    checks = _Checks()
    checks.run("window", open_window)
    with tempfile.TemporaryDirectory() as folder, WorkerClient() as worker:
        jobs = Jobs(worker, Path(folder), _digits())
        for name in TASK_CHECKS:
            checks.run(name, getattr(jobs, name))
    return 1 if checks.failed else 0


class _Checks:
    """Runs checks and writes a line for each."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def run(self, name: str, check: Callable[[], str]) -> None:
        began = time.perf_counter()
        try:
            told = check()
        except InspectorError as error:
            self._fail(name, f"{error.failure.sentence}\n{error.failure.detail}")
        except Exception:
            self._fail(name, traceback.format_exc())
        else:
            _write(f"ok      {name:<9} {time.perf_counter() - began:5.1f} s  {told}")

    def _fail(self, name: str, detail: str) -> None:
        self.failed.append(name)
        _write(f"FAILED  {name}")
        _write(detail)


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def open_window() -> str:
    """Show the window once, without a display where there is none."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from inspector.ui import look
    from inspector.ui.document import Document
    from inspector.ui.main_window import MainWindow
    from inspector.ui.settings import Settings

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        store = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        settings, document = Settings(store), Document()
        look.load_fonts()
        look.apply(app, settings.theme)
        window = MainWindow(settings)
        window.fill(document)
        try:
            window.show()
            app.processEvents()
            picture = window.grab()
        finally:
            window.close()
            document.close()
    _require(not picture.isNull(), "the window could not be drawn")
    return f"{picture.width()} x {picture.height()} pixels, {app.platformName()}"


def _digits() -> Path:
    """The bundled sample: a small reader of handwritten digits."""
    package = Path(__file__).resolve().parent
    inside = package / "resources"
    root = inside if inside.is_dir() else package.parent / "resources"
    return root / "samples" / "digits"


class Jobs:
    """Each kind of job once; the later ones use what the earlier ones made."""

    def __init__(self, worker: WorkerClient, folder: Path, sample: Path) -> None:
        self._worker = worker
        self._output = str(folder / "digits.onnx")
        self._data = DataSource(paths=(str(sample / "samples.npz"),))
        self._source = ModelSource(
            path=str(sample / "digits.pt"),
            code=f"{sample / 'digits_net.py'}:DigitsNet",
            trust=True,
            inputs=(parse_input_spec(_INPUT),),
            output_names=("logits",),
        )
        self._exported: Exported | None = None
        self._comparison: Comparison | None = None

    def inspect(self) -> str:
        """List the checkpoint."""
        request = InspectRequest(self._source.path, digest=True, outline=True)
        found: Inspection = self._worker.run("inspect", request)
        _require(found.checkpoint is not None, "no checkpoint was found")
        return found.what

    def detail(self) -> str:
        """Describe the first row of its outline."""
        found: Detail = self._worker.run("detail", DetailRequest(self._source.path, 0))
        _require(bool(found.title), "the first row has no title")
        return found.title

    def prepare(self) -> str:
        """Load it."""
        found: Prepared = self._worker.run("prepare", PrepareRequest(self._source))
        _require(found.parameters > 0, "the model has no parameters")
        return f"{found.class_name}, {found.parameters:,} parameters"

    def export(self) -> str:
        """Write it as ONNX."""
        self._exported = self._worker.run("export", ExportRequest(self._source, self._output))
        assert self._exported is not None
        _require(Path(self._output).stat().st_size == self._exported.bytes, "a size is wrong")
        return f"{self._exported.bytes:,} bytes, opset {self._exported.opset_imports}"

    def bind(self) -> str:
        """Fit the sample data to it."""
        assert self._exported is not None
        request = BindRequest(self._exported.inputs, self._data)
        found: Binding = self._worker.run("bind", request)
        _require(not found.problem, found.problem)
        return f"{found.samples:,} samples"

    def compare(self) -> str:
        """Run both on real pictures."""
        request = CompareRequest(self._source, ModelSource(self._output), self._data)
        self._comparison = self._worker.run("compare", request)
        assert self._comparison is not None
        _require(self._comparison.verdict is Verdict.PASS, self._comparison.sentence)
        return f"{self._comparison.verdict.value}. {self._comparison.sentence}"

    def localise(self) -> str:
        """Look inside both, layer by layer."""
        sources = self._source, ModelSource(self._output)
        request = LocaliseRequest(*sources, self._data, steps=False, blame=False)
        found: Localisation = self._worker.run("localise", request)
        _require(found.first_divergence is None, found.sentence)
        return found.sentence

    def elements(self) -> str:
        """List what lies in the highest bar of the histogram."""
        assert self._comparison is not None
        output = self._comparison.outputs[0]
        shown = output.histogram
        top = max(place for place, count in enumerate(shown.counts) if count)
        request = ElementsRequest(
            output.reference_file,
            output.candidate_file,
            "absolute",
            shown.edges[top],
            shown.edges[top + 1],
            output.allowed.absolute,
            output.allowed.relative,
            output.allowed.scale,
        )
        found: Elements = self._worker.run("elements", request)
        _require(found.total == shown.counts[top], "the bar and the list differ")
        return f"{found.total:,} elements"


TASK_CHECKS = (
    "inspect", "detail", "prepare", "export", "bind", "compare", "localise", "elements",
)  # fmt: skip
"""Kinds of job in the order in which they can be run; every entry of `TASKS` is one."""


def _require(holds: bool, otherwise: Any) -> None:
    if not holds:
        raise InspectorError(str(otherwise))
