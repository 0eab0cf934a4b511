"""A data set of 2,000 samples: the whole comparison against a plain loop over both runtimes.

The loop is what a person would write: both models on each batch, and numpy.allclose. The two
runtimes' own time is that of all batches by one of them, then of all by the other. What opens the
files is in none of the times. Each network has a process of its own, and so has each measurement
of memory.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from tests.benchmarks.table import Row

BUDGET = 1.1
MEMORY_BUDGET = 1.05
SAMPLES, FEW, MANY = 2000, 200, 20_000
BATCH = 32
ROUNDS = 3
NETS = {"small": 4, "medium": 12}
"""Blocks of the network."""
SIDE, SMALL_SIDE = 64, 32
"""Height and width of the pictures where time is measured, and where memory is."""
SIZES = "Trying other sizes"
SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2, 1)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(32, 32, 3, 1, 1), nn.BatchNorm2d(32), nn.ReLU())
            for _ in range(blocks)
        )
        self.head = nn.Conv2d(32, 16, 3, 2, 1)
    def forward(self, image):
        x = self.stem(image)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)
"""


class Both(NamedTuple):
    """Both runtimes with a network open, and the data in batches."""

    module: Any
    session: Any
    batches: list[Any]

    def torch(self, batch: Any) -> Any:
        """PyTorch's output."""
        import torch

        with torch.no_grad():
            return self.module(torch.from_numpy(batch)).numpy()

    def onnx(self, batch: Any) -> Any:
        """ONNX Runtime's output."""
        return self.session.run(None, {"image": batch})[0]

    def alone(self) -> None:
        """All batches by one, then all by the other."""
        for batch in self.batches:
            self.torch(batch)
        for batch in self.batches:
            self.onnx(batch)

    def loop(self) -> None:
        """As a person would write it."""
        for batch in self.batches:
            assert np.allclose(self.torch(batch), self.onnx(batch), 1e-3, 1e-4)


def rows() -> list[Row]:
    """Time for both networks, memory for the small one."""
    table = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for net in NETS:
            _child("prepare", net, folder, SAMPLES)
            table.append(_time_row(net, _child("time", net, folder, SAMPLES)))
        few, some, many = (_peak("memory", folder, n) for n in (FEW, SAMPLES, MANY))
        loop = _peak("loop", folder, MANY)
    growth = many / some
    others = f"over {FEW:,}: {few:.0f} MiB, over {SAMPLES:,}: {some:.0f} MiB"
    row = Row(
        f"memory of a comparison over {MANY:,} pictures of 3 x 32 x 32 (234 MiB of data)",
        f"{many:.0f} MiB",
        f"{others}; the plain loop over {MANY:,}, its data read at once, {loop:.0f} MiB",
        f"{growth:.2f} of that over {SAMPLES:,}",
        f"at most {MEMORY_BUDGET}",
        growth <= MEMORY_BUDGET,
    )
    return [*table, row]


def _time_row(net: str, found: dict[str, float]) -> Row:
    ratio = found["without"] / found["alone"]
    return Row(
        f"comparison over {SAMPLES:,} pictures of 3 x {SIDE} x {SIDE}, {net} network of "
        f"{NETS[net] + 2} convolutions",
        f"{found['without']:.2f} s without other sizes, {found['with']:.2f} s with them "
        f"({found['sizes']:.2f} s that do not grow with the data)",
        f"the two runtimes alone {found['alone']:.2f} s; the plain loop with numpy.allclose "
        f"{found['loop']:.2f} s",
        f"{ratio:.2f} of the runtimes, {found['without'] / found['loop']:.2f} of the loop; "
        f"with sizes {found['with'] / found['alone']:.2f} and {found['with'] / found['loop']:.2f}",
        f"at most {BUDGET} of the runtimes, without sizes",
        ratio <= BUDGET,
    )


def _peak(what: str, folder: Path, samples: int) -> float:
    return _child(what, "small", folder, samples)["peak"] / 2**20


