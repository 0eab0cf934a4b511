"""Tensors as a pickle describes them: which part of which storage, or values of their own.

Source: `torch/_utils.py` and `torch/_tensor.py`, the functions named `_rebuild_...`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from inspector.formats.imports import storage_dtype
from inspector.formats.pickle_objects import bytes_of
from inspector.formats.pickle_values import Call, ClaimError, Global, Opaque, Persistent

ITEM_BYTES = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2,
    "int8": 1, "uint8": 1, "bool": 1, "complex128": 16, "complex64": 8, "complex32": 4,
    "qint8": 1, "quint8": 1, "qint32": 4, "uint16": 2, "uint32": 4, "uint64": 8, "bits16": 2,
}  # fmt: skip
"""Bytes of one element; all types that are not listed (8-bit floats, `bits8`) take one byte."""

_NAMES = {
    "float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32",
    "short": "int16", "chalf": "complex32", "cfloat": "complex64", "cdouble": "complex128",
}  # fmt: skip
"""Other names that `torch` has for its types."""

_WRAPPERS = {
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
    "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "torch.autograd.variable.Variable",
}  # fmt: skip
"""Calls whose first argument is the tensor itself."""

_STRIDED = {
    "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_qtensor",
}  # fmt: skip

_KINDS = {"f": "float", "i": "int", "u": "uint", "c": "complex"}

_DEEP = 4
"""Calls around a tensor: a parameter of a subclass of a tensor."""


class Storage(NamedTuple):
    """A block of numbers that tensors are views of; `dtype` is empty for plain bytes."""

    key: str
    dtype: str
    elements: int

    @property
    def bytes(self) -> int:
        """Size of the block as the pickle states it."""
        return self.elements * ITEM_BYTES.get(self.dtype, 1)


class View(NamedTuple):
    """A tensor as the pickle describes it.

    `held` is the number of bytes it holds itself where it is no view of one storage; `stored`
    counts the elements of a sparse tensor. `plain` is False where the bytes are not the values
    as they are (conjugated, negated).
    """

    dtype: str
    shape: tuple[int, ...]
    stride: tuple[int, ...] = ()
    offset: int = 0
    storage: Storage | None = None
    held: int | None = None
    stored: int | None = None
    plain: bool = True

    @property
    def item(self) -> int:
        """Bytes of one element."""
        return ITEM_BYTES.get(self.dtype, 1)

    @property
    def extent(self) -> int:
        """Elements from the first to the last that the view touches."""
        if 0 in self.shape or len(self.stride) != len(self.shape):
            return 0
        return 1 + sum(
            (size - 1) * step for size, step in zip(self.shape, self.stride, strict=True)
        )

    @property
    def bytes(self) -> int:
        """Bytes that the tensor takes where it lies."""
        return self.extent * self.item if self.held is None else self.held

    @property
    def contiguous(self) -> bool:
        """Whether the values lie in row-major order without gaps."""
        if len(self.stride) != len(self.shape):
            return False
        expected = 1
        for size, step in zip(reversed(self.shape), reversed(self.stride), strict=True):
            if size != 1 and step != expected:
                return False
            expected *= size
        return True


def view_of(value: Any, depth: int = 0) -> View | None:
    """The tensor, storage or numpy array that a value stands for; None for anything else."""
    if isinstance(value, Persistent):
        return _whole(storage_of(value))
    if not isinstance(value, Call) or depth > _DEEP:
        return None
    path, args = value.path, value.args
    if path in _WRAPPERS:
        first = args[0] if args else _first(value.state)
        return view_of(first, depth + 1)
    if path in _STRIDED and len(args) >= 4:
        return _strided(path, args)
    if path.startswith("torch._tensor._rebuild_from_type") and len(args) >= 3:
        return _subclass(args, depth)
    make = _OTHERS.get(path.removeprefix("torch._utils."))
    if make is not None:
        return make(args, depth)
    if path.endswith(("multiarray._reconstruct", "numeric._frombuffer")) and "numpy" in path:
        return _array(value)
    return None


def storage_of(value: Any) -> Storage | None:
    """The storage that a persistent id names; None for other things."""
    if not isinstance(value, Persistent) or not isinstance(value.id, tuple) or len(value.id) < 5:
        return None
    tag, kind, key, _, elements = value.id[:5]
    if tag != "storage" or not isinstance(kind, Global) or not isinstance(elements, int):
        return None
    return Storage(str(key), storage_dtype(kind.path), max(elements, 0))


def dtype_of(value: Any) -> str:
    """PyTorch's name of a type that the pickle names."""
    if not isinstance(value, Global):
        return ""
    return _NAMES.get(value.name, value.name)


def sizes(value: Any) -> tuple[int, ...] | None:
    """A shape or the steps of one; None for what is neither."""
    if isinstance(value, Call) and value.path == "torch.Size" and value.args:
        value = value.args[0]
    if isinstance(value, (tuple, list)) and all(
        isinstance(size, int) and size >= 0 for size in value
    ):
        return tuple(int(size) for size in value)
    return None


def _first(state: Any) -> Any:
    return state[0] if isinstance(state, (tuple, list)) and state else None


def _whole(storage: Storage | None) -> View | None:
    if storage is None:
        return None
    return View(storage.dtype or "uint8", (storage.elements,), (1,), 0, storage)


