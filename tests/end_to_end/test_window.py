"""The real program on a real display: it opens, shows files, does the whole job, and ends."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageGrab

from inspector.ui import look

pytestmark = pytest.mark.window

SAMPLES = look.resource("samples")
WINDOW_SECONDS = 30.0
NAME = "файл 模型 100%.onnx"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A display: the one that is there, else an Xvfb of the test's own."""
    given = os.environ.get("DISPLAY", "")
    if given:
        yield given
        return
    if shutil.which("Xvfb") is None:
        pytest.skip("no display, and no Xvfb to make one")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1440x900x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


@pytest.fixture
def start(display: str, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a Python with the program in it: on the display, in a home of its own."""
    begun: list[subprocess.Popen[str]] = []
    environment = dict(os.environ) | {
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TMPDIR": str(tmp_path),
    }

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


class Display:
    """What a window manager does: finds windows by title and asks them to close."""

    def __init__(self, name: str) -> None:
        self.x = ctypes.CDLL("libX11.so.6")
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        for function in ("XInternAtom", "XDefaultRootWindow"):
            getattr(self.x, function).restype = ctypes.c_ulong
        self.display = ctypes.c_void_p(self.x.XOpenDisplay(name.encode()))
        assert self.display
        self.root = ctypes.c_ulong(self.x.XDefaultRootWindow(self.display))

    def close(self) -> None:
        self.x.XCloseDisplay(self.display)

    def atom(self, name: str) -> ctypes.c_ulong:
        return ctypes.c_ulong(self.x.XInternAtom(self.display, name.encode(), 0))

    def titles(self) -> dict[str, int]:
        """Title to id of every large window just below the root."""
        root, parent = ctypes.c_ulong(), ctypes.c_ulong()
        children, count = ctypes.POINTER(ctypes.c_ulong)(), ctypes.c_uint()
        self.x.XQueryTree(
            self.display, self.root, ctypes.byref(root), ctypes.byref(parent),
            ctypes.byref(children), ctypes.byref(count),
        )  # fmt: skip
        found = {}
        for number in range(count.value):
            title = self.title(ctypes.c_ulong(children[number]))
            if title and self.width(ctypes.c_ulong(children[number])) > 400:
                found[title] = children[number]
        return found

    def title(self, window: ctypes.c_ulong) -> str:
        kind, form = ctypes.c_ulong(), ctypes.c_int()
        items, after = ctypes.c_ulong(), ctypes.c_ulong()
        text = ctypes.c_char_p()
        self.x.XGetWindowProperty(
            self.display, window, self.atom("_NET_WM_NAME"), ctypes.c_long(0),
            ctypes.c_long(1024), 0, self.atom("UTF8_STRING"), ctypes.byref(kind),
            ctypes.byref(form), ctypes.byref(items), ctypes.byref(after), ctypes.byref(text),
        )  # fmt: skip
        return text.value.decode("utf-8") if text.value else ""

    def width(self, window: ctypes.c_ulong) -> int:
        root, numbers = ctypes.c_ulong(), [ctypes.c_uint() for _ in range(6)]
        self.x.XGetGeometry(
            self.display, window, ctypes.byref(root), *(ctypes.byref(n) for n in numbers)
        )
        return numbers[2].value

    def wait_for(self, part: str, process: subprocess.Popen[str]) -> int:
        """Id of the window whose title contains `part`, as soon as it is there."""
        until = time.monotonic() + WINDOW_SECONDS
        while time.monotonic() < until:
            for title, window in self.titles().items():
                if part in title:
                    return window
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        raise AssertionError(f"no window '{part}' among {list(self.titles())}")

    def ask_to_close(self, window: int) -> None:
        """Send WM_DELETE_WINDOW, as the button in a title bar does."""
        event = (ctypes.c_long * 24)()
        event[0] = 33  # ClientMessage
        event[4] = window
        event[5] = self.atom("WM_PROTOCOLS").value
        event[6] = 32  # format
        event[7] = self.atom("WM_DELETE_WINDOW").value
        self.x.XSendEvent(self.display, ctypes.c_ulong(window), 0, ctypes.c_long(0), event)
        self.x.XFlush(self.display)


@pytest.fixture
def manager(display: str) -> Iterator[Display]:
    made = Display(display)
    yield made
    made.close()


def picture(display: str, until: Callable[[Image.Image], bool]) -> Image.Image:
    """The screen, once it looks as it should."""
    end = time.monotonic() + WINDOW_SECONDS
    while True:
        seen = ImageGrab.grab(xdisplay=display).convert("RGB")
        if until(seen) or time.monotonic() > end:
            return seen
        time.sleep(0.1)


def share(seen: Image.Image, colour: str) -> float:
    """Share of the picture that has exactly this colour."""
    wanted = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    counts: Any = seen.getcolors(seen.width * seen.height)
    found: int = sum(count for count, pixel in counts if pixel == wanted)
    return found / (seen.width * seen.height)


def children_of(process: int) -> list[int]:
    """Processes that a process started (Linux)."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(part) for part in text.split()]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] != "Z"
    except (OSError, IndexError):
        return False


def gone(processes: list[int], seconds: float = 60.0) -> bool:
    """Whether they end; one that still imports torch first finishes that."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any(alive(process) for process in processes):
            return True
        time.sleep(0.05)
    return False


def test_the_first_page_is_painted_and_closes_in_order(
    start: Callable[..., subprocess.Popen[str]], manager: Display, display: str
) -> None:
    process = start("-m", "inspector")
    window = manager.wait_for("ONNX Inspector", process)
    seen = picture(display, lambda seen: share(seen, look.LIGHT["surface"]) > 0.2)

    assert share(seen, look.LIGHT["surface"]) > 0.2
    assert share(seen, look.LIGHT["app"]) > 0.1
    assert share(seen, look.LIGHT["accent"]) > 0.001
    manager.ask_to_close(window)
    _, err = process.communicate(timeout=WINDOW_SECONDS)
    assert process.returncode == 0, err
    assert "Traceback" not in err


def test_a_file_on_the_command_line_is_opened(
    start: Callable[..., subprocess.Popen[str]], manager: Display, tmp_path: Path
) -> None:
    path = tmp_path / NAME
    shutil.copy(SAMPLES / "digits" / "digits.onnx", path)
    process = start("-m", "inspector", path.name)

    window = manager.wait_for(NAME, process)

    manager.ask_to_close(window)
    _, err = process.communicate(timeout=WINDOW_SECONDS)
    assert process.returncode == 0, err


def test_a_window_that_is_killed_leaves_no_worker_behind(
    start: Callable[..., subprocess.Popen[str]], manager: Display
) -> None:
    process = start("-m", "inspector", str(SAMPLES / "digits" / "digits.onnx"))
    manager.wait_for("digits.onnx", process)
    until = time.monotonic() + WINDOW_SECONDS
    while len(children_of(process.pid)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    workers = children_of(process.pid)
    assert len(workers) >= 2

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert gone(workers)


WHOLE_JOB = """
import json, sys
from PySide6.QtCore import QTimer
from inspector.ui import app
from inspector.ui.bundled import samples
begin = app.start_after_first_paint
told = {"failures": []}

def drive(window, files):
    begin(window, files)
    document = window.document
    document.failed.connect(lambda failure: told["failures"].append(failure.sentence))
    window.open_sample(samples()[0])
    ticks = QTimer(window)

    def tick():
        if document.comparison is None and document.job is None and document.can_compare:
            window.compare()
        if document.comparison is not None or told["failures"]:
            ticks.stop()
            told["verdict"] = window.banner.shown.word
            told["page"] = window.page
            told["sentence"] = window.banner.shown.sentence
            heavy = {"torch", "onnxruntime", "onnx"}
            told["heavy"] = sorted(heavy & set(sys.modules))
            window.grab().save(sys.argv[1])
            print(json.dumps(told))
            window.close()

    ticks.timeout.connect(tick)
    ticks.start(50)

app.start_after_first_paint = drive
sys.exit(app.main([]))
"""


def test_a_sample_is_compared_from_the_first_page_to_the_verdict(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start("-c", WHOLE_JOB, str(tmp_path / "window.png"))
    out, err = process.communicate(timeout=180)

    assert process.returncode == 0, err
    assert "Traceback" not in err
    told = json.loads(out.strip().splitlines()[-1])
    assert told["failures"] == []
    assert (told["verdict"], told["page"]) == ("PASS", "compare")
    assert "3,600" in told["sentence"]
    assert told["heavy"] == []
    with Image.open(tmp_path / "window.png") as seen:
        assert share(seen.convert("RGB"), look.LIGHT["pass_ground"]) > 0.01


def test_settings_are_kept_between_two_starts_of_the_program(
    start: Callable[..., subprocess.Popen[str]], manager: Display, tmp_path: Path
) -> None:
    process = start("-m", "inspector", str(SAMPLES / "digits" / "digits.onnx"))
    window = manager.wait_for("digits.onnx", process)
    store = tmp_path / "config" / "onnx-inspector" / "onnx-inspector.ini"
    until = time.monotonic() + WINDOW_SECONDS
    while time.monotonic() < until and "digits.onnx" not in text_of(store):
        time.sleep(0.1)
    manager.ask_to_close(window)
    process.communicate(timeout=WINDOW_SECONDS)

    text = text_of(store)
    assert "geometry=" in text
    assert "digits.onnx" in text


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
