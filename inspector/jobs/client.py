"""The command line's end of a worker: start it, hand it jobs, wait, explain how it ended."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from inspector.core.failures import Failure, InspectorError, error_of
from inspector.jobs import protocol
from inspector.jobs.export_place import put_in_place, require_place
from inspector.jobs.places import Place, place_of
from inspector.jobs.requests import ConvertRequest, Event, ExportRequest, Protection

Listener = Callable[[Event], None]

CLOSING_SECONDS = 2.0
"""How long a worker whose input was closed may take to exit before it is killed."""


class WorkerClient:
    """One worker process, started when it is first needed.

    Example:
        with WorkerClient() as worker:
            exported = worker.run("export", request, on_event=show)

    Args:
        interpreter: Another Python for the worker, empty for this one.
        warm: What it imports before it is ready, see `protocol.WARM`.
        keep: Leave the job folders in place; their place is `workspace`.

    Attributes:
        workspace: Folder of its jobs.
        job: Folder of the last one.
        protection: What the worker is held to, once it has said so.
    """

    def __init__(self, interpreter: str = "", warm: str = "none", *, keep: bool = False) -> None:
        self._command = protocol.worker_command(interpreter, warm)
        self._keep = keep
        self._process: subprocess.Popen[str] | None = None
        self._last_stage = self._task = ""
        self._place: Place | None = None
        self.workspace = protocol.new_workspace()
        self.job: Path | None = None
        self.protection: Protection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the process if there is none, without waiting until it is ready."""
        if self._process is not None and self._process.poll() is None:
            return
        with (self.workspace / protocol.LOG).open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    encoding="utf-8",
                    env=protocol.worker_environment(self.workspace),
                )
            except OSError as error:
                raise InspectorError(
                    "The worker could not be started.",
                    "Check the interpreter in the settings.",
                    str(error),
                ) from error

    def run(self, task: str, request: object, on_event: Listener | None = None) -> Any:
        """Run one job to its end and return its result.

        Args:
            task: A name in `TASKS`.
            request: Its request.
            on_event: Called with every event of the job, in this thread, and with the one that
                says what the worker is held to from now on.

        Raises:
            InspectorError: The job failed, or the worker died.
        """
        if isinstance(request, (ExportRequest, ConvertRequest)):
            require_place(request.output)
        place = self._belonging(request)
        self.start()
        self._place = place
        job = self.job = protocol.new_job_directory(self.workspace)
        protocol.write_request(job, task, request)
        self._task = task
        self._last_stage = ""
        try:
            self._converse(job, place, on_event)
            outcome = protocol.read_outcome(job, task)
        except BaseException:
            self.kill()
            raise
        if isinstance(outcome, Failure):
            raise error_of(outcome)
        if isinstance(request, (ExportRequest, ConvertRequest)):
            return replace(outcome, output=str(put_in_place(job, request.output)))
        return outcome

    def _belonging(self, request: object) -> Place:
        """Where the worker for a request belongs; one that is confined elsewhere is ended."""
        place = place_of(request, self.workspace)
        if self._place is None or self._process is None or self._process.poll() is not None:
            return place
        if self._place.holds(place):
            return self._place
        self.kill()
        return place

    def kill(self) -> None:
        """End the process now."""
        if self._process is not None:
            self._process.kill()
            self._end(self._process)

    def close(self) -> None:
        """End the process, and remove the folders of its jobs unless they are to be kept."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                _pipe(self._process.stdin).close()
            try:
                self._process.wait(CLOSING_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._end(self._process)
        if not self._keep:
            protocol.remove_workspace(self.workspace)

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                _pipe(pipe).close()
        self._process = None

    def _converse(self, job: Path, place: Place, on_event: Listener | None) -> None:
        assert self._process is not None
        with contextlib.suppress(OSError):  # a dead worker is noticed by its missing answer
            stdin = _pipe(self._process.stdin)
            stdin.write(protocol.request_line(job, place))
            stdin.flush()
        for event in self._events(str(job)):
            self._last_stage = event.stage or self._last_stage
            if on_event is not None:
                on_event(event)
            if event.kind in ("finished", "failed"):
                return
        code = self._process.wait()
        log = protocol.log_tail(job) or protocol.log_tail(self.workspace)
        raise error_of(protocol.crash_failure(code, self._last_stage, log, self._task))

    def _events(self, job: str) -> Iterator[Event]:
        assert self._process is not None
        while line := _pipe(self._process.stdout).readline(protocol.MOST_LINE):
            if len(line) == protocol.MOST_LINE:
                self._process.kill()  # nothing but its end will be read from it
            event = protocol.parse_event(line)
            if event is None:
                continue
            if event.kind == "confined":
                self.protection = event.protection
            if event.kind == "confined" or event.job == job:
                yield event


def _pipe(pipe: Any) -> Any:
    assert pipe is not None
    return pipe
