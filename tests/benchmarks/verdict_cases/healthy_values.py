"""Healthy exports whose numbers are unusual: their size, their type, or what they are."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.verdict_cases.workshop import BY_DYNAMO, Case, Exporting, Pair, Workshop


def large_outputs(w: Workshop) -> Pair:
    """Outputs of a million."""
    return w.pair(w.net("values.Mlp", scale=1e6), {"x": w.normal(64, 16)})


def tiny_outputs(w: Workshop) -> Pair:
    """Outputs of a thousand-millionth."""
    return w.pair(w.net("values.Mlp", scale=1e-9), {"x": w.normal(64, 16)})


def denormal_outputs(w: Workshop) -> Pair:
    """Outputs below the smallest normal number."""
    return w.pair(w.net("values.Mlp", scale=1e-39), {"x": w.normal(64, 16)})


def channels_of_every_size(w: Workshop) -> Pair:
    """A million, one, and a thousandth side by side."""
    return w.pair(w.net("values.Wide"), {"x": w.normal(64, 16)}, BY_DYNAMO)


def double_precision(w: Workshop) -> Pair:
    """Weights and values in float64 on both sides."""
    net = w.net("values.Mlp", "float64")
    return w.pair(net, {"x": w.random.standard_normal((64, 16))})


def probabilities_of_many_classes(w: Workshop) -> Pair:
    """Logarithms of the probabilities of 20,000 classes."""
    net = w.net("values.Mlp", classes=20_000, final="log_softmax")
    return w.pair(net, {"x": w.normal(16, 16)})


def softmax_of_huge_scores(w: Workshop) -> Pair:
    """Probabilities that are nearly all 0 or 1."""
    net = w.net("values.Mlp", final="softmax")
    return w.pair(net, {"x": w.normal(64, 16, scale=1e4)})


def delicate_normalisation(w: Workshop) -> Pair:
    """Values around 10,000 are normalised: rounding is large on both sides."""
    return w.pair(w.net("values.Delicate"), {"x": w.normal(64, 16)})


def very_delicate_normalisation(w: Workshop) -> Pair:
    """Values around 300,000: few digits of the spread are left."""
    return w.pair(w.net("values.Delicate", mean=3e5), {"x": w.normal(64, 16)}, BY_DYNAMO)


def yes_or_no(w: Workshop) -> Pair:
    """Truth values."""
    return w.pair(w.net("values.Mlp", final="positive"), {"x": w.normal(512, 16)})


def best_class(w: Workshop) -> Pair:
    """The number of the best class."""
    return w.pair(w.net("values.Choice", what="best"), {"x": w.normal(256, 16)})


def best_five(w: Workshop) -> Pair:
    """Scores and places of the best five."""
    return w.pair(w.net("values.Choice"), {"x": w.normal(128, 16)}, BY_DYNAMO)


def best_five_with_ties(w: Workshop) -> Pair:
    """Scores on coarse steps: equal ones may come in another order."""
    return w.pair(w.net("values.Choice", step=0.1), {"x": w.normal(128, 16)})


def order_with_ties(w: Workshop) -> Pair:
    """All scores sorted, many equal."""
    return w.pair(w.net("values.Choice", what="order", step=0.1), {"x": w.normal(128, 16)})


def floor_division(w: Workshop) -> Pair:
    """Whole numbers of both signs divided, rounded downwards."""
    return w.pair(w.net("values.Whole"), {"x": w.whole(-50, 50, 32, 9)})


def large_ids(w: Workshop) -> Pair:
    """Whole numbers that float32 cannot hold."""
    data = {"x": w.whole(1 << 40, 1 << 41, 32, 9)}
    return w.pair(w.net("values.Whole", what="ids"), data)


def rounding_of_halves(w: Workshop) -> Pair:
    """Halves rounded to even."""
    data = {"x": w.whole(-20, 20, 32, 9).astype(np.float32) / 2}
    return w.pair(w.net("values.Parts"), data, BY_DYNAMO)


def masks_of_infinity(w: Workshop) -> Pair:
    """-inf where a class is not allowed, on both sides."""
    data = {"x": w.normal(64, 16), "allowed": w.whole(0, 4, 64, 8) > 0}
    return w.pair(w.net("values.Masked"), data)


def no_numbers_on_both_sides(w: Workshop) -> Pair:
    """The logarithm of negative numbers: NaN on both sides."""
    return w.pair(w.net("values.Parts", what="log"), {"x": w.normal(32, 9)})


def overflow_on_both_sides(w: Workshop) -> Pair:
    """An exponential that overflows where it must."""
    data = {"x": w.normal(32, 9, scale=60.0)}
    return w.pair(w.net("values.Parts", what="exp"), data)


def sums_of_many(w: Workshop) -> Pair:
    """Sums of 20,000 numbers that nearly cancel: the order of adding shows."""
    return w.pair(w.net("values.Parts", what="sum"), {"x": w.normal(16, 20_000)})


def running_sums(w: Workshop) -> Pair:
    """Running sums of 20,000 numbers of one sign."""
    data = {"x": np.abs(w.normal(4, 20_000))}
    return w.pair(w.net("values.Parts", what="cumsum"), data)


def waves_of_large_angles(w: Workshop) -> Pair:
    """Sine and cosine of angles up to 10,000."""
    return w.pair(w.net("values.Parts", what="waves"), {"x": w.normal(32, 64, scale=3e3)})


def special_functions(w: Workshop) -> Pair:
    """softplus, erf and atan over their whole range."""
    return w.pair(w.net("values.Parts", what="special"), {"x": w.normal(32, 64, scale=20.0)})


def rotary_positions(w: Workshop) -> Pair:
    """Pairs of values turned by their place."""
    return w.pair(w.net("values.Turns"), {"x": w.normal(8, 24, 16)})


def quantised_on_both_sides(w: Workshop) -> Pair:
    """8-bit steps in both: a value between two steps may go to either."""
    net = w.net("values.Quantised")
    return w.pair(net, {"x": w.normal(128, 16)}, Exporting(opset=13))


CASES: tuple[Case, ...] = (
    large_outputs, tiny_outputs, denormal_outputs, channels_of_every_size, double_precision,
    probabilities_of_many_classes, softmax_of_huge_scores, delicate_normalisation,
    very_delicate_normalisation, yes_or_no, best_class, best_five, best_five_with_ties,
    order_with_ties, floor_division, large_ids, rounding_of_halves, masks_of_infinity,
    no_numbers_on_both_sides, overflow_on_both_sides, sums_of_many, running_sums,
    waves_of_large_angles, special_functions, rotary_positions, quantised_on_both_sides,
)  # fmt: skip
