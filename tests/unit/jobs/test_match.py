"""Which tensor became which weight: real checkpoints beside ONNX files made from them."""

from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper

from inspector.core.failures import InspectorError
from inspector.core.matching import RELATIONS, summary
from inspector.core.progress import Report
from inspector.jobs.match import run
from inspector.jobs.requests import AgainstRequest

GENERATOR = np.random.default_rng(0)


def values(*shape):
    return GENERATOR.normal(size=shape).astype(np.float32)


@pytest.fixture
def beside(tmp_path):
    def match(state, weights, constants=()):
        path, other = tmp_path / "c.pt", tmp_path / "m.onnx"
        torch.save({name: torch.from_numpy(np.array(value)) for name, value in state.items()}, path)
        protos = [numpy_helper.from_array(np.array(value), name) for name, value in weights.items()]
        nodes = [
            helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value))
            for name, value in constants
        ]
        graph = helper.make_graph(nodes, "g", [], [], protos)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
        onnx.save(model, other)
        return run(AgainstRequest((str(path), str(other))), tmp_path, Report())

    return match


def relations(found):
    return {one.name: (one.relation, one.partners) for one in found.matches}


def test_the_same_values_are_found_under_any_name(beside):
    weight, bias = values(8, 4), values(8)
    found = beside({"fc.weight": weight, "fc.bias": bias}, {"val_1": bias, "val_0": weight})
    assert relations(found) == {"fc.weight": ("same", ("val_0",)), "fc.bias": ("same", ("val_1",))}
    assert (found.extra, found.counts) == ((), {"same": 2})


def test_weights_inside_constants_are_found(beside):
    weight = values(8, 40)
    found = beside({"w": weight}, {}, [("c", weight)])
    assert relations(found) == {"w": ("same", ("c",))}


def test_other_shapes_and_orders_of_axes_are_named(beside):
    linear, conv, flat = values(8, 4), values(6, 5, 3, 2), values(10, 2)
    weights = {
        "linear": np.ascontiguousarray(linear.T),
        "conv": np.ascontiguousarray(conv.transpose(2, 3, 1, 0)),
        "flat": flat.reshape(20),
    }
    found = beside({"a": linear, "b": conv, "c": flat}, weights)
    assert relations(found) == {
        "a": ("transposed", ("linear",)),
        "b": ("transposed", ("conv",)),
        "c": ("reshaped", ("flat",)),
    }
    assert found.matches[1].note == "axes [2, 3, 1, 0]"


def test_gates_in_another_order_are_rearranged(beside):
    gates = values(12, 5)
    found = beside({"w": gates}, {"W": gates.reshape(4, 3, 5)[[0, 2, 3, 1]].reshape(1, 12, 5)})
    assert relations(found)["w"] == ("rearranged", ("W",))


def test_equal_tensors_go_to_the_weight_of_their_name(beside):
    ones = np.ones(16, np.float32)
    found = beside({"a": ones, "b": ones, "c": ones}, {"x": ones, "b": ones, "a": ones})
    assert relations(found) == {
        "a": ("same", ("a",)),
        "b": ("same", ("b",)),
        "c": ("same", ("x",)),
    }


def test_tied_tensors_share_one_weight(beside):
    weight = values(9, 3)
    found = beside({"encoder": weight, "decoder": weight}, {"w": weight})
    assert relations(found) == {"encoder": ("same", ("w",)), "decoder": ("same", ("w",))}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_rounding_to_another_type_is_told_from_a_change(beside, dtype):
    import ml_dtypes

    weight, other = values(16, 8), values(16, 8)
    kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else np.float16
    found = beside({"a": weight, "t": other}, {"a": weight.astype(kind), "o": other.T.astype(kind)})
    assert relations(found) == {"a": ("converted", ("a",)), "t": ("converted", ("o",))}
    assert found.matches[1].note == "transposed, axes [1, 0]"


def test_tensors_that_were_put_together_are_found(beside):
    first, second, third = values(6), values(6), values(5, 6)
    joined = np.concatenate([second, first])[None]
    found = beside({"b_ih": first, "w": third, "b_hh": second}, {"B": joined, "w": third})
    assert relations(found)["b_ih"] == ("joined", ("B",))
    assert found.matches[2].note == "with b_ih"


def test_a_tensor_that_was_cut_up_is_found(beside):
    weight = values(12, 4)
    parts = {name: weight[i * 4 : i * 4 + 4].T.copy() for i, name in enumerate("qkv")}
    found = beside({"in_proj_weight": weight}, parts)
    assert relations(found) == {"in_proj_weight": ("split", ("q", "k", "v"))}


def normalised(epsilon=1e-5, bias=True):
    """A state of Conv and BatchNorm2d, and what a fused Conv holds, computed in float64."""
    layers = torch.nn.Conv2d(3, 8, 3, bias=bias), torch.nn.BatchNorm2d(8, eps=epsilon)
    conv: Any = layers[0]
    norm: Any = layers[1]
    for number, values_of in enumerate((norm.weight, norm.bias, norm.running_mean)):
        values_of.data.copy_(torch.from_numpy(values(8) + number / 7))
    norm.running_var.copy_(torch.from_numpy(values(8) ** 2 + 0.1))
    fused: Any = torch.nn.utils.fuse_conv_bn_eval(conv.double().eval(), norm.double().eval())
    state = {f"a.{k}": v.float().numpy() for k, v in conv.state_dict().items()}
    for name, value in norm.state_dict().items():
        state[f"b.{name}"] = value.float().numpy() if value.is_floating_point() else value.numpy()
    return state, [one.detach().float().numpy() for one in (fused.weight, fused.bias)]


