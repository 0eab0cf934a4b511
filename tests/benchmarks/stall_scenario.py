"""The program is used by itself, and every pause of its event loop is measured.

`python -m tests.benchmarks.stall_scenario FOLDER HEAVY LONG` prints one JSON object: how often the
loop came round, and its longest pauses, with the processor time of the window's thread in each and
what was being done. FOLDER is where it may write.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from inspector.ui import app
from inspector.ui.main_window import PANELS, MainWindow

if TYPE_CHECKING:
    from inspector.ui.panels.model import ModelPanel

Step = tuple[str, Callable[[], bool]]
"""What is being done, and when it is over."""

BEAT_MS, LOOK_MS, SHOWN = 5, 20, 8
QUERY = "op:Conv shape:*x3x3 dtype:float16 attr:group=1"
"""Typed letter by letter at 100,000 nodes."""


def over(seconds: float) -> Callable[[], bool]:
    """True when so much time has passed."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


class Scenario:
    """What a person might do, one step after the other.

    Args:
        window: Filled, with nothing open.
        folder: Where files may be written.
        heavy: An `.onnx` file of 1.8 GB.
        long: One of 100,000 nodes.
    """

    def __init__(self, window: MainWindow, folder: str, heavy: str, long: str) -> None:
        self.window, self.document = window, window.document
        self.folder, self.heavy, self.long = Path(folder), heavy, long
        self.failed: list[str] = []
        self.exported: list[object] = []
        self.document.failed.connect(lambda failure: self.failed.append(failure.sentence))
        self.document.export_finished.connect(self.exported.append)

    @property
    def model(self) -> ModelPanel:
        """The Model page."""
        found: ModelPanel = self.window.panel("model")  # type: ignore[assignment]
        return found

    def steps(self) -> Iterator[Step]:
        """All of it."""
        yield "what comes after the first page", over(4)
        yield from self.a_sample()
        yield from self.inside_a_file()
        yield from self.an_export_meanwhile()
        yield from self.a_difference()
        yield from self.a_long_file()
        yield from self.closing()
        assert not self.failed, self.failed

    def a_sample(self) -> Iterator[Step]:
        """Open a sample, see every page twice, compare."""
        from inspector.ui.bundled import samples

        self.window.open_sample(samples()[0])
        yield "opening a sample", lambda: self.document.can_compare
        yield "opening a sample", over(1)
        for entry in PANELS * 2:
            self.window.show_page(entry.id)
            yield "showing " + entry.id, over(0.4)
        self.window.compare()
        yield "comparing", lambda: self.document.comparison is not None
        yield "the comparison on the screen", over(1)

    def inside_a_file(self) -> Iterator[Step]:
        """Look at weights, at a node and its documentation, at both files beside each other."""
        from inspector.formats.columns import INITIALIZER, NODE, TENSOR

        detail = self.model.detail
        self.window.show_page("model")
        yield "showing model", over(0.3)
        for side, kind in (("candidate", INITIALIZER), ("reference", TENSOR)):
            self.model.show_row(side, 0)
            yield "showing the other file", lambda: self.model.pane.tree.rows is not None
            for number in range(3):
                self.choose(side, kind, number)
                yield "showing a tensor", over(0.2)
                yield "showing a tensor", detail.tensor.save.isVisible
                yield "showing a tensor", over(0.4)
        self.model.show_row("candidate", 0)
        yield "showing the other file", lambda: self.model.pane.tree.rows is not None
        for number in range(4):
            self.choose("candidate", NODE, number)
            yield "showing a node", over(0.3)
            documentation = self.model.detail.findChild(_folded())
            assert documentation is not None
            documentation.head.setChecked(True)
            yield "the documentation of a node", over(0.3)
        self.model.show_beside()
        yield "the weights of both files", self.model.beside.save.isVisible
        yield "the weights of both files", over(0.5)
        yield from self.sorting()

    def choose(self, side: str, kind: int, number: int) -> None:
        """Go to a row of the shown tree."""
        rows = self.model.pane.tree.rows
        assert rows is not None
        found = [row for row in range(rows.length) if rows.kind(row) == kind]
        self.model.show_row(side, found[number])

    def sorting(self) -> Iterator[Step]:
        """Click every head of the table of both files."""
        table = self.model.beside.table
        for column in range(table.table.columnCount()):
            table.horizontalHeader().sectionClicked.emit(column)
            yield "sorting both files' table", over(0.1)

    def an_export_meanwhile(self) -> Iterator[Step]:
        """Open a heavy file and filter it while an export runs."""
        self.window.show_page("export")
        panel = self.window.panel("export")
        panel.settings.output.setText(str(self.folder / "written.onnx"))  # type: ignore[attr-defined]
        yield "showing export", over(0.5)
        panel.start()  # type: ignore[attr-defined]
        assert self.document.job is not None
        yield "an export begins", over(0.1)
        self.document.open_files([self.heavy])
        yield "1.8 GB while an export runs", over(0)
        self.window.show_page("model")
        yield "1.8 GB while an export runs", self.read
        yield "1.8 GB while an export runs", over(0.5)
        for text in ("m", "ma", "mat", ""):
            self.model.pane.filter.setText(text)
            yield "a filter key while an export runs", over(0.2)
        yield "the export", lambda: bool(self.exported)
        yield "the file written", over(1)

    def a_difference(self) -> Iterator[Step]:
        """Hold two ONNX files against each other."""
        from inspector.ui.bundled import samples

        self.document.open_files([str(self.folder / "written.onnx"), samples()[1].candidate])
        yield "opening two ONNX files", self.read
        yield "opening two ONNX files", over(0.5)
        self.window.show_page("model")
        self.model.show_beside()
        yield "the difference of two files", self.model.beside.save.isVisible
        yield "the difference of two files", over(0.5)
        yield from self.sorting()

    def a_long_file(self) -> Iterator[Step]:
        """Open 100,000 nodes, type a query letter by letter, look at what it finds."""
        self.document.open_files([self.long])
        yield "100,000 nodes", self.read
        yield "100,000 nodes", over(1.5)
        pane = self.model.pane
        for end in (*range(1, len(QUERY) + 1), *range(len(QUERY) - 1, -1, -1)):
            pane.filter.setText(QUERY[:end])
            yield "a key of a query at 100,000 nodes", over(0.06)
        pane.filter.setText(QUERY)
        yield "a query at 100,000 nodes", lambda: bool(pane.tree.first_matches(1))
        for _ in range(5):
            pane.step_match(1)
            yield "a node of 100,000", over(0.2)
        pane.filter.clear()
        yield "a query at 100,000 nodes", over(0.3)

    def closing(self) -> Iterator[Step]:
        """Close everything, open what is no model, open a sample again."""
        from inspector.ui.bundled import samples

        foreign = self.folder / "other.tflite"
        foreign.write_bytes(b"\x1c\x00\x00\x00TFL3" + bytes(200))
        self.window.close_files()
        yield "closing the files", over(0.5)
        self.document.open_files([str(foreign)])
        yield "a foreign file", lambda: self.document.reference is not None
        yield "a foreign file", over(0.5)
        self.window.show_page("model")
        yield "a foreign file", over(0.3)
        self.window.close_files()
        yield "closing the files", over(0.5)
        self.window.open_sample(samples()[1])
        yield "opening a sample again", lambda: self.document.can_compare
        yield "opening a sample again", over(0.5)

    def read(self) -> bool:
        """Whether all open files were read."""
        files = [self.document.reference, self.document.candidate]
        return all(one is None or one.inspection is not None for one in files)


