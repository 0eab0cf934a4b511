"""Real ONNX files: what is said before a session is made holds when it is made."""

import os
from pathlib import Path

import pytest

from inspector.formats.onnx import read_onnx
from inspector.formats.onnx_external import require_safe
from inspector.runtimes.onnxruntime import CPU, import_onnxruntime
from inspector.runtimes.onnxruntime_kernels import missing_kernels
from inspector.runtimes.onnxruntime_limits import too_new

FOLDER = Path(os.environ.get("ONNX_INSPECTOR_CORPUS", "/nowhere"))
FILES = sorted(FOLDER.rglob("*.onnx")) if FOLDER.is_dir() else []

pytestmark = pytest.mark.corpus


@pytest.mark.skipif(not FILES, reason="ONNX_INSPECTOR_CORPUS names no folder")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_file_is_safe_and_has_the_kernels_that_it_is_said_to_have(path):
    model = read_onnx(path)
    require_safe(model)
    foreseen = bool(missing_kernels(model)) or too_new(model) is not None
    runtime = import_onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    try:
        runtime.InferenceSession(str(path), options, providers=[CPU])
    except Exception:  # whatever it says
        assert foreseen
    else:
        assert not foreseen
