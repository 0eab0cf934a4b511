"""Arrays to tensors and back, examples, and the names of outputs."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

from inspector.core.failures import InspectorError
from inspector.core.input_spec import DTYPES, parse_input_spec
from inspector.runtimes.pytorch_values import (
    example,
    output_names,
    tensors_of,
    to_array,
    to_tensor,
)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_makes_the_journey(dtype: str) -> None:
    tensor = example(parse_input_spec(f"x={dtype}[batch=2,3]"))
    assert tensor.dtype is getattr(torch, dtype)
    array = to_array(tensor)
    assert array.dtype.name == dtype
    assert array.shape == (2, 3)
    assert torch.equal(to_tensor(array), tensor)


def test_bfloat16_keeps_its_values() -> None:
    array = np.array([1.5, -2.0], ml_dtypes.bfloat16)
    assert to_tensor(array).tolist() == [1.5, -2.0]
    assert to_array(to_tensor(array)).tolist() == [1.5, -2.0]


def test_an_example_is_the_same_every_time_and_not_constant() -> None:
    spec = parse_input_spec("x=float32[64]")
    assert torch.equal(example(spec), example(spec))
    assert example(spec).std() > 0.5


def test_arrays_of_any_order_are_taken() -> None:
    array = np.arange(6.0).reshape(2, 3).T[::-1]
    assert to_tensor(array).tolist() == array.tolist()


def test_an_array_is_a_copy() -> None:
    array = np.zeros(2)
    to_tensor(array).add_(1)
    assert array.tolist() == [0, 0]


def test_a_single_tensor_is_called_output() -> None:
    assert [name for name, _ in tensors_of(torch.zeros(1))] == ["output"]


def test_places_read_as_one_would_write_them() -> None:
    t = torch.zeros(1)
    pair: Any = namedtuple("pair", "left right")
    result = {"logits": t, "boxes": [t, None, (t,)], "my key": t, "pair": pair(t, t)}
    assert [name for name, _ in tensors_of(result)] == [
        "out.logits",
        "out.boxes[0]",
        "out.boxes[2][0]",
        "out['my key']",
        "out.pair.left",
        "out.pair.right",
    ]
    assert [name for name, _ in tensors_of((t, t))] == ["out[0]", "out[1]"]


def test_what_is_no_tensor_is_named_with_its_place() -> None:
    with pytest.raises(InspectorError, match=r"returns a int at 'out\[1\]'"):
        tensors_of((torch.zeros(1), 3))


def test_asked_names_come_first_then_places() -> None:
    assert output_names(["out[0]", "out[1]"], ["boxes"]) == ("boxes", "out[1]")


def test_too_many_names_or_one_twice_are_refused() -> None:
    with pytest.raises(InspectorError, match="2 names were given for 1 output"):
        output_names(["output"], ["a", "b"])
    with pytest.raises(InspectorError, match="same name"):
        output_names(["out[0]", "out[1]"], ["a", "a"])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_array_does_not_change_with_the_buffer_that_a_module_hands_out(dtype: Any) -> None:
    state = torch.zeros(3, dtype=dtype)
    before = to_array(state)
    state += 1
    assert before.astype(np.float32).tolist() == [0, 0, 0]
    assert to_array(state.to_sparse()).astype(np.float32).tolist() == [1, 1, 1]
