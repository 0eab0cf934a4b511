"""Code that was trusted and should not have been: each thing it tries is refused and reported.

The real worker, through the client that the command line uses. A marker that must not appear, or
a file that must not change, shows that nothing happened.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from inspector.core.failures import InspectorError
from inspector.jobs import confinement, confinement_limits
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import InspectRequest, ModelSource, PrepareRequest

LACKING = [part for part in confinement.PARTS if part not in confinement.expected().active]
pytestmark = pytest.mark.skipif(
    bool(LACKING), reason=f"not ensured on this system: {', '.join(LACKING)}"
)

SECRET = "a text that nobody may see"


@dataclass(frozen=True)
class Scene:
    """A model in its folder, a secret and a home outside it, and a program that leaves a mark."""

    model: Path
    secret: Path
    home: Path
    marker: Path
    port: int

    def source(self, body: str) -> ModelSource:
        """The model, built by code that does `body` first."""
        lines = "\n".join(f"        {line}" for line in body.strip().splitlines())
        names = {
            "MODEL": self.model, "SECRET": self.secret, "HOME": self.home, "MARKER": self.marker,
        }  # fmt: skip
        (self.model.parent / "net.py").write_text(
            "import ctypes, os, signal, socket, subprocess, sys, threading, torch\n"
            + "".join(f"{name} = {str(path)!r}\n" for name, path in names.items())
            + f"PORT = {self.port}\n"
            "def checked(result):\n"
            "    if result == -1:\n"
            "        number = ctypes.get_errno()\n"
            "        raise OSError(number, os.strerror(number))\n"
            "class Net(torch.nn.Linear):\n"
            "    def __init__(self):\n"
            "        super().__init__(3, 2)\n"
            f"        LIBC = ctypes.CDLL(None, use_errno=True)\n{lines}\n"
        )
        return ModelSource(str(self.model), f"{self.model.parent / 'net.py'}:Net", trust=True)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    import torch

    for name in ("models", "home", "elsewhere"):
        (tmp_path / name).mkdir()
    model = tmp_path / "models" / "net.pt"
    torch.save({"weight": torch.zeros(2, 3), "bias": torch.zeros(2)}, model)
    secret = tmp_path / "elsewhere" / "secret.txt"
    secret.write_text(SECRET)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        marker = tmp_path / "elsewhere" / "marker"
        yield Scene(model, secret, tmp_path / "home", marker, port)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.fixture
def worker() -> Iterator[WorkerClient]:
    with WorkerClient() as client:
        yield client


REFUSED = {
    "opens a socket": ("socket.socket()", "reach the network"),
    "connects": ("socket.create_connection(('127.0.0.1', PORT))", "reach the network"),
    "connects natively": (
        "checked(LIBC.socket(2, 1, 0))", "reach the network"
    ),
    "talks to a neighbour": ("socket.socketpair()", "reach the network"),
    "starts a program": ("subprocess.run(['touch', MARKER])", "start a program"),
    "starts a program by a shell": (
        "if os.system(f'touch {MARKER}'): raise PermissionError(1, 'refused')", "start a program"
    ),
    "becomes a program": ("os.execv('/bin/touch', ['touch', MARKER])", "start a program"),
    "forks": ("os.fork()", "start a program"),
    "forks natively": ("checked(LIBC.fork())", "start a program"),
    "writes into the home": (
        "open(os.path.expanduser('~/.bashrc'), 'w')", "open or change '{home}/.bashrc'"
    ),
    "makes a folder in the home": (
        "os.mkdir(os.path.expanduser('~/.ssh'))", "open or change '{home}/.ssh'"
    ),
    "reads a file elsewhere": ("print(open(SECRET).read())", "open or change '{secret}'"),
    "lists a folder elsewhere": ("os.listdir(HOME)", "open or change '{home}'"),
    "reads the users": ("open('/etc/passwd')", "open or change '/etc/passwd'"),
    "reads another process": (
        "open(f'/proc/{os.getppid()}/environ')", "open or change '/proc/{parent}/environ'"
    ),
    "changes the rights of a file": ("os.chmod(SECRET, 0o777)", "open or change '{secret}'"),
    "changes the time of a file": ("os.utime(SECRET, (0, 0))", "which is not allowed here"),
    "cuts a file short": ("os.truncate(SECRET, 0)", "open or change '{secret}'"),
    "kills its client": ("os.kill(os.getppid(), signal.SIGKILL)", "touch another process"),
    "kills everything": ("os.kill(-1, signal.SIGKILL)", "touch another process"),
    "traces its client": (
        "checked(LIBC.ptrace(16, os.getppid(), 0, 0))", "touch another process"
    ),
    "leaves its namespace": ("checked(LIBC.unshare(0x10000000))", "touch another process"),
    "has its client signalled": (
        "import fcntl\nfcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())",
        "touch another process",
    ),
    "slows its client down": (
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)", "touch another process"
    ),
    "watches a folder elsewhere": (
        "watch = LIBC.inotify_init1(0)\nchecked(watch)\n"
        "checked(LIBC.inotify_add_watch(watch, HOME.encode(), 0xfff))",
        "touch another process",
    ),
    "mounts": ("checked(LIBC.mount(b'none', b'/', None, 32, None))", "touch another process"),
}  # fmt: skip
"""What the code does, and how the failure names it."""

IN_ITS_FOLDER = {
    "asks for the rights of its owner": "os.chown(MODEL, 65534, 65534)",
    "writes beside the model": "open(MODEL + '.txt', 'w')",
    "changes the model": "open(MODEL, 'r+b')",
    "deletes the model": "os.remove(MODEL)",
    "moves the model": "os.rename(MODEL, MODEL + '.old')",
    "replaces the model by a link": "os.symlink(SECRET, MODEL + '.link')",
    "makes the model a program": "os.chmod(MODEL, 0o755)",
    "sets a flag of the model": (
        "import fcntl, struct\nfcntl.ioctl(open(MODEL), 0x40086602, struct.pack('L', 0x80))"
    ),
}
"""What the code does to files that it may read: PermissionError, and the file is named."""


def outcome(worker: WorkerClient, source: ModelSource) -> str:
    """The sentence of the failure that the code ends in."""
    with pytest.raises(InspectorError) as caught:
        worker.run("prepare", PrepareRequest(source))
    return caught.value.failure.sentence


def assert_untouched(scene: Scene, before: bytes) -> None:
    assert not scene.marker.exists()
    assert list(scene.home.iterdir()) == []
    assert scene.secret.read_text() == SECRET
    assert scene.secret.stat().st_mtime > 1e9
    assert scene.model.read_bytes() == before
    left = {path.name for path in scene.model.parent.iterdir()}
    assert left <= {"net.pt", "net.py"}


def assert_usable(worker: WorkerClient, scene: Scene) -> None:
    inspection = worker.run("inspect", InspectRequest(str(scene.model)))
    assert inspection.checkpoint.tensor_count == 2


@pytest.mark.parametrize("name", REFUSED)
def test_what_reaches_out_is_refused_and_named(
    worker: WorkerClient, scene: Scene, name: str
) -> None:
    body, said = REFUSED[name]
    before = scene.model.read_bytes()
    words = {
        "home": scene.home, "secret": scene.secret, "marker": scene.marker, "parent": os.getpid()
    }  # fmt: skip
    sentence = outcome(worker, scene.source(body))
    assert sentence.startswith("The model wanted to "), sentence
    assert said.format(**words) in sentence
    assert_untouched(scene, before)
    assert_usable(worker, scene)


@pytest.mark.parametrize("name", IN_ITS_FOLDER)
def test_the_files_it_may_read_it_may_not_change(
    worker: WorkerClient, scene: Scene, name: str
) -> None:
    before = scene.model.read_bytes()
    sentence = outcome(worker, scene.source(IN_ITS_FOLDER[name]))
    assert "PermissionError" in sentence or "not allowed here" in sentence
    assert_untouched(scene, before)
    assert_usable(worker, scene)


@pytest.mark.parametrize(
    ("name", "size", "body", "said"),
    [
        (
            confinement_limits.MEMORY_GB, "0.5",
            "kept = []\nwhile True: kept.append(bytearray(1 << 24))", "MemoryError",
        ),
        (
            confinement_limits.PROCESSOR_SECONDS, "1", "while True: pass", "processor time",
        ),
        (
            confinement_limits.FILE_GB, "0.01",
            "import tempfile\nfile = tempfile.TemporaryFile()\n"
            "while True: file.write(bytes(1 << 20))",
            "File too large",
        ),
    ],
)  # fmt: skip
def test_what_uses_up_too_much_is_ended_and_named(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str, size: str, body: str, said: str
) -> None:
    monkeypatch.setenv(name, size)
    with WorkerClient(warm="torch") as worker:
        assert said in outcome(worker, scene.source(body))
        monkeypatch.delenv(name)
        assert_usable(worker, scene)


def test_a_listening_thread_is_confined_too(worker: WorkerClient, scene: Scene) -> None:
    """Code can put itself in the way of what other threads of the worker call."""
    body = """
