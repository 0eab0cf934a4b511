"""ONNX Runtime: load an ONNX file and run it as one side of a comparison."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from inspector.core.failures import InspectorError
from inspector.core.finding import Finding
from inspector.core.model import is_compound
from inspector.core.sources import ModelSource
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime_custom import allowed, register
from inspector.runtimes.onnxruntime_open import (
    convert_if_needed,
    look_first,
    no_kernel,
)
from inspector.runtimes.onnxruntime_values import (
    ODD,
    declared,
    feeds_of,
    flattened,
    from_ort,
    other_entries,
)


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
_NO_MEMORY = "Failed to allocate memory"

_AT_NODE = re.compile(
    r"while running (?P<op>\S+) node\. Name:'(?P<name>[^']*)'(?!.*while running)", re.DOTALL
)
"""Where a run stopped: the innermost node, where one lies in a subgraph of another."""

_QUIET = 4
"""Log level: nothing, since what fails is raised as well, and warnings say nothing to a person."""


class Opening(NamedTuple):
    """What a session was asked for with; see `open_session`."""

    path: str
    provider: str
    level: str
    custom_ops: tuple[str, ...]


class OnnxRuntime:
    """An ONNX file in an inference session.

    Outputs that are lists, maps or optionals are known by what the first run gave: each becomes
    as many arrays as it holds; `declared_outputs` are as the file has them. `replaceable` are
    weights that are declared as inputs too and need not be fed; before IR version 4 all weights
    were declared so, and none can be replaced.
    """

    name = "ONNX Runtime"

    def __init__(self, session: Any, opened: Opening) -> None:
        self._session = session
        self.opened = opened
        self.declared_outputs = tuple(declared(one) for one in session.get_outputs())
        self._refuse_unreadable()
        runtime = import_onnxruntime()
        self.version: str = runtime.__version__
        provider = opened.provider
        self.device = next((p.device for p in PROVIDERS if p.name == provider), provider)
        self.inputs = tuple(declared(one) for one in session.get_inputs())
        self.input_names = tuple(value.name for value in self.inputs)
        self.outputs = self.declared_outputs
        self.output_names = tuple(value.name for value in self.outputs)
        self.replaceable = tuple(declared(one) for one in session.get_overridable_initializers())
        self._by_value = any(value.dtype in ODD for value in self.declared_outputs)
        self._has_run = False
        self.findings: tuple[Finding, ...] = ()

    def again(self, level: str) -> OnnxRuntime:
        """The same file in another session, rewritten as far as `level` says."""
        return _start(self.opened._replace(level=level))

    def take_also(self, names: Collection[str]) -> None:
        """Take these weights as inputs too, where the file allows a caller to replace them."""
        more = [value for value in self.replaceable if value.name in names]
        self.inputs = (*self.inputs, *(value for value in more if value not in self.inputs))
        self.input_names = tuple(value.name for value in self.inputs)

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """Compute all outputs, in the file's order.

        Args:
            feeds: Input name to array, C order, of the declared dtype; types that numpy does
                not have as arrays of `ml_dtypes`; a list or map as one object.

        Returns:
            One array per output, and more for a list or a map.

        Raises:
            InspectorError: A node cannot compute what it is given. Other complaints of ONNX
                Runtime are raised as they are.
        """
        given = feeds_of(self.inputs, feeds, import_onnxruntime(), self._by_value)
        try:
            values = self._values(given)
        except Exception as error:
            match = _AT_NODE.search(str(error))
            if match is None or _NO_MEMORY in str(error):
                raise
            raise _stopped_at(match, error, feeds) from error
        stated, arrays = flattened(self.declared_outputs, values)
        if self._has_run and len(stated) != len(self.outputs):
            raise other_entries(self.outputs, stated)
        self._has_run = True
        self.outputs, self.output_names = stated, tuple(value.name for value in stated)
        return arrays

    def _values(self, given: dict[str, Any]) -> list[Any]:
        if not self._by_value:
            found: list[Any] = self._session.run(None, given)
            return found
        outputs = self._session.run_with_ort_values(None, given)
        return [from_ort(one) for one in outputs]

    def _refuse_unreadable(self) -> None:
        odd = any(value.dtype in ODD for value in self.declared_outputs)
        for value in self.declared_outputs:
            inside = is_compound(value.dtype)
            if value.dtype.startswith("sparse(") or (
                inside and (odd or any(name in value.dtype for name in ODD))
            ):
                raise InspectorError(
                    f"The output '{value.name}' is a {value.dtype}, which ONNX Runtime hands over "
                    "in no form that can be compared here.",
                    "Turn it into a tensor of float32 in the model, and compare that.",
                )


def open_session(
    path: str | Path, provider: str = CPU, level: str = "all", custom_ops: tuple[str, ...] = ()
) -> OnnxRuntime:
    """Load an ONNX file.

    Args:
        path: The file.
        provider: Execution provider. Work that it cannot do goes to the CPU, as ONNX Runtime
            always does; a provider that is not there at all is refused.
        level: One of `LEVELS`.
        custom_ops: Libraries with custom operators. Loading one executes it.

    Raises:
        InspectorError: The provider or a library is not available, the weights are not safe to
            read, the file is too new, a node has no kernel, or an output has a type that cannot
            be read. What ONNX Runtime itself refuses is raised as it says it.
    """
    runtime = import_onnxruntime()
    require_provider(provider, runtime.get_available_providers())
    missing = look_first(Path(path), provider, custom_ops)
    try:
        return _start(Opening(os.fspath(path), provider, level, custom_ops))
    except InspectorError:
        raise
    except Exception as error:
        # What was predicted is said only where it holds: the optimiser may remove such a node.
        if missing:
            raise no_kernel(missing, str(error)) from error
        raise


def open_source(source: ModelSource, provider: str, scratch: Path, convert: bool) -> OnnxRuntime:
    """Load the file of a source.

    Args:
        source: The file, with the libraries that it needs.
        provider: Execution provider.
        scratch: Folder that may be made and filled.
        convert: Run a converted copy where the file is newer than this ONNX Runtime reads.

    Raises:
        InspectorError: As `open_session`, and where consent or the conversion is missing.
    """
    path, libraries = Path(source.path), allowed(source)
    remarks: tuple[Finding, ...] = ()
    if convert:
        path, remarks = convert_if_needed(path, scratch / "converted")
    runtime = open_session(path, provider, custom_ops=libraries)
    runtime.findings = remarks
    return runtime


def _start(opening: Opening) -> OnnxRuntime:
    runtime = import_onnxruntime()
    provider, available = opening.provider, runtime.get_available_providers()
    options, providers = session_options(opening)
    session = runtime.InferenceSession(opening.path, options, providers=providers)
    if provider not in session.get_providers():
        raise _unavailable(provider, available, "ONNX Runtime fell back to another one.")
    return OnnxRuntime(session, opening)


def session_options(opening: Opening) -> tuple[Any, list[str]]:
    """Options and execution providers for a session.

    Raises:
        InspectorError: A library of custom operators cannot be loaded.
    """
    runtime, provider = import_onnxruntime(), opening.provider
    options = runtime.SessionOptions()
    options.log_severity_level = _QUIET
    # Threads that wait by spinning would take the processor from PyTorch between two runs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    level = _LEVEL_NAMES[opening.level]
    options.graph_optimization_level = getattr(runtime.GraphOptimizationLevel, level)
    register(opening.custom_ops, options)
    return options, [provider] if provider == CPU else [provider, CPU]


def import_onnxruntime() -> Any:
    """The package, imported so that it writes and sends nothing of its own accord."""
    # Its import writes a device identifier into the home folder unless this is set before.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime


def require_provider(provider: str, available: list[str]) -> None:
    """Refuse an execution provider that is not there.

    Raises:
        InspectorError: It is not among those that are available.
    """
    if provider not in available:
        raise _unavailable(provider, available, "")


def _unavailable(provider: str, available: list[str], detail: str) -> InspectorError:
    return InspectorError(
        f"The execution provider '{provider}' is not available here.",
        f"Choose one of {', '.join(available)}, or install the ONNX Runtime package that has it.",
        detail,
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
