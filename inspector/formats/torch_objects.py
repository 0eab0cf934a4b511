"""Recognise tensors, modules and dictionaries among the objects of an unread checkpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from inspector.core.model import Module, Payload, Tensor
from inspector.formats.imports import storage_dtype
from inspector.formats.pickle_values import Call, Global, Persistent, PickleError

DEPTH = 60
"""Modules or dictionaries inside each other."""

TENSORS = 1_000_000
"""Tensors that are listed; a small file can name one of them again and again."""

_PIECES = 4096
"""Separate parts of a storage that are told apart; beyond them sharing is not looked for."""

MODULES = 100_000
"""A file of a few bytes can name one module twice in the next, and that twice in the next."""

ITEM_BYTES = {
    "float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2,
    "int8": 1, "uint8": 1, "bool": 1, "complex128": 16, "complex64": 8, "qint8": 1, "quint8": 1,
    "qint32": 4, "uint16": 2, "uint32": 4, "uint64": 8, "float8_e4m3fn": 1, "float8_e5m2": 1,
}  # fmt: skip

_DICTS = {
    "collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict",
    "collections.Counter",
}  # fmt: skip

_WRAPPERS = {
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
    "torch.nn.parameter.Parameter", "torch._utils._rebuild_device_tensor_from_cpu_tensor",
    "torch.nn.parameter.Buffer",
}  # fmt: skip
"""Calls whose first argument is the tensor itself."""

_STRIDED = {
    "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_qtensor",
}  # fmt: skip

StorageReader = Callable[[str], "Payload | None"]
"""Where the bytes of a storage lie, by its key."""


class Storage(NamedTuple):
    """A block of numbers that tensors are views of."""

    key: str
    dtype: str
    elements: int


class View(NamedTuple):
    """A tensor as the pickle describes it."""

    dtype: str
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    storage: Storage | None


def as_dict(value: Any) -> dict[Any, Any] | None:
    """A dictionary's items, whatever kind of dictionary it is; None for anything else."""
    if type(value) is dict:
        return value
    if not isinstance(value, Call) or value.path not in _DICTS:
        return None
    if value.mapping is not None:
        return value.mapping
    found: dict[Any, Any] = {}
    for arg in value.args:
        if type(arg) is dict:
            found.update(arg)
        elif type(arg) is list:
            # Python 2 wrote the items as lists of two.
            entries = (tuple(item) for item in arg if isinstance(item, (list, tuple)))
            found.update(item for item in entries if len(item) == 2 and isinstance(item[0], str))
    found.update(value.items)
    value.mapping = found
    return found


def state_of(value: Any) -> dict[Any, Any]:
    """The attributes that loading would give to an object."""
    if not isinstance(value, Call):
        return {}
    state = value.state
    if isinstance(state, tuple) and state:
        # A pair of the usual attributes and those in slots.
        state = state[0]
    return as_dict(state) or {}


def view_of(value: Any, depth: int = 0) -> View | None:
    """The tensor that a call would build; None for anything else."""
    if not isinstance(value, Call) or depth > 4:
        return None
    path, args = value.path, value.args
    if path in _WRAPPERS and args:
        return view_of(args[0], depth + 1)
    if path in _STRIDED and len(args) >= 4:
        return _strided(path, args)
    if path == "torch._tensor._rebuild_from_type_v2" and len(args) >= 3:
        return view_of(Call(args[0], args[2]), depth + 1)
    if path == "torch._utils._rebuild_sparse_tensor" and len(args) >= 2:
        parts = args[1] if isinstance(args[1], tuple) else ()
        values = view_of(parts[1], depth + 1) if len(parts) > 2 else None
        shape = _sizes(parts[2]) if len(parts) > 2 else None
        return View(values.dtype, shape, (), 0, values.storage) if values and shape else None
    if path == "torch._utils._rebuild_meta_tensor_no_storage" and len(args) >= 3:
        shape = _sizes(args[1])
        return View(_dtype(args[0]), shape, (), 0, None) if shape is not None else None
    return None


def _strided(path: str, args: tuple[Any, ...]) -> View | None:
    storage, offset = _storage(args[0]), args[1]
    shape, stride = _sizes(args[2]), _sizes(args[3])
    if storage is None or shape is None or stride is None or not isinstance(offset, int):
        return None
    dtype = storage.dtype
    if path.endswith("_v3") and len(args) > 6:
        dtype = _dtype(args[6])
    return View(dtype, shape, stride, max(offset, 0), storage)


def _sizes(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, Call) and value.path == "torch.Size" and value.args:
        value = value.args[0]
    if isinstance(value, (tuple, list)) and all(
        isinstance(size, int) and size >= 0 for size in value
    ):
        return tuple(int(size) for size in value)
    return None


def _dtype(value: Any) -> str:
    return value.name if isinstance(value, Global) else ""


