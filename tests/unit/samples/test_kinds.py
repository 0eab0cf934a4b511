"""Kinds of generated values: their text, what they draw, and the edge cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from inspector.core.failures import InspectorError
from inspector.core.kinds import EDGES, parse_kind
from inspector.core.model import Value
from inspector.core.sources import DataSource
from inspector.samples.binder import bind
from inspector.samples.generate import generate


def drawn(kind: str, dtype: str = "float32", count: int = 8) -> npt.NDArray[Any]:
    value = Value("x", dtype, ("batch", 500))
    return np.asarray(generate((value,), count, 3, (0,), {}, {"x": kind})[0].whole())


def test_values_stay_where_they_are_said_to():
    uniform = drawn("uniform(2, 3)")
    assert uniform.min() >= 2
    assert uniform.max() <= 3
    whole = drawn("integers(5,9)", "int64")
    assert set(whole.ravel().tolist()) == {5, 6, 7, 8, 9}
    assert 0.2 < drawn("mask(0.25)", "bool").mean() < 0.3
    normal = drawn("normal(10,2)")
    assert abs(normal.mean() - 10) < 0.2
    assert abs(normal.std() - 2) < 0.2
    np.testing.assert_array_equal(uniform, drawn("uniform(2,3)"))


def test_edge_cases_come_first_and_the_rest_is_random():
    found = drawn("edges")
    limits = np.finfo(np.float32)
    wanted = [0, 1, limits.max, limits.min, limits.smallest_subnormal, limits.max / 1000]
    np.testing.assert_array_equal(found[: len(EDGES), 0], np.array(wanted, np.float32))
    assert len(np.unique(found[len(EDGES)])) > 100


def test_nan_and_infinity_come_only_when_asked():
    assert np.isfinite(drawn("edges", count=9)).all()
    found = drawn("edges(nan,inf)")
    assert np.isnan(found[6]).all()
    assert np.isinf(found[7]).all()


def test_edge_cases_are_named_where_the_data_comes_from():
    data = DataSource(random=3, seed=5, kinds={"": "edges"})
    binding = bind((Value("x", "float32", ("batch", 2)),), data, Path()).binding
    assert binding.source == ("random, seed 5; edge cases in samples 0 zeros, 1 ones, 2 largest")
    assert not binding.real


@pytest.mark.parametrize(
    "text", ["", "norm", "uniform(3,2)", "uniform(1)", "integers(0,1.5)", "mask(2)", "edges(x)",
             "normal(0,-1)", "uniform(0,inf)", "uniform(0,1", "integers(0,1e300)"],
)  # fmt: skip
def test_what_is_no_kind_is_refused(text):
    with pytest.raises(InspectorError, match="no kind"):
        parse_kind(text)


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("uniform", "int64"),
        ("integers(0,300)", "uint8"),
        ("normal", "bool"),
        ("edges(nan)", "int8"),
    ],
)
def test_a_kind_that_the_type_cannot_hold_is_refused(kind, dtype):
    with pytest.raises(InspectorError):
        drawn(kind, dtype)
