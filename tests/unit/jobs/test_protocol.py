"""Folders, lines and outcomes that a worker and its clients agree on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.core import wire
from inspector.core.failures import Failure
from inspector.core.input_spec import parse_input_spec
from inspector.core.sources import ModelSource
from inspector.jobs import protocol
from inspector.jobs.places import Place
from inspector.jobs.requests import (
    Event,
    ExportRequest,
    Prepared,
    Written,
)
from inspector.jobs.tasks import TASKS


def test_a_request_makes_the_journey(tmp_path: Path) -> None:
    source = ModelSource("n\u00e4t.pt", inputs=(parse_input_spec("x=float32[batch=2,3]"),))
    request = ExportRequest(source, "out.onnx", opset=14)
    protocol.write_request(tmp_path, "export", request)
    assert protocol.read_request(tmp_path) == ("export", request)
    place = Place(("/models",), str(tmp_path))
    assert protocol.order_of_line(protocol.request_line(tmp_path, place)) == (tmp_path, place)


@pytest.mark.parametrize("line", [b"", b"noise\n", b"[1]", b'{"kind": 3}', b"\xff"])
def test_a_line_that_is_no_event_is_none(line: bytes) -> None:
    assert protocol.parse_event(line) is None


def test_an_event_makes_the_journey() -> None:
    event = Event("job", "progress", "Loading", "n\u00e4t", 0.5, 1.0, 3)
    assert protocol.parse_event(wire.dumps(event).encode()) == event


def test_the_outcome_is_the_failure_or_the_result(tmp_path: Path) -> None:
    prepared = Prepared("Net", ("x",), (), (), False, 3)
    wire.save(prepared, tmp_path / protocol.RESULT)
    assert protocol.read_outcome(tmp_path, "prepare") == prepared
    wire.save(Failure("No."), tmp_path / protocol.FAILURE)
    assert protocol.read_outcome(tmp_path, "prepare") == Failure("No.")


def test_an_answer_that_names_files_outside_the_job_is_not_believed(tmp_path: Path) -> None:
    job = tmp_path / "job"
    job.mkdir()
    for path, believed in ((job, True), (job / "a.csv", True), (tmp_path / "a.csv", False)):
        wire.save(Written(str(path), 3), job / protocol.RESULT)
        outcome = protocol.read_outcome(job, "table")
        assert isinstance(outcome, Written) is believed
    (job / protocol.RESULT).write_text("[" * 100_000)
    outcome = protocol.read_outcome(job, "table")
    assert isinstance(outcome, Failure)
    assert outcome.sentence == "The worker's answer cannot be read."


def test_a_workspace_of_a_client_that_died_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    abandoned = protocol.new_workspace()
    (abandoned / "owner.pid").write_text(dead.stdout.decode())
    living = protocol.new_workspace()
    assert living.exists()
    assert not abandoned.exists()
    assert protocol.new_job_directory(living).parent == living


def test_the_environment_is_private_and_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert protocol.worker_environment()["OMP_WAIT_POLICY"] == "ACTIVE"
    monkeypatch.delenv("OMP_WAIT_POLICY")
    assert protocol.worker_environment()["OMP_WAIT_POLICY"] == "PASSIVE"
    environment = protocol.worker_environment(tmp_path)
    assert environment["ORT_DISABLE_TELEMETRY"] == "1"
    assert environment["PYTHONUTF8"] == "1"
    assert Path(environment["TMPDIR"]).parent == tmp_path


def test_the_command_is_this_program_or_another_python() -> None:
    assert protocol.worker_command(warm="reader") == [
        sys.executable, "-P", "-m", "inspector", "--worker", "--warm", "reader",
    ]  # fmt: skip
    other = protocol.worker_command("/usr/bin/other-python")
    assert other[:3] == ["/usr/bin/other-python", "-P", "-c"]


def test_a_worker_starts_under_another_interpreter(tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.symlink_to(sys.executable)
    command = protocol.worker_command(str(other), warm="none")
    environment = protocol.worker_environment(tmp_path) | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if "site-packages" in path)
    }
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
    ) as process:
        assert process.stdout is not None
        event = protocol.parse_event(process.stdout.readline())
        process.communicate(timeout=30)
    assert event is not None
    assert event.kind == "ready"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGKILL, "ended from outside"),
        (signal.SIGSEGV, "SIGSEGV"),
        (signal.SIGTERM, "SIGTERM"),
    ],
)
def test_a_crash_names_the_stage_and_the_signal(number: int, said: str) -> None:
    failure = protocol.crash_failure(-number, "Capturing graph", "the end of the log")
    assert failure.sentence.startswith("The worker stopped unexpectedly while capturing graph")
    assert said in failure.sentence
    assert failure.stage == "Capturing graph"
    assert "the end of the log" in failure.detail
    assert failure.hint


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("compare", "compare fewer samples at a time"),
        ("export", "try smaller example sizes"),
        ("inspect", "close other programs"),
    ],
)
def test_what_to_do_about_memory_fits_the_task(task: str, said: str) -> None:
    assert said in protocol.crash_failure(-signal.SIGKILL, "", "", task).hint


def test_a_crash_before_any_stage_is_said_too() -> None:
    assert protocol.crash_failure(3, "").sentence == "The worker stopped unexpectedly."


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_records_that_travel(name: str) -> None:
    task = TASKS[name]
    assert task.request.__doc__
    assert task.result.__doc__
    assert callable(task.load())


def test_the_table_of_tasks_costs_nothing() -> None:
    code = (
        "import sys, inspector.jobs.protocol, inspector.jobs.client;"
        "print([m for m in ('torch', 'onnxruntime', 'onnx', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_log_is_read_from_its_end(tmp_path: Path) -> None:
    assert protocol.log_tail(tmp_path) == ""
    (tmp_path / protocol.LOG).write_bytes(b"x" * 30_000 + b"the end")
    assert protocol.log_tail(tmp_path).endswith("the end")
    assert len(protocol.log_tail(tmp_path)) == 20_000
