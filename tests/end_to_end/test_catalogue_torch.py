"""Every known error of PyTorch and its exporters, raised by the real library and explained.

When a library changes its text, one of these fails, and the row in `core/failures_torch.py` needs
a new pattern.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import torch

from inspector.core.failures import Failure, InspectorError, explain
from inspector.core.input_spec import parse_input_spec
from inspector.core.sources import ModelSource
from inspector.jobs.client import WorkerClient
from inspector.jobs.requests import ExportRequest

SOURCE = """
import torch
from torch import nn

class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

class Bessel(Base):
    def forward(self, x):
        return torch.special.i1e(self.fc(x))

class Untranslated(Base):
    def forward(self, x):
        return torch.special.bessel_j0(self.fc(x))

class Grid(Base):
    def forward(self, x):
        grid = torch.zeros(x.shape[0], 2, 2, 2) + self.fc.bias[0]
        return nn.functional.grid_sample(x[:, None, None, :].repeat(1, 1, 4, 1), grid)

class Plain(Base):
    def forward(self, x):
        return self.fc(x)

class Two(Base):
    def forward(self, x, other):
        return self.fc(x) + other

class Branches(Base):
    def forward(self, x):
        return self.fc(x) if x.sum() > 0 else -self.fc(x)

class Fixed(Base):
    def forward(self, x):
        return self.fc(x) + torch.arange(2.0)[:, None]

class Complex(Base):
    def forward(self, x):
        z = torch.view_as_complex(torch.stack([x, x], -1))
        return torch.view_as_real(torch.exp(z) * (2 + 1j) * self.fc.bias[0])

class Spectrum(Base):
    def forward(self, x):
        return torch.fft.rfft(self.fc(x)).abs()

class Cond(Base):
    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda y: y * 2, lambda y: y - 1, (self.fc(x),))

class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
    def forward(self, x):
        return self.conv(x)

class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(5, 3)
    def forward(self, ids):
        return self.table(ids + 7)