@pytest.mark.parametrize(("epsilon", "bias"), [(1e-5, True), (1e-3, False)])
def test_a_folded_normalisation_is_checked_by_value(beside, epsilon, bias):
    state, (weight, added) = normalised(epsilon=epsilon, bias=bias)
    found = beside(state, {"w_1": weight, "w_2": added, "other": values(8)})
    told = {one.name: (one.relation, one.partners) for one in found.matches}
    assert told["a.weight"] == ("folded", ("w_1",))
    parts = ["b.weight", "b.bias", "b.running_mean", "b.running_var", *["a.bias"] * bias]
    assert {told[name] for name in parts} == {("folded", ("w_1", "w_2"))}
    assert told["b.num_batches_tracked"][0] == "unneeded"
    assert found.matches[0].note == f"into w_1: batch normalisation 'b' with epsilon {epsilon:.0e}"
    assert summary(found).startswith(f"{5 + bias} of {5 + bias} tensors")


def test_a_normalisation_with_another_bias_is_not_called_checked(beside):
    state, (weight, added) = normalised()
    added[3] *= 1.01
    found = beside(state, {"w_1": weight, "w_2": added})
    assert found.counts == {"scaled": 1, "perhaps-folded": 5, "unneeded": 1}


def test_a_normalisation_that_became_weights_of_its_own_is_checked_by_value(beside):
    state, _ = normalised()
    scale = state["b.weight"] / np.sqrt(state["b.running_var"] + 1e-5)
    shift = state["b.bias"] - state["b.running_mean"] * scale
    weights = {name: state[f"a.{name}"] for name in ("weight", "bias")}
    found = beside(state, {**weights, "scale": scale, "shift": shift})
    told = {one.name: (one.relation, one.partners) for one in found.matches}
    assert told["a.weight"] == ("same", ("weight",))
    assert told["b.running_var"] == ("folded", ("scale", "shift"))


def test_a_folded_normalisation_is_recognised_by_value(beside):
    weight, scale = values(8, 3, 3, 3), values(8)
    state = {"conv.weight": weight, "conv.bias": values(8), "bn.weight": scale}
    state |= {"bn.running_mean": values(8), "bn.num_batches_tracked": np.array(7)}
    folded = {"w": weight * scale[:, None, None, None], "b": values(8)}
    found = beside(state, folded)
    assert [one.relation for one in found.matches] == [
        "scaled", "perhaps-folded", "perhaps-folded", "perhaps-folded", "unneeded",
    ]  # fmt: skip
    assert [item.name for item in found.extra] == []
    assert "training" in found.matches[-1].note


def test_other_values_under_the_same_name_are_a_change_and_no_fold(beside):
    weight = values(8, 30)
    found = beside({"fc.weight": weight}, {"fc.weight": weight + values(8, 30) * 1e-2})
    assert relations(found) == {"fc.weight": ("changed", ("fc.weight",))}
    assert summary(found).startswith("0 of 1 tensors")


def test_what_is_nowhere_is_missing_and_what_is_new_is_listed(beside):
    found = beside({"a": values(30)}, {"b": values(31)})
    assert relations(found) == {"a": ("missing", ())}
    assert [item.name for item in found.extra] == ["b"]


def test_arrays_inside_a_pickle_are_unread_and_no_failure(tmp_path):
    path, other = tmp_path / "c.pt", tmp_path / "m.onnx"
    torch.save({"state": {"w": values(6, 5)}, "x": torch.ones(3)}, path)
    weights = [numpy_helper.from_array(values(6, 5), "w")]
    graph = helper.make_graph([], "g", [], [], weights)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), other
    )
    found = run(AgainstRequest((str(path), str(other))), tmp_path, Report())
    assert relations(found)["state.w"] == ("missing", ())
    assert [name for name, _ in found.unread] == ["state.w"]


@pytest.mark.filterwarnings("ignore")
def test_a_distributed_checkpoint_says_how_it_becomes_one_file(tmp_path):
    from torch.distributed.checkpoint.state_dict_saver import save

    save({"w": torch.ones(6, 5)}, checkpoint_id=str(tmp_path / "shards"))
    graph = helper.make_graph([], "g", [], [], [numpy_helper.from_array(values(6, 5), "w")])
    other = tmp_path / "m.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, other)
    with pytest.raises(InspectorError, match="spread over the files") as failed:
        run(AgainstRequest((str(tmp_path / "shards"), str(other))), tmp_path, Report())
    assert "dcp_to_torch_save" in failed.value.failure.hint


def test_large_tensors_are_matched_in_blocks(beside):
    weight = values(700, 900)
    found = beside({"w": weight, "v": -weight}, {"t": np.ascontiguousarray(weight.T), "v": -weight})
    assert relations(found) == {"w": ("transposed", ("t",)), "v": ("same", ("v",))}


def test_a_short_list_keeps_what_is_worth_a_look(tmp_path, beside):
    state = {f"t{i}": values(20) for i in range(6)}
    found = beside(state, {name: value for name, value in state.items() if name != "t4"})
    request = AgainstRequest((found.checkpoint, found.model), 2)
    short = run(request, tmp_path, Report())
    assert [one.name for one in short.matches] == ["t0", "t4"]
    assert (short.left_out, short.counts) == (4, found.counts)
    assert summary(short) == summary(found)


def test_every_relation_is_explained_and_one_of_each_kind_is_wanted(tmp_path):
    assert all(RELATIONS.values())
    torch.save({"a": torch.zeros(2)}, tmp_path / "a.pt")
    request = AgainstRequest((str(tmp_path / "a.pt"),) * 2)
    with pytest.raises(InspectorError, match="checkpoint and an ONNX file"):
        run(request, tmp_path, Report())
