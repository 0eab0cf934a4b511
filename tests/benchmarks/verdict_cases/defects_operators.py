"""Defects of operators: another attribute, constant, mode or order of what is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
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


def _pictures(w: Workshop, samples: int = 4, size: int = 32) -> dict[str, Array]:
    return {"image": w.normal(samples, 3, size, size)}


def _vision(w: Workshop, name: str, right: dict[str, Any], wrong: dict[str, Any]) -> Pair:
    return w.pair(w.net(f"vision.{name}", **right), _pictures(w), instead=wrong)


def _encoder(w: Workshop, right: dict[str, Any], wrong: dict[str, Any]) -> Pair:
    return w.pair(w.net("sequence.Encoder", **right), tokens(w), instead=wrong)


def _values(w: Workshop, name: str, right: dict[str, Any], wrong: dict[str, Any]) -> Pair:
    return w.pair(w.net(f"values.{name}", **right), {"x": w.normal(64, 16)}, instead=wrong)


def epsilon_of_batch_normalisation(w: Workshop) -> Pair:
    """1e-3, as another library has it, for 1e-5."""
    return _vision(w, "ConvNet", {}, {"eps": 1e-3})


def epsilon_of_layer_normalisation(w: Workshop) -> Pair:
    """1e-12 for 1e-5, where values are small enough for it to show."""
    return _encoder(w, {"small": 0.1}, {"eps": 1e-12})


def epsilon_of_layer_normalisation_hardly_seen(w: Workshop) -> Pair:
    """1e-6 for 1e-5 among values of ordinary size."""
    return _encoder(w, {}, {"eps": 1e-6})


def epsilon_of_group_normalisation(w: Workshop) -> Pair:
    """1e-3 for 1e-5."""
    return _vision(w, "Norms", {}, {"eps": 1e-3})


def variance_corrected(w: Workshop) -> Pair:
    """Divided by n - 1 for n."""
    return _vision(w, "Norms", {}, {"correction": 1})


def other_groups(w: Workshop) -> Pair:
    """Four groups for two in a group normalisation."""
    return _vision(w, "Norms", {}, {"groups": 4})


def nearest_for_bilinear(w: Workshop) -> Pair:
    """Pixels repeated in place of bilinear enlargement."""
    return _vision(w, "UNet", {}, {"mode": "nearest"})


def corners_aligned(w: Workshop) -> Pair:
    """Corner on corner in place of half pixels."""
    return _vision(w, "UNet", {}, {"align_corners": True})


def resize_of_opset_9(w: Workshop) -> Pair:
    """Coordinates as the oldest operator has them: no half pixels."""
    edit = edits.attribute("Resize", "coordinate_transformation_mode", "asymmetric")
    return w.pair(w.net("vision.Resize"), _pictures(w), edit=edit)


def nearest_rounds_otherwise(w: Workshop) -> Pair:
    """Nearest pixels rounded to the nearest in place of downwards."""
    net = w.net("vision.Resize", mode="nearest", size=50)
    edit = edits.attribute("Resize", "nearest_mode", "round_prefer_ceil")
    return w.pair(net, _pictures(w), edit=edit)


def another_cubic(w: Workshop) -> Pair:
    """The other common coefficient of bicubic interpolation."""
    net = w.net("vision.Resize", mode="bicubic")
    return w.pair(net, _pictures(w), edit=edits.attribute("Resize", "cubic_coeff_a", -0.5))


def not_smoothed(w: Workshop) -> Pair:
    """Made smaller without smoothing first."""
    net = w.net("vision.Resize", size=13, antialias=True)
    return w.pair(net, _pictures(w), BY_DYNAMO, instead={"antialias": False})


def border_repeated(w: Workshop) -> Pair:
    """The last pixel repeated in place of reflection."""
    return _vision(w, "Padder", {}, {"mode": "replicate"})


def border_of_zeros(w: Workshop) -> Pair:
    """Zeros in place of reflection, in convolutions."""
    return _vision(w, "UNet", {"padding_mode": "reflect"}, {"padding_mode": "zeros"})


def border_on_the_other_side(w: Workshop) -> Pair:
    """The odd row of padding above and left in place of below and right."""
    right = {"mode": "constant", "pads": (0, 1, 0, 1)}
    return _vision(w, "Padder", right, {"pads": (1, 0, 1, 0)})


def border_of_another_value(w: Workshop) -> Pair:
    """Zeros where the border had the value -1."""
    right = {"mode": "constant", "value": -1.0}
    return _vision(w, "Padder", right, {"value": 0.0})


def border_counted(w: Workshop) -> Pair:
    """Average pooling counts the zeros of the border."""
    return _vision(w, "Pools", {}, {"counted": True})


def dilation_lost(w: Workshop) -> Pair:
    """A dilated convolution without its dilation, the form being the same."""
    return _vision(w, "Pools", {}, {"dilation": 1})


def average_for_largest(w: Workshop) -> Pair:
    """Average pooling in place of maximum pooling."""
    return _vision(w, "Pools", {"kind": "max"}, {"kind": "avg"})


def grid_corners(w: Workshop) -> Pair:
    """grid_sample with its corners aligned."""
    net = w.net("vision.Sampler")
    return w.pair(net, _pictures(w), Exporting(opset=16), instead={"align_corners": True})


def grid_border(w: Workshop) -> Pair:
    """grid_sample repeats the border where zeros should be."""
    net = w.net("vision.Sampler")
    return w.pair(net, _pictures(w), Exporting(opset=16), instead={"border": "border"})


def pixels_shuffled_otherwise(w: Workshop) -> Pair:
    """The other order of channels when pixels are shuffled."""
    edit = edits.attribute("DepthToSpace", "mode", "DCR")
    return w.pair(w.net("vision.Larger"), _pictures(w), edit=edit)


def _photo(w: Workshop, **wrong: Any) -> Pair:
    data = {"image": w.whole(0, 256, 8, 32, 32, 3, dtype="uint8")}
    return w.pair(w.net("vision.Photo"), data, instead=wrong)


def mean_of_another_set(w: Workshop) -> Pair:
    """0.5 for the mean and the deviation of each colour."""
    return _photo(w, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


def mean_with_a_slip(w: Workshop) -> Pair:
    """0.546 for 0.456 in one mean."""
    return _photo(w, mean=(0.485, 0.546, 0.406))


def colours_reversed(w: Workshop) -> Pair:
    """Blue, green, red for red, green, blue."""
    return _photo(w, reverse=True)


def divided_by_256(w: Workshop) -> Pair:
    """Bytes divided by 256 for 255."""
    return _photo(w, scale=256.0)


def gelu_by_tanh(w: Workshop) -> Pair:
    """GELU by its approximation."""
    return _encoder(w, {}, {"gelu": "tanh"})


def attention_scaled_by_the_width(w: Workshop) -> Pair:
    """1 / sqrt of the model's width for that of a head."""
    return _encoder(w, {}, {"whole_scale": True})


