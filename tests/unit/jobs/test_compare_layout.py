"""Inputs and outputs of one side in the axis order of the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inspector.core.failures import InspectorError
from inspector.core.layout import inverse, parse_layout
from inspector.core.model import Value
from inspector.core.sources import ModelSource
from inspector.jobs.compare_layout import declared_as_reference, layouts_of, turned
from inspector.jobs.compare_sides import Opened


class _Channels:
    """Adds the number of the channel; takes and gives NHWC."""

    input_names = ("x",)
    output_names = ("y",)
    inputs = (Value("x", "float32", ("batch", 4, 5, 3)),)

    def run(self, feeds):
        assert feeds["x"].shape[1:] == (4, 5, 3)
        return [feeds["x"] + np.arange(3, dtype="float32")]


def opened(*layouts):
    runtime: Any = _Channels()
    side = Opened("candidate", ModelSource("m.onnx"), runtime, names={"x": "input"})
    side.layouts = layouts_of([parse_layout(one) for one in layouts], "candidate")
    return side


def test_both_sides_see_the_same_numbers():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")
    (y,) = opened("x=NHWC", "y=NHWC").run({"input": x})
    np.testing.assert_array_equal(y, x + np.arange(3, dtype="float32").reshape(3, 1, 1))


def test_sizes_are_declared_in_the_order_of_the_reference():
    assert opened("x=NHWC").inputs[0].shape == ("batch", 3, 4, 5)
    open_ended = Value("x", "float32", None)
    assert declared_as_reference([open_ended], {"x": (0, 2, 1)}) == (open_ended,)


def test_layouts_of_the_other_side_are_left_alone():
    layouts = [parse_layout("x=NHWC"), parse_layout("reference:y=NLC")]
    assert layouts_of(layouts, "reference") == {"y": (0, 2, 1)}


@pytest.mark.parametrize("text", ["q=NHWC", "x=NLC", "y=1,0"])
def test_what_does_not_fit_is_refused(text):
    x = np.zeros((1, 4, 5, 3), "float32")
    with pytest.raises(InspectorError, match=r"candidate has no input|names"):
        opened(text).run({"input": x})


def test_turning_back_gives_the_same_array():
    array = np.arange(24).reshape(2, 3, 4)
    axes = (2, 0, 1)
    np.testing.assert_array_equal(turned("x", turned("x", array, axes), inverse(axes)), array)
