"""The worker dies, runs out of memory or out of disk in the middle of a job.

Faults come from outside, when a stage is announced or some time after. Then the file of before is
untouched, nothing half-made is left anywhere, and the next job works. `pytest -m slow` tries
twenty points of an export and of a comparison for each fault; the suite tries a few.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import onnx
import pytest

from inspector.core.comparison import Comparison
from inspector.core.failures import Failure, InspectorError
from inspector.core.input_spec import parse_input_spec
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import (
    CompareRequest,
    DataSource,
    Event,
    ExportRequest,
    InspectRequest,
    ModelSource,
)

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="faults are made with Linux's means"
)

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"
DIGITS = SAMPLES / "digits"
POINTS = 20
BEFORE = b"the file of before"
PATIENCE = 60.0
"""Seconds until a worker that neither ends nor answers is taken for one that hangs."""


@dataclass
class Scene:
    """Where an export goes, where workers keep their things, and one client."""

    target: Path
    temp: Path
    client: WorkerClient
    filler: Path | None = None
    stages: list[str] = field(default_factory=list)

    @property
    def output(self) -> Path:
        return self.target / "model.onnx"

    @property
    def pid(self) -> int:
        assert self.client._process is not None
        return self.client._process.pid

    def request(self, task: str) -> ExportRequest | CompareRequest:
        """The job in whose middle things go wrong: through PyTorch and ONNX Runtime."""
        source = ModelSource(
            str(DIGITS / "digits.pt"), f"{DIGITS / 'digits_net.py'}:DigitsNet", trust=True,
            inputs=(parse_input_spec("image=float32[batch=2,1,8,8]"),),
        )  # fmt: skip
        if task == "export":
            return ExportRequest(source, str(self.output), opset=17, exporter="torchscript")
        candidate = ModelSource(str(DIGITS / "digits.onnx"))
        return CompareRequest(source, candidate, DataSource(random=4000, batch_size=8))

    def check(self, task: str, outcome: object) -> None:
        """What must hold after a job, however it ended."""
        if isinstance(outcome, Failure):
            assert outcome.sentence
            assert outcome.hint
            assert self.output.read_bytes() == BEFORE
        elif task == "export":
            onnx.checker.check_model(str(self.output))
            self.output.write_bytes(BEFORE)
        else:
            assert isinstance(outcome, Comparison)
            assert outcome.outputs[0].elements == 40_000
        assert [path.name for path in self.target.iterdir()] == [self.output.name]


Strike = Callable[[Scene], None]


def end_with(number: signal.Signals) -> Strike:
    def strike(scene: Scene) -> None:
        with contextlib.suppress(ProcessLookupError, AssertionError):
            os.kill(scene.pid, number)

    return strike


def take_memory(scene: Scene) -> None:
    """Not one more page of address space."""
    mapped = Path(f"/proc/{scene.pid}/statm").read_text().split()[0]
    _, hard = resource.prlimit(scene.pid, resource.RLIMIT_AS)
    limit = int(mapped) * resource.getpagesize()
    resource.prlimit(scene.pid, resource.RLIMIT_AS, (limit, hard))


def fill_disk(scene: Scene) -> None:
    """Not one more byte on the disk of the job's folder."""
    assert scene.filler is not None
    with scene.filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 16, 1 << 10, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


class Fault(NamedTuple):
    """What goes wrong, and whether the worker surely ends of it."""

    strike: Strike
    deadly: bool


FAULTS = {
    "killed": Fault(end_with(signal.SIGKILL), deadly=True),
    "crashed": Fault(end_with(signal.SIGSEGV), deadly=True),
    "no memory": Fault(take_memory, deadly=False),
    "no disk": Fault(fill_disk, deadly=False),
}


