"""Every record survives the way to JSON and back."""

import dataclasses
import json
import math
import types
import typing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core import (
    comparison,
    failures,
    findings,
    input_spec,
    inspection,
    model,
    sources,
    wire,
)
from inspector.jobs import requests

MODULES = (comparison, failures, findings, input_spec, inspection, model, sources, requests)


SENT_FROM = {module.__name__ for module in MODULES} | {"inspector.core.finding"}
NEVER_SENT = {
    model.Attribute, model.Node, model.Graph, model.Function, model.Model, model.Checkpoint,
}  # fmt: skip
"""A graph is read by whoever needs it; what travels are the columns of its outline."""


def is_record(value):
    return isinstance(value, type) and (
        dataclasses.is_dataclass(value) or hasattr(value, "_fields")
    )


RECORDS = sorted(
    {
        value
        for module in MODULES
        for value in vars(module).values()
        if is_record(value) and value.__module__ in SENT_FROM
        if value not in NEVER_SENT
    },
    key=lambda kind: kind.__name__,
)


SETTING = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


def values(kind):
    """Any value that an annotation allows."""
    if kind is typing.Any:
        return st.recursive(SETTING, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if {float, str} <= set(arguments):
            # A number that is not finite travels as a word, which may stand here as well.
            finite = st.floats(allow_nan=False, allow_infinity=False)
            others = [values(argument) for argument in arguments if argument is not float]
            return st.one_of(finite, *others)
        return st.one_of(*(values(argument) for argument in arguments))
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(values(arguments[0]), max_size=2).map(tuple)
        return st.tuples(*(values(argument) for argument in arguments))
    if origin is dict:
        return st.dictionaries(st.text(max_size=3), values(arguments[1]), max_size=2)
    if is_record(kind):
        return records(kind)
    if kind is type(None):
        return st.none()
    plain = {int: st.integers(), float: st.floats(), str: st.text(max_size=5), bool: st.booleans()}
    return plain[kind] if kind in plain else st.sampled_from(kind)


def records(kind):
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{name: values(hint) for name, hint in hints.items()})


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_record_survives_a_round_trip(kind, data):
    record = data.draw(records(kind))
    text = wire.dumps(record)
    json.loads(text, parse_constant=pytest.fail)
    again = wire.loads(text, kind)
    assert repr(again) == repr(record)
    assert type(again) is kind


def test_numbers_that_are_not_finite_travel_as_words():
    worst = comparison.Worst(1, (2,), math.nan, math.inf, -math.inf, 0.5)
    text = wire.dumps(worst)
    assert '"nan"' in text
    assert '"-inf"' in text
    assert repr(wire.loads(text, comparison.Worst)) == repr(worst)


def test_numbers_of_numpy_are_written_as_numbers():
    worst = comparison.Worst(
        typing.cast("int", np.int64(3)),
        (),
        float("inf"),
        typing.cast("float", np.float32(0.5)),
        1,
        1,
    )
    assert wire.loads(wire.dumps(worst), comparison.Worst).candidate == 0.5


def test_files_of_other_versions_load():
    text = '{"sentence": "It stopped.", "of_a_later_version": {"a": 1}}'
    assert wire.loads(text, failures.Failure) == failures.Failure("It stopped.")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[]", failures.Failure),
        ('{"sentence": 3}', failures.Failure),
        ('{"sample": 1.5, "index": []}', comparison.Worst),
        ('{"name": "x", "dtype": "float32", "shape": {"a": 1}}', model.Value),
        ('{"size": true}', input_spec.InputDim),
        ('{"job": "j", "kind": "stage", "seconds": "soon"}', requests.Event),
        ("{}", failures.Failure),
    ],
)
def test_data_of_another_form_is_refused(text, kind):
    with pytest.raises(TypeError):
        wire.loads(text, kind)


def test_an_unknown_verdict_is_refused():
    with pytest.raises(TypeError):
        wire.from_plain("PERHAPS", comparison.Verdict)


def test_a_file_name_that_is_no_text_survives(tmp_path):
    request = requests.InspectRequest("/data/\udcff\udce9.onnx")
    wire.save(request, tmp_path / "request.json")
    assert wire.load(tmp_path / "request.json", requests.InspectRequest) == request


def test_saving_leaves_no_partial_file_and_keeps_words_readable(tmp_path):
    path = tmp_path / "failure.json"
    wire.save(failures.Failure("Größe 模型"), path)
    assert [file.name for file in tmp_path.iterdir()] == ["failure.json"]
    assert "Größe 模型" in path.read_text(encoding="utf-8")


def test_a_record_that_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "failure.json"
    wire.save(failures.Failure("old"), path)
    with pytest.raises(TypeError):
        wire.save(failures.Failure(typing.cast("str", object())), path)
    assert wire.load(path, failures.Failure).sentence == "old"
