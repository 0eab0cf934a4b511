"""Defects of weights: the graph is right, a number in it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tests.benchmarks.verdict_cases import edits
from tests.benchmarks.verdict_cases.healthy_files import bundled
from tests.benchmarks.verdict_cases.healthy_sequence import tokens
from tests.benchmarks.verdict_cases.workshop import (
    BY_DYNAMO,
    Array,
    Case,
    Exporting,
    Pair,
    Workshop,
)


def _pictures(w: Workshop) -> dict[str, Array]:
    return {"image": w.normal(16, 3, 32, 32)}


def _scaled(factor: float) -> Any:
    return lambda array: array * factor


def weights_in_half(w: Workshop) -> Pair:
    """All weights rounded to float16 on the way."""
    edit = edits.every_weight(edits.as_half)
    return w.pair(w.net("vision.ConvNet"), _pictures(w), BY_DYNAMO, edit=edit)


def weights_in_half_in_a_transformer(w: Workshop) -> Pair:
    """The same in a transformer, whose normalisation hides much of it."""
    edit = edits.every_weight(edits.as_half)
    return w.pair(w.net("sequence.Encoder"), tokens(w), edit=edit)


def weights_in_bfloat(w: Workshop) -> Pair:
    """All weights rounded to bfloat16."""
    edit = edits.every_weight(edits.as_bfloat)
    return w.pair(w.net("vision.UNet"), _pictures(w), edit=edit)


def weights_in_int8(w: Workshop) -> Pair:
    """Every weight tensor on 255 steps."""
    edit = edits.every_weight(edits.as_int8)
    return w.pair(w.net("vision.ConvNet"), _pictures(w), BY_DYNAMO, edit=edit)


def one_layer_in_half(w: Workshop) -> Pair:
    """Only the last layer's weights are rounded to float16."""
    edit = edits.weight("three.weight", edits.as_half)
    return w.pair(w.net("values.Mlp"), {"x": w.normal(64, 16)}, edit=edit)


def one_weight_scaled(w: Workshop) -> Pair:
    """One tensor is a tenth too large."""
    edit = edits.weight("groups.weight", _scaled(1.1))
    return w.pair(w.net("vision.ConvNet"), _pictures(w), edit=edit)


def one_weight_scaled_slightly(w: Workshop) -> Pair:
    """One tensor is a thousandth too large."""
    edit = edits.weight("groups.weight", _scaled(1.001))
    return w.pair(w.net("vision.ConvNet"), _pictures(w), edit=edit)


def one_number_of_one_filter(w: Workshop) -> Pair:
    """A single number of a filter has another sign."""

    def change(array: Array) -> Array:
        array[3, 1, 1, 1] *= -1
        return array

    edit = edits.weight("groups.weight", change)
    return w.pair(w.net("vision.ConvNet"), _pictures(w), edit=edit)


def one_filter_lost(w: Workshop) -> Pair:
    """One filter is all zeros."""

    def change(array: Array) -> Array:
        array[5] = 0
        return array

    return w.pair(w.net("vision.ConvNet"), _pictures(w), edit=edits.weight("groups.weight", change))


def classes_swapped(w: Workshop) -> Pair:
    """Two classes have changed places."""
    edit = edits.weight("fc.weight", edits.swapped(3, 7))
    return w.pair(w.net("vision.ConvNet"), _pictures(w), edit=edit)


def last_bias_lost(w: Workshop) -> Pair:
    """The last layer adds nothing."""
    edit = edits.weight("fc.bias", np.zeros_like)
    return w.pair(w.net("vision.ConvNet"), _pictures(w), edit=edit)


def inner_bias_lost(w: Workshop) -> Pair:
    """A convolution in the middle adds nothing."""
    edit = edits.weight("groups.bias", np.zeros_like)
    return w.pair(w.net("vision.ConvNet"), _pictures(w), edit=edit)


def stale_statistics(w: Workshop) -> Pair:
    """A batch normalisation has the statistics of a new model."""
    alter = _of("stem.1", lambda norm: norm.reset_running_stats())
    return w.pair(w.net("vision.ConvNet"), _pictures(w), BY_DYNAMO, alter=alter)


def older_statistics(w: Workshop) -> Pair:
    """The statistics of a batch normalisation are two percent older."""

    def change(norm: Any) -> None:
        norm.running_var.mul_(1.02)

    return w.pair(w.net("vision.ConvNet"), _pictures(w), alter=_of("stem.1", change))


def groups_swapped(w: Workshop) -> Pair:
    """Two groups of a grouped convolution have changed places."""

    def change(array: Array) -> Array:
        return np.concatenate((array[8:16], array[:8], array[16:]))

    return w.pair(w.net("vision.ConvNet"), _pictures(w), edit=edits.weight("groups.weight", change))


def filters_mirrored(w: Workshop) -> Pair:
    """A convolution in the other sense: filters turned around."""
    edit = edits.weight("groups.weight", lambda array: array[..., ::-1, ::-1])
    return w.pair(w.net("vision.ConvNet"), _pictures(w), edit=edit)


