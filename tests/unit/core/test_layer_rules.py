"""What was seen inside a model while it ran."""

import pytest

from inspector.core.finding import explanation
from inspector.core.layer_rules import LAYER_RULES, check_layers
from inspector.core.layers import Layer, Status


def layer(name, op_type="Conv", scale=1.0, inputs=(), growth=None, status=Status.AGREES):
    return Layer(
        name, name, name, f"node_{name}", op_type, status, scaled_error=1e-7, growth=growth,
        inputs=tuple(inputs), scale=scale, dtype="float32",
    )  # fmt: skip


def rules(*layers):
    return {finding.rule: finding for finding in check_layers(layers)}


@pytest.mark.parametrize(("scale", "found"), [(65504.0, False), (70000.0, True)])
def test_numbers_beyond_half_precision(scale, found):
    assert ("overflow" in rules(layer("a", scale=scale))) is found


def test_what_was_not_compared_has_no_values():
    assert not rules(layer("a", scale=1e9, status=Status.NOT_MAPPED))


@pytest.mark.parametrize(("scale", "found"), [(500.0, False), (5000.0, True)])
def test_large_scores_before_a_softmax(scale, found):
    layers = layer("a", "MatMul", scale), layer("b", "Softmax", inputs=["a"])
    assert ("large-scores" in rules(*layers)) is found


@pytest.mark.parametrize(
    ("scale", "growth", "found"), [(1e4, 500.0, True), (1e4, 2.0, False), (10.0, 500.0, False)]
)
def test_large_means_before_a_normalisation(scale, growth, found):
    norm = layer("b", "LayerNormalization", 3.0, ["a"], growth)
    one = rules(layer("a", "Add", scale), norm)
    assert ("large-means" in one) is found
    if found:
        assert "500 times as large" in one["large-means"].sentence


def test_every_rule_explains_itself():
    assert all(explanation(rule).endswith(".") for rule in LAYER_RULES)
