"""Recognise tensors, modules and dictionaries among the objects of an unread checkpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from inspector.core.model import Module, Payload, Tensor
from inspector.formats.pickle_objects import as_dict, state_of
from inspector.formats.pickle_values import Call, ClaimError, PickleError
from inspector.formats.torch_views import Storage, View, view_of

DEPTH = 60
"""Modules or dictionaries inside each other."""

TENSORS = 1_000_000
"""Tensors that are listed; a small file can name one of them again and again."""

_PIECES = 4096
"""Separate parts of a storage that are told apart; beyond them sharing is not looked for."""

MODULES = 100_000
"""A file of a few bytes can name one module twice in the next, and that twice in the next."""

StorageReader = Callable[[str], "Payload | None"]
"""Where the bytes of a storage lie, by its key."""


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
            ClaimError: It is larger than its storage, or the storage larger than what is there.
        """
        if len(self.tensors) >= TENSORS:
            raise PickleError(f"more than {TENSORS:,} tensors")
        item, storage = view.item, view.storage
        size, payload, shared = math.prod(view.shape) * item, None, False
        if view.held is not None:
            size = view.held
        elif storage is not None:
            start, stop = view.offset, view.offset + view.extent
            block = self._room(name, storage, stop * item)
            shared = self._covered(storage.key, start * item, stop * item)
            size = min(size, max(stop - start, 0) * item)
            if block is not None and view.contiguous and view.plain:
                payload = Payload(block.file, block.offset + start * item, size)
        found = Tensor(
            name, view.dtype, view.shape, size, payload, sparse=view.stored, shared=shared
        )
        self.tensors.append(found)

    def _room(self, name: str, storage: Storage, needed: int) -> Payload | None:
        """Where the storage lies, if it is as large as the tensor and the pickle say."""
        block = self._place(storage.key)
        there = storage.bytes if block is None else min(storage.bytes, block.length)
        if needed > there:
            raise ClaimError(
                f"'{name}' claims {needed:,} bytes of its storage '{storage.key}', which holds "
                f"{there:,}."
            )
        return block

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
        entries = state_of(value) or dict(enumerate(value.args))
    if not entries or depth > DEPTH or id(value) in seen:
        return
    seen.add(id(value))
    for key, item in entries.items():
        walk_tensors(item, out, _joined(path, str(key)), seen, depth + 1)
