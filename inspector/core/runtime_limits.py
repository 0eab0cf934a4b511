"""How new a file each ONNX Runtime reads, and which one is installed, without importing it."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

OLDEST_OPSET = 7
"""Files below it are read, but many of their operators have no kernel.

Source: https://onnxruntime.ai/docs/reference/compatibility.html
"""

_BY_VERSION = {
    (1, 17): (20, 9),
    (1, 18): (21, 10),
    (1, 19): (21, 10),
    (1, 20): (21, 10),
    (1, 21): (22, 10),
    (1, 22): (22, 10),
    (1, 23): (23, 11),
    (1, 24): (25, 13),
    (1, 25): (26, 13),
    (1, 26): (26, 13),
    (1, 27): (26, 13),
    (1, 28): (26, 13),
    (1, 29): (26, 13),
    (1, 30): (26, 13),
    (1, 31): (26, 13),
}
"""ONNX Runtime to the newest opset and IR version that it reads, as of November 2026.

Source: from 1.19 on found by giving each release one-node files of every version; before, the page
above.
"""

_PACKAGES = (
    "onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino",
    "onnxruntime-training", "onnxruntime-rocm", "onnxruntime-migraphx", "onnxruntime-qnn",
)  # fmt: skip
"""Names under which ONNX Runtime is given away; the first that is installed counts."""


class RuntimeLimits(NamedTuple):
    """The newest versions that an ONNX Runtime reads, and which one that is."""

    runtime: str
    opset: int
    ir_version: int


@functools.cache
def installed_limits() -> RuntimeLimits:
    """What the ONNX Runtime reads that is installed in this Python."""
    return limits_of(next(filter(None, map(_version, _PACKAGES)), ""))


def limits_of(version: str) -> RuntimeLimits:
    """What a release of ONNX Runtime reads.

    Of one that is not in the table, what the nearest older release in it reads, under the name of
    that release; of one before the table the oldest, of none the newest.
    """
    match = re.match(r"(\d+)\.(\d+)", version)
    asked = (int(match[1]), int(match[2])) if match else max(_BY_VERSION)
    known = max((one for one in _BY_VERSION if one <= asked), default=min(_BY_VERSION))
    opset, ir_version = _BY_VERSION[known]
    exact = version if known == asked and version else ".".join(map(str, known))
    return RuntimeLimits(f"ONNX Runtime {exact}", opset, ir_version)


def _version(package: str) -> str:
    # Imported where it is needed: its 20 ms would delay every start.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return ""