class Table(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(5, 3)
    def forward(self, ids):
        return self.table(ids)

class Dropped(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Conv2d(3, 4, 1)
        self.drop = nn.Dropout2d(0.5)
    def forward(self, x):
        return self.drop(self.fc(x))

class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
    def forward(self, x):
        return self.norm(x)

class Scatter(Base):
    def forward(self, x):
        index = torch.tensor([0, 1, 1, 2])
        return torch.zeros(3, x.shape[0]).index_add_(0, index, x.t())

class Needs(Base):
    def forward(self, x):
        return torch.ops.acme.blur(self.fc(x))

class Number(Base):
    def forward(self, x):
        return self.fc(x), 3

import nowhere_at_all

def read_table():
    return open("table.txt").read()

TABLE = read_table()

class Skipped(Base):
    def forward(self, x):
        return self.fc(x) + TABLE.index(x)

class Absent(Base):
    def forward(self, x):
        return nowhere_at_all.layer(self.fc(x))

class Odd(Base):
    def forward(self, x):
        raise ValueError("not on a Saturday")

class Huge(Base):
    def forward(self, x):
        return torch.empty(1 << 50) + self.fc(x).sum()
"""


class Case(NamedTuple):
    """A model, how it is exported, and what must be said."""

    name: str
    sentence: str
    hint: str
    exporter: str = "dynamo"
    inputs: tuple[str, ...] = ("x=float32[2,4]",)
    opset: int = 18
    training: bool = False


BOTH = "dynamo", "torchscript"
CASES = (
    Case("Untranslated", "no translation for the operator 'prims.bessel_j0'", "Replace"),
    Case("Bessel", "no translation for the operator", "Replace"),
    Case("Bessel", "'aten::special_i1e' to opset 18", "dynamo", "torchscript"),
    Case("Grid", "'aten::grid_sampler' has no translation to opset 14", "16", "torchscript",
         opset=14),
    Case("Plain", "does not know opset 24", "up to 20", "torchscript", opset=24),
    *(Case("Plain", "matrix for 4 features, and was given 2x7", "last dimension is 4", exporter,
           ("x=float32[2,7]",)) for exporter in BOTH),
    *(Case("Two", "needs more inputs than it was given: other", "--input", exporter)
      for exporter in BOTH),
    *(Case("Plain", "takes 1 input, and 2 were given", "x", exporter,
           ("x=float32[2,4]", "y=float32[2,4]")) for exporter in BOTH),
    *(Case("Plain", "another dtype than the model's weights", "float32", exporter,
           ("x=int64[2,4]",)) for exporter in BOTH),
    *(Case("Conv", "5 channels where the model takes 3", "dimension", exporter,
           ("x=float32[1,5,8,8]",)) for exporter in BOTH),
    *(Case("Conv", "wrong number of dimensions", "batch dimension", exporter,
           ("x=float32[8,8]",)) for exporter in BOTH),
    *(Case("Words", "entry that it does not have", "vocabulary", exporter, ("ids=int64[2,3]",))
      for exporter in BOTH),
    *(Case("Table", "not integers", "int64", exporter, ("ids=float32[2,3]",))
      for exporter in BOTH),
    Case("Branches", "decides by the values in its tensors", "torch.where"),
    Case("Fixed", "size 2 only along axis 0 of 'x'", "plain size", inputs=("x=float32[n=2,4]",)),
    Case("Complex", "complex numbers", "real and imaginary"),
    Case("Complex", "complex numbers", "real and imaginary", "torchscript"),
    Case("Spectrum", "'aten::fft_rfft'", "dynamo", "torchscript"),
    Case("Cond", "torch.cond", "dynamo", "torchscript"),
    Case("Dropped", "training mode", "evaluation mode", "torchscript", ("x=float32[2,3,4,4]",),
         training=True),
    Case("Normed", "needs more than one sample", "evaluation mode", inputs=("x=float32[1,4]",),
         training=True),
    Case("Scatter", "index_add", "dynamo", "torchscript", ("x=float32[5,4]",)),
    *(Case("Needs", "custom operator 'acme::blur'", "registers it", exporter)
      for exporter in BOTH),
    *(Case("Number", "returns a int at 'out[1]'", "Return tensors", exporter)
      for exporter in BOTH),
    Case("Skipped", "line 106 of its source is not executed, since it calls read_table()",
         "Move"),
    Case("Absent", "needs 'nowhere_at_all.layer', which is not installed", "Install"),
    Case("Odd", "forward() raised ValueError: not on a Saturday", "details"),
    *(Case("Huge", "memory", "smaller", exporter) for exporter in BOTH),
)  # fmt: skip


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient() as client:
        yield client


@pytest.fixture(scope="module")
def export(worker: WorkerClient, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Export one of the classes above and return how it failed."""
    folder = tmp_path_factory.mktemp("catalogue")
    code = folder / "cases.py"
    code.write_text(SOURCE)
    states = {"fc": torch.nn.Linear(4, 3), "conv": torch.nn.Conv2d(3, 4, 3)}
    states |= {"table": torch.nn.Embedding(5, 3), "norm": torch.nn.BatchNorm1d(4)}
    own = {"Conv": "conv", "Words": "table", "Table": "table", "Normed": "norm"}

    def run(case: Case) -> Failure:
        part = own.get(case.name, "fc")
        module = torch.nn.Conv2d(3, 4, 1) if case.name == "Dropped" else states[part]
        path = folder / f"{case.name}.pt"
        torch.save({f"{part}.{k}": v for k, v in module.state_dict().items()}, path)
        source = ModelSource(
            str(path), f"{code}:{case.name}", "{}", True, tuple(map(parse_input_spec, case.inputs))
        )
        request = ExportRequest(
            source, str(folder / "x.onnx"), case.opset, case.exporter, training_mode=case.training
        )
        with pytest.raises(InspectorError) as caught:
            worker.run("export", request)
        return caught.value.failure

    return run


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.exporter}")
def test_an_error_of_the_library_has_its_sentence_and_its_remedy(export: Any, case: Case) -> None:
    failure = export(case)
    assert case.sentence in failure.sentence, failure
    assert case.hint in failure.hint, failure
    assert failure.stage


def raised(call: Any) -> Failure:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is, is the point
        call()
    return explain(caught.value)


def test_what_dynamo_itself_says_of_wrong_sizes_is_known() -> None:
    module = torch.nn.Linear(10, 3).eval()
    failure = raised(lambda: torch.onnx.export(module, (torch.zeros(1, 7),), dynamo=True))
    assert "for 10 features, and was given [1, 7]" in failure.sentence


def test_what_dynamo_itself_says_of_missing_inputs_is_known() -> None:
    failure = raised(lambda: torch.onnx.export(torch.nn.Linear(3, 3).eval(), (), dynamo=True))
    assert "needs more inputs than it was given" in failure.sentence


def test_a_class_that_a_pickle_does_not_find_is_named(tmp_path: Path) -> None:
    nets = ModuleType("nets_of_then")
    nets.Net = type("Net", (torch.nn.Module,), {"__module__": nets.__name__})  # type: ignore[attr-defined]
    sys.modules[nets.__name__] = nets
    torch.save(nets.Net(), tmp_path / "net.pt")
    del nets.Net
    failure = raised(lambda: torch.load(tmp_path / "net.pt", weights_only=False))
    del sys.modules[nets.__name__]
    assert "class 'Net' of 'nets_of_then'" in failure.sentence
    assert "--code" in failure.hint


@pytest.mark.parametrize("what", ["cut", "text", "empty"])
def test_a_file_that_torch_cannot_read_is_called_damaged(tmp_path: Path, what: str) -> None:
    path = tmp_path / "net.pt"
    torch.save({"w": torch.zeros(99)}, path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[:-40], "text": b"version https://git-lfs", "empty": b""}[what])
    failure = raised(lambda: torch.load(path, weights_only=True))
    assert "damaged or not complete" in failure.sentence, failure


def test_a_torchvision_of_another_pytorch_is_named() -> None:
    def broken() -> None:
        torch.ops.torchvision.nms  # noqa: B018 - looking it up is what fails

    assert "torchvision" in raised(broken).sentence
