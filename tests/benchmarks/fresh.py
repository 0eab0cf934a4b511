"""Measuring in an interpreter of its own, so that memory and imports are its own."""

from __future__ import annotations

import json
import subprocess
import sys

MB = 1 << 20

PRIVATE = """
import time
def private():
    text = open('/proc/self/status').read()
    return int(text.split('RssAnon:')[1].split()[0]) * 1024
"""
"""Begin of a script that measures its private memory, in bytes."""

READ_ONNX = (
    PRIVATE
    + """
from pathlib import Path
import json, sys
from inspector.formats.onnx import read_onnx
path = Path(sys.argv[1])
before = private()
times = []
for _ in range(5):
    start = time.perf_counter()
    model = read_onnx(path)
    times.append(time.perf_counter() - start)
assert len(model.graph.initializers) == int(sys.argv[2])
print(json.dumps({'seconds': min(times), 'first': times[0], 'bytes': private() - before}))
"""
)
"""Our reader on a file with so many initializers."""

LIST_CHECKPOINT = (
    PRIVATE
    + """
import json, sys
from inspector.formats.registry import open_file
open_file(sys.argv[3])
before, times = private(), []
for _ in range(5):
    start = time.perf_counter()
    found = open_file(sys.argv[1])
    times.append(time.perf_counter() - start)
assert len(found.tensors) == int(sys.argv[2])
assert 'torch' not in sys.modules
print(json.dumps({'seconds': min(times), 'first': times[0], 'bytes': private() - before}))
"""
)
"""Our reader on a checkpoint with so many tensors, after a small one that is given as well."""

ONNX_LOAD = (
    PRIVATE
    + """
import json, sys
import onnx
before = private()
start = time.perf_counter()
model = onnx.load(sys.argv[1], load_external_data=sys.argv[3:] != ['apart'])
seconds = time.perf_counter() - start
assert len(model.graph.initializer) == int(sys.argv[2])
print(json.dumps({'seconds': seconds, 'bytes': private() - before}))
"""
)
"""`onnx.load` of a file with so many initializers; external data is left out after `apart`."""


def run(script: str, *arguments: str) -> dict[str, float]:
    """Run a script; its last line is a JSON object of numbers."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
