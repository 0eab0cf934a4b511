"""The job that writes an ONNX file anew for an older runtime."""

from __future__ import annotations

from pathlib import Path

from inspector.core.progress import Report
from inspector.jobs.requests import Converted, ConvertRequest


def run(request: ConvertRequest, job_dir: Path, report: Report) -> Converted:
    """Convert a file into a new one.

    Raises:
        InspectorError: It cannot be converted; nothing is left behind.
    """
    from inspector.formats.onnx_convert import convert
    from inspector.runtimes.onnxruntime_limits import limits

    report.stage("Converting", Path(request.path).name)
    known = limits()
    target = Path(request.output)
    opset, ir_version = request.opset or known.opset, request.ir_version or known.ir_version
    change = convert(Path(request.path), target, opset, ir_version)
    return Converted(
        str(target), target.stat().st_size, change.ir_version[1], change.opset[1], change.sentence
    )
