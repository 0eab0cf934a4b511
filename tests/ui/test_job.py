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


def test_a_file_elsewhere_meets_a_spare_process_that_is_warm_already(qtbot, qapp, tmp_path):
    files = [tmp_path / name / "names.txt" for name in ("one", "two", "three")]
    for file in files:
        file.parent.mkdir()
        file.write_text("hello", encoding="utf-8")
    worker = Worker("none", spare=True)
    try:
        outcome(qtbot, worker.submit("inspect", InspectRequest(str(files[0]))), "failed")
        first = worker._process
        qtbot.waitUntil(lambda: worker._spare is not None, timeout=10_000)
        spare = worker._spare
        assert spare is not None
        qtbot.waitUntil(lambda: spare.bytesAvailable() > 0, timeout=10_000)
        outcome(qtbot, worker.submit("inspect", InspectRequest(str(files[1]))), "failed")
        assert worker._process is spare
        assert first is not spare
        assert worker._spare is None
        outcome(qtbot, worker.submit("inspect", InspectRequest(str(files[2]))), "failed")
        assert worker._process is not spare
        qtbot.waitUntil(lambda: worker._spare is not None, timeout=10_000)
        numbers = [one.processId() for one in (worker._process, worker._spare) if one is not None]
        assert len(numbers) == 2
    finally:
        worker.close()
    for number in numbers:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)


def test_a_worker_confined_to_other_files_is_replaced_while_nobody_waits(qtbot, qapp, tmp_path):
    here, there = tmp_path / "here" / "names.txt", tmp_path / "there" / "names.txt"
    for file in (here, there):
        file.parent.mkdir()
        file.write_text("hello", encoding="utf-8")
    files = [str(here)]
    worker = Worker("none", also=lambda: files)
    try:
        outcome(qtbot, worker.submit("inspect", InspectRequest(str(here))), "failed")
        before = worker._process
        worker.ready_for_elsewhere()
        assert worker._process is before
        files[:] = [str(there)]
        worker.ready_for_elsewhere()
        assert worker._process is not before
    finally:
        worker.close()
