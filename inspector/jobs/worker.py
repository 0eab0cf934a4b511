"""The worker: does what needs a runtime, one job after another, in a process that may die.

Descriptors 0 and 1 are taken for the protocol before anything else, so that whatever a library
or a user's code prints or reads cannot disturb it.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import faulthandler
import os
import queue
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from inspector.core import wire
from inspector.core.failures import Failure, explain
from inspector.core.progress import Report, Step
from inspector.jobs import confinement, protocol
from inspector.jobs.confinement_limits import resident_memory
from inspector.jobs.places import Place
from inspector.jobs.requests import Event
from inspector.jobs.tasks import TASKS

HEARTBEAT = 0.5
"""Seconds between two signs of life while a stage runs."""


def main(arguments: Sequence[str]) -> int:
    """Serve jobs until standard input closes."""
    options = _options(arguments)
    channel = Channel(_take_descriptor(1, os.O_WRONLY))
    requests = _take_descriptor(0, os.O_RDONLY)
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the client's; it ends us its way
    with _ended_with_client(requests):
        _warm_up(options.warm)
    inbox: queue.Queue[Path] = queue.Queue()
    channel.send(Event("", "ready", memory=resident_memory()))
    with os.fdopen(requests, encoding="utf-8") as lines:
        # Where it belongs is known with the first job. Nobody else may listen until then: what a
        # thread may do is settled for itself and for those that it starts.
        first = lines.readline()
        if not first:
            return 0
        job, place = protocol.order_of_line(first)
        channel.send(Event("", "confined", protection=confinement.confine(place)))
        worker = Worker(channel, place)
        threading.Thread(target=worker.listen, args=(lines, inbox), daemon=True).start()
        worker.run(job)
        while True:
            worker.run(inbox.get())


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="inspector --worker", add_help=False)
    parser.add_argument("--worker", action="store_true")
    parser.add_argument("--warm", choices=protocol.WARM, default="none")
    return parser.parse_args(arguments)


def _take_descriptor(number: int, flags: int) -> int:
    """Keep descriptor 0 or 1 for us; others get an empty input, or the log as output."""
    kept = os.dup(number)
    if flags == os.O_WRONLY:
        os.dup2(2, number)
    else:
        nothing = os.open(os.devnull, flags)
        os.dup2(nothing, number)
        os.close(nothing)
    return kept


@contextlib.contextmanager
def _ended_with_client(requests: int) -> Iterator[None]:
    """End the process as soon as the client is gone, though nothing listens yet.

    The watching thread is over before the process is confined: what a thread may do is settled
    for itself and for those that it starts, so an older one would stay free. Where there is no
    `poll` (Windows), a client that is gone is noticed when the warm-up is over.
    """
    if not hasattr(select, "poll"):
        yield
        return
    over, end = os.pipe()

    def watch() -> None:
        poll = select.poll()
        for descriptor in (requests, over):
            poll.register(descriptor, 0)  # hanging up is reported always
        if any(descriptor == requests for descriptor, _ in poll.poll()):
            os._exit(0)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.close(end)
        _join(thread)
        os.close(over)


def _join(thread: threading.Thread) -> None:
    """Wait until a thread is gone for the system too, which is a moment after Python's own end."""
    thread.join()
    task = f"/proc/self/task/{thread.native_id}"
    latest = time.monotonic() + 1.0
    while os.path.exists(task) and time.monotonic() < latest:
        time.sleep(0.001)


def _warm_up(what: str) -> None:
    """Import what takes long, without leaving threads that would stay unconfined.

    The linear algebra inside numpy starts its threads when it is imported. It is told to do
    without: nothing here needs it to be fast, and PyTorch has its own.
    """
    name = "OPENBLAS_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    import numpy  # noqa: F401

    if before is None:
        del os.environ[name]
    else:
        os.environ[name] = before
    WARM_UPS[what]()


