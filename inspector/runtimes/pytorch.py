"""PyTorch: load a checkpoint with what it needs, and run it as one side of a comparison."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Mapping, Sequence

from inspector.core.input_spec import InputSpec
from inspector.core.model import Value
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.runtimes.pytorch_call import bind_call, try_call
from inspector.runtimes.pytorch_load import Loaded, load
from inspector.runtimes.pytorch_programs import COMPILED, PROGRAM
from inspector.runtimes.pytorch_values import Array, output_names, tensors_of, to_array, to_tensor

_cache: dict[ModelSource, Loaded] = {}


def warm_up() -> None:
    """Import what an export needs, so that the first one does not wait for it.

    Much is imported by the exporter only when it first runs, so a single layer is exported.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # noqa: F401
    import torch

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        layer = torch.nn.Linear(2, 2).eval()
        torch.onnx.export(layer, (torch.zeros(1, 2),), dynamo=True, opset_version=18)


def load_cached(source: ModelSource, report: Report) -> Loaded:
    """Load a model, or take the one of the last job if no file of it has changed since.

    Raises:
        InspectorError: As `pytorch_load.load`.
    """
    key = ModelSource(source.path, source.code, source.code_args, source.trust, state=source.state)
    known = _cache.get(key)
    if known is not None and _unchanged(known.files):
        if known.kind not in (PROGRAM, COMPILED):
            known.module.eval()
        return known
    _cache.clear()
    loaded = load(key, report)
    _cache[key] = loaded
    return loaded


def forget() -> None:
    """Drop what is kept, so that the next load reads the file again."""
    _cache.clear()


def _unchanged(files: Mapping[str, int]) -> bool:
    try:
        return all(os.stat(file).st_mtime_ns == time for file, time in files.items())
    except OSError:
        return False


def random_state() -> tuple[object, ...]:
    """Where the generators stand that a module may draw from: it moves when one is used."""
    import random

    import numpy as np
    import torch

    state = np.random.get_state(legacy=True)
    return torch.get_rng_state().numpy().tobytes(), str(state), random.getstate()


class PyTorchRuntime:
    """A PyTorch model as one side of a comparison.

    Attributes:
        loaded: What is run.
        input_names: As given with `--input`, else the arguments of `forward()` without a default.
        output_names: As asked for, else by their place in the result; known after the first run.
    """

    name = "PyTorch"
    device = "CPU"

    def __init__(self, loaded: Loaded, specs: Sequence[InputSpec], names: Sequence[str]) -> None:
        import torch

        self.loaded = loaded
        self._specs = tuple(specs)
        self._asked = tuple(names)
        self.version = str(torch.__version__)
        required = loaded.signature.required
        self.inputs = tuple(
            Value(s.name, s.dtype, tuple(d.symbol or d.size for d in s.dims)) for s in specs
        ) or tuple(Value(name, "", None) for name in required)
        self.input_names = tuple(value.name for value in self.inputs)
        self.output_names = self._asked
        self.outputs = tuple(Value(name, "", None) for name in self._asked)
        self.findings = loaded.findings

    def with_model(self, loaded: Loaded) -> PyTorchRuntime:
        """The same inputs and outputs over another copy of the model."""
        return PyTorchRuntime(loaded, self._specs, self._asked)

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """Compute all outputs, in the order in which exporters write them.

        Args:
            feeds: Name of the input to array.

        Returns:
            One array per output tensor; None among the results is left out.

        Raises:
            InspectorError: `forward()` refused the inputs or failed.
        """
        names = [name for name in self.input_names if name in feeds]
        tensors = [to_tensor(feeds[name]) for name in names]
        call = bind_call(self.loaded.signature, names, tensors)
        found = tensors_of(try_call(self.loaded.module, call, self._specs))
        arrays = [to_array(tensor) for _, tensor in found]
        if len(self.outputs) != len(arrays) or not self.outputs[0].dtype:
            self._name_outputs([place for place, _ in found], arrays)
        return arrays

    def _name_outputs(self, places: Sequence[str], arrays: Sequence[Array]) -> None:
        self.output_names = output_names(places, self._asked)
        self.outputs = tuple(
            Value(name, array.dtype.name, None)
            for name, array in zip(self.output_names, arrays, strict=True)
        )


def open_runtime(source: ModelSource, report: Report) -> PyTorchRuntime:
    """Load a checkpoint so that it can be run on arrays.

    Raises:
        TrustNeededError: It would execute code, and `source.trust` is not set.
        InspectorError: The form cannot be run, or what it needs is missing or does not fit.
    """
    loaded = load_cached(source, report)
    return PyTorchRuntime(loaded, source.inputs or loaded.inputs, source.output_names)