def _strided(path: str, args: tuple[Any, ...]) -> View | None:
    storage, offset = storage_of(args[0]), args[1]
    shape, stride = sizes(args[2]), sizes(args[3])
    if storage is None or shape is None or stride is None or not isinstance(offset, int):
        return None
    if len(shape) != len(stride):
        return None
    marks = args[7] if path.endswith("_v3") and len(args) > 7 else args[6] if len(args) > 6 else {}
    plain = not (isinstance(marks, dict) and any(marks.values()))
    dtype = storage.dtype
    if path.endswith("_v3") and len(args) > 6:
        dtype = dtype_of(args[6])
    if isinstance(args[0].id, tuple) and len(args[0].id) > 5 and isinstance(args[0].id[5], tuple):
        # Before zip, a storage could itself be a part of another: its key, offset and size.
        shift = args[0].id[5][1] if len(args[0].id[5]) > 1 else 0
        offset += shift if isinstance(shift, int) else 0
    return View(dtype, shape, stride, max(offset, 0), storage, plain=plain)


def _subclass(args: tuple[Any, ...], depth: int) -> View | None:
    """A tensor of a class of its own; one that only wraps others holds what they hold."""
    found = view_of(Call(args[0], args[2]), depth + 1)
    if found is None or found.held is None:
        return found
    inner = args[3] if len(args) > 3 and isinstance(args[3], dict) else {}
    views = [view for item in inner.values() if (view := view_of(item, depth + 1)) is not None]
    return found._replace(held=sum(view.bytes for view in views))


def _sparse(args: tuple[Any, ...], depth: int) -> View | None:
    """Indices, values and size, in this order; the compressed layouts have two kinds of indices."""
    parts = args[1] if len(args) > 1 and isinstance(args[1], tuple) else ()
    at = next((i for i, part in enumerate(parts) if i and sizes(part) is not None), 0)
    shape = sizes(parts[at]) if at else None
    views = [view_of(part, depth + 1) for part in parts[:at]]
    values = views[-1] if views else None
    if shape is None or values is None:
        return None
    held = sum(view.bytes for view in views if view is not None)
    return View(values.dtype, shape, held=held, stored=math.prod(values.shape))


def _nested(args: tuple[Any, ...], depth: int) -> View | None:
    """Tensors of unlike shapes in one buffer: listed as the buffer."""
    return view_of(args[0], depth + 1) if args else None


def _meta(args: tuple[Any, ...], _: int) -> View | None:
    shape = sizes(args[1]) if len(args) > 1 else None
    return View(dtype_of(args[0]), shape, held=0) if shape is not None else None


def _wrapper(args: tuple[Any, ...], _: int) -> View | None:
    shape = sizes(args[2]) if len(args) > 2 else None
    return View(dtype_of(args[1]), shape, held=0) if shape is not None else None


def _device(args: tuple[Any, ...], depth: int) -> View | None:
    """A tensor of another device, saved as one of the CPU or as a numpy array."""
    found = view_of(args[0], depth + 1) if args else None
    dtype = dtype_of(args[1]) if len(args) > 1 else ""
    if found is None or not dtype or dtype == found.dtype:
        return found
    # The values change their type on loading: what lies in the file is not what they become.
    return found._replace(dtype=dtype, stride=(), held=found.bytes, storage=None)


_OTHERS: dict[str, Callable[[tuple[Any, ...], int], View | None]] = {
    "_rebuild_sparse_tensor": _sparse,
    "_rebuild_sparse_csr_tensor": _sparse,
    "_rebuild_nested_tensor": _nested,
    "_rebuild_meta_tensor_no_storage": _meta,
    "_rebuild_wrapper_subclass": _wrapper,
    "_rebuild_device_tensor_from_cpu_tensor": _device,
    "_rebuild_device_tensor_from_numpy": _device,
    "_rebuild_xla_tensor": _device,
}


def _array(value: Call) -> View | None:
    """A numpy array: protocol 5 gives bytes, type and shape, older ones a state of five."""
    if value.path.endswith("_frombuffer"):
        raw, kind, size = (*value.args, None, None, None)[:3]
    else:
        state = value.state if isinstance(value.state, tuple) else ()
        _, size, kind, _, raw = (*state, None, None, None, None, None)[:5]
    shape, dtype = sizes(size), array_dtype(kind)
    if shape is None or not dtype:
        return None
    item = ITEM_BYTES.get(dtype, 1)
    held = raw.length if isinstance(raw, Opaque) else len(bytes_of(raw) or b"")
    if dtype in ITEM_BYTES and math.prod(shape) * item != held:
        raise ClaimError(
            f"An array claims {math.prod(shape) * item:,} bytes, but {held:,} are there."
        )
    return View(dtype, shape, held=held)


def array_dtype(value: Any) -> str:
    """Name of a numpy type that the pickle describes; empty for what is none."""
    if not isinstance(value, Call) or not value.path.endswith("numpy.dtype") or not value.args:
        return ""
    code = str(value.args[0]).lstrip("<>=|")
    kind, count = code[:1], code[1:]
    if kind == "b":
        return "bool"
    if kind in _KINDS and count.isdecimal() and len(count) < 3:
        return f"{_KINDS[kind]}{8 * int(count)}"
    return {"O": "object", "U": "string", "S": "string"}.get(kind, code)
