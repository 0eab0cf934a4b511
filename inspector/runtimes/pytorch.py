"""PyTorch: load a checkpoint with what it needs, and run it as one side of a comparison."""

from __future__ import annotations


def warm_up() -> None:
    """Import what an export needs, so that the first one does not wait for it."""
    import onnxruntime  # noqa: F401
    import onnxscript  # noqa: F401
    import torch.onnx._internal.exporter._core
    import torch.onnx._internal.exporter._onnx_program  # noqa: F401
