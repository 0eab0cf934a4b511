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
    """Dtype and dimensions that the first module with weights takes, the likeliest first."""
    first = next((m for m in module.modules() if _has_own_weights(m)), None)
    if first is None:
        return
    floating = str(next(first.parameters(recurse=False)).dtype).removeprefix("torch.")
    kind = type(first).__name__
    if hasattr(first, "num_embeddings"):
        yield "int64", (_BATCH, InputDim(_STEPS))
    elif hasattr(first, "in_features"):
        yield floating, (_BATCH, InputDim(first.in_features))
        yield floating, (_BATCH, InputDim(_STEPS), InputDim(first.in_features))
    elif hasattr(first, "input_size"):
        yield floating, (_BATCH, InputDim(_STEPS), InputDim(first.input_size))
    elif "1d" in kind and hasattr(first, "in_channels"):
        for length in _LENGTHS:
            yield floating, (_BATCH, InputDim(first.in_channels), InputDim(length))
    elif "2d" in kind and hasattr(first, "in_channels"):
        for side in _SIDES:
            yield floating, (_BATCH, InputDim(first.in_channels), InputDim(side), InputDim(side))


def _has_own_weights(module: Any) -> bool:
    return next(module.parameters(recurse=False), None) is not None
