"""Work ahead of need: steps between events, imports beside them, pages that are made before."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from inspector.ui.ahead import Imports, soon, take_steps
from inspector.ui.document import Document
from inspector.ui.main_window import PANELS, MainWindow


@pytest.fixture
def slow_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """Name of a module that takes as long as the file beside it is missing."""
    go_on = tmp_path / "go-on"
    body = f"import os, time\nwhile not os.path.exists({str(go_on)!r}):\n    time.sleep(0.005)\n"
    (tmp_path / "slow_to_import.py").write_text(body)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "slow_to_import", go_on
    go_on.touch()
    sys.modules.pop("slow_to_import", None)


def test_the_event_loop_runs_between_two_steps(qtbot: QtBot) -> None:
    seen: list[str] = []

    def steps() -> Iterator[None]:
        for name in "abc":
            seen.append(name)
            QTimer.singleShot(0, lambda: seen.append("event"))
            yield

    take_steps(steps(), 5)
    assert seen == ["a"]
    qtbot.waitUntil(lambda: len(seen) == 6)
    assert seen == ["a", "event", "b", "event", "c", "event"]


def test_steps_are_taken_between_the_beats_of_a_timer_one_at_a_time(qtbot: QtBot) -> None:
    seen: list[str] = []

    def steps() -> Iterator[None]:
        for name in "abcdef":
            time.sleep(0.004)
            seen.append(name)
            yield

    beat = QTimer()
    beat.setInterval(1)
    beat.timeout.connect(lambda: seen.append("-"))
    beat.start()
    soon(lambda: take_steps(steps()))
    qtbot.waitUntil(lambda: "f" in seen)
    beat.stop()

    text = "".join(seen)
    assert all(f"{one}{other}" not in text for one, other in itertools.pairwise("abcdef"))


def test_imports_are_told_in_order_and_pending_until_then(
    slow_module: tuple[str, Path], qtbot: QtBot
) -> None:
    name, go_on = slow_module
    told: list[str] = []
    imports = Imports(("json", name, "string"))
    imports.start(told.append, lambda: told.append("over"))
    qtbot.waitUntil(lambda: told == ["json"])
    assert not imports.pending("json")
    assert imports.pending(name)
    assert imports.pending("string")
    assert not imports.pending("another")

    go_on.touch()

    qtbot.waitUntil(lambda: told[-1:] == ["over"])
    assert told == ["json", name, "string", "over"]
    assert not imports.pending("string")


def test_a_page_whose_module_is_being_imported_is_shown_when_it_can_be(
    slow_module: tuple[str, Path],
    window: MainWindow,
    open_pair: Callable[..., None],
    qtbot: QtBot,
) -> None:
    name, go_on = slow_module
    window.imports = Imports((name, PANELS[0].module))
    window.imports.start(lambda _: window.refresh(), window.refresh)
    open_pair()
    assert window.page == "welcome"

    go_on.touch()

    qtbot.waitUntil(lambda: window.page == "model")
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.panel("model"))


def test_pages_and_their_parts_are_made_in_steps(window: MainWindow) -> None:
    steps = list(window.making_pages())

    assert window.pages.count() == 1 + len(PANELS)
    assert [name for name in steps if name in {entry.id for entry in PANELS}] == [
        entry.id for entry in PANELS
    ]
    assert {"samples", "outputs", "rules"} <= set(steps)
    assert window.page == "welcome"
    list(window.making_pages())
    assert window.pages.count() == 1 + len(PANELS)


@pytest.mark.skipif(os.name != "posix", reason="priorities are POSIX's")
def test_a_worker_leaves_the_cores_to_the_window(real_document: Document, qtbot: QtBot) -> None:
    with qtbot.waitSignal(real_document.reader.ready, timeout=20_000):
        real_document.reader.start()
    process = real_document.reader._process
    assert process is not None

    mine = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, process.processId()) >= min(mine + 5, 19)


def test_an_import_that_fails_does_not_keep_pages_waiting(qtbot: QtBot, tmp_path: Path) -> None:
    script = """
import sys
from PySide6.QtCore import QCoreApplication
from inspector.ui.ahead import Imports
app = QCoreApplication([])
imports = Imports(("no_such_module", "json"))
imports.start(print, app.quit)
app.exec()
print(imports.pending("json"))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "False"
    assert "no_such_module" in done.stderr
