"""The window. Nothing here imports torch or onnxruntime."""
