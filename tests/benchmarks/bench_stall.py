"""The longest stall of the window's event loop, from its start through all that is done in it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.bench_window import environment
from tests.benchmarks.files import make_heavy_model, make_long_model
from tests.benchmarks.table import Row


def rows() -> Iterator[Row]:
    """One row; large files are made in a temporary folder."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        heavy, long = folder / "heavy.onnx", folder / "long.onnx"
        make_heavy_model(heavy)
        make_long_model(long, shaped=True)
        module = "tests.benchmarks.stall_scenario"
        done = subprocess.run(
            [sys.executable, "-m", module, str(folder), str(heavy), str(long)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=environment(folder),
        )
    found = json.loads(done.stdout.splitlines()[-1])
    told = "; ".join(
        f"{pause * 1e3:.0f} ms, {own * 1e3:.0f} of them its own work: {what}"
        for pause, own, what in found["worst"]
    )
    longest = found["worst"][0][0]
    yield Row(
        "longest stall of the event loop: from the start through every page, a comparison, tensors "
        "and documentation shown, weights and difference of two files, 1.8 GB opened while an "
        "export runs, a query typed at 100,000 nodes, files closed and a foreign one opened",
        f"{longest * 1e3:.0f} ms",
        f"{found['beats']:,} beats; the longest of each kind: {told}",
        "",
        "at most 50 ms",
        longest <= 0.05,
    )


if __name__ == "__main__":
    from tests.benchmarks.table import markdown

    print(markdown(list(rows())))
