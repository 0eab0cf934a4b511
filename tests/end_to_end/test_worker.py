"""The real worker process, through the client that the command line uses."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspector.core import wire
from inspector.core.failures import InspectorError, TrustNeededError
from inspector.jobs import protocol
from inspector.jobs.client import WorkerClient
from inspector.jobs.places import Place
from inspector.jobs.requests import (
    DetailRequest,
    Event,
    InspectRequest,
    ModelSource,
    PrepareRequest,
)

SAMPLES = Path(__file__).parents[2] / "resources" / "samples"


@pytest.fixture
def worker() -> Iterator[WorkerClient]:
    with WorkerClient() as client:
        yield client


def test_a_missing_file_is_an_explained_failure_and_the_worker_lives_on(
    worker: WorkerClient,
) -> None:
    for _ in range(2):
        with pytest.raises(InspectorError) as caught:
            worker.run("inspect", InspectRequest("/nowhere/at/all.onnx"))
        assert "all.onnx" in caught.value.failure.sentence
        assert caught.value.failure.hint


def test_the_folders_of_jobs_are_gone_when_the_client_closes() -> None:
    with WorkerClient() as client, pytest.raises(InspectorError):
        client.run("inspect", InspectRequest("/nowhere/at/all.onnx"))
    assert client.job is not None
    assert not client.workspace.exists()


def test_kept_folders_hold_request_failure_and_log() -> None:
    with WorkerClient(keep=True) as client, pytest.raises(InspectorError):
        client.run("inspect", InspectRequest("/nowhere/at/all.onnx"))
    try:
        assert client.job is not None
        names = {path.name for path in client.job.iterdir()}
        assert {protocol.REQUEST, protocol.FAILURE, protocol.LOG} <= names
    finally:
        protocol.remove_workspace(client.workspace)


def test_a_worker_that_cannot_be_started_is_explained() -> None:
    with (
        WorkerClient("/nowhere/python") as client,
        pytest.raises(InspectorError, match="could not be started"),
    ):
        client.run("inspect", InspectRequest("x.onnx"))


def code_file(folder: Path, body: str) -> ModelSource:
    """A checkpoint-less source whose code runs `body` when it is imported."""
    import torch

    torch.save({"weight": torch.zeros(2, 3), "bias": torch.zeros(2)}, folder / "weights.pt")
    (folder / "net.py").write_text(
        "import torch, os, time, ctypes, sys, subprocess\n"
        "class Net(torch.nn.Linear):\n"
        "    def __init__(self):\n"
        f"        super().__init__(3, 2)\n        {body}\n"
    )
    return ModelSource(str(folder / "weights.pt"), code=f"{folder / 'net.py'}:Net", trust=True)


def test_a_crash_names_the_stage_and_the_next_job_runs(
    worker: WorkerClient, tmp_path: Path
) -> None:
    source = code_file(tmp_path, "ctypes.string_at(0)")
    with pytest.raises(InspectorError) as caught:
        worker.run("prepare", PrepareRequest(source))
    failure = caught.value.failure
    assert failure.sentence.startswith("The worker stopped unexpectedly while loading")
    assert "SIGSEGV" in failure.sentence
    assert failure.stage == "Loading checkpoint"
    assert "Segmentation fault" in failure.detail
    assert "net.py" in failure.detail

    good = code_file(tmp_path, "pass")
    assert worker.run("prepare", PrepareRequest(good)).class_name == "Net"


def test_a_worker_killed_from_outside_is_explained(worker: WorkerClient, tmp_path: Path) -> None:
    source = code_file(tmp_path, "os.kill(os.getpid(), 9)")
    with pytest.raises(InspectorError, match="it was ended from outside") as caught:
        worker.run("prepare", PrepareRequest(source))
    assert "memory" in caught.value.failure.hint


def test_what_user_code_prints_stays_out_of_the_protocol(tmp_path: Path) -> None:
    body = (
        "print('from python'); os.write(1, b'from the descriptor\\n'); "
        "ctypes.CDLL(None).puts(b'from c'); assert sys.stdin.read() == ''"
    )
    with WorkerClient(keep=True) as client:
        prepared = client.run("prepare", PrepareRequest(code_file(tmp_path, body)))
    try:
        assert prepared.class_name == "Net"
        assert client.job is not None
        log = (client.job / protocol.LOG).read_text()
        for text in ("from python", "from the descriptor", "from c"):
            assert text in log
    finally:
        protocol.remove_workspace(client.workspace)


def test_code_that_leaves_the_program_fails_its_own_job_only(
    worker: WorkerClient, tmp_path: Path
) -> None:
    source = code_file(tmp_path, "sys.exit(3)")
    with pytest.raises(InspectorError):
        worker.run("prepare", PrepareRequest(source))
    good = code_file(tmp_path, "pass")
    assert worker.run("prepare", PrepareRequest(good)).parameters == 8


def test_a_file_that_would_execute_code_is_refused_with_the_list(
    worker: WorkerClient, tmp_path: Path
) -> None:
    source = code_file(tmp_path, "open('was-here', 'w')")
    refused = ModelSource(source.path, code=source.code)
    with pytest.raises(TrustNeededError) as caught:
        worker.run("prepare", PrepareRequest(refused))
    assert "net.py" in caught.value.failure.detail
    assert not (tmp_path / "was-here").exists()


def test_signs_of_life_come_while_a_stage_is_silent(worker: WorkerClient, tmp_path: Path) -> None:
    events: list[Event] = []
    worker.run("prepare", PrepareRequest(code_file(tmp_path, "time.sleep(1.6)")), events.append)
    beats = [event for event in events if event.kind == "progress"]
    assert len(beats) >= 2
    assert beats[-1].seconds > beats[0].seconds
    if sys.platform.startswith("linux"):
        assert beats[-1].memory > 10_000_000
    assert events[-1].kind == "finished"


def start_bare_worker(workspace: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*protocol.worker_command(warm="none"), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=protocol.worker_environment(workspace),
    )


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_closed_input_ends_the_worker_even_in_a_job(tmp_path: Path) -> None:
    source = code_file(tmp_path, "time.sleep(60)")
    job = protocol.new_job_directory(tmp_path)
    protocol.write_request(job, "prepare", PrepareRequest(source))
    process = start_bare_worker(tmp_path)
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout as events:
        process.stdin.write(protocol.request_line(job).encode())
        process.stdin.flush()
        ready = protocol.parse_event(events.readline())
        assert ready is not None
        assert ready.kind == "ready"
        assert events.readline()
        process.stdin.close()
        assert wait_for(lambda: process.poll() is not None, 3)


def test_ctrl_c_does_not_end_the_worker_but_closing_its_input_does(tmp_path: Path) -> None:
    process = start_bare_worker(tmp_path)
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdout as events:
        assert b"ready" in events.readline()
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.2)
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(3) == 0


def test_the_reader_is_warm_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys, json\n"
        "from inspector.jobs import worker\n"
        "worker.WARM_UPS['reader']()\n"
        "print(json.dumps([name in sys.modules for name in ('onnx', 'torch', 'onnxruntime')]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=protocol.worker_environment(tmp_path),
    )
    assert done.stdout.strip() == "[true, false, false]"


def test_a_result_survives_the_journey(tmp_path: Path) -> None:
    job = protocol.new_job_directory(tmp_path)
    event = Event(str(job), "stage", "Loading", "näme", 0.25, 1.5, 7)
    assert protocol.parse_event(wire.dumps(event)) == event


def test_a_file_is_read_and_its_rows_described_by_the_reader(worker: WorkerClient) -> None:
    path = str(SAMPLES / "digits" / "digits.onnx")
    inspection = worker.run("inspect", InspectRequest(path, digest=True, outline=True))
    assert inspection.format == "onnx"
    assert inspection.sha256 == hashlib.sha256(Path(path).read_bytes()).hexdigest()
    assert Path(inspection.outline).is_dir()
    first = worker.run("detail", DetailRequest(path, 0))
    assert first.title
    titles = {worker.run("detail", DetailRequest(path, row)).title for row in range(1, 6)}
    assert len(titles) > 2
    with pytest.raises(InspectorError, match="no such row"):
        worker.run("detail", DetailRequest(path, 10_000))


def test_a_file_that_changed_is_read_again(worker: WorkerClient, tmp_path: Path) -> None:
    copy = tmp_path / "model.onnx"
    for name in ("digits.onnx", "digits_training_mode.onnx"):
        copy.write_bytes((SAMPLES / "digits" / name).read_bytes())
        tree = [worker.run("detail", DetailRequest(str(copy), row)) for row in range(8)]
        fresh = worker.run("inspect", InspectRequest(str(copy)))
        kept = [worker.run("detail", DetailRequest(str(copy), row)) for row in range(8)]
        assert tree == kept
        assert fresh.bytes == copy.stat().st_size


SLOW_WARM_UP = """
import sys, time
from inspector.jobs import worker

