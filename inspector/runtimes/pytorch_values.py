"""Tensors and arrays: between PyTorch and numpy, examples of inputs, and names of outputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from inspector.core.failures import InspectorError
from inspector.core.input_spec import InputSpec
from inspector.core.words import counted

Array = npt.NDArray[Any]

EXAMPLE_SEED = 0
"""Examples that an export is traced with are drawn from this seed: the same every time."""


def to_tensor(array: Array) -> Any:
    """A tensor with the same values; bfloat16 arrays (as `ml_dtypes` has them) stay bfloat16."""
    import torch

    if array.dtype.name == "bfloat16":
        bits = np.array(array, order="C").view(np.int16)
        return torch.from_numpy(bits).view(torch.bfloat16)
    return torch.from_numpy(np.array(array, order="C"))


def to_array(tensor: Any) -> Array:
    """An array with the same values; bfloat16 becomes the dtype of that name of `ml_dtypes`.

    It shares no memory with the tensor: a module may hand out its own buffer, and change that in
    the next run.
    """
    import torch

    plain = tensor.detach().cpu()
    if plain.is_quantized:
        plain = plain.dequantize()
    if plain.is_sparse:
        plain = plain.to_dense()
    plain = plain.resolve_conj().resolve_neg().contiguous()
    if tensor.layout == torch.strided and plain.data_ptr() == tensor.data_ptr():
        plain = plain.clone()
    if plain.dtype == torch.bfloat16:
        import ml_dtypes

        bits: Array = plain.view(torch.int16).numpy()
        return bits.view(ml_dtypes.bfloat16)
    array: Array = plain.numpy()
    return array


def example(spec: InputSpec) -> Any:
    """An example tensor: normal numbers for floats, 0 and 1 for integers and booleans.

    A value that was given is taken for every element.
    """
    import torch

    generator = torch.Generator().manual_seed(EXAMPLE_SEED)
    dtype = getattr(torch, spec.dtype)
    if spec.value is not None:
        return torch.full(spec.shape, spec.value, dtype=torch.float64).to(dtype)
    if dtype.is_floating_point or dtype.is_complex:
        real = torch.complex64 if dtype.is_complex else torch.float32
        return torch.randn(spec.shape, generator=generator, dtype=real).to(dtype)
    return torch.randint(0, 2, spec.shape, generator=generator).to(dtype)


def tensors_of(result: Any) -> list[tuple[str, Any]]:
    """The tensors in what `forward()` returned, in the exporters' order, each with its place.

    Places read as one would write them in Python: `output` for a single tensor, `out[1]`,
    `out.logits`. None is left out, as the exporters do.

    Raises:
        InspectorError: There is something else among them; no exporter takes it.
    """
    import torch
    from torch.utils import _pytree

    if isinstance(result, torch.Tensor):
        return [("output", result)]
    leaves, _ = _pytree.tree_flatten_with_path(result)
    found: list[tuple[str, Any]] = []
    for path, leaf in leaves:
        place = "out" + "".join(_step(key) for key in path)
        if isinstance(leaf, torch.Tensor):
            found.append((place, leaf))
        elif leaf is not None:
            raise InspectorError(
                f"forward() returns a {type(leaf).__name__} at '{place}', which is not a tensor.",
                "Return tensors, or tuples, lists and dicts of tensors.",
            )
    return found


def _step(key: Any) -> str:
    for attribute in ("idx", "key", "name"):
        value = getattr(key, attribute, None)
        if isinstance(value, int):
            return f"[{value}]"
        if isinstance(value, str):
            return f".{value}" if value.isidentifier() else f"[{value!r}]"
    return str(key)


def output_names(places: Iterable[str], asked: Sequence[str]) -> tuple[str, ...]:
    """Names of the outputs: those asked for, in order, then the places.

    Raises:
        InspectorError: More names were asked for than there are outputs, or one twice.
    """
    found = list(places)
    if len(asked) > len(found):
        raise InspectorError(
            f"{counted(len(asked), 'name')} {'was' if len(asked) == 1 else 'were'} given for "
            f"{counted(len(found), 'output')}.",
            f"Give at most {len(found)}.",
        )
    names = (*asked, *found[len(asked) :])
    if len(set(names)) < len(names):
        raise InspectorError("Two outputs would have the same name.", "Give each its own name.")
    return names
