"""The likeliest of the state dicts in a checkpoint is taken, and the others are named."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from inspector.core.failures import InspectorError
from inspector.runtimes.pytorch_holdings import hold, state_dicts


def net() -> torch.nn.Sequential:
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))


STATE: dict[str, Any] = net().state_dict()


@pytest.mark.parametrize(
    ("loaded", "paths"),
    [
        (STATE, [""]),
        ({"epoch": 3, "state_dict": STATE}, ["state_dict"]),
        ({"ema": {"model": STATE}, "model": STATE}, ["model", "ema.model"]),
        ({"zeta": STATE, "optimizer": {"state": {"exp_avg": torch.ones(2)}}}, ["zeta"]),
        ({"model": net()}, ["model"]),
        ({"epoch": 3}, []),
        ([1], []),
    ],
)
def test_every_state_dict_has_its_path(loaded: Any, paths: list[str]) -> None:
    assert [path for path, _ in state_dicts(loaded)] == paths


def test_the_first_of_several_is_taken_and_the_choice_said() -> None:
    other = {name: value + 1 for name, value in STATE.items()}
    loaded = {"model": STATE, "ema": other}
    held = hold(loaded, ())
    assert torch.equal(held.state["0.weight"], STATE["0.weight"])
    assert (held.findings[0].rule, held.findings[0].where) == ("state-dict-chosen", ("ema",))
    assert "--state ema" in held.findings[0].mend
    asked = hold(loaded, ("model",), "ema")
    assert torch.equal(asked.state["0.weight"], other["0.weight"])
    assert asked.findings == ()


def test_what_was_asked_for_must_be_there() -> None:
    with pytest.raises(InspectorError, match="no weights under 'teacher'") as caught:
        hold({"model": STATE, "ema": STATE}, (), "teacher")
    assert "'model', 'ema'" in caught.value.failure.hint


def test_hyper_parameters_are_kept_with_the_name_that_takes_them() -> None:
    held = hold({"state_dict": STATE, "hyper_parameters": {"width": 3}}, ("state_dict",))
    assert (dict(held.stored.arguments), held.stored.name) == ({"width": 3}, "")
    held = hold({"state_dict": STATE, "hyper_parameters": {"a": 1}, "hparams_name": "config"}, ())
    assert held.stored.name == "config"


@pytest.mark.parametrize("loaded", [{"epoch": 3}, [1], None])
def test_a_checkpoint_without_weights_is_said(loaded: object) -> None:
    with pytest.raises(InspectorError, match="no weights"):
        hold(loaded, ())