def filters_transposed(w: Workshop) -> Pair:
    """Height and width of the filters exchanged."""
    edit = edits.weight("groups.weight", lambda array: array.swapaxes(2, 3))
    return w.pair(w.net("vision.ConvNet"), _pictures(w), edit=edit)


def one_of_many_outputs(w: Workshop) -> Pair:
    """One output of 64,000 is off by 5."""
    more = np.zeros((1000,), np.float32)
    more[231] = 5
    net = w.net("values.Mlp", classes=1000)
    return w.pair(net, {"x": w.normal(64, 16)}, edit=edits.added(0, more))


def gates_swapped(w: Workshop) -> Pair:
    """The gates of an LSTM in the order of another library."""

    def change(rnn: Any) -> None:
        with torch.no_grad():
            for weight in rnn.parameters():
                i, f, g, o = weight.chunk(4)
                weight.copy_(torch.cat((i, g, f, o)))

    net = w.net("sequence.Recurrent")
    return w.pair(net, {"x": w.normal(8, 20, 8)}, alter=_of("rnn", change))


def directions_swapped(w: Workshop) -> Pair:
    """Forward and backward weights of an LSTM exchanged."""

    def change(rnn: Any) -> None:
        with torch.no_grad():
            for kind in ("weight_hh", "bias_hh"):
                one, other = (getattr(rnn, f"{kind}_l1{end}") for end in ("", "_reverse"))
                kept = one.clone()
                one.copy_(other)
                other.copy_(kept)

    net = w.net("sequence.Recurrent")
    return w.pair(net, {"x": w.normal(8, 20, 8)}, alter=_of("rnn", change))


def recurrent_bias_lost(w: Workshop) -> Pair:
    """The second bias of a GRU is taken for a copy of the first, and dropped."""

    def change(rnn: Any) -> None:
        torch.nn.init.zeros_(rnn.bias_hh_l0)

    net = w.net("sequence.Recurrent", kind="GRU", both=False, layers=1)
    return w.pair(net, {"x": w.normal(8, 20, 8)}, alter=_of("rnn", change))


def older_training_round(w: Workshop) -> Pair:
    """The bundled pair of which one layer has the weights of an earlier round."""
    return bundled(
        "digits/digits.pt", "digits/digits_net.py:DigitsNet", "digits/digits_altered.onnx",
        "digits/samples.npz", "image=float32[batch=2,1,8,8]",
    )  # fmt: skip


def words_shifted(w: Workshop) -> Pair:
    """The table of words begins one row late."""

    def change(embed: Any) -> None:
        with torch.no_grad():
            embed.weight.copy_(embed.weight.roll(1, 0))

    return w.pair(w.net("sequence.Encoder"), tokens(w), BY_DYNAMO, alter=_of("embed", change))


def one_word_lost(w: Workshop) -> Pair:
    """One row of the table of words is zero; few samples have the word."""

    def change(embed: Any) -> None:
        with torch.no_grad():
            embed.weight[17] = 0

    net = w.net("sequence.Encoder", take="mean", words=50)
    data = tokens(w, 32)
    data["ids"][data["ids"] == 17] = 3
    data["ids"][20, 1] = 17
    return w.pair(net, data, alter=_of("embed", change))


def key_bias_of_one_head(w: Workshop) -> Pair:
    """Query and value biases of one head exchanged."""

    def change(qkv: Any) -> None:
        with torch.no_grad():
            kept = qkv.bias[:8].clone()
            qkv.bias[:8] = qkv.bias[64:72]
            qkv.bias[64:72] = kept

    net = w.net("sequence.Encoder")
    return w.pair(net, tokens(w), BY_DYNAMO, alter=_of("blocks.1.attention.qkv", change))


def step_of_a_quantiser(w: Workshop) -> Pair:
    """The last step of 8 bits is a hundredth too large."""
    net = w.net("values.Quantised")

    def change(module: Any) -> None:
        module.step = 0.0202

    return w.pair(net, {"x": w.normal(128, 16)}, Exporting(opset=13), alter=change)


def zero_of_a_quantiser(w: Workshop) -> Pair:
    """The zero point of 8 bits is one off."""
    net = w.net("values.Quantised")
    how = Exporting(opset=13)
    return w.pair(net, {"x": w.normal(128, 16)}, how, instead={"zero": 11})


def _of(path: str, change: Any) -> Any:
    """`change` on the part of the exported copy at `path`."""
    return lambda module: (change(module.get_submodule(path)), None)[1]


CASES: tuple[Case, ...] = (
    weights_in_half, weights_in_half_in_a_transformer, weights_in_bfloat, weights_in_int8,
    one_layer_in_half, one_weight_scaled, one_weight_scaled_slightly, one_number_of_one_filter,
    one_filter_lost, classes_swapped, last_bias_lost, inner_bias_lost, stale_statistics,
    older_statistics, groups_swapped, filters_mirrored, filters_transposed, one_of_many_outputs,
    gates_swapped, directions_swapped, recurrent_bias_lost, older_training_round, words_shifted,
    one_word_lost, key_bias_of_one_head, step_of_a_quantiser, zero_of_a_quantiser,
)  # fmt: skip
