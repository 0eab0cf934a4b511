"""How the window feels: first paint, a long file on the screen, a key stroke.

Each measurement runs in an interpreter of its own, on the screen that is there or off it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.files import make_long_model
from tests.benchmarks.table import Row

REPEATS = 15

_BARE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, painted)
def painted():
    print("painted", flush=True)
    app.quit()
app = QApplication(sys.argv)
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""

_OURS = """
import sys
from inspector.ui import app

def painted(steps):
    print("painted", flush=True)
    app.take_steps = take_steps
    take_steps(steps)

def filled(window, files):
    assert "numpy" not in sys.modules
    from PySide6.QtCore import QTimer
    def usable():
        assert window.filled and window.welcome.target.open.isEnabled()
        print("usable", flush=True)
        window.close()
    window.repaint()
    QTimer.singleShot(0, usable)

take_steps, app.take_steps = app.take_steps, painted
app.start_after_first_paint = filled
sys.exit(app.main([]))
"""

_START = """
import sys
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
from inspector.ui import look
from inspector.ui.document import Document
from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings

def start():
    global app, document, window
    app = QApplication(sys.argv[:1])
    settings = Settings(QSettings(sys.argv[1] + "/s.ini", QSettings.Format.IniFormat))
    look.load_fonts()
    look.apply(app, settings.theme)
    document = Document()
    window = MainWindow(settings)
    window.fill(document)
    window.show()

def wait(condition, seconds=120):
    import time
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        app.processEvents()
        time.sleep(0.0005)
"""

_LONG = (
    _START
    + """
import importlib, json, time
from inspector.ui.ahead import TURN_SECONDS
from inspector.ui.app import needed_later
start()
document.reader.ready.connect(lambda: ready.append(1))
ready = []
document.reader.start()
wait(lambda: ready)
for name in needed_later():  # as the program does when it is idle
    importlib.import_module(name)
for step in window.making_pages():
    app.processEvents()
sys.setswitchinterval(TURN_SECONDS)
class Painted:
    count = 0
from inspector.ui.panels.model_view import GraphView
paint = GraphView.paintEvent
def counted(self, event):
    paint(self, event)
    Painted.count += self.model().rowCount() > 0
GraphView.paintEvent = counted
began = time.perf_counter()
document.open_files([sys.argv[2]])
wait(lambda: Painted.count)
opened = time.perf_counter() - began
pane = window.panel("model").pane
assert int(pane.tree.rows.totals.max()) >= 100_000
def slowest(texts):
    longest = 0.0
    for text in texts:
        app.processEvents()
        before = Painted.count
        began = time.perf_counter()
        pane.filter.setText(text)
        while Painted.count == before:
            app.processEvents()
        longest = max(longest, time.perf_counter() - began)
    return longest
words = "c", "co", "con", "conv", "conv_", "conv_7", "conv_77", "conv_7", "", "relu", "a"
stroke = slowest(words)
query = "op:Conv shape:*x3x3 dtype:float16 attr:group=1"
typed = [query[:end] for end in range(1, len(query) + 1) if query[end - 1] != " "]
asked = slowest(typed)
wait(lambda: pane.tree.rows.has_facets)
asked = max(asked, slowest(reversed(typed[:-1])), slowest(typed[1:]))
print(json.dumps({"opened": opened, "stroke": stroke, "query": asked}))
document.close()
"""
)


def rows() -> Iterator[Row]:
    """Measure, one row after the other; large files are made in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _first_window(Path(folder))
        yield from _long(Path(folder))


def environment(folder: Path) -> dict[str, str]:
    environment = os.environ | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    if not environment.get("DISPLAY"):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    return environment


def _run(script: str, folder: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment(folder),
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _until_words(script: str, folder: Path) -> dict[str, float]:
    """Seconds from the start of the interpreter to each line that it prints."""
    own = environment(folder)
    own.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    found: dict[str, float] = {}
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=own,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            found[line.strip()] = time.perf_counter() - began
    assert "painted" in found, "the window was never painted"
    return found


def _first_window(folder: Path) -> Iterator[Row]:
    ours = bare = usable = float("inf")
    for _ in range(REPEATS):
        bare = min(bare, _until_words(_BARE, folder)["painted"])
        found = _until_words(_OURS, folder)
        ours, usable = min(ours, found["painted"]), min(usable, found["usable"])
    ratio = ours / bare
    yield Row(
        "first window, from the start of the interpreter",
        f"{ours:.2f} s",
        f"bare PySide6 window {bare:.2f} s",
        f"{ratio:.2f}",
        "at most 1.3 times",
        ratio <= 1.3,
    )
    yield Row(
        "the first page complete and usable",
        f"{usable:.2f} s",
        f"bare PySide6 window {bare:.2f} s",
        f"{usable / bare:.2f}",
        "",
        True,
    )


def _long(folder: Path) -> Iterator[Row]:
    path = folder / "long.onnx"
    make_long_model(path)
    found = min((_run(_LONG, folder, str(path)) for _ in range(3)), key=lambda run: run["opened"])
    yield Row(
        "100,000 nodes: file to the tree on the screen",
        f"{found['opened']:.2f} s",
        "",
        "",
        "under 1 s",
        found["opened"] < 1,
    )
    yield Row(
        "a key stroke in the filter there, to the repainted tree",
        f"{found['stroke'] * 1e3:.0f} ms",
        "",
        "",
        "under 50 ms",
        found["stroke"] < 0.05,
    )
    yield Row(
        "the same for op:Conv shape:*x3x3 dtype:float16 attr:group=1, typed letter by letter",
        f"{found['query'] * 1e3:.0f} ms",
        "",
        "",
        "under 50 ms",
        found["query"] < 0.05,
    )
    path.unlink()


if __name__ == "__main__":
    from tests.benchmarks.table import markdown

    print(markdown(list(rows())))
