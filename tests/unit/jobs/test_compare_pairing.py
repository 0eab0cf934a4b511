"""Outputs that a person paired."""

from __future__ import annotations

import pytest

from inspector.core.failures import InspectorError
from inspector.jobs.compare_outputs import pair_outputs
from inspector.jobs.compare_pairing import as_paired, pairs_told

LABELS = ("PyTorch", "ONNX")


def places(reference, candidate, chosen):
    found = pair_outputs(reference, as_paired(reference, candidate, chosen), LABELS)
    return {
        reference[one]: candidate[other]
        for one, other in zip(found.reference, found.candidate, strict=True)
    }


@pytest.mark.parametrize(
    ("reference", "candidate", "chosen", "wanted"),
    [
        ("ab", "ab", {"a": "b"}, {"a": "b", "b": "a"}),
        ("abc", "abc", {"a": "b", "b": "c"}, {"a": "b", "b": "c", "c": "a"}),
        ("ab", "xy", {"a": "y", "b": "x"}, {"a": "y", "b": "x"}),
        ("ab", "ax", {"b": "x"}, {"a": "a", "b": "x"}),
    ],
)
def test_what_was_chosen_is_held_against_each_other(reference, candidate, chosen, wanted):
    assert places(list(reference), list(candidate), chosen) == wanted


@pytest.mark.parametrize("chosen", [{"q": "x"}, {"a": "q"}, {"a": "x", "b": "x"}])
def test_pairs_that_cannot_be_are_refused(chosen):
    with pytest.raises(InspectorError):
        as_paired(["a", "b"], ["x", "y"], chosen)


def test_one_choice_among_others_by_order():
    assert places(["a", "b"], ["x", "y"], {"a": "y"}) == {"a": "y"} | {"b": "x"}


def test_how_outputs_were_paired_is_told():
    told = pairs_told(["a", "b", "c"], ["a", "x", "y"], ((0, 1, 2), (0, 1, 2)), {"b": "x"})
    assert [pair.by for pair in told] == ["name", "chosen", "order"]
