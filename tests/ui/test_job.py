"""The window's end of a worker, against the real process."""

import os
import signal

import pytest

from inspector.core.model import Value
from inspector.jobs.requests import BindRequest, DataSource, InspectRequest
from inspector.ui.job import Worker

LONG = BindRequest((Value("x", "float32", ("n", 4)),), DataSource(random=3))


@pytest.fixture
def worker(qapp):
    made = Worker("none")
    yield made
    made.close()


def outcome(qtbot, job, which):
    """What the named signal carried; another end of the job fails at once."""
    ends = []
    for name in ("finished", "failed", "cancelled"):
        getattr(job, name).connect(lambda *args, name=name: ends.append((name, args)))
    qtbot.waitUntil(lambda: bool(ends), timeout=20_000)
    assert ends[0][0] == which, ends
    return ends[0][1]


def test_a_job_answers_with_its_result(qtbot, worker):
    job = worker.submit("bind", LONG)
    (binding,) = outcome(qtbot, job, "finished")
    assert binding.samples == 3
    assert not binding.real
    assert not worker.busy


def test_an_expected_failure_has_a_sentence_and_a_remedy(qtbot, worker, tmp_path):
    job = worker.submit("inspect", InspectRequest(str(tmp_path / "nothing.onnx")))
    (failure,) = outcome(qtbot, job, "failed")
    assert failure.sentence.endswith(".")
    assert failure.hint


def test_jobs_wait_for_each_other(qtbot, worker):
    first, second = worker.submit("bind", LONG), worker.submit("bind", LONG)
    order = []
    first.finished.connect(lambda _: order.append("first"))
    second.finished.connect(lambda _: order.append("second"))
    outcome(qtbot, second, "finished")
    assert order == ["first", "second"]


def test_a_killed_worker_is_explained_and_the_next_job_works(qtbot, worker):
    worker.start()
    process = worker._process
    qtbot.waitUntil(lambda: process.processId() > 0, timeout=5000)
    job = worker.submit("bind", LONG)
    os.kill(process.processId(), signal.SIGKILL)
    (failure,) = outcome(qtbot, job, "failed")
    assert "stopped unexpectedly" in failure.sentence
    assert failure.hint
    assert outcome(qtbot, worker.submit("bind", LONG), "finished")


def test_cancelling_ends_only_that_job(qtbot, worker):
    first, second = worker.submit("bind", LONG), worker.submit("bind", LONG)
    with qtbot.waitSignal(first.cancelled), qtbot.assertNotEmitted(first.failed):
        worker.cancel(first)
    assert outcome(qtbot, second, "finished")


def test_closing_leaves_no_process_and_no_folder(qtbot, worker):
    job = worker.submit("bind", LONG)
    outcome(qtbot, job, "finished")
    number, folder = worker._process.processId(), job.directory
    worker.close()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_an_interpreter_that_is_not_there_is_explained(qtbot, worker):
    worker.interpreter = "/nowhere/python"
    job = worker.submit("bind", LONG)
    (failure,) = outcome(qtbot, job, "failed")
    assert "could not be started" in failure.sentence
