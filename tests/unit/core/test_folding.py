"""Folded batch normalisations: the vector sums against the formula, channel by channel."""

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.folding import (
    EPSILONS,
    Channels,
    Layer,
    agree,
    foldings,
    normalisations,
    rounding,
)

NUMBERS = st.floats(-100, 100, width=32)
CHANNELS = st.lists(
    st.tuples(NUMBERS, st.floats(0.015625, 100, width=32), NUMBERS, NUMBERS, NUMBERS),
    min_size=4,
    max_size=12,
)


class Item(NamedTuple):
    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self):
        return math.prod(self.shape)


class Side:
    def __init__(self, tensors):
        self._values = [np.asarray(one, np.float64) for one in tensors.values()]
        self.items = [
            Item(name, "float32", value.shape)
            for name, value in zip(tensors, self._values, strict=True)
        ]

    def vector(self, index):
        return self._values[index].reshape(-1)


@given(CHANNELS, st.sampled_from(EPSILONS))
def test_scale_and_shift_are_the_formula_for_each_channel(rows, epsilon):
    mean, variance, gamma, beta, bias = (np.array(one) for one in zip(*rows, strict=True))
    channels = Channels(mean, variance, gamma, beta)
    scale, (shift, size) = channels.scale(epsilon), channels.shift(epsilon, bias)
    for i, (m, v, g, b, own) in enumerate(rows):
        # As the layer behind it would compute it for x = own: (x - mean) / sqrt * gamma + beta.
        root = math.sqrt(v + epsilon)
        assert scale[i] == pytest.approx(g / root, rel=1e-12)
        assert abs(shift[i] - ((own - m) / root * g + b)) <= 1e-12 * size[i]


@given(CHANNELS, st.sampled_from(EPSILONS), st.sampled_from(["float32", "float16"]))
def test_the_epsilon_that_is_found_gives_the_factors(rows, epsilon, dtype):
    mean, variance, gamma, beta, _ = (np.array(one) for one in zip(*rows, strict=True))
    channels = Channels(mean, variance, np.where(gamma == 0, 1.0, gamma), beta)
    factors = channels.scale(epsilon)
    found = channels.epsilon_of(factors, dtype)
    assert found is not None
    assert np.allclose(channels.scale(found), factors, rtol=rounding(dtype), atol=0)
    assert channels.epsilon_of(factors * 1.1, dtype) is None
    assert channels.epsilon_of(np.full_like(factors, np.nan), dtype) is None


def test_what_is_not_finite_agrees_with_nothing():
    ones = np.ones(4)
    assert agree(ones, ones, ones, "float32")
    assert agree(np.zeros(4), np.zeros(4), np.zeros(4), "float32")
    assert not agree(np.full(4, np.nan), ones, ones, "float32")
    assert not agree(ones[:3], ones, ones, "float32")


def test_parts_are_told_by_name_and_shape():
    four, two = np.ones(4), np.ones(2)
    names = {"a.running_mean": four, "a.running_var": four, "a.weight": four}
    others = {"b.running_mean": four, "b.running_var": two, "running_mean": four}
    found = list(normalisations(Side({**names, **others, "running_var": four}).items))
    assert [(one.name, one.beta) for one in found] == [("a", -1), ("", -1)]


def test_each_layer_gets_the_normalisation_that_scaled_it():
    generator = np.random.default_rng(0)
    state: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    layers = []
    for name in "ab":
        mean, beta = generator.normal(size=(2, 6))
        variance = generator.uniform(0.5, 2, 6)
        state[f"{name}.weight"] = np.ones((6, 4))
        state[f"{name}.bn.running_mean"], state[f"{name}.bn.running_var"] = mean, variance
        state[f"{name}.bn.bias"] = beta
        scale = 1 / np.sqrt(variance + 1e-3)
        weights[f"{name}.w"] = np.ones((6, 4)) * scale[:, None]
        weights[f"{name}.b"] = beta - mean * scale
        layers.append((f"{name}.weight", f"{name}.w", scale))
    source: Any = Side(state)
    target: Any = Side(weights)
    asked = [
        Layer(list(state).index(one), list(weights).index(other), scale)
        for one, other, scale in layers
    ]
    found = list(foldings(source, target, asked, range(len(weights))))
    assert [(one.name, one.layer, one.partners, one.epsilon) for one in found] == [
        ("a.bn", 0, (0, 1), 1e-3),
        ("b.bn", 4, (2, 3), 1e-3),
    ]
