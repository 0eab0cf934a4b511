"""The job that writes an ONNX file anew for an older runtime."""

from __future__ import annotations

from pathlib import Path

from inspector.core.progress import Report
from inspector.jobs.export_place import MADE, target_path
from inspector.jobs.requests import Converted, ConvertRequest


def run(request: ConvertRequest, job_dir: Path, report: Report) -> Converted:
    """Convert a file into a new one, which the client puts in its place (`export_place.py`).

    Weights that lie beside the model come out as one file, `NAME.data`.

    Raises:
        InspectorError: It cannot be converted; nothing is left behind.
    """
    from inspector.formats.onnx_convert import convert, gather_weights
    from inspector.runtimes.onnxruntime_limits import limits

    report.stage("Converting", Path(request.path).name)
    target = target_path(request.output)
    made = job_dir / MADE / target.name
    made.parent.mkdir()
    known = limits()
    opset, ir_version = request.opset or known.opset, request.ir_version or known.ir_version
    change = convert(Path(request.path), made, opset, ir_version)
    gather_weights(made)
    size = sum(file.stat().st_size for file in made.parent.iterdir())
    return Converted(str(target), size, change.ir_version[1], change.opset[1], change.sentence)
