"""What the tests of the window share: no modal dialog, no home, fake or real workers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMenu, QMessageBox

from inspector.core.comparison import (
    Allowed,
    Comparison,
    DataFacts,
    Histogram,
    OutputComparison,
    Side,
    Verdict,
    Worst,
)
from inspector.core.failures import Failure
from inspector.core.inspection import CheckpointFacts, Inspection, OnnxFacts, Totals
from inspector.core.model import Value
from inspector.jobs.requests import Binding, DataSource, Event, Protection
from inspector.ui import look
from inspector.ui.document import CANDIDATE, REFERENCE, Document, Plan
from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings


class FakeJob(QObject):
    """A job that a test ends by hand; the same signals and fields as `inspector.ui.job.Job`."""

    progressed = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, task: str, request: Any, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.task, self.request = task, request
        self.directory, self.log = folder, folder / "log.txt"
        self.last = Event(str(folder), "stage")
        self.started = time.monotonic()
        self.over = False

    def progress(self, stage: str, text: str = "", fraction: float | None = None) -> None:
        self.last = Event(str(self.directory), "progress", stage, text, fraction)
        self.progressed.emit(self.last)

    def end(self, outcome: Any) -> None:
        self.over = True
        (self.failed if isinstance(outcome, Failure) else self.finished).emit(outcome)


class FakeWorker(QObject):
    """Takes jobs and leaves them to the test: `answer` ends the oldest open one of a task."""

    ready = Signal()
    confined = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.protection: Protection | None = None
        self.jobs: list[FakeJob] = []
        self.interpreter = ""
        self.starts = 0
        self._folder = folder

    @property
    def busy(self) -> bool:
        return any(not job.over for job in self.jobs)

    def start(self) -> None:
        self.starts += 1

    def restart(self) -> None:
        self.starts += 1

    def close(self) -> None:
        self.jobs.clear()

    def submit(self, task: str, request: Any) -> FakeJob:
        job = FakeJob(task, request, self._folder, self)
        self.jobs.append(job)
        return job

    def cancel(self, job: FakeJob) -> None:
        job.over = True
        job.cancelled.emit()

    def waiting(self, task: str) -> list[FakeJob]:
        return [job for job in self.jobs if job.task == task and not job.over]

    def answer(self, task: str, outcome: Any) -> FakeJob:
        job = self.waiting(task)[0]
        job.end(outcome)
        return job


@pytest.fixture(autouse=True)
def no_modal_dialogs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A modal loop would hang the test: it fails instead."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("A modal exec() was called.")

    for kind in (QDialog, QMessageBox, QFileDialog, QMenu):
        monkeypatch.setattr(kind, "exec", refuse)
    for name in ("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory"):
        monkeypatch.setattr(QFileDialog, name, refuse)


@pytest.fixture(autouse=True)
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real home is never read or written."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    return home


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> Iterator[None]:
    """The light theme and the shipped fonts; windows that a test left open are closed."""
    if not qapp.property("fonts-loaded"):
        look.load_fonts()
        qapp.setProperty("fonts-loaded", True)
    if look.theme() != "light" or not qapp.styleSheet():
        look.apply(qapp, "light")
    yield
    for window in qapp.topLevelWidgets():
        window.close()


@pytest.fixture
def settings_file(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def document(qapp: QApplication, tmp_path: Path) -> Iterator[Document]:
    """A document whose workers are fakes: `document.reader.answer("inspect", inspection)`."""
    made = Document()
    made.reader = FakeWorker(tmp_path, made)  # type: ignore[assignment]
    made.runner = FakeWorker(tmp_path, made)  # type: ignore[assignment]
    yield made
    made.close()


@pytest.fixture
def real_document(qapp: QApplication) -> Iterator[Document]:
    """A document with real processes, ended with the test."""
    made = Document()
    yield made
    made.close()


@pytest.fixture
def onnx_inspection() -> Callable[..., Inspection]:
    """Make the inspection of a small ONNX file, fields replaced as asked for."""

    def make(path: str = "/models/tiny.onnx", **fields: Any) -> Inspection:
        facts = OnnxFacts(
            ir_version=10,
            producer_name="pytorch",
            producer_version="2.13.0",
            opset_imports={"ai.onnx": 18},
            inputs=(Value("input", "float32", ("batch", 10)),),
            outputs=(Value("output", "float32", ("batch", 3)),),
            nodes=3,
            top_level_nodes=3,
            op_types={"Gemm": 2, "Relu": 1},
            subgraphs=0,
            functions=0,
            initializers=Totals(4, 227, 908),
            constants=Totals(0, 0, 0),
            external_data=(),
            metadata={},
        )
        given: dict[str, Any] = {
            "path": path, "bytes": 1_540, "format": "onnx", "what": "An ONNX model.",
            "onnx": facts, "seconds": 0.4,
        }  # fmt: skip
        return Inspection(**(given | fields))

    return make


@pytest.fixture
def checkpoint_inspection() -> Callable[..., Inspection]:
    """Make the inspection of a small checkpoint; `facts` go into its CheckpointFacts."""

    def make(path: str = "/models/tiny.pt", **facts: Any) -> Inspection:
        given: dict[str, Any] = {
            "form": "state-dict", "container": "zip", "tensors": (), "parameters": 227,
            "modules": (), "imports": (), "training": None, "state_dict_key": "",
            "executes": False, "next_step": "Name the code that builds the module.",
        }  # fmt: skip
        return Inspection(
            path=path,
            bytes=2_600,
            format=str(facts.get("form", "state-dict")),
            what="A state dict.",
            checkpoint=CheckpointFacts(**(given | facts)),
        )

    return make


@pytest.fixture
def make_comparison() -> Callable[..., Comparison]:
    """Make a comparison of one output, `output` [1000, 3], fields replaced as asked for."""

    def make(verdict: str = "PASS", **fields: Any) -> Comparison:
        given: dict[str, Any] = {
            "verdict": Verdict(verdict),
            "sentence": "All 3,000 values of 'output' agree.",
            "outputs": (_output(Verdict(verdict)),),
            "data": DataFacts("samples.npz", real=True, samples=1000, batch_size=32),
            "reference": Side("/models/tiny.pt", "ab" * 32, "PyTorch", "2.13.0"),
            "candidate": Side("/models/tiny.onnx", "cd" * 32, "ONNX Runtime", "1.31.1"),
            "not_checked": ("GPU",),
            "seconds": {"reference": 0.2, "candidate": 0.1},
        }
        return Comparison(**(given | fields))

    return make


def _output(verdict: Verdict) -> OutputComparison:
    return OutputComparison(
        name="output", dtype="float32", shape=("batch", 3), verdict=verdict, reason="",
        elements=3000, equal=1000, over_tolerance=0, nonfinite_mismatch=0, nonfinite_agreed=0,
        max_absolute_error=5.96e-07, mean_absolute_error=1e-08, rmse=2e-08,
        max_relative_error=1e-06,
        allowed=Allowed(1e-05, 1.3e-06, 64.0, 1.19e-07, 4.0, "rounding of float32"),
        worst=(Worst(17, (2,), 4.113, 4.1130006, 5.96e-07, 1.1e-04),),
        histogram=Histogram((-7.22, -6.92, -6.62), (1500, 500), (0, 0), 1000, 0), samples=1000,
    )  # fmt: skip


@pytest.fixture
def window(
    document: Document, settings_file: QSettings, qapp: QApplication
) -> Iterator[MainWindow]:
    """The whole window at its smallest documented size, with fake workers, shown."""
    made = MainWindow(Settings(settings_file))
    made.fill(document)
    made.resize(1280, 800)
    made.show()
    made.activateWindow()
    qapp.processEvents()
    yield made
    made.close()
    made.deleteLater()
    qapp.processEvents()


@pytest.fixture
def open_pair(
    document: Document,
    onnx_inspection: Callable[..., Inspection],
    checkpoint_inspection: Callable[..., Inspection],
) -> Callable[..., None]:
    """Open a checkpoint that may be run, its ONNX file, and sample data that fits."""

    def open_both(*, data: bool = True) -> None:
        document.open_file("/models/tiny.pt", REFERENCE)
        document.set_plan(Plan(code="/models/tiny.py:Net", trusted=True))
        document.open_file("/models/tiny.onnx", CANDIDATE)
        document.reader.answer("inspect", checkpoint_inspection())  # type: ignore[attr-defined]
        document.reader.answer("inspect", onnx_inspection())  # type: ignore[attr-defined]
        if data:
            document.set_data(DataSource(paths=("/models/samples.npz",)))
            fit = Binding((), (), (), 1000, 32, real=True, source="samples.npz")
            document.reader.answer("bind", fit)  # type: ignore[attr-defined]

    return open_both
