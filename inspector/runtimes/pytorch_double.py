"""The same PyTorch module computed in float64: the referee between two less exact calculations.

`module.double()` alone is no valid referee: a mask, a constant or a cast to float32 inside
`forward()` stays as it is, and some layers then compute something else without a word. So every
operator is watched while the module runs: what is in less than 64 bits is widened on its way in,
and where an operator is told to give float32 it gives float64. What a module rounds on purpose,
to a type coarser than its own, cannot be undone so; that is noted, and such a calculation is no
referee.
"""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from inspector.core.failures import InspectorError, explain
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.runtimes.pytorch import PyTorchRuntime
from inspector.runtimes.pytorch_load import Loaded, load
from inspector.runtimes.pytorch_programs import COMPILED
from inspector.runtimes.pytorch_values import Array


class Float64:
    """A module in float64, ready to run beside the one that it is a copy of.

    Args:
        runtime: The copy.
        coarsest: How coarse the module's own type is.
    """

    def __init__(self, runtime: PyTorchRuntime, coarsest: int) -> None:
        self._runtime = runtime
        self._widening = _Widening(coarsest)

    @property
    def why_not(self) -> str:
        """Once it has run: why it is no valid referee; empty where it is."""
        return self._widening.why_not

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """Compute all outputs in float64; whole numbers, booleans and text stay what they are.

        Args:
            feeds: Name of the input to array, as for the module itself.

        Raises:
            InspectorError: The module does not compute in float64.
        """
        widening = self._widening
        widening.coarsest = max(widening.coarsest, _rank_of(feeds))
        try:
            with _defaults(), _watch(widening):
                return self._runtime.run({name: _wide(one) for name, one in feeds.items()})
        except InspectorError:
            raise
        except Exception as error:
            raise InspectorError(explain(error).sentence) from error


def open_float64(runtime: PyTorchRuntime, source: ModelSource) -> Float64:
    """A copy of a loaded model in float64; the model itself stays as it is.

    Args:
        runtime: The model.
        source: Where it came from; it is loaded again where it cannot be copied.

    Raises:
        InspectorError: Its code cannot be told to compute in float64.
    """
    loaded = runtime.loaded
    if loaded.kind == COMPILED:
        raise InspectorError("Compiled code computes in the types that it was compiled for only.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module, coarsest = _copied(loaded, source), _coarsest(loaded.module)
            wide = replace(loaded, module=module.double(), program=None)
            return Float64(runtime.with_model(wide), coarsest)
    except MemoryError as error:
        raise InspectorError("There is no room in memory for a copy in 64 bits.") from error
    except InspectorError:
        raise
    except Exception as error:
        raise InspectorError(f"A copy in 64 bits cannot be made: {_line(error)}") from error


def _copied(loaded: Loaded, source: ModelSource) -> Any:
    try:
        return copy.deepcopy(loaded.module)
    except MemoryError:
        raise
    except Exception:  # what keeps a module from being copied is its own affair
        plain = replace(source, inputs=(), output_names=(), custom_ops=())
        return load(plain, Report()).module


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200] if lines else ''}".rstrip(": ")


@contextlib.contextmanager
def _defaults() -> Iterator[None]:
    """New tensors are float64; what was the default before is so again afterwards."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_default_dtype(before)


def _wide(array: Array) -> Array:
    import numpy as np

    if array.dtype.kind == "c":
        return array.astype(np.complex128)
    low = array.dtype.kind == "f" or array.dtype.name.startswith(("bfloat", "float"))
    return array.astype(np.float64) if low else array


def _rank(name: str) -> int:
    """How coarse a floating type is: 0 for float64; -1 for what is none."""
    if name in ("float64", "complex128"):
        return 0
    if name in ("float32", "complex64"):
        return 1
    if name in ("float16", "bfloat16", "complex32"):
        return 2
    return 3 if name.startswith("float") else -1


def _rank_of(feeds: Mapping[str, Array]) -> int:
    return max((_rank(array.dtype.name) for array in feeds.values()), default=-1)


def _name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _coarsest(module: Any) -> int:
    """The coarsest floating type among a module's own tensors, at least float32."""
    held = [*module.parameters(), *module.buffers()]
    return max((_rank(_name(tensor.dtype)) for tensor in held), default=1)


class _Widening:
    """Widens what operators are given; `why_not` says what it could not widen."""

    def __init__(self, coarsest: int) -> None:
        self.coarsest = coarsest
        self.why_not = ""

    def look_at(self, operator: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Note where an operator does what has no like in 64 bits."""
        if operator.name() == "aten::view.dtype":
            self._refuse(operator, "reads the bits of numbers")
        schema = operator._schema  # noqa: SLF001
        for place, argument in enumerate(schema.arguments if schema.is_mutable else ()):
            value = args[place] if place < len(args) else kwargs.get(argument.name)
            written = argument.alias_info is not None and argument.alias_info.is_write
            if written and _rank(_name(getattr(value, "dtype", ""))) > 0:
                self._refuse(operator, "changes a tensor of less than 64 bits")

    def wide(self, operator: Any, value: Any) -> Any:
        """One argument of an operator: a tensor, a dtype, or something that is neither."""
        import torch

        if isinstance(value, torch.Tensor):
            return _widened(value)
        if not isinstance(value, torch.dtype) or _rank(_name(value)) < 1:
            return value
        if _rank(_name(value)) > self.coarsest:
            self._refuse(operator, f"rounds to {_name(value)}")
            return value
        return torch.complex128 if value.is_complex else torch.float64

    def _refuse(self, operator: Any, what: str) -> None:
        self.why_not = self.why_not or (
            f"forward() {what} ({operator.name()}), so that the calculation in 64 bits is not "
            "the same."
        )


def _watch(widening: _Widening) -> Any:
    """The mode under which every operator passes through `widening`."""
    from torch.utils import _pytree
    from torch.utils._python_dispatch import TorchDispatchMode

    class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
        ) -> Any:
            widening.look_at(func, args, kwargs or {})
            given, named = _pytree.tree_map(
                lambda value: widening.wide(func, value), (args, kwargs or {})
            )
            return func(*given, **named)

    return Watch()  # type: ignore[no-untyped-call]


def _widened(tensor: Any) -> Any:
    import torch

    if _rank(_name(tensor.dtype)) < 1 or tensor.is_quantized or tensor.layout != torch.strided:
        return tensor
    return tensor.to(torch.complex128 if tensor.dtype.is_complex else torch.float64)
