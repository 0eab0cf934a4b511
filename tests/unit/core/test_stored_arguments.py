"""Which settings build a module: against Python's own view of the callable."""

import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.core.stored_arguments import parameters_of, usable

NAMES = st.sampled_from(["width", "depth", "lr", "device", "dropout", "epochs", "classes"])


@given(
    st.lists(NAMES, unique=True, max_size=5),
    st.lists(NAMES, unique=True, max_size=3),
    st.integers(0, 5),
    st.booleans(),
)
def test_parameters_are_those_that_python_sees(plain, named, defaults, in_class):
    named = [name for name in named if name not in plain]
    first = max(0, len(plain) - defaults)
    texts = [name if place < first else f"{name}=1" for place, name in enumerate(plain)]
    texts += ["*", *(f"{name}=2" if name < "f" else name for name in named)] if named else []
    if in_class:
        inside = ", ".join(["self", *texts])
        source = f"class Net:\n    def __init__({inside}, **more): pass\n"
    else:
        source = f"def Net({', '.join([*texts, '**more'])}): pass\n"
    space: dict[str, Any] = {}
    exec(source, space)
    seen = inspect.signature(space["Net"]).parameters
    wanted = {n: p.default is p.empty for n, p in seen.items() if p.kind is not p.VAR_KEYWORD}
    assert parameters_of(source, "Net") == wanted


@pytest.mark.parametrize(
    "source", ["", "def other(a): pass", "def Net(", "Net = 3", "class Net: pass", "\0"]
)
def test_what_is_not_found_has_no_parameters(source):
    assert parameters_of(source, "Net") == {}


def test_without_a_name_the_only_class_with_forward_is_meant():
    block = "class {}:\n    def __init__(self, {}): pass\n    def forward(self, x): pass\n"
    plain = "class Settings:\n    def __init__(self, c): pass\n"
    assert parameters_of(plain + block.format("Net", "a"), "") == {"a": True}
    assert parameters_of(block.format("Net", "a") + block.format("Other", "b"), "") == {}


@pytest.mark.parametrize(
    ("stored", "parameters", "wanted"),
    [
        ({"width": 8, "lr": 0.1}, {"width": True}, {"width": 8}),
        ({"device": "cuda", "pretrained": True}, {"device": False, "pretrained": False}, {}),
        ({"width": None}, {"width": False}, {}),
        ({"width": 8, "lr": 0.1}, {"args": True}, {"args": {"width": 8, "lr": 0.1}}),
        ({"width": 8}, {"config": False, "width": False}, {"width": 8}),
        ({"config": "small.yaml"}, {"config": True}, {"config": "small.yaml"}),
        ({}, {"args": True}, {}),
    ],
)
def test_settings_of_the_same_name_are_taken_and_none_that_fetch_or_place(
    stored, parameters, wanted
):
    assert usable(stored, parameters) == wanted