def _warm_torch() -> None:
    from inspector.runtimes import pytorch

    pytorch.warm_up()
    _warm_reader()


def _warm_reader() -> None:
    import onnx  # noqa: F401

    import inspector.formats.inspect  # noqa: F401


def _warm_nothing() -> None:
    """Be ready at once."""


WARM_UPS = {"torch": _warm_torch, "reader": _warm_reader, "none": _warm_nothing}


class Channel:
    """Sends events, whole lines, from any thread; a client that is gone ends the process."""

    def __init__(self, descriptor: int) -> None:
        self._file: TextIO = os.fdopen(descriptor, "w", encoding="utf-8")
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        """Write one event."""
        with self._lock:
            try:
                self._file.write(wire.dumps(event) + "\n")
                self._file.flush()
            except OSError:
                os._exit(0)


class Worker:
    """Runs jobs in the main thread and tells the client how they go."""

    def __init__(self, channel: Channel, place: Place) -> None:
        self._channel = channel
        self._place = place

    def listen(self, lines: TextIO, inbox: queue.Queue[Path]) -> None:
        """Put every requested job into `inbox`; end the process when the client is gone."""
        for line in lines:
            inbox.put(protocol.order_of_line(line)[0])
        os._exit(0)

    def run(self, job: Path) -> None:
        """Carry out one job; whatever happens in it, its outcome is written and announced."""
        report = Report(lambda kind, step: self._tell(kind, job, step, report))
        try:
            with _output_into(job / protocol.LOG), self._heartbeat(job, report):
                kind = self._carry_out(job, report)
            self._tell(kind, job, report.step, report)
        except BaseException as error:
            # No room for an answer, or no memory for it. Leaving in the usual way would wait for
            # the thread that listens, and so for ever.
            with contextlib.suppress(BaseException):
                traceback.print_exc()
            os._exit(protocol.NO_ROOM if isinstance(error, OSError) else 1)

    def _carry_out(self, job: Path, report: Report) -> str:
        try:
            name, request = protocol.read_request(job)
            task = TASKS[name]
            wire.save(task.load()(request, job, report), job / protocol.RESULT)
        except BaseException as error:
            # Whatever it is, SystemExit of a user's code included, this job failed and no other.
            with contextlib.suppress(OSError):
                traceback.print_exc()
            wire.save(_explained(error, report.step.stage, self._place), job / protocol.FAILURE)
            return "failed"
        return "finished"

    def _tell(self, kind: str, job: Path, step: Step, report: Report) -> None:
        memory = resident_memory()
        event = Event(str(job), kind, step.stage, step.text, step.fraction, report.elapsed, memory)
        self._channel.send(event)

    @contextlib.contextmanager
    def _heartbeat(self, job: Path, report: Report) -> Iterator[None]:
        over = threading.Event()

        def beat() -> None:
            while not over.wait(HEARTBEAT):
                self._tell("progress", job, report.step, report)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _explained(error: BaseException, stage: str, place: Place) -> Failure:
    """The failure of a job; where it wanted what a worker may not, that is what it says."""
    failure = explain(error, stage)
    tried = confinement.refusal(error, place)
    if not tried:
        return failure
    return replace(
        failure,
        sentence=f"The model wanted to {tried}, which is not allowed here.",
        hint="It may read the folders of the opened files and write into a folder of its own. "
        "Put what it needs beside its source.",
        detail=failure.detail or f"{failure.sentence} {failure.hint}",
    )


@contextlib.contextmanager
def _output_into(path: Path) -> Iterator[None]:
    """Send what Python and native code print into a file while a job runs."""
    _flush()
    before = os.dup(1), os.dup(2)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    try:
        yield
    finally:
        _flush()
        for number, kept in enumerate(before, start=1):
            os.dup2(kept, number)
            os.close(kept)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # a full disk; what is printed is lost
            stream.flush()
    if os.name == "posix":
        library: Any = ctypes.CDLL(None)
        library.fflush(None)