from inspector.jobs import protocol
real = protocol.order_of_line
def spy(line):
    target = os.path.join(os.environ['TMPDIR'], 'seen')
    try:
        text = open(SECRET).read()
    except OSError as error:
        text = repr(error)
    open(target, 'w').write(text)
    return real(line)
protocol.order_of_line = spy
"""
    worker.run("prepare", PrepareRequest(scene.source(body)))
    assert_usable(worker, scene)
    seen = (worker.workspace / "tmp" / "seen").read_text()
    assert "PermissionError" in seen


def test_threads_and_files_of_its_own_are_allowed(worker: WorkerClient, scene: Scene) -> None:
    body = """
import tempfile
done = []
threads = [threading.Thread(target=done.append, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with tempfile.TemporaryDirectory() as folder:
    open(os.path.join(folder, 'a'), 'w').close()
    os.replace(os.path.join(folder, 'a'), os.path.join(folder, 'b'))
if len(done) != 8: raise RuntimeError
"""
    assert worker.run("prepare", PrepareRequest(scene.source(body))).class_name == "Net"


def test_a_file_elsewhere_brings_another_worker_and_no_question(
    worker: WorkerClient, scene: Scene, tmp_path: Path
) -> None:
    assert_usable(worker, scene)
    first = worker._process
    other = tmp_path / "elsewhere" / "other.pt"
    other.write_bytes(scene.model.read_bytes())
    assert worker.run("inspect", InspectRequest(str(other))).checkpoint.tensor_count == 2
    assert worker._process is not first
    second = worker._process
    assert worker.run("inspect", InspectRequest(str(other))).checkpoint.tensor_count == 2
    assert worker._process is second


def test_the_worker_says_what_it_is_held_to(worker: WorkerClient, scene: Scene) -> None:
    assert_usable(worker, scene)
    assert worker.protection is not None
    assert worker.protection.active == confinement.PARTS
    assert not any("threads" in words for words in worker.protection.missing)


@pytest.mark.parametrize("spread", ["a result elsewhere", "an endless line"])
def test_what_a_worker_sends_is_not_believed(
    scene: Scene, spread: str, run_briefly: Callable[[Callable[[], None]], None]
) -> None:
    """Trusted code can speak for the worker; its client looks at what it is told."""
    bodies = {
        "a result elsewhere": (
            "from inspector.core import wire\n"
            "real = wire.dumps\n"
            "def dumps(value, indent=None):\n"
            "    event = type(value).__name__ == 'Event'\n"
            "    return real(value, indent) if event else '[' * 100000\n"
            "wire.dumps = dumps"
        ),
        "an endless line": (
            "for number in range(3, 40):\n"
            "    try:\n"
            "        while True: os.write(number, b'x' * 65536)\n"
            "    except OSError: pass"
        ),
    }

    def attempt() -> None:
        with WorkerClient() as worker, pytest.raises(InspectorError):
            worker.run("prepare", PrepareRequest(scene.source(bodies[spread])))
        with WorkerClient() as worker:
            assert_usable(worker, scene)

    run_briefly(attempt)


@pytest.fixture
def run_briefly() -> Callable[[Callable[[], None]], None]:
    """Run something that must not take long, whatever it meets."""

    def run(attempt: Callable[[], None]) -> None:
        failed: list[BaseException] = []

        def body() -> None:
            try:
                attempt()
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        thread.join(60)
        assert not thread.is_alive()
        if failed:
            raise failed[0]

    return run
