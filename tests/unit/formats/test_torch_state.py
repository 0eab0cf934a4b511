"""The weights inside a training checkpoint are found, with what the file says about them."""

from __future__ import annotations

import argparse
import dataclasses
import enum
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from inspector.core.findings import check_checkpoint
from inspector.core.inspection import StateSet
from inspector.core.model import Checkpoint
from inspector.formats.inspect import inspect
from inspector.formats.pickle_objects import settings
from inspector.formats.registry import open_file
from inspector.formats.torch_state import wrapper_prefix

STATE = nn.Linear(3, 2).state_dict()
OPTIMIZER = {"state": {0: {"momentum": torch.ones(2, 3)}}, "param_groups": [{"lr": 0.1}]}


def _saved(tmp_path: Path, value: Any) -> Checkpoint:
    path = tmp_path / "file.ckpt"
    torch.save(value, path)
    found = open_file(path)
    assert isinstance(found, Checkpoint)
    return found


@pytest.mark.parametrize(
    "key",
    ["state_dict", "model", "model_state_dict", "ema", "net", "params", "params_ema", "generator",
     "weights", "anything"],
)  # fmt: skip
def test_the_state_dict_is_found_by_its_key(tmp_path: Path, key: str) -> None:
    found = _saved(tmp_path, {"epoch": 3, "optimizer": OPTIMIZER, key: STATE})
    assert (found.form, found.state_path) == ("training-checkpoint", (key,))
    assert found.state_dict_key == key


def test_the_state_dict_is_found_one_level_further_in(tmp_path: Path) -> None:
    found = _saved(tmp_path, {"model": {"state_dict": STATE, "model_args": {"width": 3}}})
    assert found.state_path == ("model", "state_dict")
    assert found.hyper_parameters == {"width": 3}


def test_the_likelier_key_comes_before_the_first_one(tmp_path: Path) -> None:
    found = _saved(tmp_path, {"discriminator": STATE, "ema": STATE, "state_dict": STATE})
    assert found.state_path == ("state_dict",)


def test_a_key_with_a_dot_keeps_its_place(tmp_path: Path) -> None:
    assert _saved(tmp_path, {"epoch": 1, "v1.5": STATE}).state_path == ("v1.5",)


def test_a_module_one_level_in_is_found(tmp_path: Path) -> None:
    found = _saved(tmp_path, {"epoch": 1, "best": {"model": nn.Linear(3, 2), "score": 0.5}})
    assert (found.form, found.state_path) == ("training-checkpoint", ("best", "model"))
    assert [tensor.name for tensor in found.tensors] == ["best.model.weight", "best.model.bias"]


@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        (["module.a", "module.b"], "module."),
        (["module._orig_mod.a", "module._orig_mod.b"], "module._orig_mod."),
        (["model.module.a", "model.module.b.c"], "model.module."),
        (["module.a", "b"], ""),
        (["module.module.a"], "module.module."),
        (["module."], ""),
        (["modulea"], ""),
        ([], ""),
    ],
)
def test_what_a_wrapper_put_before_every_name_is_told(names: list[str], prefix: str) -> None:
    assert wrapper_prefix(names) == prefix


def test_a_wrapped_state_dict_says_so(tmp_path: Path) -> None:
    state = {f"module._orig_mod.{name}": value for name, value in STATE.items()}
    found = _saved(tmp_path, {"epoch": 1, "state_dict": state})
    assert found.prefix == "module._orig_mod."
    (remark,) = [f for f in check_checkpoint(found) if f.rule == "wrapped-names"]
    assert "module._orig_mod." in remark.sentence


class Mode(enum.Enum):
    """A setting of a fixed list."""

    FAST = "fast"


@dataclasses.dataclass
class Plan:
    """Settings as a class."""

    width: int = 3
    mode: Mode = Mode.FAST


class AttributeDict(dict[str, Any]):
    """As Lightning keeps its hyper-parameters."""


MODE = {} if (3, 11, 0) <= sys.version_info < (3, 11, 4) else {"mode": "fast"}
"""Those write the name of an enumeration's member, not its value."""


def test_lightning_tells_the_arguments_of_the_callable(tmp_path: Path) -> None:
    arguments = AttributeDict(
        width=8, rate=1e-3, sizes=(1, 2), plan=Plan(), name="x", off=None, kind=torch.float32,
        folder=Path("data") / "set", scale=np.float32(0.5), count=np.int64(7),
        options=argparse.Namespace(deep=True), order=OrderedDict(a=1), chosen={"one"},
        weights=torch.ones(3), far=float("inf"),
    )  # fmt: skip
    found = _saved(
        tmp_path,
        {"pytorch-lightning_version": "2.5", "state_dict": STATE, "hyper_parameters": arguments},
    )
    assert found.form == "lightning"
    assert found.hyper_parameters == {
        "width": 8, "rate": 1e-3, "sizes": [1, 2], "plan": {"width": 3, **MODE},
        "name": "x", "off": None, "kind": "torch.float32", "folder": "data/set", "scale": 0.5,
        "count": 7, "options": {"deep": True}, "order": {"a": 1}, "chosen": ["one"], "far": "inf",
    }  # fmt: skip


def test_settings_of_a_class_that_is_not_there_are_told(tmp_path: Path) -> None:
    found = _saved(tmp_path, argparse.Namespace(width=3))
    assert (found.form, found.hyper_parameters) == ("no-tensors", {"width": 3})


def test_settings_that_hold_themselves_come_to_an_end() -> None:
    loop: dict[str, Any] = {"a": 1}
    loop["self"] = [loop, loop]
    assert settings(loop)["a"] == 1
    wide: list[Any] = []
    for _ in range(40):
        wide = [wide, wide]
    assert settings({"wide": wide})


def test_the_architecture_comes_from_the_configuration_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["BertModel"], "model_type": "bert"}')
    found = _saved(tmp_path, STATE)
    assert (found.architecture, found.model_type) == ("BertModel", "bert")
    (tmp_path / "config.json").write_text("{not json")
    assert _saved(tmp_path, STATE).architecture == ""


def test_every_set_of_weights_is_listed_the_likeliest_first(tmp_path: Path) -> None:
    net = torch.nn.Linear(4, 3)
    average = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    path = tmp_path / "several.pt"
    held = {
        "ema": {"shadow": average}, "optimizer": {"state": average}, "model": net.state_dict(),
    }  # fmt: skip
    torch.save(held, path)
    facts = inspect(path).checkpoint
    assert facts is not None
    assert facts.states == (StateSet("model", 2, 15), StateSet("ema.shadow", 2, 15))


def test_one_set_of_weights_is_no_choice(tmp_path: Path) -> None:
    path = tmp_path / "one.pt"
    torch.save({"model": torch.nn.Linear(4, 3).state_dict(), "epoch": 1}, path)
    facts = inspect(path).checkpoint
    assert facts is not None
    assert facts.states == ()
