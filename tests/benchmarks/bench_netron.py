"""Netron's own reader beside ours, on the same files, each without drawing anything.

Netron is no part of this project. Where the folder of an installed `netron` package is named by
ONNX_INSPECTOR_NETRON and `node` is there, its reader is run by `netron_driver.mjs`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.files import (
    EXTERNAL_TENSORS,
    HEAVY_TENSORS,
    make_checkpoint,
    make_external_model,
    make_heavy_model,
    make_long_model,
)
from tests.benchmarks.fresh import LIST_CHECKPOINT, MB, READ_ONNX, run
from tests.benchmarks.table import Row

_DRIVER = Path(__file__).with_name("netron_driver.mjs")
_FILES: tuple[tuple[str, str, int, Callable[[Path], object]], ...] = (
    ("a 1.8 GB .onnx", "heavy.onnx", HEAVY_TENSORS, make_heavy_model),
    ("an .onnx with 3 GB of external data", "external.onnx", EXTERNAL_TENSORS, make_external_model),
    ("an .onnx of 100,000 nodes", "long.onnx", 1, make_long_model),
    ("a 2 GB checkpoint", "state.pt", 32, make_checkpoint),
)
"""What it is called, its name, how many tensors it has, and what makes it."""


def rows() -> Iterator[Row]:
    """One row per file, or one that says why there is none."""
    netron, node = os.environ.get("ONNX_INSPECTOR_NETRON"), shutil.which("node")
    if not netron or node is None:
        why = "not measured: ONNX_INSPECTOR_NETRON names no installed netron package"
        if netron:
            why = "not measured: node is not installed"
        yield Row("Netron's own reader beside ours", why, "", "", "", True)
        return
    for what, name, tensors, make in _FILES:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            make(folder / name)
            make_long_model(folder / "small.onnx", 4)
            make_checkpoint(folder / "small.pt", tensors=1, side=4)
            small = folder / f"small{Path(name).suffix}"
            theirs = _netron(node, netron, small, folder / name)
            script = LIST_CHECKPOINT if small.suffix == ".pt" else READ_ONNX
            yield _row(what, run(script, str(folder / name), str(tensors), str(small)), theirs)


def _netron(node: str, netron: str, small: Path, file: Path) -> dict[str, float]:
    done = subprocess.run(
        [node, "--expose-gc", str(_DRIVER), netron, str(small), str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _row(what: str, ours: dict[str, float], theirs: dict[str, float]) -> Row:
    return Row(
        f"reading {what}, beside Netron's own reader",
        f"{ours['first'] * 1e3:,.1f} ms, {ours['bytes'] / MB:,.1f} MB of private memory",
        f"Netron {theirs['seconds'] * 1e3:,.1f} ms, "
        f"{theirs['bytes'] / MB:,.1f} MB of private memory",
        f"{theirs['seconds'] / ours['first']:,.1f} times faster",
        "",
        True,
    )


if __name__ == "__main__":
    from tests.benchmarks.table import markdown

    print(markdown(list(rows())))
