"""Export through the warm worker against `torch.onnx.export` called directly."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from inspector.core.input_spec import parse_input_spec
from inspector.core.sources import ModelSource
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import ExportRequest
from tests.benchmarks.table import Row

REPEATS = 7
MOST = 1.05

SOURCE = """
import torch
from torch import nn

def block(channels):
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()
    )

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 64, 3, stride=2)
        self.blocks = nn.Sequential(*(block(64) for _ in range(24)))
        self.head = nn.Linear(64, 10)
    def forward(self, image):
        return self.head(self.blocks(self.stem(image)).mean((2, 3)))
"""


def rows() -> list[Row]:
    """Best of several exports of a convolutional network of 25 layers, in turns."""
    with tempfile.TemporaryDirectory() as name, WorkerClient(warm="torch") as worker:
        folder = Path(name)
        module, source = _model(folder)
        request = ExportRequest(source, str(folder / "ours.onnx"))
        ours, direct = _in_turns(
            lambda: worker.run("export", request),
            lambda: _direct(module, folder / "direct.onnx"),
        )
    ratio = ours / direct
    what = "export through the warm worker against torch.onnx.export"
    budget = f"at most {MOST} times"
    figures = f"{ours:.2f} s", f"{direct:.2f} s", f"{ratio:.2f}"
    return [Row(what, *figures, budget, ratio <= MOST)]


def _in_turns(ours: Callable[[], Any], other: Callable[[], Any]) -> tuple[float, float]:
    """Best seconds of both, after one unmeasured run each."""
    ours()
    other()
    best = [float("inf"), float("inf")]
    for _ in range(REPEATS):
        for index, call in enumerate((ours, other)):
            began = time.perf_counter()
            call()
            best[index] = min(best[index], time.perf_counter() - began)
    return best[0], best[1]


def _model(folder: Path) -> tuple[torch.nn.Module, ModelSource]:
    code = folder / "bench_net.py"
    code.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("bench_net", code)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    module: torch.nn.Module = made.Net().eval()
    torch.save(module.state_dict(), folder / "net.pt")
    inputs = (parse_input_spec("image=float32[batch=2,3,64,64]"),)
    return module, ModelSource(str(folder / "net.pt"), str(code), trust=True, inputs=inputs)


def _direct(module: torch.nn.Module, path: Path) -> None:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (torch.zeros(2, 3, 64, 64),),
            path,
            dynamo=True,
            opset_version=18,
            input_names=["image"],
            dynamic_shapes=({0: "batch"},),
            external_data=False,
        )
