"""The window's worker dies, runs out of memory or out of disk in the middle of a job.

The faults are those of `tests/end_to_end/test_faults.py`, here behind the window: it keeps its
files, says what happened, leaves nothing half-made, and the next job runs.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx
import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core.failures import Failure
from inspector.core.input_spec import parse_input_spec
from inspector.jobs.requests import CompareRequest, DataSource, Event, ExportRequest, ModelSource
from inspector.ui.document import REFERENCE, Document
from inspector.ui.job import Job
from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[2]))
faults: Any = importlib.import_module("tests.end_to_end.test_faults")
sys.path.pop(0)

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="faults are made with Linux's means"
)
PATIENCE_MS = 60_000


@dataclass
class Scene:
    """The window with a checkpoint open, and where an export goes; as the strikes know it."""

    qtbot: QtBot
    document: Document
    window: MainWindow
    target: Path
    filler: Path | None
    stages: list[tuple[str, float]] = field(default_factory=list)

    @property
    def output(self) -> Path:
        return self.target / "model.onnx"

    @property
    def pid(self) -> int:
        process = self.document.runner._process
        assert process is not None
        return int(process.processId())

    def begin(self, task: str) -> Job:
        """The job in whose middle things go wrong: through PyTorch and ONNX Runtime."""
        digits = faults.DIGITS
        source = ModelSource(
            str(digits / "digits.pt"), f"{digits / 'digits_net.py'}:DigitsNet", trust=True,
            inputs=(parse_input_spec("image=float32[batch=2,1,8,8]"),),
        )  # fmt: skip
        if task == "export":
            return self.document.begin(
                task, ExportRequest(source, str(self.output), opset=17, exporter="torchscript")
            )
        candidate = ModelSource(str(digits / "digits.onnx"))
        data = DataSource(random=4000, batch_size=8)
        return self.document.begin(task, CompareRequest(source, candidate, data))

    def outcome(self, job: Job) -> object:
        """What a job ends in; one that hangs fails the test."""
        ends: list[object] = []
        job.finished.connect(ends.append)
        job.failed.connect(ends.append)
        self.qtbot.waitUntil(lambda: bool(ends), timeout=PATIENCE_MS)
        return ends[0]

    def check(self, task: str, outcome: object) -> None:
        """What must hold after a job, however it ended."""
        if isinstance(outcome, Failure):
            assert outcome.sentence
            assert outcome.hint
            assert self.output.read_bytes() == faults.BEFORE
        elif task == "export":
            onnx.checker.check_model(str(self.output))
            self.output.write_bytes(faults.BEFORE)
        else:
            assert outcome.outputs[0].elements == 40_000  # type: ignore[attr-defined]
        assert [path.name for path in self.target.iterdir()] == [self.output.name]
        assert self.window.isVisible()
        assert self.document.job is None
        opened = self.document.reference
        assert opened is not None
        assert opened.inspection is not None


@contextlib.contextmanager
def staged(folder: Path, patch: pytest.MonkeyPatch, fault: str, qtbot: QtBot) -> Iterator[Scene]:
    """A scene, and the check that no folder of a worker is left of it."""
    target, temp = folder / "target", folder / "temp"
    target.mkdir()
    temp.mkdir()
    with contextlib.ExitStack() as stack:
        if fault == "no disk":
            stack.enter_context(faults.mounted(temp, "24m"))
        patch.setattr(tempfile, "tempdir", str(temp))
        document = Document()
        stack.callback(document.close)
        store = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Settings(store))
        window.fill(document)
        window.show()
        filler = temp / "filler" if fault == "no disk" else None
        scene = Scene(qtbot, document, window, target, filler)
        scene.output.write_bytes(faults.BEFORE)
        document.open_file(str(faults.DIGITS / "digits.pt"), REFERENCE)
        qtbot.waitUntil(lambda: bool(document.reference and document.reference.inspection))
        yield scene
        window.close()
        document.close()
        window.deleteLater()
        QApplication.processEvents()
        assert list(temp.iterdir()) == []


def strike_and_mend(scene: Scene, task: str, fault: Any, point: tuple[int, float]) -> bool:
    """Whether the job failed of a fault; in any case nothing is lost, and the next job works."""
    number, delay = point
    announced: list[str] = []
    strike = lambda: fault.strike(scene)  # noqa: E731
    timer = QTimer(singleShot=True, interval=int(delay * 1000))
    timer.timeout.connect(strike)

    def listen(event: Event) -> None:
        if event.kind == "stage":
            announced.append(event.stage)
            if len(announced) == number + 1:
                timer.start() if delay else strike()

    job = scene.begin(task)
    job.progressed.connect(listen)
    outcome = scene.outcome(job)
    timer.stop()
    faults.mend(scene)
    scene.check(task, outcome)
    failed = isinstance(outcome, Failure)
    if fault.deadly and not delay:
        assert isinstance(outcome, Failure), point
        assert "stopped unexpectedly" in outcome.sentence
    return failed


def stages_of(scene: Scene, task: str) -> list[tuple[str, float]]:
    """The stages of a job that nothing happens to, each with its seconds."""
    begun: list[tuple[str, float]] = []
    job = scene.begin(task)
    job.progressed.connect(
        lambda event: begun.append((event.stage, event.seconds)) if event.kind == "stage" else None
    )
    scene.check(task, scene.outcome(job))
    following = [seconds for _, seconds in begun[1:]]
    return [(name, after - at) for (name, at), after in zip(begun[:-1], following, strict=True)]


def test_a_worker_that_dies_behind_the_window_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    with staged(tmp_path, monkeypatch, "", qtbot) as scene:
        assert strike_and_mend(scene, "export", faults.FAULTS["crashed"], (3, 0.0))
        scene.check("export", scene.outcome(scene.begin("export")))


def test_a_disk_that_is_full_is_explained_and_the_next_job_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    """Once the window itself failed, which could not write down what it asked for."""
    with staged(tmp_path, monkeypatch, "no disk", qtbot) as scene:
        scene.document.runner.start()
        faults.fill_disk(scene)
        outcome = scene.outcome(scene.begin("compare"))
        assert isinstance(outcome, Failure)
        assert outcome.sentence == "There is not enough room on the disk."
        faults.mend(scene)
        scene.check("compare", scene.outcome(scene.begin("compare")))


@pytest.mark.slow
@pytest.mark.parametrize("fault", faults.FAULTS)
@pytest.mark.parametrize("task", ["export", "compare"])
def test_faults_at_ten_points_behind_the_window_leave_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, task: str, fault: str
) -> None:
    with staged(tmp_path, monkeypatch, fault, qtbot) as scene:
        points = faults.points_in(stages_of(scene, task), 10)
        failed = [strike_and_mend(scene, task, faults.FAULTS[fault], point) for point in points]
        assert any(failed), "no fault had any effect"
        print(f"{task}, {fault}: {sum(failed)} of {len(points)} failed, the others were done")
        scene.check(task, scene.outcome(scene.begin(task)))
