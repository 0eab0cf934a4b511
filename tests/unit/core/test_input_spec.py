"""Inputs as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.failures import InspectorError
from inspector.core.input_spec import DTYPES, InputDim, InputSpec, parse_input_spec

SYMBOLS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)
NAMES = st.text(st.characters(exclude_characters="=[]", exclude_categories=["Cs"]), min_size=1)


@st.composite
def specs(draw):
    sizes = draw(st.dictionaries(SYMBOLS, st.integers(0, 999), max_size=3))
    dynamic = [st.sampled_from(sorted(sizes.items()))] if sizes else []
    fixed = st.integers(0, 10**6).map(lambda size: ("", size))
    dims = draw(st.lists(st.one_of(fixed, *dynamic), max_size=5))
    name = draw(NAMES.filter(lambda text: text.strip() == text))
    dtype = draw(st.sampled_from(DTYPES))
    value = draw(st.none() | st.floats(allow_nan=False, allow_infinity=False))
    return InputSpec(name, dtype, tuple(InputDim(size, symbol) for symbol, size in dims), value)


@given(specs())
def test_what_is_written_is_read_back(spec):
    assert parse_input_spec(str(spec)) == spec


def test_a_dynamic_dimension_has_an_example_size():
    spec = parse_input_spec(" image = float32[ batch = 4 , 3,height,224 ] ".replace("e = f", "e=f"))
    assert spec.name == "image"
    assert spec.shape == (4, 3, 2, 224)
    assert [dim.symbol for dim in spec.dims] == ["batch", "", "height", ""]


def test_no_dimensions_are_a_scalar():
    assert parse_input_spec("x=int64[]").shape == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x=float32",
        "=float32[1]",
        "  =float32[1]",
        "x=float32[1",
        "x=float32[1]]",
        "x=float32[1,,3]",
        "x=float32[1,]",
        "x=float32[-1]",
        "x=float32[1.5]",
        "x=float32[²]",
        "x=float32[batch=]",
        "x=float32[2batch=3]",
        "x=float32[batch=²]",
        "x=float32[n=2,n=3]",
        "x=float99[1]",
    ],
)
def test_what_cannot_be_read_is_explained(text):
    with pytest.raises(InspectorError) as caught:
        parse_input_spec(text)
    failure = caught.value.failure
    assert failure.sentence.endswith(".")
    assert failure.hint.endswith(".")


def test_a_value_may_follow():
    assert parse_input_spec("sr=int64[]=16000").value == 16000
    assert parse_input_spec("flag=bool[1]=true").value == 1
    assert parse_input_spec("x=float32[2]").value is None
    with pytest.raises(InspectorError, match=r"'much' .* is not a number"):
        parse_input_spec("sr=int64[]=much")