def heads_interleaved(w: Workshop) -> Pair:
    """Heads taken from every fourth number."""
    return _encoder(w, {}, {"by_head": False})


def causal_mask_lost(w: Workshop) -> Pair:
    """What comes later is seen."""
    return _encoder(w, {"diagonal": 1}, {"diagonal": None})


def causal_mask_one_late(w: Workshop) -> Pair:
    """One word too many is seen."""
    return _encoder(w, {"diagonal": 1}, {"diagonal": 2})


def padding_seen(w: Workshop) -> Pair:
    """The mask of missing words is not looked at."""
    return _encoder(w, {"take": "first"}, {"masked": False})


def residual_dropped(w: Workshop) -> Pair:
    """The way around a block is lost."""
    return _encoder(w, {}, {"residual": False})


def residual_dropped_in_convolutions(w: Workshop) -> Pair:
    """The way around a convolution is lost."""
    return _vision(w, "ConvNet", {}, {"residual": False})


def way_across_dropped(w: Workshop) -> Pair:
    """A U-Net without one of its ways across."""
    return _vision(w, "UNet", {}, {"skip": False})


def places_one_late(w: Workshop) -> Pair:
    """Places counted from 1."""
    return _encoder(w, {}, {"offset": 1})


def waves_swapped(w: Workshop) -> Pair:
    """Cosines before sines among the places."""
    return _encoder(w, {}, {"swapped": True})


def last_for_first(w: Workshop) -> Pair:
    """The last word's vector for the first's."""
    return _encoder(w, {"take": "first"}, {"take": "last"})


def mean_of_all_words(w: Workshop) -> Pair:
    """The mean over all words in place of those that are there."""
    net = w.net("sequence.Encoder", take="mean", layers=0)
    return w.pair(net, tokens(w), instead={"masked": False})


def first_step_for_last(w: Workshop) -> Pair:
    """The first step of an LSTM for the last."""
    net = w.net("sequence.Recurrent", take="step")
    return w.pair(net, {"x": w.normal(8, 20, 8)}, instead={"place": 0})


def last_step_for_states(w: Workshop) -> Pair:
    """The last step of both directions in place of their last states."""
    net = w.net("sequence.Recurrent", take="state")
    return w.pair(net, {"x": w.normal(8, 20, 8)}, instead={"take": "step"})


