"""Real models: what is read equals what onnx and torch read, and every file opens."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from inspector.core.inspection import OnnxFacts, Totals
from inspector.core.model import Checkpoint, Graph, Model, Tensor
from inspector.core.walk import bodies
from inspector.formats.detail import describe
from inspector.formats.inspect import inspect
from inspector.formats.outline import build_outline
from inspector.formats.registry import open_file
from inspector.formats.weights import read_tensor

_FOLDER = os.environ.get("ONNX_INSPECTOR_CORPUS", "")
_FILES = sorted(path for path in Path(_FOLDER).rglob("*") if path.is_file()) if _FOLDER else []
_ONNX = [path for path in _FILES if path.suffix == ".onnx"]
_TORCH_SUFFIXES = {".pt", ".pth", ".ckpt", ".bin", ".tar"}
_TORCH = [path for path in _FILES if path.suffix in _TORCH_SUFFIXES]

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not _FILES, reason="no folder of real models is named"),
]


def _label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                if inner.node or inner.output or inner.initializer:
                    yield from _graphs(inner)


def _slow_nodes(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    found = [node for graph in _graphs(model.graph) for node in graph.node]
    return found + [node for function in model.functions for node in function.node]


def _slow_totals(protos: list[onnx.TensorProto]) -> Totals:
    arrays = [numpy_helper.to_array(proto) for proto in protos]
    return Totals(len(arrays), sum(a.size for a in arrays), sum(a.nbytes for a in arrays))


def _facts(path: Path) -> OnnxFacts:
    facts = inspect(path).onnx
    assert facts is not None
    return facts


@pytest.mark.parametrize("path", _ONNX, ids=_label)
def test_counts_equal_those_of_onnx(path: Path) -> None:
    facts, model = _facts(path), onnx.load(path)
    nodes = _slow_nodes(model)
    graphs = list(_graphs(model.graph))
    assert facts.nodes == len(nodes)
    assert facts.top_level_nodes == len(model.graph.node)
    assert facts.op_types == dict(Counter(node.op_type for node in nodes))
    assert facts.subgraphs == len(graphs) - 1
    assert facts.functions == len(model.functions)
    assert facts.ir_version == model.ir_version
    assert facts.opset_imports == {o.domain or "ai.onnx": o.version for o in model.opset_import}
    assert facts.metadata == {entry.key: entry.value for entry in model.metadata_props}
    stored = [tensor for graph in graphs for tensor in graph.initializer]
    assert facts.initializers == _slow_totals(stored)
    constants = [node for node in nodes if node.op_type == "Constant"]
    in_tensors = [a.t for node in constants for a in node.attribute if a.name == "value"]
    assert len(in_tensors) == len(constants)
    assert facts.constants == _slow_totals(in_tensors)
    names = {tensor.name for tensor in model.graph.initializer}
    assert [v.name for v in facts.inputs] == [
        v.name for v in model.graph.input if v.name not in names
    ]
    assert [v.name for v in facts.outputs] == [v.name for v in model.graph.output]


def _our_tensors(model: Model) -> Iterator[Tensor]:
    for body in bodies(model):
        yield from body.graph.initializers if body.graph else ()
        for node in body.nodes:
            for attribute in node.attributes:
                if isinstance(attribute.value, Tensor):
                    yield attribute.value


def _their_tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    for inner in _graphs(graph):
        yield from inner.initializer
        for node in inner.node:
            for attribute in node.attribute:
                if attribute.type == onnx.AttributeProto.TENSOR:
                    yield attribute.t


@pytest.mark.parametrize("path", _ONNX, ids=_label)
def test_every_weight_is_read_from_its_place_as_onnx_reads_it(path: Path) -> None:
    model = open_file(path)
    assert isinstance(model, Model)
    ours = list(_our_tensors(model))
    theirs = list(_their_tensors(onnx.load(path).graph))
    assert len(ours) == len(theirs)
    for tensor, proto in zip(ours, theirs, strict=True):
        expected = numpy_helper.to_array(proto)
        np.testing.assert_array_equal(read_tensor(path, tensor), expected, err_msg=tensor.name)


@pytest.mark.parametrize("path", _FILES, ids=_label)
def test_every_file_opens_and_every_row_can_be_described(path: Path) -> None:
    found = open_file(path)
    outline = build_outline(found)
    for row in range(len(outline)):
        describe(found, outline, row)
    assert inspect(path).what.startswith(path.name)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, tuple[int, ...]]]:
    import torch

    if isinstance(value, torch.Tensor):
        yield path, tuple(value.shape)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}.{index}" if path else str(index))


@pytest.mark.parametrize("path", _TORCH, ids=_label)
def test_names_and_shapes_equal_those_that_torch_loads(path: Path) -> None:
    import pickle

    import torch

    found = open_file(path)
    assert isinstance(found, Checkpoint)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loaded = torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError:
            assert found.executes or found.form == "no-tensors"
            return
    assert [(tensor.name, tensor.shape) for tensor in found.tensors] == list(_flat(loaded))


def test_known_files_are_named_for_what_they_are() -> None:
    expected = {
        "silero_vad.jit": "torchscript",
        "mir-1k.ckpt": "lightning",
        "full.pth": "state-dict",
        "silero_vad_16k.safetensors": "safetensors",
        "training_args.bin": "no-tensors",
        "chgnet_0.3.0_e29f68s314m37.pth.tar": "training-checkpoint",
    }
    forms = {path.name: open_file(path) for path in _FILES if path.name in expected}
    for name, found in forms.items():
        assert isinstance(found, Checkpoint)
        assert found.form == expected[name]


def test_graphs_are_nested_where_the_corpus_has_them() -> None:
    nested = [path for path in _ONNX if path.name == "silero_vad.onnx"]
    for path in nested[:1]:
        model = open_file(path)
        assert isinstance(model, Model)
        assert isinstance(model.graph, Graph)
        assert _facts(path).nodes == 689
