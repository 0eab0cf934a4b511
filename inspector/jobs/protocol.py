"""What a worker and its clients agree on: the command, the folders, the lines, the outcome.

A job is a directory: `request.json` in, `result.json` or `failure.json` out, arrays as `.npy`,
and `log.txt` with everything that anybody printed. One JSON line per request goes to the worker's
standard input, one per event comes back on its standard output. Shared by the command line
(`client.py`) and the window.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import inspector
from inspector.core import wire
from inspector.core.failures import Failure, explain
from inspector.jobs.places import Place, place_of
from inspector.jobs.requests import Event, Written
from inspector.jobs.tasks import TASKS

REQUEST, RESULT, FAILURE, LOG = "request.json", "result.json", "failure.json", "log.txt"
_PREFIX = "onnx-inspector-"
_OWNER = "owner.pid"
_LOG_TAIL = 20_000
MOST_LINE = 1_000_000
"""Characters of an event; a longer line is none."""
MOST_OUTCOME = 500_000_000
"""Bytes of a result: some hundred times that of the largest model known here."""
_FILES_OF_JOB = ("outline", "reference_file", "candidate_file")
"""Fields of results that name files."""
_CACHES = ("XDG_CACHE_HOME", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "MPLCONFIGDIR")

WARM = ("torch", "reader", "none")
"""What a worker imports before it is ready: what models need to run, to be read, or nothing."""

_BOOT = "import sys; sys.path.append({root!r}); from inspector.__main__ import main; main()"


def worker_command(interpreter: str = "", warm: str = "torch") -> list[str]:
    """Program and arguments of a worker.

    Args:
        interpreter: Another Python, such as the one the user's own packages are installed in;
            empty for the one that runs now. Its own packages are found before ours.
        warm: One of `WARM`.
    """
    arguments = ["--worker", "--warm", warm]
    if interpreter and not _same_file(interpreter, sys.executable):
        return [interpreter, "-P", "-c", _BOOT.format(root=_root()), *arguments]
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    return [sys.executable, "-P", "-m", "inspector", *arguments]


def worker_environment(workspace: Path | None = None) -> dict[str, str]:
    """Environment of a worker.

    UTF-8 everywhere (an exporter prints a check mark and stops where it cannot), no telemetry,
    the current folder not importable, and temporary files inside `workspace`, where the client
    removes them even if the worker was killed. Threads of PyTorch that wait for each other sleep
    instead of spinning: where other programs, such as the window, want the same cores, a model was
    seen to run ten times faster for it.
    """
    environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ}
    environment |= {
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
        "ORT_DISABLE_TELEMETRY": "1",
    }
    if not _installed():
        known = [part for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part]
        environment["PYTHONPATH"] = os.pathsep.join([*known, _root()])
    if workspace is not None:
        scratch = workspace / "tmp"
        scratch.mkdir(exist_ok=True)
        environment |= {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
        # Caches of libraries, which a confined worker cannot write into the home.
        environment |= {name: str(scratch / "cache") for name in _CACHES}
    return environment


def _root() -> str:
    return str(Path(inspector.__file__).resolve().parent.parent)


def _installed() -> bool:
    return Path(_root()).name in ("site-packages", "dist-packages")


def _same_file(one: str, other: str) -> bool:
    return os.path.abspath(one) == os.path.abspath(other)


# Folders


def new_workspace() -> Path:
    """A private folder for one worker: its temporary files, and the folders of its jobs.

    Folders that a client which died left behind are removed on the way.
    """
    _remove_abandoned()
    workspace = Path(tempfile.mkdtemp(prefix=_PREFIX))
    (workspace / _OWNER).write_text(str(os.getpid()), encoding="utf-8")
    return workspace


def remove_workspace(workspace: Path) -> None:
    """Remove the folder with all jobs in it."""
    shutil.rmtree(workspace, ignore_errors=True)


def _remove_abandoned() -> None:
    if os.name != "posix":
        return
    for folder in Path(tempfile.gettempdir()).glob(_PREFIX + "*"):
        with contextlib.suppress(OSError, ValueError):
            owner = int((folder / _OWNER).read_text(encoding="utf-8"))
            if folder.stat().st_uid == os.getuid() and not _lives(owner):
                shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def new_job_directory(workspace: Path | None = None) -> Path:
    """An empty folder for one job."""
    if workspace is None:
        return Path(tempfile.mkdtemp(prefix=_PREFIX + "job-"))
    return Path(tempfile.mkdtemp(prefix="job-", dir=workspace))


def new_job(workspace: Path, task: str, request: object) -> tuple[Path, Failure | None]:
    """The folder of a job with its request in it, or the workspace and why there is none."""
    try:
        folder = new_job_directory(workspace)
        write_request(folder, task, request)
    except OSError as error:  # the disk is full, for one
        return workspace, explain(error)
    return folder, None


# Lines


def write_request(job_dir: Path, task: str, request: object) -> None:
    """Put the request of a job into its folder."""
    plain = {"task": task, "request": wire.to_plain(request)}
    text = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False)
    (job_dir / REQUEST).write_text(text, encoding="utf-8")


def read_request(job_dir: Path) -> tuple[str, Any]:
    """Task and request of a job.

    Raises:
        KeyError: No task of that name.
    """
    plain = json.loads((job_dir / REQUEST).read_text(encoding="utf-8"))
    task = str(plain["task"])
    return task, wire.from_plain(plain["request"], TASKS[task].request)


def request_line(job_dir: Path, place: Place | None = None) -> str:
    """The line that makes a worker run the job, with its line end.

    Args:
        job_dir: The job.
        place: What a worker that runs its first job is confined to; None: what the job names.
    """
    place = place or place_of(read_request(job_dir)[1], job_dir.parent)
    return json.dumps({"job": str(job_dir), "place": wire.to_plain(place)}) + "\n"


def order_of_line(line: str) -> tuple[Path, Place]:
    """Folder of the job that a request line names, and where its worker belongs."""
    plain = json.loads(line)
    return Path(plain["job"]), wire.from_plain(plain["place"], Place)


def parse_event(line: str | bytes) -> Event | None:
    """Read one line of a worker's standard output; None where it is not an event."""
    try:
        return wire.loads(line.decode("utf-8") if isinstance(line, bytes) else line, Event)
    except (ValueError, TypeError):
        return None