def state_forgotten(w: Workshop) -> Pair:
    """The state that is given is not looked at."""
    net = w.net("sequence.Stepwise")
    data = {"x": w.normal(8, 8), "h": w.normal(8, 12), "c": w.normal(8, 12)}
    gone = {"x": {0: "batch"}, "h": {0: "batch"}, "c": {0: "batch"}}
    how = Exporting(symbols=gone)

    def edit(proto: Any) -> None:
        for name in ("h", "c"):
            _zeroed(proto, name)

    return w.pair(net, data, how, edit=edit)


def states_swapped(w: Workshop) -> Pair:
    """Hidden state and cell state exchanged on the way in."""
    net = w.net("sequence.Stepwise")
    data = {"x": w.normal(8, 8), "h": w.normal(8, 12), "c": w.normal(8, 12)}
    return w.pair(net, data, instead={"other_state": True})


def _zeroed(proto: Any, name: str) -> None:
    """Every use of an input is multiplied by zero first."""
    from onnx import helper, numpy_helper

    for node in proto.graph.node:
        for place, used in enumerate(node.input):
            if used == name:
                node.input[place] = f"{name}_gone"
    zero = numpy_helper.from_array(np.zeros((), np.float32), f"{name}_zero")
    proto.graph.initializer.append(zero)
    proto.graph.node.insert(0, helper.make_node("Mul", [name, zero.name], [f"{name}_gone"]))


def logarithm_of_another_base(w: Workshop) -> Pair:
    """Decimal logarithm for the natural one."""
    net = w.net("sequence.Speech")
    return w.pair(net, {"sound": w.normal(8, 1024, scale=0.1)}, instead={"base": "10"})


def amplitude_for_power(w: Workshop) -> Pair:
    """The amplitude of a spectrum for its power."""
    net = w.net("sequence.Speech")
    return w.pair(net, {"sound": w.normal(8, 1024, scale=0.1)}, instead={"power": 1.0})


def floor_of_the_logarithm(w: Workshop) -> Pair:
    """1e-6 for 1e-5 under a logarithm: only quiet places show it."""
    net = w.net("sequence.Speech")
    sound = w.normal(8, 1024, scale=0.1)
    sound[3, 256:320] = 0
    return w.pair(net, {"sound": sound}, instead={"floor": 1e-6})


def softmax_over_the_batch(w: Workshop) -> Pair:
    """Probabilities over the samples in place of the classes."""
    return _values(w, "Mlp", {"final": "softmax"}, {"axis": 0})


def another_slope(w: Workshop) -> Pair:
    """0.02 for 0.01 in a leaky ReLU."""
    return _values(w, "Mlp", {}, {"slope": 0.02})


def turned_by_another_base(w: Workshop) -> Pair:
    """Rotary positions by base 500,000 for 10,000."""
    net = w.net("values.Turns")
    return w.pair(net, {"x": w.normal(8, 24, 16)}, instead={"base": 500_000.0})


def turned_by_neighbours(w: Workshop) -> Pair:
    """Rotary positions with neighbours as pairs in place of halves."""
    net = w.net("values.Turns")
    return w.pair(net, {"x": w.normal(8, 24, 16)}, instead={"pairs": "neighbours"})


def values_in_half_inside(w: Workshop) -> Pair:
    """Everything is float32, but one value passes through float16."""
    half, single = {"to": TensorProto.FLOAT16}, {"to": TensorProto.FLOAT}
    edit = edits.after(0, ("Cast", half, []), ("Cast", single, []))
    return w.pair(w.net("vision.UNet"), _pictures(w), edit=edit)


CASES: tuple[Case, ...] = (
    epsilon_of_batch_normalisation, epsilon_of_layer_normalisation,
    epsilon_of_layer_normalisation_hardly_seen, epsilon_of_group_normalisation,
    variance_corrected, other_groups, nearest_for_bilinear, corners_aligned, resize_of_opset_9,
    nearest_rounds_otherwise, another_cubic, not_smoothed, border_repeated, border_of_zeros,
    border_on_the_other_side, border_of_another_value, border_counted, dilation_lost,
    average_for_largest, grid_corners, grid_border, pixels_shuffled_otherwise,
    mean_of_another_set, mean_with_a_slip, colours_reversed, divided_by_256, gelu_by_tanh,
    attention_scaled_by_the_width, heads_interleaved, causal_mask_lost, causal_mask_one_late,
    padding_seen, residual_dropped, residual_dropped_in_convolutions, way_across_dropped,
    places_one_late, waves_swapped, last_for_first, mean_of_all_words, first_step_for_last,
    last_step_for_states, state_forgotten, states_swapped, logarithm_of_another_base,
    amplitude_for_power, floor_of_the_logarithm, softmax_over_the_batch, another_slope,
    turned_by_another_base, turned_by_neighbours, values_in_half_inside,
)  # fmt: skip
