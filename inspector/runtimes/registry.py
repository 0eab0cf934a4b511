"""The runtimes that can compute one side of a comparison, and which one a file is for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from inspector.core.failures import InspectorError
from inspector.core.progress import Report
from inspector.core.sources import ModelSource
from inspector.runtimes import onnxruntime, pytorch, recorded
from inspector.runtimes.base import Runtime
from inspector.runtimes.onnxruntime import CPU
from inspector.runtimes.recorded import Recorded


class How(NamedTuple):
    """What a runtime may need to be opened.

    Attributes:
        report: Told how far it is.
        scratch: Folder that may be made and filled.
        provider: Execution provider for ONNX Runtime.
        convert: Run a converted copy of an ONNX file that is too new for it.
    """

    report: Report
    scratch: Path
    provider: str = CPU
    convert: bool = False


class Kind(NamedTuple):
    """A runtime: which files are its own, and how one is opened. The first that takes it opens."""

    name: str
    takes: Callable[[Path], bool]
    open: Callable[[ModelSource, How], Runtime | Recorded]


def _is_onnx(path: Path) -> bool:
    """Whether it is an ONNX file; what is no model file at all is refused, with what it is."""
    from inspector.formats.registry import sniff

    return path.is_file() and sniff(path).name == "ONNX"


RUNTIMES = (
    Kind(
        "Recorded outputs",
        recorded.is_recorded,
        lambda source, how: recorded.open_recorded(Path(source.path), how.scratch),
    ),
    Kind(
        "ONNX Runtime",
        _is_onnx,
        lambda source, how: onnxruntime.open_source(source, how.provider, how.scratch, how.convert),
    ),
    Kind("PyTorch", Path.exists, lambda source, how: pytorch.open_runtime(source, how.report)),
)


def open_runtime(source: ModelSource, how: How) -> Runtime | Recorded:
    """Open a file with the runtime that it is for.

    Raises:
        InspectorError: No runtime takes it, or the one that does cannot open it.
    """
    path = Path(source.path)
    for kind in RUNTIMES:
        if kind.takes(path):
            return kind.open(source, how)
    raise InspectorError(
        f"'{source.path}' does not exist.", "Choose a checkpoint, its folder, or an ONNX file."
    )
