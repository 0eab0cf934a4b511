"""ONNX Inspector: does the ONNX file compute what the PyTorch model computes?"""

__version__ = "0.1.0"
