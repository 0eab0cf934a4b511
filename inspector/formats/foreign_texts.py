"""Kinds of text file: what each is, and the way on."""

from __future__ import annotations

from inspector.formats.foreign_kind import (
    AS_DATA,
    NO_MODEL,
    OTHER,
    TF2ONNX,
    Foreign,
    named,
    text,
)
from inspector.formats.sniff import Head, is_table, is_text

_WEIGHTS = "Open the file that holds the weights; its name often ends in .safetensors, .bin or .pt."


def _is_json(head: Head) -> bool:
    return head.data.lstrip()[:1] in (b"{", b"[") and is_text(head)


_XML = (
    Foreign(
        text(rb"<net [^>]*version|<net>"),
        "{name} is the graph of an OpenVINO model (XML), which is not read here.",
        OTHER,
    ),
    Foreign(
        text(rb"<PMML"),
        "{name} is a PMML model (XML), which is not read here.",
        "Save the model as ONNX in the program that made it, for example with skl2onnx.",
    ),
    Foreign(text(rb"<svg"), "{name} is a drawing, not a model.", NO_MODEL),
    Foreign(
        lambda head: head.data.lstrip().startswith(b"<?xml"),
        "{name} is an XML file, not a model that is read here.",
        OTHER,
    ),
)

_JSON = (
    Foreign(
        text(rb'"architectures"\s*:|"model_type"\s*:|"_class_name"\s*:'),
        "{name} is the JSON configuration of a Hugging Face model, without its weights.",
        "Open the folder that it lies in, with the weights beside it.",
    ),
    Foreign(
        text(rb'"modelTopology"\s*:'),
        "{name} is a TensorFlow.js model (JSON), which is not read here.",
        TF2ONNX,
    ),
    Foreign(
        text(rb'"arg_nodes"\s*:|"nodes"\s*:\s*\[\s*\{\s*"op"\s*:'),
        "{name} is the graph of an MXNet model (JSON), which is not read here.",
        "Export the model to ONNX with MXNet, and open the .onnx file.",
    ),
    Foreign(
        text(rb'"magic"\s*:\s*"pir"'),
        "{name} is a PaddlePaddle program (JSON), which is not read here.",
        "Convert the model to ONNX with paddle2onnx, and open the .onnx file.",
    ),
    Foreign(
        text(rb'"learner"\s*:'),
        "{name} is an XGBoost model (JSON), which is not read here.",
        "Convert it with onnxmltools, and open the .onnx file.",
    ),
    Foreign(
        text(rb'"cells"\s*:|"nbformat"\s*:'),
        "{name} is a notebook (JSON), not a model.",
        "Save its code as a .py file, open the checkpoint, and give that file as its code.",
    ),
    Foreign(_is_json, "{name} is JSON text, not a model.", _WEIGHTS),
)

_SOURCES = (
    Foreign(
        text(rb"^\s*<\s*\n?\s*ir_version\s*:|^\s*ir_version\s*:"),
        "{name} is an ONNX model written as text.",
        "Turn it into a binary file with onnx.parser.parse_model or protobuf's text format, and "
        "open that.",
    ),
    Foreign(
        text(rb"(?m)^(layers?|node) \{"),
        "{name} is a model written as text, of Caffe or TensorFlow, which is not read here.",
        OTHER,
    ),
    Foreign(text(rb"(?m)^\[net(work)?\]"), "{name} is the layout of a Darknet model.", OTHER),
    Foreign(
        text(rb"^tree\nversion="),
        "{name} is a LightGBM model, which is not read here.",
        "Convert it with onnxmltools, and open the .onnx file.",
    ),
    Foreign(
        lambda head: (
            is_text(head)
            and (named(".py", ".pyi")(head) or text(rb"(?m)^(import|from) [\w.]+")(head))
        ),
        "{name} is Python source, not a model.",
        "Open the checkpoint, and give this file as its code.",
    ),
    Foreign(
        lambda head: is_text(head) and named(".yaml", ".yml", ".toml", ".ini", ".cfg")(head),
        "{name} is a list of settings, not a model.",
        "Open the checkpoint that was saved beside it.",
    ),
)

TEXTS: tuple[Foreign, ...] = (
    *_XML,
    *_SOURCES,
    *_JSON,
    Foreign(is_table, "{name} is a table of text: sample data at best, not a model.", AS_DATA),
    Foreign(is_text, "{name} is plain text, not a model.", NO_MODEL),
)
"""What is told apart once no format has claimed the file."""
