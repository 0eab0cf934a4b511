"""Axis orders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.failures import InspectorError
from inspector.core.layout import Layout, axes_text, inverse, parse_layout


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("x=NHWC", Layout("candidate", "x", (0, 2, 3, 1))),
        ("x=nchw", Layout("candidate", "x", (0, 3, 1, 2))),
        ("reference:x=NLC", Layout("reference", "x", (0, 2, 1))),
        ("candidate:x=0,3,1,2", Layout("candidate", "x", (0, 3, 1, 2))),
        ("layer:0=1,0", Layout("candidate", "layer:0", (1, 0))),
    ],
)
def test_layouts_are_read(text, layout):
    assert parse_layout(text) == layout


@pytest.mark.parametrize(
    "text", ["x", "=NHWC", "x=", "x=NHWX", "x=0,1,1", "x=1,2", "reference:=NLC"]
)
def test_what_is_no_layout_is_refused(text):
    with pytest.raises(InspectorError, match="is not a layout"):
        parse_layout(text)


@given(st.integers(1, 6).flatmap(lambda rank: st.permutations(range(rank))))
def test_the_inverse_puts_every_axis_back(axes):
    axes = tuple(axes)
    there = [f"axis {axis}" for axis in axes]
    assert [there[place] for place in inverse(axes)] == [f"axis {i}" for i in range(len(axes))]


def test_channels_last_undoes_channels_first():
    assert inverse(parse_layout("x=NHWC").axes) == parse_layout("x=NCHW").axes
    assert axes_text((0, 3, 1, 2)) == "0, 3, 1, 2"
