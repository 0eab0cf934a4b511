"""Example inputs come from who asks, else from the file, else from the first weights."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from inspector.core.input_spec import parse_input_spec
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.runtimes.pytorch_inputs import ASKED, GUESSED, RECORDED, propose_inputs
from inspector.runtimes.pytorch_load import Loaded, load


class Last(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(5, 4, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        steps: torch.Tensor = self.lstm(x)[0]
        return steps


MODELS = {
    "linear": (nn.Sequential(nn.Linear(6, 2)), (2, 6), ["x=float32[batch=2,6]"]),
    "conv": (nn.Sequential(nn.Conv2d(3, 2, 3)), (1, 3, 8, 8), ["x=float32[batch=2,3,224,224]"]),
    "lstm": (Last(), (2, 7, 5), ["x=float32[batch=2,16,5]"]),
    "words": (nn.Sequential(nn.Embedding(9, 4)), (2, 7), ["x=int64[batch=2,16]"]),
}


def scripted(module: Any, shape: tuple[int, ...], path: Path, trace: bool) -> Loaded:
    words = isinstance(module, nn.Sequential) and isinstance(module[0], nn.Embedding)
    example = torch.zeros(shape, dtype=torch.int64 if words else torch.float32)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*Converting a tensor to a Python.*")
        made = torch.jit.trace(module, (example,)) if trace else torch.jit.script(module)
        made.save(str(path))
    return load(ModelSource(str(path), trust=True), Report())


@pytest.mark.parametrize("name", MODELS)
def test_a_scripted_module_is_guessed_at_by_its_first_layer(name: str, tmp_path: Path) -> None:
    module, shape, expected = MODELS[name]
    loaded = scripted(module.eval(), shape, tmp_path / "net.pt", trace=False)
    specs, origin = propose_inputs(loaded, ())
    assert [str(spec).partition("=")[2] for spec in specs] == [
        text.partition("=")[2] for text in expected
    ]
    assert origin == GUESSED


@pytest.mark.parametrize("name", MODELS)
def test_a_traced_module_has_the_input_of_its_trace(name: str, tmp_path: Path) -> None:
    module, shape, _ = MODELS[name]
    loaded = scripted(module.eval(), shape, tmp_path / "net.pt", trace=True)
    (spec,), origin = propose_inputs(loaded, ())
    assert origin == RECORDED
    assert (spec.dims[0].symbol, spec.shape) == ("batch", (shape[0] + 1, *shape[1:]))


def test_what_is_asked_for_is_taken(tmp_path: Path) -> None:
    loaded = scripted(nn.Linear(6, 2).eval(), (2, 6), tmp_path / "net.pt", trace=True)
    asked = (parse_input_spec("x=float32[3,6]"),)
    assert propose_inputs(loaded, asked) == (asked, ASKED)


def test_a_program_keeps_its_own_dynamic_dimensions(tmp_path: Path) -> None:
    dims = {"input": {0: torch.export.Dim("n", min=1, max=9)}}
    program = torch.export.export(nn.Linear(6, 2).eval(), (torch.zeros(2, 6),), dynamic_shapes=dims)
    torch.export.save(program, tmp_path / "net.pt2")
    loaded = load(ModelSource(str(tmp_path / "net.pt2"), trust=True), Report())
    (spec,), origin = propose_inputs(loaded, ())
    assert (origin, spec.name, spec.shape) == (RECORDED, "input", (2, 6))
    assert spec.dims[0].symbol
    assert not spec.dims[1].symbol
    asked = (parse_input_spec("input=float32[rows=5,6]"),)
    (other,), _ = propose_inputs(loaded, asked)
    assert (other.shape, other.dims[0].symbol) == ((5, 6), spec.dims[0].symbol)