@contextlib.contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """A disk of its own; skips the test where none may be made."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk can be made here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def staged(folder: Path, patch: pytest.MonkeyPatch, fault: str) -> Iterator[Scene]:
    """A scene, and the checks that nothing is left of it."""
    target, temp = folder / "target", folder / "temp"
    target.mkdir()
    temp.mkdir()
    with contextlib.ExitStack() as stack:
        if fault == "no disk":
            stack.enter_context(mounted(temp, "24m"))
        patch.setattr(tempfile, "tempdir", str(temp))
        client = stack.enter_context(WorkerClient())
        filler = temp / "filler" if fault == "no disk" else None
        scene = Scene(target, temp, client, filler)
        scene.output.write_bytes(BEFORE)
        yield scene
        client.close()
        assert list(temp.iterdir()) == []


def run(scene: Scene, task: str, listen: Callable[[Event], None] = lambda _: None) -> object:
    """The outcome of a job: its result, or its failure. One that hangs fails the test."""
    hung = threading.Timer(PATIENCE, lambda: end_with(signal.SIGKILL)(scene))
    hung.start()
    try:
        return scene.client.run(task, scene.request(task), listen)
    except InspectorError as error:
        return error.failure
    finally:
        assert hung.is_alive(), "the worker neither ended nor answered"
        hung.cancel()


def stages_of(scene: Scene, task: str) -> list[tuple[str, float]]:
    """The stages of a job that nothing happens to, each with its seconds."""
    begun: list[tuple[str, float]] = []

    def note(event: Event) -> None:
        if event.kind in ("stage", "finished"):
            begun.append((event.stage, event.seconds))

    scene.check(task, run(scene, task, note))
    following = [seconds for _, seconds in begun[1:]]
    return [(name, after - at) for (name, at), after in zip(begun[:-1], following, strict=True)]


def points_in(stages: list[tuple[str, float]], count: int) -> list[tuple[int, float]]:
    """Number of a stage, and seconds after its announcement: every start, then the longest."""
    starts = [(number, 0.0) for number in range(len(stages))]
    shares = (0.5, 0.2, 0.8, 0.35, 0.65, 0.1, 0.9)
    longest = sorted(range(len(stages)), key=lambda number: -stages[number][1])
    inside = [(number, stages[number][1] * share) for share in shares for number in longest[:4]]
    return (starts + inside)[:count]


def strike_at(scene: Scene, task: str, fault: Fault, point: tuple[int, float]) -> object:
    """The outcome of a job in which a fault comes at one point."""
    number, delay = point
    announced: list[str] = []
    timers: list[threading.Timer] = []

    def listen(event: Event) -> None:
        if event.kind != "stage":
            return
        announced.append(event.stage)
        if len(announced) == number + 1:
            if delay:
                timers.append(threading.Timer(delay, fault.strike, (scene,)))
                timers[-1].start()
            else:
                fault.strike(scene)

    outcome = run(scene, task, listen)
    for timer in timers:
        timer.cancel()
        timer.join()
    return outcome


def mend(scene: Scene) -> None:
    """Give back what a fault took; a worker that lives on lives as before."""
    if scene.filler is not None:
        scene.filler.unlink(missing_ok=True)
    with contextlib.suppress(ProcessLookupError, AssertionError):
        _, hard = resource.prlimit(scene.pid, resource.RLIMIT_AS)
        resource.prlimit(scene.pid, resource.RLIMIT_AS, (hard, hard))


def strike_and_mend(scene: Scene, task: str, fault: Fault, point: tuple[int, float]) -> bool:
    """Whether the job failed of a fault; in any case nothing is lost, and the next job works."""
    outcome = strike_at(scene, task, fault, point)
    mend(scene)
    scene.check(task, outcome)
    failed = isinstance(outcome, Failure)
    if fault.deadly and not point[1]:
        assert isinstance(outcome, Failure), point
        assert "stopped unexpectedly" in outcome.sentence
    looked = scene.client.run("inspect", InspectRequest(str(DIGITS / "digits.onnx")))
    assert looked.onnx.nodes > 3
    return failed


def test_faults_in_the_middle_of_jobs_leave_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(tmp_path, monkeypatch, "") as scene:
        assert strike_and_mend(scene, "export", FAULTS["killed"], (3, 0.0))
        assert strike_and_mend(scene, "compare", FAULTS["crashed"], (4, 0.0))
        strike_and_mend(scene, "export", FAULTS["no memory"], (3, 0.0))
        scene.check("export", run(scene, "export"))


def test_a_disk_that_fills_up_in_the_middle_of_a_job_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a worker without room for its answer waited for its own listener, for ever."""
    with staged(tmp_path, monkeypatch, "no disk") as scene:
        assert strike_and_mend(scene, "compare", FAULTS["no disk"], (3, 0.0))
        scene.check("compare", run(scene, "compare"))


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("task", ["export", "compare"])
def test_faults_at_twenty_points_leave_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str, fault: str
) -> None:
    with staged(tmp_path, monkeypatch, fault) as scene:
        points = points_in(stages_of(scene, task), POINTS)
        assert len(points) == POINTS
        failed = [strike_and_mend(scene, task, FAULTS[fault], point) for point in points]
        assert any(failed), "no fault had any effect"
        print(f"{task}, {fault}: {sum(failed)} of {POINTS} failed, the others were done")
        scene.check(task, run(scene, task))
