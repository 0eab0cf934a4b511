"""Inputs reach the right argument, and a failing forward() is explained."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from inspector.core.failures import InspectorError
from inspector.core.input_spec import parse_input_spec
from inspector.runtimes.pytorch_call import (
    Call,
    Signature,
    argument_order,
    bind_call,
    signature_of,
    try_call,
)
from inspector.runtimes.pytorch_inputs import guess_inputs


class Two(torch.nn.Module):
    def forward(self, a: Any, b: Any, c: Any = None, *, scale: float = 1.0) -> Any:
        return a - b * scale if c is None else c


class Net(torch.nn.Module):
    def __init__(self, first: torch.nn.Module) -> None:
        super().__init__()
        self.encoder = torch.nn.Sequential(first, torch.nn.ReLU())

    def forward(self, x: Any) -> Any:
        return self.encoder(x)


class Raises(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        raise ValueError(f"cannot take {tuple(x.shape)}")


SIGNATURE = signature_of(Two())


def test_a_signature_has_arguments_and_those_with_a_default() -> None:
    assert SIGNATURE.arguments == ("a", "b", "c", "scale")
    assert SIGNATURE.required == ("a", "b")


def test_other_names_go_by_their_order() -> None:
    assert bind_call(SIGNATURE, ("x", "y"), (1, 2)) == Call((1, 2), {})


def test_names_of_arguments_go_to_these() -> None:
    assert bind_call(SIGNATURE, ("b", "a"), (2, 1)) == Call((1, 2), {})
    assert bind_call(SIGNATURE, ("a", "b", "scale"), (1, 2, 3)) == Call((1, 2), {"scale": 3})


def test_what_can_only_be_passed_by_name_is() -> None:
    class ByName(torch.nn.Module):
        def forward(self, x: Any, *, scale: Any) -> Any:
            return x * scale

    signature = signature_of(ByName())
    assert bind_call(signature, ("x", "scale"), (1, 2)) == Call((1,), {"scale": 2})
    assert bind_call(signature, ("image", "factor"), (1, 2)) == Call((1,), {"scale": 2})


def test_a_missing_input_is_named() -> None:
    with pytest.raises(InspectorError, match="needs more inputs than it was given: b"):
        argument_order(SIGNATURE, ["x"])


def test_too_many_inputs_are_counted() -> None:
    with pytest.raises(InspectorError, match="takes 1 input, and 2 were given"):
        argument_order(Signature(("x",)), ["a", "b"])


def test_open_ended_arguments_take_any_number() -> None:
    signature = Signature(("x",), open_ended=True)
    assert argument_order(signature, ["a", "b", "c"])[0] == ("x", "b", "c")


def run(module: torch.nn.Module, text: str) -> InspectorError:
    spec = parse_input_spec(text)
    example = torch.zeros(spec.shape, dtype=getattr(torch, spec.dtype))
    with pytest.raises(InspectorError) as caught:
        try_call(module, Call((example,), {}), (spec,))
    return caught.value


def test_a_wrong_shape_names_the_layer_and_both_sizes() -> None:
    failure = run(Net(torch.nn.Linear(10, 3)), "x=float32[1,7]").failure
    assert failure.sentence.startswith("In 'encoder.0': an input has the wrong shape")
    assert "10 features" in failure.sentence
    assert "(1, 7)" in failure.detail
    assert "x=float32[1,7]" in failure.detail


def test_a_wrong_dtype_is_said_before_an_exporter_hides_it() -> None:
    failure = run(Net(torch.nn.Linear(10, 3)), "x=int64[1,10]").failure
    assert "another dtype" in failure.sentence
    assert "float32" in failure.hint


def test_wrong_channels_are_counted() -> None:
    failure = run(Net(torch.nn.Conv2d(3, 4, 1)), "x=float32[1,1,8,8]").failure
    assert "1 channels where the model takes 3" in failure.sentence


def test_a_missing_batch_dimension_is_said() -> None:
    failure = run(Net(torch.nn.Conv2d(3, 4, 1)), "x=float32[8,8]").failure
    assert "wrong number of dimensions" in failure.sentence


def test_floats_for_an_embedding_are_said() -> None:
    failure = run(Net(torch.nn.Embedding(5, 2)), "x=float32[1,4]").failure
    assert "not integers" in failure.sentence


def test_an_error_of_forward_itself_is_quoted() -> None:
    failure = run(Raises(), "x=float32[2]").failure
    assert failure.sentence == "forward() raised ValueError: cannot take (2,)"
    assert "test_pytorch_call.py" in failure.detail


def test_hooks_are_gone_afterwards() -> None:
    module = Net(torch.nn.Linear(10, 3))
    run(module, "x=float32[1,7]")
    for child in module.modules():
        assert not child._forward_pre_hooks
        assert not child._forward_hooks


@pytest.mark.parametrize(
    ("layer", "spec"),
    [
        (torch.nn.Linear(10, 3), "x=float32[batch=2,10]"),
        (torch.nn.Conv2d(3, 4, 3), "x=float32[batch=2,3,224,224]"),
        (torch.nn.Conv1d(3, 4, 3), "x=float32[batch=2,3,64]"),
        (torch.nn.Embedding(5, 2), "x=int64[batch=2,16]"),
    ],
)
def test_inputs_are_guessed_from_the_first_weights(layer: torch.nn.Module, spec: str) -> None:
    module = Net(layer)
    assert [str(s) for s in guess_inputs(module, signature_of(module))] == [spec]


def test_a_size_that_does_not_run_is_not_guessed() -> None:
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3, padding=1), torch.nn.Flatten(), torch.nn.Linear(2 * 28 * 28, 3)
    )
    guessed = guess_inputs(module, Signature(("input",)))
    assert [str(s) for s in guessed] == ["input=float32[batch=2,1,28,28]"]
    assert guess_inputs(Two(), SIGNATURE) == ()
    assert guess_inputs(Raises(), Signature(("x",))) == ()


def test_a_padded_transformer_gives_its_numbers_everywhere() -> None:
    """Its fused form gives zeros for padded positions, and ONNX knows only the plain one."""
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    module = torch.nn.TransformerEncoder(layer, 1).eval().requires_grad_(False)
    mask = torch.tensor([[False, False, True]])
    call = Call((torch.ones(1, 3, 8),), {"src_key_padding_mask": mask})
    found = try_call(module, call)
    assert found.shape == (1, 3, 8)
    assert found[0, 2].abs().max() > 0
    assert torch.backends.mha.get_fastpath_enabled()
