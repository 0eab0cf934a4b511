"""State dicts are fitted to modules, and what does not fit is said by name."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from inspector.core.failures import InspectorError
from inspector.runtimes.pytorch_state import find_state_dict, fit_state, load_state


def net() -> torch.nn.Sequential:
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))


def prefixed(prefix: str) -> dict[str, Any]:
    return {prefix + name: value for name, value in net().state_dict().items()}


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "module._orig_mod."])
def test_prefixes_of_wrappers_are_removed(prefix: str) -> None:
    module, state = net(), prefixed(prefix)
    findings = load_state(module, state)
    assert torch.equal(module.state_dict()["0.weight"], state[prefix + "0.weight"])
    assert [f.rule for f in findings] == ["prefix-removed"]
    assert prefix in findings[0].sentence


def test_a_prefix_that_the_module_has_too_stays() -> None:
    module = torch.nn.ModuleDict({"model": net()})
    assert fit_state(module, prefixed("model.")).prefix == ""


def test_a_perfect_fit_says_nothing() -> None:
    assert load_state(net(), net().state_dict()) == ()


def test_missing_and_other_shapes_fail_with_a_table() -> None:
    state = net().state_dict()
    del state["0.bias"]
    state["0.weight"] = torch.zeros(2, 4)
    state["extra"] = torch.zeros(1)
    with pytest.raises(InspectorError) as caught:
        load_state(net(), state)
    failure = caught.value.failure
    assert "1 is missing in the file" in failure.sentence
    assert "'0.weight' (2, 4), not (2, 3)" in failure.sentence
    rows = [line.split() for line in failure.detail.splitlines()]
    assert ["0.bias", "-", "(2,)"] in rows
    assert ["extra", "(1,)", "-"] in rows


def test_weights_without_a_place_are_a_finding() -> None:
    findings = load_state(net(), {**net().state_dict(), "head.weight": torch.zeros(1)})
    assert [(f.rule, f.where) for f in findings] == [("unused-weights", ("head.weight",))]


def test_counters_of_old_checkpoints_may_be_missing() -> None:
    state = net().state_dict()
    del state["1.num_batches_tracked"]
    assert load_state(net(), state) == ()


def test_a_state_dict_is_found_by_its_path() -> None:
    state = net().state_dict()
    loaded = {"epoch": 3, "ema": {"model": state}}
    assert find_state_dict(loaded, "ema.model").keys() == state.keys()
    assert find_state_dict({"model": net()}, "model").keys() == state.keys()


@pytest.mark.parametrize("loaded", [{"epoch": 3}, [1], None])
def test_a_checkpoint_without_weights_is_said(loaded: object) -> None:
    with pytest.raises(InspectorError, match="no weights"):
        find_state_dict(loaded, "")
