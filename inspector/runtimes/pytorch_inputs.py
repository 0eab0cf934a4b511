"""What inputs a model may take, guessed from its first weights and tried once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.input_spec import EXAMPLE_SIZE, InputDim, InputSpec
from inspector.runtimes.pytorch_call import Signature, bind_call, try_call
from inspector.runtimes.pytorch_values import example

_BATCH = InputDim(EXAMPLE_SIZE, "batch")
_SIDES = (224, 64, 32, 28, 8, 48, 24, 256)
_LENGTHS = (64, 16, 1024, 16000)
_STEPS = 16


def guess_inputs(module: Any, signature: Signature) -> tuple[InputSpec, ...]:
    """Example inputs that the model was seen to run with; empty where no guess does.

    Only models with one required argument are guessed at.
    """
    if len(signature.required) != 1:
        return ()
    name = signature.required[0]
    for dtype, dims in _candidates(module):
        spec = InputSpec(name, dtype, dims)
        try:
            try_call(module, bind_call(signature, (name,), (example(spec),)))
        except InspectorError:
            continue
        return (spec,)
    return ()


def _candidates(module: Any) -> Iterator[tuple[str, tuple[InputDim, ...]]]:
    """Dtype and dimensions that the first layer of a known kind takes, the likeliest first."""
    for layer in module.modules():
        weight = next(layer.parameters(recurse=False), None)
        found = list(_taken_by(layer))
        if weight is not None and found:
            floating = str(weight.dtype).removeprefix("torch.")
            yield from ((dtype or floating, (_BATCH, *dims)) for dtype, dims in found)
            return


def _taken_by(layer: Any) -> Iterator[tuple[str, tuple[InputDim, ...]]]:
    """What one layer takes besides the batch; an empty dtype is that of its weights."""
    kind = type(layer).__name__
    steps = InputDim(_STEPS)
    if hasattr(layer, "num_embeddings"):
        yield "int64", (steps,)
    elif hasattr(layer, "in_features") or hasattr(layer, "input_size"):
        features = InputDim(getattr(layer, "in_features", 0) or layer.input_size)
        if hasattr(layer, "in_features"):
            yield "", (features,)
        yield "", (steps, features)
    elif "1d" in kind and hasattr(layer, "in_channels"):
        yield from (("", (InputDim(layer.in_channels), InputDim(n))) for n in _LENGTHS)
    elif "2d" in kind and hasattr(layer, "in_channels"):
        for side in _SIDES:
            yield "", (InputDim(layer.in_channels), InputDim(side), InputDim(side))