def _child(what: str, net: str, folder: Path, samples: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_samples", what, net, str(folder)]
    done = subprocess.run(
        [*command, str(samples)], check=True, capture_output=True, text=True, timeout=200,
        env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"},
    )  # fmt: skip
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _data(folder: Path, samples: int, side: int) -> Path:
    path = folder / f"image_{samples}_{side}.npy"
    if not path.exists():
        random = np.random.default_rng(0)
        images = np.lib.format.open_memmap(path, "w+", np.float32, (samples, 3, side, side))
        for place in range(samples):
            images[place] = random.standard_normal((3, side, side), np.float32)
    return path


def _module(net: str, folder: Path) -> Any:
    import torch

    path = folder / "net.py"
    path.write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("net", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    torch.manual_seed(0)
    return made.Net(NETS[net]).eval()


def prepare(net: str, folder: Path, samples: int) -> dict[str, float]:
    """Save a network and export it."""
    import torch

    _data(folder, SAMPLES, SIDE)
    _data(folder, FEW, SIDE)
    for many in (FEW, SAMPLES, MANY):
        _data(folder, many, SMALL_SIDE)
    module = _module(net, folder)
    torch.save(module.state_dict(), folder / f"{net}.pt")
    torch.onnx.export(
        module, (torch.zeros(2, 3, 32, 32),), folder / f"{net}.onnx", dynamo=False,
        opset_version=17, input_names=["image"], output_names=["y"],
        dynamic_axes={"image": {0: "batch", 2: "height", 3: "width"}},
    )  # fmt: skip
    return {}


def compare(net: str, data: Path, sizes: bool) -> dict[str, float]:
    """Run a comparison and return the seconds of its stages."""
    from inspector.core.progress import Report
    from inspector.jobs.compare import run
    from inspector.jobs.requests import CompareRequest, DataSource, ModelSource

    folder = data.parent
    code, args = f"{folder / 'net.py'}:Net", json.dumps({"blocks": NETS[net]})
    reference = ModelSource(str(folder / f"{net}.pt"), code=code, code_args=args, trust=True)
    candidate = ModelSource(str(folder / f"{net}.onnx"))
    source = DataSource((str(data),), batch_size=BATCH)
    request = CompareRequest(reference, candidate, source, sizes=sizes)
    with tempfile.TemporaryDirectory() as job:
        found = run(request, Path(job), Report())
    assert found.verdict.value == "PASS", found.sentence
    return found.seconds


def _both(net: str, data: Path) -> Both:
    import torch

    from inspector.runtimes.onnxruntime import import_onnxruntime

    folder = data.parent
    module = _module(net, folder)
    module.load_state_dict(torch.load(folder / f"{net}.pt"))
    runtime = import_onnxruntime()
    path = folder / f"{net}.onnx"
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    images = np.load(data)
    batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
    return Both(module, session, batches)


def time_all(net: str, folder: Path, samples: int) -> dict[str, float]:
    """Medians over rounds in which everything is measured, each time from another one on."""
    data, trials = _data(folder, samples, SIDE), []
    both = _both(net, data)

    def ours(sizes: bool) -> float:
        seconds = compare(net, data, sizes)
        if sizes:
            trials.append(seconds.get(SIZES, 0.0))
        return sum(s for stage, s in seconds.items() if "Opening" not in stage)

    works: list[tuple[str, Callable[[], float]]] = [
        ("alone", lambda: _seconds(both.alone)),
        ("with", lambda: ours(True)),
        ("loop", lambda: _seconds(both.loop)),
        ("without", lambda: ours(False)),
    ]
    compare(net, _data(folder, FEW, SIDE), True)
    found: dict[str, list[float]] = {name: [] for name, _ in works}
    for turn in range(ROUNDS):
        for name, work in works[turn:] + works[:turn]:
            found[name].append(work())
    return {"sizes": median(trials)} | {name: median(times) for name, times in found.items()}


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def memory(net: str, folder: Path, samples: int) -> dict[str, float]:
    """Largest resident memory of a process that compares, in bytes."""
    compare(net, _data(folder, samples, SMALL_SIDE), True)
    return _most()


def loop(net: str, folder: Path, samples: int) -> dict[str, float]:
    """Largest resident memory of a process with the plain loop, in bytes."""
    _both(net, _data(folder, samples, SMALL_SIDE)).loop()
    return _most()


def _most() -> dict[str, float]:
    import resource

    return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


if __name__ == "__main__":
    STEPS = {"prepare": prepare, "time": time_all, "memory": memory, "loop": loop}
    answer = STEPS[sys.argv[1]](sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    print(json.dumps(answer))
