"""State dicts are fitted to modules, and what does not fit is said by name."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from inspector.core.failures import InspectorError
from inspector.core.tensor_fit import MISSING, OTHER_SHAPE, UNEXPECTED, TensorRow
from inspector.runtimes.pytorch_state import fit_state, load_state


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
    assert "'0.weight' [2, 4], not [2, 3]" in failure.sentence
    assert failure.table == (
        TensorRow("0.weight", OTHER_SHAPE, (2, 3), (2, 4)),
        TensorRow("0.bias", MISSING, (2,), None),
        TensorRow("extra", UNEXPECTED, None, (1,)),
    )
    assert failure.detail == "5 names and shapes agree."


def test_names_that_begin_otherwise_are_told_apart() -> None:
    other = {"encoder.layers." + name: value for name, value in net().state_dict().items()}
    other["head.weight"] = torch.zeros(1)
    with pytest.raises(InspectorError) as caught:
        load_state(torch.nn.ModuleDict({"body": net()}), other)
    assert "those that only the model has begin with 'body.'" in caught.value.failure.hint


def test_other_shapes_alone_point_at_the_arguments() -> None:
    state = {**net().state_dict(), "0.weight": torch.zeros(2, 4), "head.w": torch.zeros(1)}
    with pytest.raises(InspectorError) as caught:
        load_state(net(), state)
    assert "--code-args" in caught.value.failure.hint


def test_weights_of_a_part_go_into_the_part() -> None:
    whole, state = torch.nn.ModuleDict({"net": net()}), net().state_dict()
    findings = load_state(whole, state)
    assert torch.equal(whole.state_dict()["net.0.weight"], state["0.weight"])
    assert [f.rule for f in findings] == ["prefix-added"]


def test_weights_that_two_layers_share_may_be_saved_once() -> None:
    module = net()
    module.append(torch.nn.Linear(3, 2))
    module[2].weight = module[0].weight
    state = {n: v for n, v in module.state_dict().items() if n != "2.weight"}
    assert load_state(module, state) == ()
    del state["0.weight"]
    with pytest.raises(InspectorError, match="2 are missing"):
        load_state(module, state)


def test_weights_without_a_place_are_a_finding() -> None:
    findings = load_state(net(), {**net().state_dict(), "head.weight": torch.zeros(1)})
    assert [(f.rule, f.where) for f in findings] == [("unused-weights", ("head.weight",))]


def test_counters_of_old_checkpoints_may_be_missing() -> None:
    state = net().state_dict()
    del state["1.num_batches_tracked"]
    assert load_state(net(), state) == ()