# Outcome


def read_outcome(job_dir: Path, task: str) -> Any:
    """The result of a finished job, or its `Failure`.

    Code that a person trusted may have spoken for the worker: what cannot be read, or names files
    outside the job, is a failure.
    """
    failed = (job_dir / FAILURE).exists()
    path, kind = (FAILURE, Failure) if failed else (RESULT, TASKS[task].result)
    try:
        if (job_dir / path).stat().st_size > MOST_OUTCOME:
            raise ValueError("it is too long")
        outcome: Any = wire.load(job_dir / path, kind)
        _require_inside(outcome, job_dir)
    except (OSError, ValueError, TypeError, RecursionError, MemoryError) as error:
        hint = "Try again. If it happens again, report it with the details."
        return Failure(
            "The worker's answer cannot be read.", hint, f"{type(error).__name__}: {error}"
        )
    return outcome


def _require_inside(outcome: Any, job_dir: Path) -> None:
    """Files that a client will open must be the job's own."""
    own = job_dir.resolve()
    named = list(_FILES_OF_JOB)
    if isinstance(outcome, Written):
        named.append("path")
    for record in (outcome, *getattr(outcome, "outputs", ())):
        for name in named:
            path = getattr(record, name, "")
            if path and own not in (Path(path).resolve(), *Path(path).resolve().parents):
                raise ValueError(f"'{path}' is no file of the job")


def log_tail(job_dir: Path) -> str:
    """The last part of a job's log, empty where it has none."""
    try:
        with (job_dir / LOG).open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - _LOG_TAIL))
            return log.read().decode("utf-8", "replace")
    except OSError:
        return ""


def crash_failure(code: int, stage: str, log: str = "", task: str = "") -> Failure:
    """Explain a worker that died.

    Args:
        code: Exit code; minus the signal's number where a signal ended it.
        stage: The last stage that it reported, empty where there was none.
        log: Tail of the job's log.
        task: What it was asked to do, a name in `TASKS`.
    """
    while_ = f" while {stage[0].lower()}{stage[1:]}" if stage else ""
    reason, hint = _reason(code, task)
    return Failure(
        f"The worker stopped unexpectedly{while_}{reason}.",
        hint,
        f"Exit code {code}.\n{log}".strip(),
        stage,
    )


NO_ROOM = 74
"""Exit code of a worker that cannot write its answer. Source: EX_IOERR in sysexits.h."""

_WHERE = "The details name the place."

_LESS = {
    "compare": "compare fewer samples at a time",
    "prepare": "try smaller example sizes",
    "export": "try smaller example sizes",
}
"""What takes less memory, by task."""


def _reason(code: int, task: str) -> tuple[str, str]:
    again = "Try again; what was open is untouched, and a new worker is started."
    if code == NO_ROOM:
        room = (
            "There may be no room left on the disk for temporary files: make some, and try again."
        )
        return ": it could not write its answer", room
    if code >= 0:
        return "", again
    number = -code
    with contextlib.suppress(ValueError):
        name = signal.Signals(number).name
        if name == "SIGKILL":
            less = _LESS.get(task, "close other programs and try again")
            hint = f"If nobody ended it, the system ran out of memory: {less}."
            return ": it was ended from outside", hint
        if name == "SIGXCPU":
            hint = "If it needs more, set ONNX_INSPECTOR_PROCESSOR_SECONDS and try again."
            return ": it used up the processor time that it may take", hint
        if name in ("SIGSEGV", "SIGBUS", "SIGABRT", "SIGILL", "SIGFPE"):
            return f" ({name}, a fault inside a native library)", f"{again} {_WHERE}"
        return f" ({name})", again
    return f" (signal {number})", again
