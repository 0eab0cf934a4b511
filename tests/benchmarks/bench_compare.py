"""Comparison over a data set: against the two runtimes' own time, and its memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.benchmarks.table import Row

BUDGET = 1.1
MEMORY_BUDGET = 1.05
ROUNDS = 5
SAMPLES = 4096
"""Enough that the cost of a data set is measured, and not that of a start."""
FEW = 512
BATCH = 32
SOURCE = """
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        c = torch.nn.Conv2d
        self.layers = torch.nn.Sequential(
            c(3, 64, 3, 2, 1), torch.nn.ReLU(), c(64, 128, 3, 2, 1), torch.nn.ReLU(),
            c(128, 128, 3, 1, 1), torch.nn.ReLU(), c(128, 16, 3, 2, 1),
        )

    def forward(self, image):
        return self.layers(image)
"""


def rows() -> list[Row]:
    """Both measurements, each in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _child("prepare", place, SAMPLES)
        timed = _child("time", place, SAMPLES)
        few, many = _child("memory", place, FEW), _child("memory", place, 8 * FEW)
        growth = many["peak"] / few["peak"]
    return [
        Row(
            f"comparison over {SAMPLES:,} pictures of 3 x 64 x 64, 1,024 outputs each",
            f"{timed['ours']:.2f} s",
            f"the two runtimes alone, {timed['runtimes']:.2f} s",
            f"{timed['ratio']:.2f}, by round {timed['least']:.2f} to {timed['most']:.2f}",
            f"at most {BUDGET}",
            timed["ratio"] <= BUDGET,
        ),
        Row(
            f"memory of a comparison over {8 * FEW:,} pictures (192 MiB of data)",
            f"{many['peak'] / 2**20:.0f} MiB",
            f"over {FEW:,} pictures, {few['peak'] / 2**20:.0f} MiB",
            f"{growth:.2f}",
            f"at most {MEMORY_BUDGET}",
            growth <= MEMORY_BUDGET,
        ),
    ]


def _child(what: str, folder: Path, samples: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_compare", what, str(folder)]
    done = subprocess.run(
        [*command, str(samples)], check=True, capture_output=True, text=True,
        env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"},
    )  # fmt: skip
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _data(folder: Path, samples: int) -> Path:
    path = folder / f"image_{samples}.npy"
    if not path.exists():
        random = np.random.default_rng(0)
        images = np.lib.format.open_memmap(path, "w+", np.float32, (samples, 3, 64, 64))
        for place in range(samples):
            images[place] = random.standard_normal((3, 64, 64), np.float32)
    return path


def prepare(folder: Path, samples: int) -> dict[str, float]:
    """Save a model and export it."""
    import torch

    source = folder / "net.py"
    source.write_text(SOURCE, encoding="utf-8")
    space: dict[str, Any] = {}
    exec(compile(SOURCE, "net.py", "exec"), space)
    torch.manual_seed(0)
    module = space["Net"]().eval()
    torch.save(module.state_dict(), folder / "net.pt")
    torch.onnx.export(
        module, (torch.zeros(2, 3, 64, 64),), folder / "net.onnx", dynamo=False, opset_version=17,
        input_names=["image"], output_names=["y"], dynamic_axes={"image": {0: "batch"}},
    )  # fmt: skip
    return {}


def compare(folder: Path, samples: int) -> dict[str, float]:
    """Run a comparison and return the seconds of its stages."""
    from inspector.core.progress import Report
    from inspector.jobs.compare import run
    from inspector.jobs.requests import CompareRequest, DataSource, ModelSource

    reference = ModelSource(str(folder / "net.pt"), code=f"{folder / 'net.py'}:Net", trust=True)
    data = DataSource((str(_data(folder, samples)),), batch_size=BATCH)
    request = CompareRequest(reference, ModelSource(str(folder / "net.onnx")), data)
    with tempfile.TemporaryDirectory() as job:
        found = run(request, Path(job), Report())
    assert found.verdict.value == "PASS", found.sentence
    return found.seconds


def time_both(folder: Path, samples: int) -> dict[str, float]:
    """Seconds of a comparison, without opening the files, and of the runtimes alone.

    Both make the same runs over the data. What a comparison does besides is its own: reading the
    data and its digest, the runs that show whether each side repeats itself, keeping outputs on
    disk, counting, judging.
    """
    import torch

    from inspector.runtimes.onnxruntime import import_onnxruntime

    images = np.load(_data(folder, samples))
    space: dict[str, Any] = {}
    exec(compile(SOURCE, "net.py", "exec"), space)
    module = space["Net"]().eval()
    module.load_state_dict(torch.load(folder / "net.pt"))
    runtime = import_onnxruntime()
    session = runtime.InferenceSession(folder / "net.onnx", providers=["CPUExecutionProvider"])
    batches = [images[start : start + BATCH] for start in range(0, samples, BATCH)]

    # The runtimes one after the other, as each runs by itself and with its own settings.
    def pytorch() -> None:
        with torch.no_grad():
            for batch in batches:
                module(torch.from_numpy(batch)).numpy()

    def onnx_runtime() -> None:
        for batch in batches:
            session.run(None, {"image": batch})

    def ours() -> float:
        return sum(s for stage, s in compare(folder, samples).items() if "Opening" not in stage)

    def runtimes() -> float:
        return _seconds(pytorch) + _seconds(onnx_runtime)

    compare(folder, FEW)
    return _in_turns(ours, runtimes)


def _in_turns(ours: Callable[[], float], runtimes: Callable[[], float]) -> dict[str, float]:
    """Medians over rounds in which both are measured, the one first that was second before.

    The ratio is that of each round, whose halves have the same machine around them.
    """
    rounds: list[tuple[float, float]] = []
    for place in range(ROUNDS):
        if place % 2:
            after = runtimes()
            rounds.append((ours(), after))
        else:
            rounds.append((ours(), runtimes()))
    ratios = sorted(one / other for one, other in rounds)
    return {
        "ours": median(one for one, _ in rounds),
        "runtimes": median(other for _, other in rounds),
        "ratio": median(ratios),
        "least": ratios[0],
        "most": ratios[-1],
    }


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def memory(folder: Path, samples: int) -> dict[str, float]:
    """Largest resident memory of a process that compares, in bytes."""
    import resource

    _data(folder, samples)
    compare(folder, samples)
    return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


if __name__ == "__main__":
    STEPS = {"prepare": prepare, "time": time_both, "memory": memory}
    answer = STEPS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(answer))