def _storage(value: Any) -> Storage | None:
    if not isinstance(value, Persistent) or not isinstance(value.id, tuple) or len(value.id) < 5:
        return None
    tag, kind, key, _, elements = value.id[:5]
    if tag != "storage" or not isinstance(kind, Global) or not isinstance(elements, int):
        return None
    return Storage(str(key), storage_dtype(kind.path), elements)


class TensorList:
    """Tensors in the order found; those that share memory count once."""

    def __init__(self, place: StorageReader) -> None:
        self._place = place
        self._taken: dict[str, list[tuple[int, int]]] = {}
        self.tensors: list[Tensor] = []

    def add(self, name: str, view: View) -> None:
        """Append a tensor under its full dotted name.

        Raises:
            PickleError: There are more than any checkpoint has.
        """
        if len(self.tensors) >= TENSORS:
            raise PickleError(f"more than {TENSORS:,} tensors")
        item = ITEM_BYTES.get(view.dtype, 1)
        size, payload, shared = math.prod(view.shape) * item, None, False
        storage = view.storage
        if storage is not None:
            start, stop = view.offset, view.offset + _extent(view)
            shared = self._covered(storage.key, start, stop)
            block = self._place(storage.key)
            size = min(size, max(stop - start, 0) * item)
            if block is not None and _contiguous(view):
                payload = Payload(block.file, block.offset + start * item, size)
        found = Tensor(name, view.dtype, view.shape, size, payload, shared=shared)
        self.tensors.append(found)

    def _covered(self, key: str, start: int, stop: int) -> bool:
        """Whether a part of these elements was listed before; they count as listed from now."""
        apart, before = [], self._taken.get(key, [])
        overlap = False
        for first, last in before:
            if first <= stop and start <= last:
                overlap = overlap or (first < stop and start < last)
                start, stop = min(first, start), max(last, stop)
            else:
                apart.append((first, last))
        if len(apart) < _PIECES:
            self._taken[key] = [*apart, (start, stop)]
        return overlap


def _extent(view: View) -> int:
    """Elements from the first to the last that a view touches."""
    if not view.shape or 0 in view.shape:
        return 0 if view.shape else 1
    if len(view.stride) != len(view.shape):
        return view.storage.elements if view.storage else 0
    return 1 + sum((size - 1) * step for size, step in zip(view.shape, view.stride, strict=True))


def _contiguous(view: View) -> bool:
    if len(view.stride) != len(view.shape):
        return False
    expected = 1
    for size, step in zip(reversed(view.shape), reversed(view.stride), strict=True):
        if size != 1 and step != expected:
            return False
        expected *= size
    return True


def is_module(value: Any) -> bool:
    """Whether a call would build an `nn.Module`, or a module of a TorchScript program."""
    if not isinstance(value, Call):
        return False
    state = state_of(value)
    return "_modules" in state or ("training" in state and value.path.startswith("__torch__"))


def class_name(value: Call) -> str:
    """Dotted class of a module; TorchScript's own prefix and mangling are left out."""
    parts = value.path.removeprefix("__torch__.").split(".")
    return ".".join(part for part in parts if not part.startswith("___torch_mangle"))


def walk_modules(
    root: Call, out: TensorList, prefix: str = "", path: str = "", depth: int = 0
) -> Iterator[Module]:
    """Every module below `root`, parents first, root as the empty path; adds their tensors."""
    state = state_of(root)
    training = state.get("training")
    yield Module(path, class_name(root), training if isinstance(training, bool) else None)
    scripted = "_modules" not in state
    own = state if scripted else {}
    for group in ("_parameters", "_buffers"):
        own = {**own, **(as_dict(state.get(group)) or {})}
    for name, value in own.items():
        view = view_of(value)
        if view is not None:
            out.add(_joined(prefix, path, str(name)), view)
    below = state if scripted else as_dict(state.get("_modules")) or {}
    for name, value in below.items():
        if depth < DEPTH and isinstance(value, Call) and is_module(value):
            yield from walk_modules(value, out, prefix, _joined("", path, str(name)), depth + 1)


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def walk_tensors(
    value: Any, out: TensorList, path: str = "", seen: set[int] | None = None, depth: int = 0
) -> None:
    """Add every tensor inside dictionaries and lists, named by the way to it.

    Each container is visited once: a pickle can refer to one list a thousand times a thousand
    times over.
    """
    seen = set() if seen is None else seen
    view = view_of(value)
    if view is not None:
        out.add(path or "tensor", view)
        return
    entries = as_dict(value)
    if entries is None and isinstance(value, (list, tuple)):
        entries = dict(enumerate(value))
    if entries is None and isinstance(value, Call):
        entries = state_of(value)
    if not entries or depth > DEPTH or id(value) in seen:
        return
    seen.add(id(value))
    for key, item in entries.items():
        walk_tensors(item, out, _joined(path, str(key)), seen, depth + 1)
