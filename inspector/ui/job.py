"""Work in another process, as the window sees it: a worker, its jobs, and their signals."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from inspector.ui.hints import told_in_window
from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core import failures
    from inspector.core.failures import Failure
    from inspector.jobs import export_place, places, protocol, requests
    from inspector.jobs.places import Place
    from inspector.jobs.requests import Converted, Event, Exported, Protection
else:
    failures = later("inspector.core.failures")
    export_place = later("inspector.jobs.export_place")
    places = later("inspector.jobs.places")
    protocol = later("inspector.jobs.protocol")
    requests = later("inspector.jobs.requests")


_NOT_RUNNING = QProcess.ProcessState.NotRunning

IDLE_MS = 800
"""So long after its last job a worker makes ready for files that lie elsewhere."""

NICE = 5
"""Steps by which the system prefers the window to its workers."""


class Job(QObject):
    """One task on its way. Exactly one of `finished`, `failed`, `cancelled` is emitted."""

    progressed = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    _placed = Signal(object)
    """From the thread that puts an export into its place: the `Exported`, or why not."""

    def __init__(self, task: str, request: object, workspace: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._placed.connect(self._on_placed)
        self.task, self.request = task, request
        self.directory, self._unsent = protocol.new_job(workspace, task, request)
        self.last = requests.Event(str(self.directory), "stage")
        self.started = time.monotonic()
        self.over = False

    @property
    def log(self) -> Path:
        """What the libraries printed; exists once the job runs."""
        return self.directory / protocol.LOG

    def take(self, event: Event) -> None:
        """Pass an event of the worker on."""
        if self.over:
            return
        if event.kind in ("finished", "failed"):
            outcome = protocol.read_outcome(self.directory, self.task)
            if isinstance(outcome, (requests.Exported, requests.Converted)):
                threading.Thread(target=self._place, args=(outcome,), name="place").start()
            else:
                self._on_placed(outcome)
        else:
            self.last = event
            self.progressed.emit(event)

    def stop(self, failure: Failure | None) -> None:
        """End without a result: with a failure, or (None) because the person cancelled."""
        if self.over:
            return
        self.over = True
        if failure is None:
            self.cancelled.emit()
        else:
            self.failed.emit(told_in_window(failure))

    def _place(self, exported: Exported | Converted) -> None:
        """Put what was exported into its place; large files may have to be copied."""
        try:
            path = export_place.put_in_place(self.directory, self._output, lambda: self.over)
        except failures.InspectorError as error:
            outcome: object = error.failure
        except export_place.CancelledError:
            return
        except OSError as error:  # the window closes and takes the folder with it
            outcome = failures.explain(error, "Saving")
        else:
            outcome = replace(exported, output=str(path))
        with contextlib.suppress(RuntimeError):  # the window is gone
            self._placed.emit(outcome)

    @property
    def _output(self) -> str:
        assert isinstance(self.request, (requests.ExportRequest, requests.ConvertRequest))
        return self.request.output

    def _on_placed(self, outcome: object) -> None:
        if isinstance(outcome, failures.Failure):
            self.stop(outcome)
        elif not self.over:
            self.over = True
            self.finished.emit(outcome)

    def refused(self) -> Failure | None:
        """Why it cannot be done, as far as that is known before it is sent."""
        if self._unsent is not None:
            return self._unsent
        if isinstance(self.request, (requests.ExportRequest, requests.ConvertRequest)):
            try:
                export_place.require_place(self._output)
            except failures.InspectorError as error:
                return error.failure
        return None


class Worker(QObject):
    """A process that carries out one job after another; started on first need or ahead of it.

    `ready` is emitted when its imports are done. Cancelling kills the process: the next job
    starts another. So does a job about files elsewhere, since the first job confines the process
    to the folders of its files.

    Args:
        warm: What it imports ahead, see `protocol.WARM`.
        parent: Owner.
        also: Files that coming jobs are likely to be about, so that one process does for all.
        spare: Keep a second process, warm and not yet confined, for files that lie elsewhere.

    Attributes:
        protection: What the process is held to, once one has said so.
    """

    ready = Signal()
    confined = Signal()
    """`protection` is known."""

    def __init__(
        self,
        warm: str,
        parent: QObject | None = None,
        also: Callable[[], Iterable[str]] = tuple,
        spare: bool = False,
    ) -> None:
        super().__init__(parent)
        self._warm, self._also = warm, also
        self._keeps_spare = spare
        self._idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._idle.timeout.connect(self.ready_for_elsewhere)
        self._place: Place | None = None
        self.protection: Protection | None = None
        self._process: QProcess | None = None
        self._spare: QProcess | None = None
        self._ending: list[QProcess] = []
        self._buffer = b""
        self._queue: list[Job] = []
        self._workspace: Path | None = None
        self.interpreter = ""

    @property
    def busy(self) -> bool:
        """Whether a job is running or waiting."""
        return bool(self._queue)

    def start(self) -> None:
        """Start the process if there is none; its imports begin at once."""
        if self._process is not None:
            return
        process, self._spare = self._spare or self._launch(), None
        process.readyReadStandardOutput.connect(self._on_process_output)
        process.finished.connect(self._on_process_finished)
        process.errorOccurred.connect(self._on_process_error)
        self._process, self._buffer, self._place = process, b"", None
        if process.error() is QProcess.ProcessError.FailedToStart:
            QTimer.singleShot(0, self, lambda: self._on_process_error(process.error()))
        elif process.bytesAvailable():
            self._on_process_output()

    def _launch(self) -> QProcess:
        process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in protocol.worker_environment(self._folder()).items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        process.setStandardErrorFile(str(self._folder() / protocol.LOG))
        process.started.connect(self._on_started)
        command = protocol.worker_command(self.interpreter, self._warm)
        process.start(command[0], command[1:])
        return process

    def rest(self) -> None:
        """Become ready for files that lie elsewhere, a while from now."""
        self._idle.start()

    def _on_started(self) -> None:
        for process in (self._process, self._spare):
            if process is not None:
                _stand_back(process.processId())

    def ready_for_elsewhere(self) -> None:
        """See to it that the next job need not wait for imports, wherever its files lie.

        A process that is confined to other files than those of `also` is replaced, or a spare
        one waits beside it. Done by itself a while after the last job.
        """
        if self.busy or self._process is None or self._place is None:
            return
        if self._keeps_spare:
            alive = self._spare is not None and self._spare.state() != _NOT_RUNNING
            self._spare = self._spare if alive else self._launch()
        elif not self._place.holds(places.place_for(self._also(), self._folder())):
            self._kill()
            self.start()

    def submit(self, task: str, request: object) -> Job:
        """Queue a job; connect to its signals before the event loop runs again."""
        self.start()
        job = Job(task, request, self._folder(), self)
        self._queue.append(job)
        if len(self._queue) == 1:
            self._send(job)
        return job

    def cancel(self, job: Job) -> None:
        """Stop a job at once; the process dies with it if the job is running."""
        if job not in self._queue:
            job.stop(None)  # it may be on its way from the worker's folder to its own place
            return
        if self._queue[0] is job:
            self._kill()
        self._queue.remove(job)
        job.stop(None)
        self._next()

    def restart(self) -> None:
        """Use the interpreter that is set now; the results of earlier jobs stay readable."""
        if not self.busy and self._process is not None:
            self._kill_spare()
            self._kill()
            self.start()

    def close(self) -> None:
        """End the process and everything that waits."""
        for job in self._queue:
            job.stop(None)
        self._queue.clear()
        self._idle.stop()
        self._kill_spare()
        self._kill()
        for process in tuple(self._ending):
            process.waitForFinished(400)
        if self._workspace is not None:
            protocol.remove_workspace(self._workspace)
            self._workspace = None

    def _folder(self) -> Path:
        if self._workspace is None:
            self._workspace = protocol.new_workspace()
        return self._workspace

    @property
    def folder(self) -> Path:
        """Where its jobs leave their results."""
        return self._folder()

    def _send(self, job: Job) -> None:
        refused = job.refused()
        if refused is not None:
            QTimer.singleShot(0, job, lambda: self._refuse(job, refused))
            return
        needed = places.place_of(job.request, self._folder(), self._also())
        if self._place is not None and not self._place.holds(needed):
            # What was asked for before is likely to be asked for again.
            needed = needed.and_read(self._place.read)
            self._kill()
        self.start()
        self._place = self._place or needed
        assert self._process is not None
        self._process.write(protocol.request_line(job.directory, self._place).encode())

    def _refuse(self, job: Job, failure: Failure) -> None:
        if self._queue and self._queue[0] is job:
            self._queue.pop(0)
            job.stop(failure)
            self._next()

    def _next(self) -> None:
        if self._queue:
            self._send(self._queue[0])

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.readyReadStandardOutput.disconnect(self._on_process_output)
        process.finished.disconnect(self._on_process_finished)
        process.errorOccurred.disconnect(self._on_process_error)
        self._end(process)

    def _kill_spare(self) -> None:
        process, self._spare = self._spare, None
        if process is not None:
            self._end(process)

    def _end(self, process: QProcess) -> None:
        """Kill a process; its end is not waited for, which can take tens of milliseconds."""
        if process.state() == _NOT_RUNNING:
            process.deleteLater()
            return
        # No function that holds the process: freed with the connection, it would free it twice.
        self._ending.append(process)
        process.finished.connect(self._on_ended)
        process.kill()

    def _on_ended(self) -> None:
        for process in tuple(self._ending):
            if process.state() == _NOT_RUNNING:
                self._ending.remove(process)
                process.deleteLater()

    def _on_process_output(self) -> None:
        if self._process is None:
            return
        self._buffer += bytes(self._process.readAllStandardOutput().data())
        *lines, self._buffer = self._buffer.split(b"\n")
        if len(self._buffer) > protocol.MOST_LINE:
            self._buffer = b""
            self._process.kill()  # code that a person trusted may write what it likes
        for line in lines:
            event = protocol.parse_event(line)
            if event is None:
                continue
            if event.kind == "ready":
                self.ready.emit()
            elif event.kind == "confined":
                self.protection = event.protection
                self.confined.emit()
            elif self._queue and event.job == str(self._queue[0].directory):
                self._take(event)

    def _take(self, event: Event) -> None:
        job = self._queue[0]
        if event.kind in ("finished", "failed"):
            self._queue.pop(0)
            self._next()
            self.rest()
        job.take(event)

    def _on_process_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._on_process_output()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        if not self._queue:
            return
        job = self._queue.pop(0)
        crashed = -code if status is QProcess.ExitStatus.CrashExit else code
        log = protocol.log_tail(job.directory)
        job.stop(protocol.crash_failure(crashed, job.last.stage, log, job.task))
        self._next()

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error is not QProcess.ProcessError.FailedToStart:
            return
        process, self._process = self._process, None
        text = process.errorString() if process is not None else ""
        waiting, self._queue = self._queue, []
        for job in waiting:
            job.stop(
                failures.Failure(
                    "The worker process could not be started.",
                    "Check the Python interpreter under Settings.",
                    text,
                )
            )


def _stand_back(process: int) -> None:
    """Let the window go first where both want a core; alone, a worker loses nothing."""
    if os.name == "posix" and process:
        with contextlib.suppress(OSError):
            mine = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, process, min(mine + NICE, 19))
