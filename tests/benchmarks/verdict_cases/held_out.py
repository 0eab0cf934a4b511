"""Cases that were written when the rule was finished: it was not made with them in view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from onnx import TensorProto

from tests.benchmarks.verdict_cases import edits
from tests.benchmarks.verdict_cases.healthy_sequence import tokens
from tests.benchmarks.verdict_cases.workshop import (
    BY_DYNAMO,
    Array,
    Case,
    Exporting,
    Pair,
    Workshop,
)


def _pictures(w: Workshop, samples: int = 4) -> dict[str, Array]:
    return {"image": w.normal(samples, 3, 32, 32)}


def _halves(w: Workshop, *shape: int) -> Array:
    return w.normal(*shape).astype(np.float16)


def words_in_half(w: Workshop) -> Pair:
    """The likeliest words in float16: two scores may be equal but for rounding."""
    net = w.net("sequence.Encoder", "float16", take="words", diagonal=1)
    return w.pair(net, tokens(w, 64))


def boxes_in_half(w: Workshop) -> Pair:
    """Corners and scores apart, in float16, by the dynamo exporter."""
    net = w.net("vision.Detector", "float16", apart=True, form="xyxy")
    return w.pair(net, {"image": _halves(w, 4, 3, 64, 64)}, BY_DYNAMO)


def channels_of_every_size_in_half(w: Workshop) -> Pair:
    """Thousands, ones and hundredths side by side in float16."""
    net = w.net("values.Wide", "float16", scales=(1e3, 1.0, 1e-2))
    return w.pair(net, {"x": _halves(w, 64, 16)})


def many_channels_of_every_size(w: Workshop) -> Pair:
    """Forty channels from a millionth to ten millions."""
    net = w.net("values.Wide", scales=tuple(10.0 ** (k % 14 - 6) for k in range(40)))
    return w.pair(net, {"x": w.normal(64, 16)})


def unet_in_half(w: Workshop) -> Pair:
    """Bilinear enlargement in float16."""
    return w.pair(w.net("vision.UNet", "float16"), {"image": _halves(w, 4, 3, 32, 32)})


def normalisation_of_bright_pictures(w: Workshop) -> Pair:
    """Instance normalisation of pictures whose mean is a thousand times their spread."""
    return w.pair(w.net("vision.Norms"), {"image": w.normal(4, 3, 24, 24, mean=1000.0)})


def grid_of_nearest_pixels(w: Workshop) -> Pair:
    """The nearest pixel of a turned grid: one that lies between two may be either."""
    net = w.net("vision.Sampler", mode="nearest")
    return w.pair(net, _pictures(w), Exporting(opset=16))


def smaller_and_smoothed(w: Workshop) -> Pair:
    """Made smaller with smoothing, by the dynamo exporter."""
    return w.pair(w.net("vision.Resize", size=13, antialias=True), _pictures(w), BY_DYNAMO)


def last_step_of_a_gru(w: Workshop) -> Pair:
    """The last step of 200."""
    net = w.net("sequence.Recurrent", kind="GRU", take="step")
    return w.pair(net, {"x": w.normal(8, 200, 8)})


def decibels(w: Workshop) -> Pair:
    """A decimal logarithm of sound that is silent in places."""
    sound = w.normal(8, 1024, scale=0.1)
    sound[:, 256:512] = 0
    return w.pair(w.net("sequence.Speech", base="10"), {"sound": sound}, BY_DYNAMO)


def one_sample(w: Workshop) -> Pair:
    """A single sample, although the model takes any number."""
    return w.pair(w.net("vision.ConvNet", final="sigmoid"), _pictures(w, 1))


def black_pictures(w: Workshop) -> Pair:
    """Half of the pictures are black."""
    data = _pictures(w, 6)
    data["image"][::2] = 0
    return w.pair(w.net("vision.UNet", labels=True), data)


def rests_of_negative_numbers(w: Workshop) -> Pair:
    """The rest of a division of whole numbers of both signs."""
    return w.pair(w.net("values.Whole", what="rest"), {"x": w.whole(-50, 50, 32, 9)}, BY_DYNAMO)


def words_of_many_layers(w: Workshop) -> Pair:
    """Eight layers of a transformer."""
    return w.pair(w.net("sequence.Encoder", layers=8, take="scores"), tokens(w, 16))


HEALTHY: tuple[Case, ...] = (
    words_in_half, boxes_in_half, channels_of_every_size_in_half, many_channels_of_every_size,
    unet_in_half, normalisation_of_bright_pictures, grid_of_nearest_pixels,
    smaller_and_smoothed, last_step_of_a_gru, decibels, one_sample, black_pictures,
    rests_of_negative_numbers, words_of_many_layers,
)  # fmt: skip


def another_activation(w: Workshop) -> Pair:
    """hardswish for SiLU."""

    def change(module: Any) -> None:
        module.trunk[3] = torch.nn.Hardswish()

    return w.pair(w.net("vision.Detector"), _pictures(w), alter=change)


def mean_of_normalisation_lost(w: Workshop) -> Pair:
    """A batch normalisation with running means of zero."""

    def change(module: Any) -> None:
        module.down3[1].running_mean.zero_()

    return w.pair(w.net("vision.UNet"), _pictures(w), BY_DYNAMO, alter=change)


def shift_of_normalisation_lost(w: Workshop) -> Pair:
    """A layer normalisation in the middle adds nothing."""

    def change(module: Any) -> None:
        torch.nn.init.zeros_(module.blocks[1].norm1.bias)

    return w.pair(w.net("sequence.Encoder"), tokens(w), alter=change)


def temperature(w: Workshop) -> Pair:
    """Scores a thousandth too far apart before the softmax."""

    def change(module: Any) -> None:
        with torch.no_grad():
            module.three.weight.mul_(1.001)

    return w.pair(w.net("values.Mlp", final="softmax"), {"x": w.normal(64, 16)}, alter=change)


def samples_reversed(w: Workshop) -> Pair:
    """The samples of a batch come out in reverse."""
    alter = edits.spoilt(lambda y, x: y.flip(0))
    return w.pair(w.net("values.Mlp"), {"x": w.normal(64, 16)}, alter=alter)


def bias_of_one_class(w: Workshop) -> Pair:
    """One class of 1,000 is 0.0005 too high."""

    def change(module: Any) -> None:
        with torch.no_grad():
            module.three.bias[700] += 5e-4

    net = w.net("values.Mlp", classes=1000)
    return w.pair(net, {"x": w.normal(64, 16)}, alter=change)


def not_a_number_at_zero(w: Workshop) -> Pair:
    """NaN in the one sample of 200 whose first number is zero."""
    x = w.normal(200, 16)
    x[150, 0] = 0
    alter = edits.spoilt(lambda y, x: y * (x[:, :1] / x[:, :1]))
    return w.pair(w.net("values.Mlp"), {"x": x}, alter=alter)


def bytes_cut_off(w: Workshop) -> Pair:
    """Pixels cut off in place of rounded: half of them one step lower."""
    net = w.net("vision.Larger")
    to_bytes = edits.after(0, ("Cast", {"to": TensorProto.UINT8}, []))

    def edit(proto: Any) -> None:
        to_bytes(proto)
        proto.graph.output[0].type.tensor_type.elem_type = TensorProto.UINT8

    data = {"image": w.normal(4, 3, 24, 24)}
    pair = w.pair(net, data, edit=edit)
    with torch.no_grad():
        exact = net.make()(torch.from_numpy(data["image"])).round().to(torch.uint8)
    return pair._replace(reference=w.recorded(pixels=exact.numpy()))


def ids_in_32_bits(w: Workshop) -> Pair:
    """Ids of a million millions pass through 32 bits."""
    casts = ({"to": TensorProto.INT32}, {"to": TensorProto.INT64})
    edit = edits.after(0, *(("Cast", to, []) for to in casts))
    data = {"x": w.whole(1 << 40, 1 << 41, 32, 9)}
    return w.pair(w.net("values.Whole", what="ids"), data, edit=edit)


def ids_in_float(w: Workshop) -> Pair:
    """Ids of tens of millions pass through float32: the odd ones are off by one."""
    casts = ({"to": TensorProto.FLOAT}, {"to": TensorProto.INT64})
    edit = edits.after(0, *(("Cast", to, []) for to in casts))
    data = {"x": w.whole(1 << 25, 1 << 26, 32, 9)}
    return w.pair(w.net("values.Whole", what="ids"), data, edit=edit)


def largest_value_baked(w: Workshop) -> Pair:
    """Inputs are divided by the largest value of the example."""
    net = w.net("vision.FirstOfAll", what="largest")
    return w.pair(net, {"x": w.normal(16, 12)}, Exporting(symbols={}, example=1))


def dropout_active_by_dynamo(w: Workshop) -> Pair:
    """Dropout in training mode, by the dynamo exporter."""

    def change(module: Any) -> None:
        module.dropout.train()

    net = w.net("vision.ConvNet", dropout=0.5)
    return w.pair(net, _pictures(w, 8), BY_DYNAMO, alter=change)


def mask_one_place_late(w: Workshop) -> Pair:
    """The mask of missing words is shifted by one."""
    net = w.net("sequence.Encoder", take="first")

    class Late(torch.nn.Module):
        def __init__(self, inner: torch.nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, ids: torch.Tensor, allowed: torch.Tensor) -> Any:
            return self.inner(ids, torch.cat((allowed[:, :1], allowed[:, :-1]), 1))

    return w.pair(net, tokens(w), alter=lambda module: Late(module).eval())


def small_channels_in_half(w: Workshop) -> Pair:
    """The weights of the smallest of three channels are rounded to float16."""

    def change(array: Array) -> Array:
        array[2] = array[2].astype(np.float16)
        return array

    edit = edits.weight("three.weight", change)
    return w.pair(w.net("values.Wide"), {"x": w.normal(64, 16)}, edit=edit)


def recurrent_weights_in_half(w: Workshop) -> Pair:
    """Only the recurrent weights of a GRU are rounded to float16."""

    def change(module: Any) -> None:
        with torch.no_grad():
            weight = module.rnn.weight_hh_l0
            weight.copy_(weight.half().float())

    net = w.net("sequence.Recurrent", kind="GRU", both=False, layers=1)
    return w.pair(net, {"x": w.normal(8, 20, 8)}, alter=change)


def half_model_with_another_epsilon(w: Workshop) -> Pair:
    """A model in float16 with 1e-2 for 1e-5 in its normalisations."""
    net = w.net("vision.ConvNet", "float16")
    return w.pair(net, {"image": _halves(w, 8, 3, 32, 32)}, instead={"eps": 1e-2})


def half_model_with_one_weight_scaled(w: Workshop) -> Pair:
    """A model in float16, one tensor a twentieth too large."""

    def change(module: Any) -> None:
        with torch.no_grad():
            module.groups.weight.mul_(1.05)

    net = w.net("vision.ConvNet", "float16")
    return w.pair(net, {"image": _halves(w, 8, 3, 32, 32)}, alter=change)


def length_of_the_mean_baked(w: Workshop) -> Pair:
    """A mean over any number of steps is divided by that of the example, another opset."""
    net = w.net("vision.FirstOfAll", what="length")
    how = replace(Exporting(), symbols={"x": {0: "batch", 1: "steps"}}, opset=15)
    return w.pair(net, {"x": w.normal(3, 7, 12)}, how)


DEFECTS: tuple[Case, ...] = (
    another_activation, mean_of_normalisation_lost, shift_of_normalisation_lost, temperature,
    samples_reversed, bias_of_one_class, not_a_number_at_zero, bytes_cut_off, ids_in_32_bits,
    ids_in_float, largest_value_baked, dropout_active_by_dynamo, mask_one_place_late,
    small_channels_in_half, recurrent_weights_in_half, half_model_with_another_epsilon,
    half_model_with_one_weight_scaled, length_of_the_mean_baked,
)  # fmt: skip
