"""The nastiest files one after the other in one window: it stays usable, a good one opens."""

import struct
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper
from PySide6.QtCore import QTimer

from inspector.ui import look
from inspector.ui.document import CANDIDATE, REFERENCE
from inspector.ui.main_window import MainWindow
from inspector.ui.settings import Settings

GOOD = look.resource("samples/digits/digits.onnx")
LONGEST_STALL = 1.0
"""Seconds; generous, because other programs share the machine."""

NAMES = (
    "<h1>x</h1><img src='file:///etc/passwd'>",
    "\u202egnp.exe",
    "a\0b\x1b[31m\r\n",
    "x" * 10**6,
)


def trap(folder: Path, code: bytes) -> Path:
    """A checkpoint that runs code when it is loaded."""
    path = folder / "trap.pt"
    call = b"\x80\x02cbuiltins\nexec\nX" + struct.pack("<I", len(code)) + code + b"\x85R."
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("trap/data.pkl", call)
        archive.writestr("trap/version", b"3\n")
    return path


def bomb(folder: Path, code: bytes) -> Path:
    path = folder / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", bytes(100 << 20))
        archive.writestr("bomb/version", b"3\n")
    return path


def endless(folder: Path, code: bytes) -> Path:
    path = folder / "endless.safetensors"
    path.write_bytes(struct.pack("<Q", 1 << 63) + b'{"w": {}}' + bytes(100))
    return path


def nested(folder: Path, code: bytes) -> Path:
    path = folder / "nested.pkl"
    path.write_bytes(b"\x80\x02" + b"]" * 300_000 + b"a" * 299_999 + b".")
    return path


def named(folder: Path, code: bytes) -> Path:
    path = folder / "named.onnx"
    values = ["x", *(f"v{at}" for at in range(len(NAMES) - 1)), "y"]
    nodes = [
        helper.make_node(name[:500], [values[at]], [values[at + 1]], name=name, domain="d")
        for at, name in enumerate(NAMES)
    ]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    graph = helper.make_graph(nodes, NAMES[0], [x], [y])
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("d", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name=NAMES[0])
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def shown(qtbot, qapp, real_document, settings_file):
    """The whole window with real workers."""
    made = MainWindow(Settings(settings_file))
    made.fill(real_document)
    made.resize(1280, 800)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    qapp.processEvents()


@pytest.fixture
def stalls(qapp):
    """Seconds between two turns of the event loop, all of them."""
    found, last = [], [time.monotonic()]

    def beat():
        now = time.monotonic()
        found.append(now - last[0])
        last[0] = now

    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(20)
    yield found
    timer.stop()


def test_the_window_stays_usable_through_a_row_of_hostile_files(
    qtbot, shown, stalls, real_document, tmp_path
):
    marker = tmp_path / "marker"
    code = f"open({str(marker)!r}, 'w'); import os; os._exit(77)".encode()
    failures: list[Any] = []
    real_document.failed.connect(failures.append)

    def opened(path, side):
        found = real_document.file(side).inspection
        return found is not None and found.path == str(path)

    for make in (trap, bomb, endless, nested, named, trap):
        path, before = make(tmp_path, code), len(failures)
        side = CANDIDATE if path.suffix == ".onnx" else REFERENCE
        real_document.open_file(str(path), side)
        qtbot.waitUntil(lambda: opened(path, side) or len(failures) > before, timeout=20_000)  # noqa: B023
        qtbot.wait(50)
        for failure in failures[before:]:
            assert "stopped unexpectedly" not in failure.sentence
            assert not failure.sentence.startswith("Something went wrong")
        assert opened(path, side) == (make in (trap, nested, named))
        assert shown.isEnabled()
        assert not marker.exists()
    real_document.open_file(str(GOOD), CANDIDATE)
    qtbot.waitUntil(lambda: opened(GOOD, CANDIDATE), timeout=20_000)
    assert real_document.candidate.inspection.onnx.nodes > 3
    assert max(stalls) < LONGEST_STALL
