"""The rule that says where an error is born, and what is said about it."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core import wire
from inspector.core.comparison import (
    Allowed,
    Comparison,
    DataFacts,
    Histogram,
    OutputComparison,
    Side,
    Verdict,
    Worst,
)
from inspector.core.layer_words import detail_of, sentence_of
from inspector.core.layers import (
    Birth,
    Layer,
    Localisation,
    Measure,
    Status,
    find_birthplace,
    growth_of,
    healed,
    samples_of,
)

GOOD, BAD = Status.AGREES, Status.DIFFERS


def layer(name, status=GOOD, inputs=(), own=0.0, output=False, **more):
    """A layer whose local error is `own` times what is allowed; None: it is not known."""
    known = own is not None
    return Layer(
        name, name, name, f"node_{name}", "Relu", status, 0.0, 0.0 if known else None,
        own <= 1.0 if known else None, inputs=tuple(inputs), is_output=output,
        local_times_allowed=own or 0.0, times_allowed=5.0 if status is BAD else 0.0, **more,
    )  # fmt: skip


def chain(*parts):
    """Layers one behind the other, the last an output: (status, local error in times allowed)."""
    last = len(parts) - 1
    return [
        layer(f"l{i}", status, [f"l{i - 1}"] if i else (), own, i == last)
        for i, (status, own) in enumerate(parts)
    ]


def test_where_everything_agrees_nothing_is_born():
    layers = chain((GOOD, 0.1), (GOOD, 0.2))
    birth = find_birthplace(layers)
    assert birth == Birth(None, (), None)
    assert sentence_of(layers, birth) == "All 2 layers agree."


def test_the_layer_that_errs_alone_is_the_birthplace_and_the_heirs_are_not():
    layers = chain((GOOD, 0.1), (GOOD, 0.1), (BAD, 500.0), (BAD, 0.2), (BAD, 0.3))
    birth = find_birthplace(layers)
    assert birth == Birth(2, (), 2)
    assert sentence_of(layers, birth) == (
        "The error is born in l2. The 2 layers before it agree; all 3 layers from there on do not."
    )


def test_of_two_defects_the_one_with_clean_inputs_comes_first_and_both_are_listed():
    layers = chain((GOOD, 0.0), (BAD, 50.0), (BAD, 0.1), (BAD, 300.0))
    assert find_birthplace(layers) == (1, (3,), 1)


def test_rounding_just_beyond_what_is_allowed_does_not_hide_a_defect_behind_it():
    layers = chain((GOOD, 0.0), (BAD, 1.1), (BAD, 0.1), (BAD, 300.0))
    assert find_birthplace(layers) == (3, (1,), 1)


def test_an_error_that_reaches_no_output_is_not_the_cause():
    layers = [
        layer("a"),
        layer("lost", BAD, ["a"], 900.0),
        layer("healed", GOOD, ["lost"]),
        layer("b", BAD, ["a"], 20.0),
        layer("y", BAD, ["b", "healed"], 0.1, output=True),
    ]
    assert find_birthplace(layers).place == 3
    layers[4] = replace(layers[4], status=GOOD)
    layers[3] = replace(layers[3], status=GOOD)
    birth = find_birthplace(layers)
    assert birth == Birth(None, (), 1)
    assert sentence_of(layers, birth) == (
        "The outputs agree. Inside, 1 of 5 layers differs; the first is lost."
    )
    assert [one.name for one in healed(layers)] == ["lost"]


def test_without_local_errors_the_first_with_clean_inputs_is_taken():
    layers = chain((GOOD, None), (BAD, None), (BAD, None))
    assert find_birthplace(layers) == (1, (), 1)


def test_an_error_that_grows_step_by_step_is_born_nowhere():
    layers = chain((GOOD, 0.9), (GOOD, 0.9), (BAD, 0.9), (BAD, 0.8))
    birth = find_birthplace(layers)
    assert birth == Birth(None, (), 2)
    assert sentence_of(layers, birth) == (
        "No layer errs by itself: the difference grows from layer to layer. "
        "The first that is beyond what is allowed is l2."
    )


def test_one_sided_infinities_are_the_worst_and_the_first_of_them_is_taken():
    layers = chain((GOOD, 0.0), (BAD, math.inf), (BAD, math.inf))
    assert find_birthplace(layers) == (1, (2,), 1)


@given(
    st.lists(st.tuples(st.booleans(), st.one_of(st.none(), st.floats(0, 1e6))), max_size=12),
    st.randoms(),
)
def test_the_birthplace_is_always_one_that_is_beyond(parts, random):
    layers = []
    for i, (bad, own) in enumerate(parts):
        inputs = [f"l{j}" for j in range(i) if random.random() < 0.4]
        layers.append(layer(f"l{i}", BAD if bad else GOOD, inputs, own, random.random() < 0.3))
    place, also, first = find_birthplace(layers)
    beyond = [i for i, one in enumerate(layers) if one.status is BAD]
    assert first == (beyond[0] if beyond else None)
    assert {place, *also} - {None} <= set(beyond)
    assert place not in also
    named = [i for i in (place, *also) if i is not None]
    assert all(layers[i].local_agrees is not True for i in named)
    assert sentence_of(layers, find_birthplace(layers))


def test_layers_inside_others_and_those_that_were_merged_are_not_counted():
    layers = [
        layer("a"),
        layer("inside", GOOD, inner=True),
        Layer("conv", "conv", "", "", "", Status.MERGED, note="merged into bn"),
        layer("b", BAD, ["a"], 9.0, output=True),
    ]
    sentence = sentence_of(layers, find_birthplace(layers))
    assert sentence == "The error is born in b. The layer before it agrees; it is the last."


def test_what_could_not_be_mapped_is_no_mismatch():
    layers = [Layer("conv", "conv", "", "", "", Status.NOT_MAPPED)]
    birth = find_birthplace(layers)
    assert birth == Birth(None, (), None)
    assert "No value" in sentence_of(layers, birth)


def test_the_detail_says_what_both_do_there():
    one = layer("ln", BAD, own=40.0, output=True)
    one = replace(
        one, module_text="LayerNorm(eps=1e-05)", node_text="LayerNormalization(epsilon=0.1)",
        local_error=0.047, rule="Fuse", source="m.py, line 3: x",
    )  # fmt: skip
    text = detail_of([one], find_birthplace([one]), ("PyTorch", "the ONNX file"))
    assert text == (
        "PyTorch has LayerNorm(eps=1e-05) there, the ONNX file LayerNormalization(epsilon=0.1) · "
        "alone, fed with exact values, it is off by 4.7e-02 of its largest · "
        "made by the rewrite rule Fuse · m.py, line 3: x"
    )


def test_a_step_between_modules_says_which_nodes_make_it():
    one = layer("mean", BAD, own=40.0, output=True, region=("Constant_3", "Add", "Relu", "Mean"))
    text = detail_of([one], find_birthplace([one]), ("PyTorch", "the ONNX file"))
    assert text.endswith("computed from the layers before it by Add, Relu, Mean")


@pytest.mark.parametrize(
    ("above", "own", "growth"),
    [(1e-7, 1e-1, 1e6), (0.0, 1e-1, None), (math.inf, 1.0, None), (1e-7, math.inf, None)],
)
def test_growth_is_over_the_largest_error_of_the_inputs(above, own, growth):
    none = Allowed(0.0, 0.0)
    measured = {
        "a": Measure(above, 0.0, 1, 0, 0.0, none),
        "b": Measure(0.0, 0.0, 1, 0, 0.0, none),
    }
    found = growth_of(layer("c", inputs=("a", "b", "x")), measured, Measure(own, 1, 1, 1, 1, none))
    assert found == (growth if growth is None else pytest.approx(growth))


def test_the_samples_to_look_at_are_the_first_and_the_worst():
    def output(name, sample, error):
        worst = Worst(sample, (0,), 1.0, 1.0 + error, error, 0.1)
        return OutputComparison(
            name, "float32", (1,), Verdict.FAIL, "", 1, 0, 1, 0, 0, error, error, error, error,
            Allowed(0.1, 0.0), (worst,), Histogram(),
        )  # fmt: skip

    side = Side("m", "", "PyTorch", "2")
    outputs = (output("a", 4, 1.0), output("b", 7, 3.0))
    found = Comparison(Verdict.FAIL, "", outputs, DataFacts("x", True, 9), side, side)
    assert samples_of(found) == (0, 7)
    assert samples_of(replace(found, outputs=())) == (0,)


def test_a_localisation_survives_its_journey_as_json():
    found = Localisation("s", "d", (layer("a"), layer("b", BAD, ["a"], math.inf, True)), 1, (), "b")
    assert wire.loads(wire.dumps(found), Localisation) == found
