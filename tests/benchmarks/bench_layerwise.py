"""Values inside a transformer of 12 layers, compared layer by layer: ours, torch's, Polygraphy's.

One network is exported by torch.onnx.export, and in the file a normalisation of the eighth layer
gets another epsilon. All are given that file and the same input. `verify_onnx_program` holds it
against the program that it was made from, Polygraphy against the file without the change (it runs
no PyTorch module), ours against either.

Each measurement has a process of its own in which the imports are done and the same work was done
once on a network of one layer; for torch's the network was exported instead, which is not in its
time. It is stopped after a while, and the ratio is then less than the true one.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.peak import Peak
from tests.benchmarks.table import Row
from tests.benchmarks.verdict_others import POLYGRAPHY

LAYERS = 12
MODULE = "layers.7.norm2"
"""What is changed in the file."""
WIDTH, LENGTH, BATCH = 128, 64, 8
SOURCE = f"""
import torch
from torch import nn

class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm({WIDTH}), nn.LayerNorm({WIDTH})
        self.qkv, self.out = nn.Linear({WIDTH}, 3 * {WIDTH}), nn.Linear({WIDTH}, {WIDTH})
        self.wide, self.narrow = nn.Linear({WIDTH}, 4 * {WIDTH}), nn.Linear(4 * {WIDTH}, {WIDTH})
    def forward(self, x):
        n, t, width = x.shape
        parts = self.qkv(self.norm1(x)).reshape(n, t, 3, 8, width // 8)
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + self.out(mixed.transpose(1, 2).reshape(n, t, width))
        return x + self.narrow(nn.functional.gelu(self.wide(self.norm2(x))))

class Net(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = nn.Sequential(*(Layer() for _ in range(layers)))
        self.head = nn.Linear({WIDTH}, 100)
    def forward(self, x):
        return self.head(self.layers(x))
"""
LIMIT = 90
"""Seconds after which torch's is stopped: it takes some minutes."""
_VERIFICATION = "torch.onnx._internal.exporter._verification"
"""Its logger."""
Work = Callable[[], tuple[int, str]]
"""A comparison; returns how many values were compared, and which was named."""


def rows() -> list[Row]:
    """How long each takes, and its memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _child("prepare", folder)
        torch = _child("torch", folder)
        table = [
            _row("modules only", _child("modules", folder), torch, _TORCH),
            _row("modules and single steps", _child("steps", folder), torch, _TORCH),
        ]
        folder_of = os.environ.get(POLYGRAPHY, "")
        if not (Path(folder_of) / "polygraphy").is_dir():
            why = f"not measured: {POLYGRAPHY} names no folder that has it"
            return [*table, Row("Polygraphy's comparison of all values", why, "", "", "", True)]
        polygraphy, files = _child("polygraphy", folder), _child("files", folder)
    return [
        *table,
        _row("two ONNX files", files, polygraphy, "Polygraphy, --onnx-outputs mark all"),
    ]


_TORCH = "verify_onnx_program(compare_intermediates=True), its export aside"


def _row(how: str, ours: dict[str, Any], other: dict[str, Any], name: str) -> Row:
    ratio = other["seconds"] / ours["seconds"]
    text = f"{'at least ' * ('stopped' in other['named'])}{ratio:.1f} times faster"
    text = text if ratio >= 1.0 else f"{1 / ratio:.1f} times slower"
    return Row(
        f"a transformer of {LAYERS} layers, layer by layer: {how}",
        f"{ours['seconds']:.2f} s, {ours['values']:.0f} values, {ours['memory']:.0f} MB more "
        f"memory; names {ours['named']}",
        f"{name}: {other['seconds']:.2f} s, {other['values']:.0f} values, "
        f"{other['memory']:.0f} MB; {other['named']}",
        text,
        "faster, and the right layer",
        ratio > 1.0 and ours["named"] == MODULE,
    )


def _child(what: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_layerwise", what, str(folder)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=300,
        env={**os.environ, "ORT_DISABLE_TELEMETRY": "1"},
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _module(folder: Path, layers: int) -> Any:
    import torch

    path = folder / "net.py"
    path.write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("net", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    torch.manual_seed(0)
    return made.Net(layers).eval()


def _input() -> Any:
    random = np.random.default_rng(0)
    return random.standard_normal((BATCH, LENGTH, WIDTH), np.float32)


def _program(folder: Path, layers: int, changed: bool = True) -> Any:
    """The exported program, with the change in it."""
    import torch

    module, given = _module(folder, layers), (torch.from_numpy(_input()),)
    program: Any = torch.onnx.export(
        module, given, dynamo=True, opset_version=18, input_names=["x"], verbose=False
    )
    if changed:
        norms = [node for node in program.model.graph if node.op_type == "LayerNormalization"]
        # Two in each layer; in a network of one layer the second of its two.
        norm = norms[15] if layers == LAYERS else norms[1]
        norm.attributes.add(type(norm.attributes["epsilon"])("epsilon", *_float_attribute()))
    return program


def _float_attribute() -> tuple[Any, float]:
    import onnx_ir

    return onnx_ir.AttributeType.FLOAT, 1e-2


def prepare(folder: Path) -> dict[str, Any]:
    """Save both networks, with and without the change."""
    import torch

    np.save(folder / "x.npy", _input())
    for layers in (1, LAYERS):
        torch.save(_module(folder, layers).state_dict(), folder / f"{layers}.pt")
        _program(folder, layers, changed=False).save(folder / f"{layers}.onnx")
        _program(folder, layers).save(folder / f"{layers}_changed.onnx")
    return {}


def _ours(folder: Path, layers: int, reference: str, steps: bool) -> Work:
    from inspector.core.progress import Report
    from inspector.jobs.localise import run
    from inspector.jobs.requests import DataSource, LocaliseRequest, ModelSource

    source = ModelSource(str(folder / f"{layers}{reference}"))
    if reference == ".pt":
        code, args = f"{folder / 'net.py'}:Net", json.dumps({"layers": layers})
        source = ModelSource(source.path, code=code, code_args=args, trust=True)
    candidate = ModelSource(str(folder / f"{layers}_changed.onnx"))
    data = DataSource((str(folder / "x.npy"),))
    request = LocaliseRequest(source, candidate, data, steps=steps, blame=False)

    def work() -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as job:
            known = run(request, Path(job), Report())
        named = known.layers[known.birthplace].module if known.birthplace is not None else "none"
        return len(known.layers), named

    return work


def _torch(folder: Path, layers: int) -> Work:
    from torch.onnx.verification import verify_onnx_program

    program, seen = _program(folder, layers), _Seen()
    logger = logging.getLogger(_VERIFICATION)
    logger.addHandler(seen)
    logger.setLevel(logging.INFO)
    logger.propagate = False

    def work() -> tuple[int, str]:
        stopped = ""
        try:
            signal.signal(signal.SIGALRM, _stop)
            signal.alarm(LIMIT)
            verify_onnx_program(program, compare_intermediates=True)
        except _StoppedError:
            stopped = "stopped there; "
        finally:
            signal.alarm(0)
        far = (name for name, error in seen.values if error > 1e-4)
        named = f"{stopped}first value off by more than 1e-4: {next(far, 'none so far')}"
        return len(seen.values), named

    return work


class _StoppedError(BaseException):
    """The time is over; no `except Exception` on the way takes it for a value's failure."""


def _stop(*_: object) -> None:
    raise _StoppedError


class _Seen(logging.Handler):
    """What verify_onnx_program logs of each value: its name and its largest error."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[tuple[str, float]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note a value."""
        if isinstance(record.args, tuple) and len(record.args) == 3:
            name, error, _ = record.args
            self.values.append((str(name), float(str(error))))


def _polygraphy(folder: Path, layers: int) -> Work:
    sys.path.append(os.environ[POLYGRAPHY])
    from polygraphy import constants  # type: ignore[import-not-found]
    from polygraphy.backend.onnx import (  # type: ignore[import-not-found]
        BytesFromOnnx,
        ModifyOutputs,
        OnnxFromPath,
    )
    from polygraphy.backend.onnxrt import (  # type: ignore[import-not-found]
        OnnxrtRunner,
        SessionFromOnnx,
    )
    from polygraphy.comparator import Comparator, SimpleCompareFunc  # type: ignore[import-not-found]
    from polygraphy.logger import G_LOGGER  # type: ignore[import-not-found]

    G_LOGGER.module_severity = G_LOGGER.CRITICAL

    def runner(path: Path) -> Any:
        marked = ModifyOutputs(OnnxFromPath(str(path)), outputs=constants.MARK_ALL)
        return OnnxrtRunner(SessionFromOnnx(BytesFromOnnx(marked)), name=path.stem)

    def work() -> tuple[int, str]:
        runners = [runner(folder / f"{layers}{end}.onnx") for end in ("", "_changed")]
        results = Comparator.run(runners, data_loader=[{"x": np.load(folder / "x.npy")}])
        found = Comparator.compare_accuracy(results, compare_func=SimpleCompareFunc())
        ((one,),) = found[0].values()
        failed = (name for name, match in one.items() if not match)
        return len(one), f"first value that fails: {next(failed, 'none')}"

    return work


def _work(what: str, folder: Path, layers: int) -> Work:
    if what == "torch":
        return _torch(folder, layers)
    if what == "polygraphy":
        return _polygraphy(folder, layers)
    reference = ".onnx" if what == "files" else ".pt"
    return _ours(folder, layers, reference, what == "steps")


def measure(what: str, folder: Path) -> dict[str, Any]:
    """Do one of them, after a small one."""
    if what != "torch":
        _work(what, folder, 1)()
    work = _work(what, folder, LAYERS)
    with Peak() as peak:
        began = time.perf_counter()
        values, named = work()
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "values": values, "named": named, "memory": peak.megabytes}


if __name__ == "__main__":
    place = Path(sys.argv[2])
    print(json.dumps(prepare(place) if sys.argv[1] == "prepare" else measure(sys.argv[1], place)))
