"""Errors of the ONNX checker and of ONNX Runtime, and what to tell a person."""

from __future__ import annotations

from inspector.core.failures_known import Known

ONNX: tuple[Known, ...] = (
    Known(
        r"Could not find an implementation for (?P<op>\w+)\((?P<version>\d+)\)"
        r"( node with name '(?P<node>[^']*)')?",
        "ONNX Runtime has no kernel for the operator {op} (version {version}) with these types.",
        "Use float32 in place of float64 or bfloat16, or a newer opset.",
    ),
    Known(
        r"(?P<op>[\w.]+:\w+)\(-?\d+\) is not a registered function/op",
        "The file uses the operator '{op}', which ONNX Runtime does not have.",
        "Load the library that brings the operator, or export the model without it.",
    ),
    Known(
        r"Opset (?P<opset>\d+) is under development",
        "The file's opset {opset} is newer than this ONNX Runtime supports.",
        "Export with a lower opset.",
    ),
    Known(
        r"Unsupported model IR version: (?P<got>\d+), max supported IR version: (?P<most>\d+)",
        "The file's IR version {got} is newer than this ONNX Runtime supports ({most}).",
        "Export with a lower IR version, or use a newer ONNX Runtime.",
    ),
    Known(
        r"No Op registered for (?P<op>\w+) with domain_version of (?P<version>\d+)",
        "The file uses the operator {op}, which its opset {version} does not have.",
        "Export again with a higher opset.",
    ),
    Known(
        r"Got invalid dimensions for input: (?P<name>.+?) for the following indices\s+"
        r"index: (?P<axis>\d+) Got: (?P<got>\d+) Expected: (?P<wanted>\d+)",
        "The input '{name}' has size {got} along axis {axis} where the ONNX model takes {wanted}.",
        "Use data of that size, or export again with that dimension dynamic.",
    ),
    Known(
        r"Invalid rank for input: (?P<name>\S+) Got: (?P<got>\d+) Expected: (?P<wanted>\d+)",
        "The input '{name}' has {got} dimensions where the ONNX model takes {wanted}.",
        "Use data with the number of dimensions that the model takes.",
    ),
    Known(
        r"External data path escapes model directory",
        "The model names weights outside its own folder, which ONNX Runtime refuses to read.",
        "Export it again with the weights beside it, or ask its maker why.",
    ),
    Known(
        r"External initializer: .*out of bound",
        "The file with the model's weights is shorter than the model needs.",
        "Copy or download it again; the transfer may have stopped too early.",
    ),
    Known(
        r"External data path does not exist|External data path validation failed",
        "The file with the model's weights is missing.",
        "Keep the weights file (.data) beside the .onnx file.",
    ),
    Known(
        r"Protobuf parsing failed|No graph was found in the protobuf|Wire format was corrupt",
        "The file is not a whole ONNX file.",
        "Copy or download it again.",
    ),
)
