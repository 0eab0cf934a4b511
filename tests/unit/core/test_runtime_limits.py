"""What ONNX Runtime reads, told by its version alone."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from inspector.core.runtime_limits import RuntimeLimits, installed_limits, limits_of


@pytest.mark.parametrize(
    ("release", "limits"),
    [
        ("1.23.2", RuntimeLimits("ONNX Runtime 1.23.2", 23, 11)),
        ("1.24.0.dev20260101", RuntimeLimits("ONNX Runtime 1.24.0.dev20260101", 25, 13)),
        ("1.99.0", limits_of("1.31")),  # newer than the table: what the last known one reads
        ("", limits_of("1.31")),
        ("0.5.0", limits_of("1.17")),
    ],
)
def test_a_release_has_its_own_limits(release: str, limits: RuntimeLimits) -> None:
    assert limits_of(release) == limits


def test_the_installed_one_is_named() -> None:
    pytest.importorskip("onnxruntime")
    assert installed_limits().runtime == f"ONNX Runtime {version('onnxruntime')}"
