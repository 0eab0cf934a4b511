"""Pickles that `torch.save` did not write: settings, scikit-learn models, tensors all the same.

joblib writes a pickle and puts the bytes of each numpy array right behind the object that stands
for it; a PyTorch tensor in a plain pickle carries a whole small checkpoint of its own. Both are
stepped over where they lie, and what they name is read with the rest.

Source: `joblib/numpy_pickle.py`, `NumpyArrayWrapper`; `torch/storage.py`, `_load_from_bytes`.
"""

from __future__ import annotations

import math
import mmap
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.core.model import Checkpoint, Payload
from inspector.formats.explained import explained
from inspector.formats.imports import DANGEROUS
from inspector.formats.pickle_machine import Machine
from inspector.formats.pickle_objects import bytes_of, state_of
from inspector.formats.pickle_values import Call, Global, Opaque, Persistent, PickleError
from inspector.formats.protobuf_wire import Buffer
from inspector.formats.torch_forms import Pickles, checkpoint, contents
from inspector.formats.torch_legacy import Stream
from inspector.formats.torch_views import ITEM_BYTES, array_dtype, sizes

_FROM_BYTES = "torch.storage._load_from_bytes"
_WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_NESTED = 3
_SHORT = 256
"""Longer bytes are left where they lie: every small checkpoint in a pickle is longer."""

_ARRAY = Global("numpy.core.multiarray", "_reconstruct")

_NEXT = (
    (("sklearn",), "It is a scikit-learn model: convert it with skl2onnx in the program that "
     "made it, and open the .onnx file."),
    (("xgboost", "lightgbm", "catboost"), "It is a model of decision trees: convert it with "
     "onnxmltools in the program that made it, and open the .onnx file."),
    (("tensorflow", "keras"), "It is a TensorFlow or Keras model: convert it with tf2onnx in the "
     "program that made it, and open the .onnx file."),
)  # fmt: skip
"""Packages among the names, and what to do with what they made."""


def read_plain_pickle(path: Path) -> Checkpoint:
    """List a pickle that `torch.save` did not write; nothing in it is executed.

    Raises:
        InspectorError: It is cut short or damaged.
    """
    with (
        explained(path),
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        machine = _Machine(path, data)
        found = replace(contents(machine.load(), machine.places.get), form="pickle")
    pickles = Pickles(tuple(machine.globals.values()), tuple(machine.calls), machine.looked_into)
    made = checkpoint(path, "pickle", found, pickles)
    return replace(made, next_step=_next_step(made) or made.next_step)


def _next_step(made: Checkpoint) -> str:
    if any(item.judgement == DANGEROUS for item in made.imports):
        return "Do not load it: what it names can do anything. Ask its maker for the weights alone."
    packages = {item.name.partition(".")[0] for item in made.imports}
    return next((text for names, text in _NEXT if packages & set(names)), "")


class _Machine(Machine):
    """A machine that knows what lies inside and between the instructions of such pickles."""

    def __init__(self, path: Path, data: Buffer, start: int = 0, depth: int = 0) -> None:
        super().__init__(data, start=start)
        self.longest = _SHORT
        self._path = path
        self._depth = depth
        self._storages: list[str] = []
        self.places: dict[str, Payload] = {}
        self.looked_into: frozenset[str] = frozenset()

    def call(self, function: Any, args: Any) -> Any:
        """A storage in bytes of its own is looked into; other calls are remembered as they are."""
        if isinstance(function, Global) and function.path == _FROM_BYTES and len(args) == 1:
            function.uses += 1
            storage = self._storage(args[0])
            if storage is not None:
                return storage
        return super().call(function, args)

    def built(self, target: Call) -> None:
        """Step over the array that follows joblib's stand-in for it."""
        if target.path != _WRAPPER:
            return
        state = state_of(target)
        shape, dtype = sizes(state.get("shape")), array_dtype(state.get("dtype"))
        if shape is None or not dtype:
            raise PickleError("an array without a shape")
        if dtype == "object":
            inner = _Machine(self._path, self.data, self.at, self._depth + 1)
            if self._depth > _NESTED:
                raise PickleError("pickles in pickles in pickles")
            inner.load()
            self._take_over(inner)
            self.at = inner.at
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            self.at += 1 + self.data[self.at]
        size = math.prod(shape) * ITEM_BYTES.get(dtype, 1)
        held = Opaque(size, self.at)
        if self.at + size > len(self.data):
            raise EOFError(f"an array of {size:,} bytes is cut short")
        self.at += size
        target.function, target.state = _ARRAY, (1, shape, state.get("dtype"), False, held)

    def _storage(self, held: Any) -> Persistent | None:
        """The storage in a small checkpoint, and where its bytes lie in the file."""
        raw = bytes_of(held)
        if isinstance(held, Opaque) and held.start >= 0:
            stream = Stream(self._path, self.data, held.start, held.start + held.length)
        elif raw:
            # Protocol 2 writes bytes as a text: they lie in the file in another form.
            stream = Stream(self._path, raw)
        else:
            return None
        root = stream.load()
        self._take_over(stream.machine)
        if not isinstance(root, Persistent) or not isinstance(root.id, tuple) or len(root.id) < 5:
            return None
        tag, kind, key, *rest = root.id
        own = f"{len(self._storages)}.{key}"
        self._storages.append(own)
        place = stream.places.get(str(key))
        if place is not None and isinstance(held, Opaque):
            self.places[own] = place
        self.looked_into |= {_FROM_BYTES}
        return Persistent((tag, kind, own, *rest))

    def _take_over(self, inner: Machine) -> None:
        """What a pickle inside this one names and calls, this one does."""
        for key, name in inner.globals.items():
            self.globals.setdefault(key, name)
        self.calls += inner.calls