def warm_up():
    open(sys.argv[1], "w").close()
    time.sleep(60 if sys.argv[2] == "slow" else 0.2)

worker.WARM_UPS["none"] = warm_up
sys.exit(worker.main(["--worker"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="noticed there after the warm-up")
def test_a_worker_ends_with_its_client_while_it_still_warms_up(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_WARM_UP, str(started), "slow"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        while not started.exists():
            assert process.poll() is None
            time.sleep(0.01)
        out, _ = process.communicate(b"a request\n", timeout=20)
    assert out == b""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted on Linux")
@pytest.mark.parametrize("warm", protocol.WARM)
def test_the_worker_is_one_thread_when_it_confines_itself(tmp_path: Path, warm: str) -> None:
    script = """
import os, sys
from inspector.jobs import worker

def tell(place):
    print(len(os.listdir("/proc/self/task")), file=sys.stderr)
    os._exit(0)

worker.confinement.confine = tell
worker.main(["--worker", "--warm", sys.argv[1]])
"""
    job = protocol.new_job_directory(tmp_path)
    line = protocol.request_line(job, Place((), str(tmp_path)))
    with subprocess.Popen(
        [sys.executable, "-c", script, warm],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=protocol.worker_environment(tmp_path),
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(line)
        process.stdin.flush()
        assert process.stderr.read().split()[-1] == "1"
