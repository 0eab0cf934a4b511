"""ONNX Runtime: load an ONNX file and run it as one side of a comparison."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inspector.core.failures import InspectorError
from inspector.core.model import Value
from inspector.runtimes.base import Array


class Provider(NamedTuple):
    """An execution provider: its name in ONNX Runtime, and what it computes on, in words."""

    name: str
    device: str


PROVIDERS = (
    Provider("CPUExecutionProvider", "CPU"),
    Provider("CUDAExecutionProvider", "NVIDIA GPU"),
    Provider("TensorrtExecutionProvider", "NVIDIA GPU, TensorRT"),
    Provider("ROCMExecutionProvider", "AMD GPU"),
    Provider("MIGraphXExecutionProvider", "AMD GPU, MIGraphX"),
    Provider("CoreMLExecutionProvider", "Apple Core ML"),
    Provider("DmlExecutionProvider", "GPU through DirectML"),
    Provider("OpenVINOExecutionProvider", "Intel OpenVINO"),
    Provider("QNNExecutionProvider", "Qualcomm QNN"),
    Provider("XnnpackExecutionProvider", "CPU, XNNPACK"),
)
CPU = PROVIDERS[0].name

LEVELS = ("all", "extended", "basic", "off")
"""How much ONNX Runtime may rewrite the graph before it runs it."""

_LEVEL_NAMES = {
    "all": "ORT_ENABLE_ALL",
    "extended": "ORT_ENABLE_EXTENDED",
    "basic": "ORT_ENABLE_BASIC",
    "off": "ORT_DISABLE_ALL",
}
_DTYPES = {
    "float": "float32",
    "double": "float64",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "float8e4m3fn": "float8e4m3fn",
    "float8e4m3fnuz": "float8e4m3fnuz",
    "float8e5m2": "float8e5m2",
    "float8e5m2fnuz": "float8e5m2fnuz",
}
_ML_DTYPES = {
    "bfloat16": "bfloat16",
    "float8e4m3fn": "float8_e4m3fn",
    "float8e4m3fnuz": "float8_e4m3fnuz",
    "float8e5m2": "float8_e5m2",
    "float8e5m2fnuz": "float8_e5m2fnuz",
}
"""Types that numpy does not have, and what the package ml_dtypes calls them."""

_PACKED = ("int4", "uint4", "int2", "uint2", "float4e2m1")
_AT_NODE = re.compile(
    r"while running (?P<op>\S+) node\. Name:'(?P<name>[^']*)'(?!.*while running)", re.DOTALL
)
"""Where a run stopped: the innermost node, where one lies in a subgraph of another."""

_QUIET = 3
"""Log level: errors only, since warnings about graph rewriting say nothing to the reader."""


class OnnxRuntime:
    """An ONNX file in an inference session."""

    name = "ONNX Runtime"

    def __init__(self, session: Any, version: str, provider: str) -> None:
        self._session = session
        self.version = version
        self.device = next((p.device for p in PROVIDERS if p.name == provider), provider)
        self.inputs = tuple(_value(one) for one in session.get_inputs())
        self.outputs = tuple(_value(one) for one in session.get_outputs())
        self.input_names = tuple(value.name for value in self.inputs)
        self.output_names = tuple(value.name for value in self.outputs)
        types = [*self.inputs, *self.outputs]
        self._by_value = any(value.dtype in _ML_DTYPES for value in types)
        _refuse_unreadable(self.outputs)

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """Compute all outputs, in the file's order.

        Args:
            feeds: Input name to array, C order, of the declared dtype; types that numpy does
                not have as arrays of `ml_dtypes`.

        Returns:
            One array per output.

        Raises:
            InspectorError: A node cannot compute what it is given. Other complaints of ONNX
                Runtime are raised as they are.
        """
        try:
            if self._by_value:
                return self._run_by_value(feeds)
            outputs: list[Array] = self._session.run(None, dict(feeds))
        except Exception as error:
            match = _AT_NODE.search(str(error))
            if match is None:
                raise
            raise _stopped_at(match, error, feeds) from error
        return outputs

    def _run_by_value(self, feeds: Mapping[str, Array]) -> list[Array]:
        """Run with types that have no place in numpy: their bytes are handed over as they are."""
        values = {name: _to_ort(array) for name, array in feeds.items()}
        outputs = self._session.run_with_ort_values(None, values)
        return [_from_ort(one) for one in outputs]


def open_session(path: str | Path, provider: str = CPU, level: str = "all") -> OnnxRuntime:
    """Load an ONNX file.

    Args:
        path: The file.
        provider: Execution provider. Work that it cannot do goes to the CPU, as ONNX Runtime
            always does; a provider that is not there at all is refused.
        level: One of `LEVELS`.

    Raises:
        InspectorError: The provider is not available, or an output has a type that cannot be
            read. What ONNX Runtime itself refuses is raised as it says it.
    """
    runtime = import_onnxruntime()
    available = runtime.get_available_providers()
    _require(provider, available)
    options = runtime.SessionOptions()
    options.log_severity_level = _QUIET
    # Threads that wait by spinning would take the processor from PyTorch between two runs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.graph_optimization_level = getattr(runtime.GraphOptimizationLevel, _LEVEL_NAMES[level])
    providers = [provider] if provider == CPU else [provider, CPU]
    session = runtime.InferenceSession(os.fspath(path), options, providers=providers)
    if provider not in session.get_providers():
        raise _unavailable(provider, available, "ONNX Runtime fell back to another one.")
    return OnnxRuntime(session, runtime.__version__, provider)


def import_onnxruntime() -> Any:
    """The package, imported so that it writes and sends nothing of its own accord."""
    # Its import writes a device identifier into the home folder unless this is set before.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime


def _require(provider: str, available: list[str]) -> None:
    if provider not in available:
        raise _unavailable(provider, available, "")


def _unavailable(provider: str, available: list[str], detail: str) -> InspectorError:
    return InspectorError(
        f"The execution provider '{provider}' is not available here.",
        f"Choose one of {', '.join(available)}, or install the ONNX Runtime package that has it.",
        detail,
    )


def _refuse_unreadable(outputs: tuple[Value, ...]) -> None:
    for value in outputs:
        if value.dtype in _PACKED:
            raise InspectorError(
                f"The output '{value.name}' holds {value.dtype}, "
                "which ONNX Runtime gives to nobody.",
                "Add a Cast to int8 behind the output, and compare that.",
            )
        if value.dtype.startswith(("sequence", "map", "optional", "sparse")):
            raise InspectorError(
                f"The output '{value.name}' is a {value.dtype}, not a tensor.",
                "Leave it out of the model, or turn it into a tensor, and compare that.",
            )


def _stopped_at(
    match: re.Match[str], error: Exception, feeds: Mapping[str, Array]
) -> InspectorError:
    sizes = ", ".join(f"'{name}' {list(array.shape)}" for name, array in feeds.items())
    return InspectorError(
        f"ONNX Runtime stopped at the node '{match['name']}' ({match['op']}), "
        f"which cannot compute what it was given: {sizes}.",
        "Use data of sizes that the model was made for, or as many samples per run as it was "
        "exported with (--batch-size on the command line): a batch may be fixed inside a model "
        "whose header leaves it open.",
        str(error),
    )


def _value(declared: Any) -> Value:
    """An input or output as ONNX Runtime declares it."""
    text = declared.type
    if not text.startswith("tensor("):
        return Value(declared.name, text.replace("seq(", "sequence("), None)
    inner = text.removeprefix("tensor(").removesuffix(")")
    shape = tuple(dim if isinstance(dim, int) else dim or None for dim in declared.shape)
    return Value(declared.name, _DTYPES.get(inner, inner), shape)


def _to_ort(array: Array) -> Any:
    import onnx

    runtime = import_onnxruntime()
    for name, other in _ML_DTYPES.items():
        if array.dtype.name == other:
            bits = array.view(np.uint16 if array.dtype.itemsize == 2 else np.uint8)
            element = getattr(onnx.TensorProto, name.upper())
            return runtime.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, element)
    return runtime.OrtValue.ortvalue_from_numpy(array)


def _from_ort(value: Any) -> Array:
    kind = value.data_type().removeprefix("tensor(").removesuffix(")")
    if kind not in _ML_DTYPES:
        array: Array = value.numpy()
        return array
    import ml_dtypes

    length = value.tensor_size_in_bytes()
    raw = ctypes.string_at(value.data_ptr(), length) if length else b""
    return np.frombuffer(raw, getattr(ml_dtypes, _ML_DTYPES[kind])).reshape(value.shape())
