"""What inputs a model may take, guessed from its first weights and tried once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.input_spec import EXAMPLE_SIZE, InputDim, InputSpec
from inspector.runtimes.pytorch_call import Signature, bind_call, try_call
from inspector.runtimes.pytorch_load import Loaded
from inspector.runtimes.pytorch_values import example

_BATCH = InputDim(EXAMPLE_SIZE, "batch")
_SIDES = (224, 64, 32, 28, 8, 48, 24, 256)
_LENGTHS = (64, 16, 1024, 16000)
_STEPS = 16
_RECURRENT = ("LSTM", "GRU", "RNN")


RECORDED, GUESSED, ASKED = "recorded", "guessed", "asked"
"""Where example inputs come from: the file, the weights, or whoever asks."""


def propose_inputs(
    loaded: Loaded, asked: tuple[InputSpec, ...]
) -> tuple[tuple[InputSpec, ...], str]:
    """Example inputs for a model, and where they come from; empty where none are known.

    Args:
        loaded: The model.
        asked: What a person has given; taken as it is, except that the dynamic dimensions of an
            exported program are its own.
    """
    known = loaded.inputs
    if asked and loaded.program is not None and len(asked) == len(known):
        return tuple(_as_declared(*pair) for pair in zip(asked, known, strict=True)), ASKED
    if asked:
        return asked, ASKED
    if known and loaded.program is None:
        known = _with_batch(loaded)
    if known:
        return known, RECORDED
    guessed = guess_inputs(loaded.module, loaded.signature)
    return guessed, GUESSED if guessed else ""


def _as_declared(asked: InputSpec, declared: InputSpec) -> InputSpec:
    if len(asked.dims) != len(declared.dims):
        return asked
    pairs = zip(asked.dims, declared.dims, strict=True)
    return replace(asked, dims=tuple(InputDim(a.size, d.symbol) for a, d in pairs))


def _with_batch(loaded: Loaded) -> tuple[InputSpec, ...]:
    """What a trace recorded, with a dynamic first dimension where another size runs as well."""
    recorded = loaded.inputs
    names = loaded.signature.arguments
    if len(names) >= len(recorded):
        pairs = zip(recorded, names, strict=False)
        recorded = tuple(replace(spec, name=name) for spec, name in pairs)
    sizes = {spec.dims[0].size for spec in recorded if spec.dims}
    if len(sizes) != 1 or not all(spec.dims for spec in recorded):
        return recorded
    more = InputDim(max(*sizes, 1) + 1, "batch")
    larger = tuple(replace(spec, dims=(more, *spec.dims[1:])) for spec in recorded)
    try:
        call = bind_call(loaded.signature, names[: len(larger)], [example(s) for s in larger])
        try_call(loaded.module, call)
    except InspectorError:
        return recorded
    return larger


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
        found = list(_taken_by(layer))
        if found:
            weight = next(layer.parameters(recurse=False), None)  # a quantised layer has none
            floating = "float32" if weight is None else str(weight.dtype).removeprefix("torch.")
            yield from ((dtype or floating, (_BATCH, *dims)) for dtype, dims in found)
            return


def _taken_by(layer: Any) -> Iterator[tuple[str, tuple[InputDim, ...]]]:
    """What one layer takes besides the batch; an empty dtype is that of its weights."""
    kind = getattr(layer, "original_name", type(layer).__name__)
    steps = InputDim(_STEPS)
    size = _size_taken(layer, kind)
    if kind == "Embedding" or hasattr(layer, "num_embeddings"):
        yield "int64", (steps,)
    elif size and (kind in _RECURRENT or hasattr(layer, "input_size")):
        yield "", (steps, InputDim(size))
    elif size and "1d" in kind:
        yield from (("", (InputDim(size), InputDim(n))) for n in _LENGTHS)
    elif size and "2d" in kind:
        for side in _SIDES:
            yield "", (InputDim(size), InputDim(side), InputDim(side))
    elif size and "3d" not in kind and "Norm" not in kind:
        yield "", (InputDim(size),)
        yield "", (steps, InputDim(size))


def _size_taken(layer: Any, kind: str) -> int:
    """Features or channels that a layer takes; a traced layer tells it by its weight only."""
    for name in ("in_features", "in_channels", "input_size"):
        if hasattr(layer, name):
            return int(getattr(layer, name))
    weight: Any = getattr(layer, "weight_ih_l0" if kind in _RECURRENT else "weight", None)
    known = kind in _RECURRENT or kind == "Linear" or kind.startswith("Conv")
    if not known or "Transpose" in kind or getattr(weight, "ndim", 0) < 2:
        return 0
    return int(weight.shape[1])
