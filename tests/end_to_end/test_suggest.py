"""Weights without their source: the program says which installed architecture they belong to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

TOWERS = """
import torch
from torch import nn

class Tower(nn.Module):
    def __init__(self, depth, num_classes=1000):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Linear(8, 8) for _ in range(depth))
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        for block in self.blocks:
            x = torch.relu(block(x))
        return self.head(x)

def tower2(*, weights=None, **arguments):
    return Tower(2, **arguments)

def tower5(*, weights=None, **arguments):
    return Tower(5, **arguments)
"""

MODELS = """
from torchvision.towers import tower2, tower5
_ALL = {"tower2": tower2, "tower5": tower5}

def list_models():
    return sorted(_ALL)

def get_model_builder(name):
    return _ALL[name]
"""

Program = Callable[..., Any]


@pytest.fixture
def packages(tmp_path: Path) -> dict[str, str]:
    """An environment with a torchvision of two models, and with a timm that is broken."""
    for name, files in {
        "torchvision": {"__init__": "__version__ = '9.9'", "towers": TOWERS, "models": MODELS},
        "timm": {"__init__": "raise RuntimeError('operator torchvision::nms does not exist')"},
    }.items():
        folder = tmp_path / "packages" / name
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / f"{file}.py").write_text(text)
    root = Path(__file__).parents[2]
    return {"PYTHONPATH": f"{tmp_path / 'packages'}:{root}"}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    layers = [("blocks", n, torch.nn.Linear(8, 8)) for n in range(5)]
    state = {f"{a}.{n}.{k}": v for a, n, layer in layers for k, v in layer.state_dict().items()}
    state |= {f"head.{k}": v for k, v in torch.nn.Linear(8, 7).state_dict().items()}
    path = tmp_path / "net.pth"
    torch.save({"model": {f"module.{k}": v for k, v in state.items()}, "epoch": 9}, path)
    return path


def test_what_is_proposed_can_be_exported(
    program: Program, packages: dict[str, str], weights: Path, tmp_path: Path
) -> None:
    found = program("inspect", weights, "--suggest", "--json", env=packages)
    assert found.code == 0, found.output
    best = found.json["proposals"][0]
    assert (best["name"], best["package"], best["share"]) == ("tower5", "torchvision 9.9", 1.0)
    assert best["sentence"] == "All 12 tensors fit with num_classes=7."
    assert found.json["unavailable"] == [
        "timm cannot be imported: operator torchvision::nms does not exist",
        "transformers is not installed.",
    ]
    options = ("--code", best["code"], "--code-args", best["code_args"])
    asked = program("export", weights, "-o", tmp_path / "x.onnx", *options, "--json", env=packages)
    assert "torchvision.towers.tower5 (an installed package)" in asked.failure["detail"]
    exported = program(
        "export", weights, "-o", tmp_path / "x.onnx", *options, "--trust", "--json", env=packages
    )
    assert exported.code == 0, exported.output
    assert exported.json["outputs"][0]["shape"] == ["batch", 7]


def test_people_read_how_to_use_the_proposal(
    program: Program, packages: dict[str, str], weights: Path
) -> None:
    shown = program("inspect", weights, "--suggest", env=packages).output
    assert "100%  tower5  torchvision 9.9  All 12 tensors fit with num_classes=7." in shown
    assert """--code torchvision.towers:tower5 --code-args '{"num_classes": 7}' --trust""" in shown
    assert "Tried 2 architectures of torchvision 9.9." in shown


def test_without_any_package_the_way_on_is_named(program: Program, weights: Path) -> None:
    shown = program("inspect", weights, "--suggest").output
    assert "No installed architecture has these weights." in shown
    assert "torchvision is not installed." in shown
    failed = program("export", weights, "-o", "x.onnx", "--json")
    assert "inspect --suggest" in failed.failure["hint"]
