"""How new a file the installed ONNX Runtime reads, found out by giving it tiny ones."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from inspector.core.failures import TOO_NEW, InspectorError
from inspector.core.model import Model


class Limits(NamedTuple):
    """The newest versions that are read, and whose they are."""

    opset: int
    ir_version: int
    runtime: str


_SAFE_OPSET, _SAFE_IR = 17, 8
"""Read by every ONNX Runtime since 1.12 (2022), from which trying goes upwards."""


@lru_cache(maxsize=1)
def limits() -> Limits:
    """What the installed ONNX Runtime reads; tried once per process, in 50 ms or so."""
    import onnx

    from inspector.runtimes.onnxruntime import import_onnxruntime

    runtime = import_onnxruntime()
    opset, ir_version = _SAFE_OPSET, _SAFE_IR
    while opset < onnx.defs.onnx_opset_version() and _reads(runtime, opset + 1, _SAFE_IR):
        opset += 1
    while ir_version < onnx.IR_VERSION and _reads(runtime, _SAFE_OPSET, ir_version + 1):
        ir_version += 1
    return Limits(opset, ir_version, f"ONNX Runtime {runtime.__version__}")


def _reads(runtime: Any, opset: int, ir_version: int) -> bool:
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", ends[:1], ends[1:])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version
    )
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    try:
        runtime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception:  # every complaint means no
        return False
    return True


def too_new(model: Model) -> InspectorError | None:
    """Why the installed ONNX Runtime does not read a file; None where its version is fine."""
    known = limits()
    opset = default_opset(model)
    if opset > known.opset:
        return InspectorError(
            f"The file uses opset {opset}; {known.runtime} reads up to {known.opset}.",
            f"Export it with opset {known.opset} or lower, or have it converted into a new file "
            "(--convert on the command line).",
            kind=TOO_NEW,
        )
    if model.ir_version > known.ir_version:
        return InspectorError(
            f"The file has IR version {model.ir_version}; {known.runtime} reads up to "
            f"{known.ir_version}.",
            "Have it written anew with a lower one (--convert on the command line), which changes "
            "nothing else.",
            kind=TOO_NEW,
        )
    return None


def default_opset(model: Model) -> int:
    """Version of the standard operators that a file states; 0 where it states none."""
    return max((e.version for e in model.opset_imports if e.domain == "ai.onnx"), default=0)
