"""The facts about a file in numbers: what `onnx-inspector inspect` prints."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from inspector.core.finding import SEVERITIES
from inspector.core.findings import Finding, check_checkpoint, check_model
from inspector.core.inspection import CheckpointFacts, Inspection, OnnxFacts, StateSet, Totals
from inspector.core.model import Checkpoint, Graph, Model, Tensor
from inspector.core.target_rules import check_target
from inspector.core.targets import target_named
from inspector.core.walk import bodies, constant_of
from inspector.formats import outline as outlines
from inspector.formats.lowest_opset import lowest_opset
from inspector.formats.onnx_types import elements
from inspector.formats.quiet import no_garbage_collection
from inspector.formats.registry import FORMATS, open_file

_BLOCK = 1 << 20

_FORMS = {
    "whole-module": "a whole PyTorch module with its weights",
    "state-dict": "a PyTorch state dict: weights without the module they belong to",
    "training-checkpoint": "a PyTorch training checkpoint",
    "lightning": "a PyTorch Lightning checkpoint",
    "safetensors": "a safetensors file: weights without the module they belong to",
    "optimizer": "the state of a PyTorch optimizer",
    "tensors": "PyTorch tensors that belong to no model",
    "no-tensors": "a PyTorch file without weights",
    "quantised": "a quantised PyTorch model",
    "quantised-weights": "the weights of a quantised PyTorch model",
    "torchscript": "a TorchScript program",
    "mobile": "a TorchScript program for phones",
    "exported-program": "a program exported with torch.export",
    "torch-package": "a torch.package archive",
    "aotinductor": "a model compiled to native code by AOTInductor",
    "pickle": "a Python pickle that torch.save did not write",
    "huggingface": "a folder with a Hugging Face model",
    "sharded": "an index of weights in several files",
    "distributed": "a folder with a distributed PyTorch checkpoint",
    "gguf": "a GGUF model for llama.cpp",
}


def inspect(
    path: Path | str, *, digest: bool = False, outline_dir: Path | None = None
) -> Inspection:
    """Read a file and say what is in it; nothing in it is executed.

    Args:
        path: The file.
        digest: Also compute its SHA-256, which reads the whole file.
        outline_dir: Folder to write the tree's columns to; None: they are not made.

    Raises:
        InspectorError: It cannot be read, or is no model file; the failure says why.
    """
    started = time.perf_counter()
    with no_garbage_collection():
        found = open_file(path)
        if outline_dir is not None:
            outlines.save(outlines.build_outline(found), outline_dir)
        return describe_file(found, started, digest=digest, outline_dir=outline_dir)


def describe_file(
    found: Model | Checkpoint,
    started: float | None = None,
    *,
    digest: bool = False,
    outline_dir: Path | None = None,
    target: str = "",
) -> Inspection:
    """The facts about a file that is already read.

    Args:
        found: What was read.
        started: When reading it began, of `time.perf_counter`.
        digest: Also compute its SHA-256.
        outline_dir: Where the tree's columns lie already.
        target: Key of the runtime that it is meant for; empty: none.
    """
    started = time.perf_counter() if started is None else started
    onnx = onnx_facts(found) if isinstance(found, Model) else None
    listed = checkpoint_facts(found) if isinstance(found, Checkpoint) else None
    return Inspection(
        path=found.path,
        bytes=found.bytes,
        format="onnx" if isinstance(found, Model) else found.form,
        what=what_is(found),
        sha256=sha256(found.path) if digest else None,
        findings=_findings(found, onnx, target),
        onnx=onnx,
        checkpoint=listed,
        outline=str(outline_dir) if outline_dir is not None else None,
        seconds=time.perf_counter() - started,
    )


def _findings(
    found: Model | Checkpoint, onnx: OnnxFacts | None, target: str
) -> tuple[Finding, ...]:
    """What the rules remark, on the file itself and on the runtime that it is meant for."""
    if not isinstance(found, Model):
        return check_checkpoint(found)
    own = check_model(found)
    wanted = target_named(target)
    if wanted is None:
        return own
    there = check_target(found, wanted, onnx.lowest_opset if onnx else 0)
    return tuple(sorted((*there, *own), key=lambda one: SEVERITIES.index(one.severity)))


def what_is(found: Model | Checkpoint) -> str:
    """One sentence that names the file, and says where its name promises something else."""
    name = Path(found.path).name
    if isinstance(found, Model):
        maker = f" by {found.producer_name}" if found.producer_name else ""
        sentence = f"{name} is an ONNX model of {_count(_nodes(found), 'node')}, written{maker}."
        sentence = sentence.replace(", written.", ".")
    else:
        what = _FORMS[found.form]
        sentence = f"{name} is {what}, with {_count(len(found.tensors), 'tensor')}."
    suffix = Path(found.path).suffix.lower()
    if suffix == ".onnx" and not isinstance(found, Model):
        sentence += " Its name ends in .onnx, but it is not an ONNX file."
    if isinstance(found, Model) and suffix in _CHECKPOINT_SUFFIXES:
        sentence += f" Its name ends in {suffix}, but it is an ONNX file."
    return sentence


_CHECKPOINT_SUFFIXES = {s for known in FORMATS if known.name != "ONNX" for s in known.suffixes}


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _nodes(model: Model) -> int:
    return sum(len(body.nodes) for body in bodies(model))


def sha256(path: Path | str) -> str:
    """SHA-256 of a file in hexadecimal digits; reads all of it in blocks.

    Of a folder: the digest of the names and digests of the files right in it, in order of names.
    """
    digest = hashlib.sha256()
    if Path(path).is_dir():
        for entry in sorted(found for found in Path(path).iterdir() if found.is_file()):
            digest.update(f"{entry.name}\0{sha256(entry)}\n".encode())
        return digest.hexdigest()
    with Path(path).open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def onnx_facts(model: Model) -> OnnxFacts:
    """An ONNX file in numbers: nested subgraphs and function bodies are counted in."""
    everything = list(bodies(model))
    graphs = [body.graph for body in everything if body.graph is not None]
    nodes = [node for body in everything for node in body.nodes]
    stored = {tensor.name for tensor in model.graph.initializers}
    return OnnxFacts(
        ir_version=model.ir_version,
        producer_name=model.producer_name,
        producer_version=model.producer_version,
        opset_imports={entry.domain: entry.version for entry in model.opset_imports},
        inputs=tuple(value for value in model.graph.inputs if value.name not in stored),
        outputs=model.graph.outputs,
        nodes=len(nodes),
        top_level_nodes=len(model.graph.nodes),
        op_types=dict(Counter(node.op_type for node in nodes).most_common()),
        subgraphs=len(graphs) - 1,
        functions=len(model.functions),
        initializers=totals(_initializers(graphs)),
        constants=totals(tensor for node in nodes if (tensor := constant_of(node)) is not None),
        external_data=model.external_files,
        metadata=dict(model.metadata),
        training_graphs=len(model.training),
        quantization_annotations=sum(len(graph.quantization) for graph in graphs),
        devices=dict(model.devices),
        lowest_opset=lowest_opset(model),
    )


def _initializers(graphs: Iterable[Graph]) -> Iterable[Tensor]:
    return (tensor for graph in graphs for tensor in graph.initializers)


def totals(tensors: Iterable[Tensor]) -> Totals:
    """Count tensors, elements and bytes; a tensor that shares another's bytes adds none.

    Of a sparse tensor the stored elements count.
    """
    count = parameters = size = 0
    for tensor in tensors:
        count += 1
        if not tensor.shared:
            stored = tensor.sparse
            parameters += elements(tensor.shape) if stored is None else stored
            size += tensor.bytes
    return Totals(count, parameters, size)


def checkpoint_facts(found: Checkpoint) -> CheckpointFacts:
    """A PyTorch file, listed; parameters are those of the model, not of the training method."""
    prefix = f"{found.state_dict_key}." if found.state_dict_key else ""
    own = tuple(tensor for tensor in found.tensors if tensor.name.startswith(prefix))
    return CheckpointFacts(
        form=found.form,
        container=found.container,
        tensors=found.tensors,
        parameters=totals(own).parameters,
        bytes=totals(found.tensors).bytes,
        modules=found.modules,
        imports=found.imports,
        training=found.training,
        state_dict_key=found.state_dict_key,
        executes=found.executes,
        next_step=found.next_step,
        tensor_count=len(found.tensors),
        prefix=found.prefix,
        hyper_parameters=found.hyper_parameters,
        architecture=found.architecture,
        model_type=found.model_type,
        files=found.files,
        inputs=found.inputs,
        outputs=found.outputs,
        facts=found.facts,
        runs=found.runs,
        traced=found.traced,
        states=tuple(_state_set(found, path) for path in found.states),
    )


def _state_set(found: Checkpoint, path: str) -> StateSet:
    start = path.removesuffix(".pkl").replace("/", ".") if path.endswith(".pkl") else path
    own = [tensor for tensor in found.tensors if tensor.name.startswith(f"{start}.")]
    return StateSet(path, len(own), sum(elements(tensor.shape) for tensor in own))
