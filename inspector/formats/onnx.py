"""ONNX files: the structure as it stands in the file, without the weights.

Source: https://github.com/onnx/onnx/blob/main/docs/IR.md
"""

from __future__ import annotations

import mmap
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from inspector.core.failures import InspectorError
from inspector.core.model import Devices, Function, Graph, Model
from inspector.formats.onnx_decode import opset, pairs
from inspector.formats.onnx_graph import GraphReader
from inspector.formats.onnx_types import text
from inspector.formats.protobuf_wire import BYTES, Buffer, CutShortError, WireError, fields
from inspector.formats.quiet import no_garbage_collection

MODEL_GRAPH, MODEL_TRAINING, MODEL_FUNCTION = 7, 20, 25
"""Fields of `ModelProto` that are not read with the rest."""

_INITIALIZATION, _ALGORITHM = 1, 2
"""Graphs of a `TrainingInfoProto`."""


def read_onnx(path: Path) -> Model:
    """Read the structure of an ONNX file; weights stay on disk, nothing is executed.

    Raises:
        InspectorError: The file is cut short, damaged, or cannot be read.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            with no_garbage_collection():
                return _model(path, data)
        except CutShortError as error:
            raise cut_short(path, str(error)) from error
        except (WireError, DecodeError, RecursionError) as error:
            raise InspectorError(
                f"{path.name} is damaged: it begins like an ONNX file but cannot be read to its "
                "end.",
                "Copy or download it again, or export it again.",
                str(error),
            ) from error


def cut_short(path: Path, detail: str = "") -> InspectorError:
    """The failure of a file that ends too early."""
    return InspectorError(
        f"{path.name} is cut short: it ends before the model does.",
        "Copy or download it again; the transfer stopped before it was complete.",
        detail,
    )


def _model(path: Path, data: Buffer) -> Model:
    reader = GraphReader(path, data)
    graphs: list[Graph] = []
    functions: list[Function] = []
    training: list[Graph] = []
    rest: list[bytes] = []
    for number, wire, tag, start, end in fields(data, 0, len(data)):
        if number == MODEL_GRAPH and wire == BYTES:
            graphs.append(reader.graph(start, end))
        elif number == MODEL_FUNCTION and wire == BYTES:
            functions.append(reader.function(start, end))
        elif number == MODEL_TRAINING and wire == BYTES:
            for part, kind, _, at, stop in fields(data, start, end):
                if part in (_INITIALIZATION, _ALGORITHM) and kind == BYTES:
                    training.append(reader.graph(at, stop))
        else:
            rest.append(data[tag:end])
    if len(graphs) != 1:
        raise WireError(f"{len(graphs)} graphs where one is expected")
    proto = onnx.ModelProto.FromString(b"".join(rest))
    return Model(
        path=str(path),
        bytes=len(data),
        ir_version=proto.ir_version,
        producer_name=text(proto.producer_name),
        producer_version=text(proto.producer_version),
        domain=text(proto.domain),
        model_version=proto.model_version,
        doc=text(proto.doc_string),
        opset_imports=tuple(opset(item) for item in proto.opset_import),
        metadata=pairs(proto.metadata_props),
        graph=graphs[0],
        functions=tuple(functions),
        external_files=reader.tensors.external_files(),
        training=tuple(training),
        devices=tuple(Devices(item.name, item.num_devices) for item in proto.configuration),
    )
