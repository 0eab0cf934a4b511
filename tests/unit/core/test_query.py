"""The filter's language: anything can be typed, and what is found is what was asked for."""

import fnmatch
import re
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.query import KEYS, WORD, Column, Term, evaluate, glob, parse, plain_shape

NAMES = ["block 1/conv", "block 1/relu", "block 2/conv", "fc.weight", "head"]
OPS = ["Conv", "Relu", "Conv", "", "Gemm"]
COLUMNS = {
    WORD: Column([f"{name}\n{op}" for name, op in zip(NAMES, OPS, strict=True)]),
    "name": Column(NAMES),
    "op": Column(OPS, np.array([True, True, True, False, True])),
    "dtype": Column(["float32", "float32", "float16", "float16", "int64"]),
    "shape": Column([plain_shape(s) for s in ["[1, 8, 3, 3]", "[]", "['n', 8]", "[8, 8]", ""]]),
    "attr": Column(["group=1\nkernel_shape=[3,3]", "", "group=8\nauto_pad=SAME", "", "alpha=1"]),
}


def found(text):
    return np.flatnonzero(evaluate(parse(text), COLUMNS, len(NAMES))).tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("conv", [0, 2]),
        ("CONV block", [0, 2]),
        ("op:conv", [0, 2]),
        ("op:Co", []),
        ("op:Relu,Gemm", [1, 4]),
        ("op:*", [0, 1, 2, 4]),
        ("-op:Relu", [0, 2, 3, 4]),
        ("-conv", [1, 3, 4]),
        ('name:"block 1"', [0, 1]),
        ("name:block*conv", [0, 2]),
        ("dtype:float16", [2, 3]),
        ("dtype:fp16", [2, 3]),
        ("dtype:float*", [0, 1, 2, 3]),
        ("shape:*x3x3", [0]),
        ("shape:1x8x3x3", [0]),
        ("shape:[1,8,3,3]", [0]),
        ("shape:nx8", [2]),
        ("shape:?x8", [2, 3]),
        ("shape:scalar", [1]),
        ("attr:group", [0, 2]),
        ("attr:group=1", [0]),
        ('attr:"kernel_shape=[3, 3]"', [0]),
        ("attr:auto_pad=same", [2]),
        ("op:Conv dtype:float16 attr:group=8", [2]),
        ("op:Conv -attr:group=8", [0]),
        ("model::fc", []),
    ],
)
def test_a_query_keeps_the_rows_that_it_names(text, rows):
    assert found(text) == rows


@given(st.text())
def test_anything_can_be_typed(text):
    query = parse(text)
    assert all(term.key in (*KEYS, WORD) and term.value for term in query.terms)
    assert evaluate(query, COLUMNS, len(NAMES)).shape == (5,)


@given(st.lists(st.sampled_from(['"', "-", ":", "op", "shape", " ", "*", "?", "x", "[", "]", "a"])))
def test_any_mixture_of_signs_can_be_typed(parts):
    evaluate(parse("".join(parts)), COLUMNS, len(NAMES))


@given(st.text(alphabet="ab*?[]", max_size=12), st.text(alphabet="ab[]", max_size=12))
def test_stars_and_question_marks_mean_what_they_mean_in_file_names(pattern, text):
    plain = re.sub(r"\[", "[[]", pattern)
    assert glob(pattern)(text) == fnmatch.fnmatchcase(text, plain)


def test_an_unknown_key_is_said_and_looked_for_as_text():
    query = parse("layer:3 op:Conv")
    assert query.terms == (Term(WORD, "layer:3"), Term("op", "Conv"))
    (problem,) = query.problems
    assert "'layer:'" in problem
    assert all(key in problem for key in KEYS)


def test_a_key_without_a_value_is_said_and_hides_nothing():
    assert found("op:") == [0, 1, 2, 3, 4]
    assert "needs a value" in parse("op:").problems[0]


def test_quotes_that_are_left_open_reach_to_the_end():
    assert parse('name:"block 1').terms == (Term("name", "block 1"),)


def test_a_pattern_of_many_stars_takes_no_time():
    began = time.perf_counter()
    assert not glob("*a" * 200 + "b")("a" * 100_000)
    assert time.perf_counter() - began < 2.0