def _folded() -> type:
    from inspector.ui.widgets.folded import FoldedText

    return FoldedText


class Pulse:
    """Beats every few milliseconds as long as the event loop lives; keeps the pauses."""

    def __init__(self) -> None:
        self.stage = "filling the window"
        self.pauses: list[tuple[float, float, str]] = []
        self._last: tuple[float, float] | None = None

    def beat(self) -> None:
        """Called by a timer."""
        now = time.perf_counter(), time.thread_time()
        if self._last is not None:
            self.pauses.append((now[0] - self._last[0], now[1] - self._last[1], self.stage))
        self._last = now

    def worst(self) -> list[tuple[float, float, str]]:
        """The longest pauses, one for each stage."""
        longest: dict[str, tuple[float, float, str]] = {}
        for pause in self.pauses:
            longest[pause[2]] = max(longest.get(pause[2], pause), pause)
        return sorted(longest.values(), reverse=True)[:SHOWN]


def main(folder: str, heavy: str, long: str) -> int:
    """Start the program and drive it; returns its exit code."""
    pulse, program = Pulse(), cast("Any", app)
    begin, take_steps = program.start_after_first_paint, program.take_steps

    def drive(window: MainWindow, files: list[str]) -> None:
        from PySide6.QtCore import QTimer

        begin(window, files)
        todo = Scenario(window, folder, heavy, long).steps()
        done: Callable[[], bool] = over(0)
        watch = QTimer(window, interval=LOOK_MS)

        def go_on() -> None:
            nonlocal done
            if not done():
                return
            try:
                found = next(todo, None)
            except BaseException:
                traceback.print_exc()
                os._exit(1)  # the program would explain it in a dialog and live on
            if found is not None:
                pulse.stage, done = found
                return
            watch.stop()
            print(json.dumps({"beats": len(pulse.pauses), "worst": pulse.worst()}), flush=True)
            window.close()

        watch.timeout.connect(go_on)
        watch.start()

    def beating(steps: Iterator[object]) -> None:
        from PySide6.QtCore import QTimer

        program.take_steps = take_steps
        timer = QTimer(program.QApplication.instance(), interval=BEAT_MS)
        timer.timeout.connect(pulse.beat)
        timer.start()
        take_steps(steps)

    program.start_after_first_paint, program.take_steps = drive, beating
    return app.main([])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
