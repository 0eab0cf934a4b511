"""Export a PyTorch model anew, in process: for the values of its steps, and to ask who is to blame.

The exporter's optimiser is left out first, so that the program and the file have the same steps.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.core.blame import OPTIMISED, PLAIN
from inspector.runtimes.base import Array
from inspector.runtimes.pytorch_call import Call, bind_call, plain_attention
from inspector.runtimes.pytorch_load import Loaded
from inspector.runtimes.pytorch_programs import COMPILED, SCRIPT
from inspector.runtimes.pytorch_values import to_tensor

_LOWEST, _HIGHEST = 18, 25
"""Opsets that the dynamo exporter writes as asked."""


@dataclass(frozen=True, slots=True)
class Captured:
    """A model that was exported anew.

    Attributes:
        program: The exported program as it was translated; None for the TorchScript exporter.
        files: Row of the table (see `core.blame`) to file.
    """

    program: Any
    files: dict[str, Path]


def call_of(loaded: Loaded, names: Sequence[str], arrays: Mapping[str, Array]) -> Call:
    """The inputs of one run as `forward()` gets them, in tensors of their own.

    Args:
        loaded: The model.
        names: Names of its inputs.
        arrays: The inputs by these names.
    """
    given = [name for name in names if name in arrays]
    return bind_call(loaded.signature, given, [to_tensor(arrays[name]) for name in given])


def capture(
    loaded: Loaded,
    names: Sequence[str],
    arrays: Mapping[str, Array],
    symbols: Mapping[str, Mapping[int, str]],
    how: tuple[str, int],
    folder: Path,
) -> Captured:
    """Export a model without the exporter's optimiser, then with it.

    Args:
        loaded: The model.
        names: Names of its inputs.
        arrays: Inputs of one run by these names.
        symbols: By input, the dimensions that are open in the file; they are kept open here as
            far as the exporter can.
        how: The exporter of the file, `dynamo` or `torchscript`, and its opset.
        folder: Where files go; made here.

    Raises:
        Exception: Whatever an exporter raises for a model that it cannot export.
    """
    folder.mkdir(parents=True, exist_ok=True)
    exporter, opset = how
    with _quiet():
        if exporter == "torchscript" or loaded.kind == SCRIPT:
            return _torchscript(loaded, call_of(loaded, names, arrays), names, opset, folder)
        return _dynamo(loaded, names, arrays, symbols, opset, folder)


def can_capture(loaded: Loaded) -> bool:
    """Whether the form can be exported at all."""
    return loaded.kind != COMPILED


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Exporters print, and warn of what was said when the file was made."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        plain_attention(),
    ):
        warnings.simplefilter("ignore")
        yield


def _dynamo(
    loaded: Loaded,
    names: Sequence[str],
    arrays: Mapping[str, Array],
    symbols: Mapping[str, Mapping[int, str]],
    opset: int,
    folder: Path,
) -> Captured:
    call = call_of(loaded, names, arrays)
    shapes = None if loaded.program is not None else _dynamic_shapes(loaded, names, call, symbols)
    try:
        program = _export(loaded, call, names, opset, shapes)
    except Exception:
        if shapes is None:
            raise
        program = _export(loaded, call, names, opset, None)
    files = {}
    for row, name in ((PLAIN, "plain"), (OPTIMISED, "optimised")):
        if row == OPTIMISED:
            program.optimize()
        files[row] = folder / name / "model.onnx"
        files[row].parent.mkdir()
        program.save(files[row], external_data=True)
    return Captured(program.exported_program, files)


def _export(loaded: Loaded, call: Call, names: Sequence[str], opset: int, shapes: Any) -> Any:
    import torch

    captured = loaded.program is not None
    program = torch.onnx.export(
        loaded.program if captured else loaded.module,
        () if captured else call.args,
        kwargs=None if captured else call.kwargs or None,
        dynamo=True,
        verbose=False,
        optimize=False,
        opset_version=min(max(opset, _LOWEST), _HIGHEST),
        input_names=list(_ordered(call, loaded, names)),
        dynamic_shapes=shapes,
    )
    assert program is not None
    return program


def _ordered(call: Call, loaded: Loaded, names: Sequence[str]) -> tuple[str, ...]:
    """The names of the inputs in the order in which the exporters take their tensors."""
    order = {id(tensor): name for name, tensor in _named(loaded, names, call)}
    tensors = [*call.args, *call.kwargs.values()]
    return tuple(order[id(tensor)] for tensor in tensors if id(tensor) in order)


def _named(loaded: Loaded, names: Sequence[str], call: Call) -> Iterator[tuple[str, Any]]:
    from inspector.runtimes.pytorch_call import argument_order

    taken = argument_order(loaded.signature, names)[0]
    position = {name: place for place, name in enumerate(loaded.signature.arguments)}
    places = sorted(range(len(taken)), key=lambda i: position.get(taken[i], len(position)))
    for at, index in enumerate(places):
        if taken[index] in call.kwargs:
            yield names[index], call.kwargs[taken[index]]
        elif at < len(call.args):
            yield names[index], call.args[at]


def _dynamic_shapes(
    loaded: Loaded, names: Sequence[str], call: Call, symbols: Mapping[str, Mapping[int, str]]
) -> Any:
    axes = {id(tensor): symbols.get(name) or None for name, tensor in _named(loaded, names, call)}
    if not any(axes.values()):
        return None
    positional = tuple(_axes(axes.get(id(tensor))) for tensor in call.args)
    if not call.kwargs:
        return positional
    order = [name for name in loaded.signature.arguments if name not in call.kwargs]
    named = {key: _axes(axes.get(id(tensor))) for key, tensor in call.kwargs.items()}
    return {**dict(zip(order, positional, strict=False)), **named}


def _axes(symbols: Mapping[int, str] | None) -> dict[int, str] | None:
    return dict(symbols) if symbols else None


def _torchscript(
    loaded: Loaded, call: Call, names: Sequence[str], opset: int, folder: Path
) -> Captured:
    import torch

    files = {}
    for row, name, folding in ((PLAIN, "plain", False), (OPTIMISED, "optimised", True)):
        files[row] = folder / name / "model.onnx"
        files[row].parent.mkdir()
        torch.onnx.export(
            loaded.module,
            call.args,
            files[row],
            dynamo=False,
            opset_version=min(max(opset, 7), 20),
            input_names=list(_ordered(call, loaded, names)),
            do_constant_folding=folding,
        )
    return Captured(None, files)
