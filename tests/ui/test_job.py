"""The window's end of a worker, against the real process."""

import os
import signal
import sys
import threading

import pytest

from inspector.core import wire
from inspector.core.model import Value
from inspector.jobs import export_place, protocol
from inspector.jobs.requests import (
    BindRequest,
    DataSource,
    Event,
    Exported,
    ExportRequest,
    InspectRequest,
    ModelSource,
)
from inspector.ui.job import Job, Worker

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


def a_finished_export(folder, parent):
    """A job whose worker has made a model, and the folder where it is to go."""
    source = ModelSource("net.pt")
    target = folder / "models" / "net.onnx"
    target.parent.mkdir()
    target.write_bytes(b"the last good file")
    job = Job("export", ExportRequest(source, str(target)), folder, parent)
    made = job.directory / export_place.MADE
    made.mkdir()
    (made / "net.onnx").write_bytes(b"new one")
    exported = Exported("/elsewhere/net.onnx", 7, "dynamo", 18, {}, (), (), (), (), {})
    wire.save(exported, job.directory / protocol.RESULT)
    return job, target, Event(str(job.directory), "finished")


def test_what_was_exported_is_put_in_its_place_beside_the_event_loop(qtbot, tmp_path, qapp):
    job, target, event = a_finished_export(tmp_path, qapp)
    with qtbot.waitSignal(job.finished) as finished:
        job.take(event)
        assert not job.over
    assert finished.args[0].output == str(target)
    assert target.read_bytes() == b"new one"
    assert threading.current_thread() is threading.main_thread()


def test_a_copy_that_is_cancelled_leaves_the_old_file(qtbot, tmp_path, qapp, monkeypatch):
    job, target, event = a_finished_export(tmp_path, qapp)
    go_on = threading.Event()

    def slow_copy(source, draft, cancelled):
        draft.write_bytes(b"half")
        go_on.wait(10)
        return draft

    monkeypatch.setattr(export_place, "_moves", lambda file, folder: False)
    monkeypatch.setattr(export_place, "_copy", slow_copy)
    ended = []
    job.finished.connect(lambda _: ended.append("finished"))
    job.cancelled.connect(lambda: ended.append("cancelled"))
    job.take(event)
    qtbot.waitUntil(lambda: len(list(target.parent.iterdir())) == 2)
    job.stop(None)
    go_on.set()
    qtbot.waitUntil(lambda: len(list(target.parent.iterdir())) == 1)
    qtbot.wait(50)
    assert ended == ["cancelled"]
    assert target.read_bytes() == b"the last good file"


def test_a_place_that_cannot_be_is_said_before_a_worker_is_asked(qtbot, worker, tmp_path):
    request = ExportRequest(ModelSource("net.pt"), str(tmp_path / "nowhere" / "net.onnx"))
    (failure,) = outcome(qtbot, worker.submit("export", request), "failed")
    assert "does not exist" in failure.sentence
    assert outcome(qtbot, worker.submit("bind", LONG), "finished")


def test_a_line_without_end_ends_the_worker(qtbot, worker, monkeypatch):
    monkeypatch.setattr(protocol, "MOST_LINE", 10)
    monkeypatch.setattr(
        protocol, "worker_command",
        lambda *_: [sys.executable, "-c", "import time\nprint('x' * 99, end='', flush=True)\n"
                    "time.sleep(60)"],
    )  # fmt: skip
    (failure,) = outcome(qtbot, worker.submit("bind", LONG), "failed")
    assert "stopped unexpectedly" in failure.sentence
