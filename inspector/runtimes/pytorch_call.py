"""How `forward()` is called: its arguments, which input goes where, and who failed inside it."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.core.failures import InspectorError, explain
from inspector.core.input_spec import InputSpec
from inspector.core.words import counted


@dataclass(frozen=True, slots=True)
class Signature:
    """What `forward()` takes, without `self`.

    Attributes:
        arguments: Names in order.
        optional: Those with a default.
        numbers: Those that TorchScript declares as a Python number, not a tensor.
        open_ended: Whether it takes any number of further positional arguments.
        by_name: Those that can only be passed by name.
    """

    arguments: tuple[str, ...]
    optional: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    open_ended: bool = False
    by_name: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Names that have no default."""
        return tuple(name for name in self.arguments if name not in self.optional)


@dataclass(frozen=True, slots=True)
class Call:
    """Inputs as `forward()` gets them."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def signature_of(module: Any) -> Signature:
    """What a module's `forward()` takes; for TorchScript, by its schema."""
    import torch

    if isinstance(module, torch.jit.ScriptModule):
        return _scripted(module)
    parameters = list(inspect.signature(module.forward).parameters.values())
    plain = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return Signature(
        tuple(p.name for p in plain),
        tuple(p.name for p in plain if p.default is not p.empty),
        open_ended=any(p.kind is p.VAR_POSITIONAL for p in parameters),
        by_name=tuple(p.name for p in plain if p.kind is p.KEYWORD_ONLY),
    )


def _scripted(module: Any) -> Signature:
    arguments = module.forward.schema.arguments[1:]
    return Signature(
        tuple(a.name for a in arguments),
        tuple(a.name for a in arguments if a.has_default_value()),
        tuple(a.name for a in arguments if str(a.type) in ("int", "float", "bool")),
    )


def argument_order(signature: Signature, names: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Which argument each input is for.

    Inputs whose names are all arguments of `forward()` go to these; others go by their order.

    Returns:
        The names of the arguments that the inputs go to, in the order of `names`, and whether
        they must be passed by name because an argument before them is left out.

    Raises:
        InspectorError: More inputs were given than it takes, or a needed one is missing.
    """
    taken = tuple(names)
    if not set(names) <= set(signature.arguments) or len(set(names)) < len(names):
        taken = signature.arguments[: len(names)]
        if len(names) > len(taken) and not signature.open_ended:
            raise InspectorError(
                f"forward() takes {counted(len(taken), 'input')}, and {len(names)} were given.",
                f"Its inputs are: {', '.join(signature.arguments) or 'none'}.",
            )
        if len(names) > len(taken):
            return (*taken, *names[len(taken) :]), False
    lost = [name for name in signature.required if name not in taken]
    if lost:
        raise InspectorError(
            f"forward() needs more inputs than it was given: {', '.join(lost)}.",
            "Give one --input for each of its arguments, in their order: "
            f"{', '.join(signature.arguments)}.",
        )
    named = any(name in signature.by_name for name in taken)
    return taken, named or taken != signature.arguments[: len(taken)]


def bind_call(signature: Signature, names: Sequence[str], tensors: Sequence[Any]) -> Call:
    """Put tensors where `forward()` takes them.

    Raises:
        InspectorError: They are too many or too few.
    """
    taken, by_name = argument_order(signature, names)
    values = [
        tensor.item() if argument in signature.numbers else tensor
        for argument, tensor in zip(taken, tensors, strict=True)
    ]
    if not by_name:
        return Call(tuple(values), {})
    order = sorted(range(len(taken)), key=lambda i: signature.arguments.index(taken[i]))
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for place, index in enumerate(order):
        only_named = taken[index] in signature.by_name
        if not named and not only_named and signature.arguments[place] == taken[index]:
            positional.append(values[index])
        else:
            named[taken[index]] = values[index]
    return Call(tuple(positional), named)


def try_call(module: Any, call: Call, specs: Sequence[InputSpec] = ()) -> Any:
    """Run a module once, without gradients.

    Raises:
        InspectorError: It failed; the sentence says what is wrong and in which module.
    """
    import torch

    try:
        with torch.no_grad(), plain_attention():
            return module(*call.args, **call.kwargs)
    except InspectorError:
        raise
    except Exception as error:
        raise _explained(error, _where_it_fails(module, call), specs) from error


@contextlib.contextmanager
def plain_attention() -> Iterator[None]:
    """Keep transformer layers from their fused form.

    It has no translation to ONNX, and it leaves out padded positions, which then hold zeros
    where the layer's own formula gives numbers.
    """
    import torch

    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)


def _where_it_fails(module: Any, call: Call) -> list[str]:
    """The modules inside which a call fails, outermost first: a second run, now watched.

    The first one is not, since layers may compute differently where they are watched.
    """
    import torch

    place: list[str] = []
    with (
        contextlib.suppress(Exception),
        torch.no_grad(),
        plain_attention(),
        _watched(module, place),
    ):
        module(*call.args, **call.kwargs)
    return place


@contextlib.contextmanager
def _watched(module: Any, place: list[str]) -> Iterator[None]:
    """Keep in `place` the path of the modules whose `forward()` has been entered and not left."""
    import torch

    handles: list[Any] = []
    if not isinstance(module, torch.jit.ScriptModule):
        for name, child in module.named_modules():
            if isinstance(child, torch.jit.ScriptModule):
                continue
            label = f"{name or 'the model'} ({type(child).__name__})"
            handles.append(child.register_forward_pre_hook(_entering(place, label)))
            handles.append(child.register_forward_hook(_leaving(place)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _entering(place: list[str], label: str) -> Any:
    def enter(module: Any, args: Any) -> None:
        shapes = ", ".join(str(tuple(a.shape)) for a in args if hasattr(a, "shape"))
        place.append(f"{label}, which was given {shapes}" if shapes else label)

    return enter


def _leaving(place: list[str]) -> Any:
    def leave(module: Any, args: Any, result: Any) -> None:
        place.pop()

    return leave


def _explained(
    error: Exception, place: Sequence[str], specs: Sequence[InputSpec]
) -> InspectorError:
    known = explain(error)
    inputs = " ".join(str(spec) for spec in specs)
    where = f"\nIt happened in {place[-1]}." if len(place) > 1 else ""
    detail = f"Inputs: {inputs}{where}\n\n{known.detail}".strip()
    sentence = known.sentence
    if sentence.startswith("Something went wrong"):
        sentence = f"forward() raised {_gist(error)}".rstrip(": ")
        hint = "Check the inputs' shapes and dtypes; the details name the line."
    else:
        hint = known.hint
    if len(place) > 1:
        sentence = f"In '{place[-1].partition(' (')[0]}': {sentence[0].lower()}{sentence[1:]}"
    return InspectorError(sentence, hint, detail)


def _gist(error: Exception) -> str:
    """Type and text in one line; TorchScript puts what was raised at the end of its own text."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if lines and "TorchScript interpreter" in lines[0]:
        return lines[-1][:200].removeprefix("builtins.")
    return f"{type(error).__name__}: {lines[0][:200] if lines else ''}"
