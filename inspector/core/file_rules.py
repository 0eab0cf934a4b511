"""Remarks about an ONNX file itself: its version, its weights' files, what it tells and needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inspector.core.finding import MUST, NOTE, SHOULD, Remark, count, some
from inspector.core.model import Model
from inspector.core.runtime_limits import OLDEST_OPSET, installed_limits
from inspector.core.survey import Place, Survey

_MICROSOFT = ("com.microsoft", "com.ms.internal")
_STANDARD_DOMAINS = ("ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training")
_PATH = re.compile(r"(?<![\w:/.])(/(?:home|Users|root|mnt|tmp|opt|usr|var|data|work)/[^\s\"',]+)|"
                   r"([A-Za-z]:\\[^\s\"',]+)|File \"(/[^\"]+)\"")  # fmt: skip


def missing_external_data(survey: Survey) -> Iterator[Remark]:
    """Weights that lie in a file of their own must lie beside the model wherever it goes.

    Without them it cannot be run at all. A pipe or a device in their place is never opened:
    reading it could wait for ever.
    """
    for file in survey.model.external_files:
        if file.instead and not file.outside:
            yield Remark(
                MUST,
                f"'{file.location}' with {count(file.tensors, 'tensor')} of the model's weights "
                f"is {file.instead}, not a file.",
                f"Put the file '{file.location}' into its place; both were written together.",
                (file.location,),
            )
        elif not file.exists and not file.outside:
            yield Remark(
                MUST,
                f"The file '{file.location}' with {count(file.tensors, 'tensor')} of the model's "
                "weights is missing.",
                f"Put '{file.location}' into the folder of the model; both were written together.",
                (file.location,),
            )


def short_external_data(survey: Survey) -> Iterator[Remark]:
    """A file of weights that ends too early leaves the last tensors without values."""
    for file in survey.model.external_files:
        if file.exists and file.size < file.bytes:
            yield Remark(
                MUST,
                f"'{file.location}' has {file.size:,} bytes, but the model needs "
                f"{file.bytes:,} of it.",
                "Copy or download it again; the transfer may have stopped too early.",
                (file.location,),
            )


def outside_external_data(survey: Survey) -> Iterator[Remark]:
    """A model may name weights anywhere on a computer.

    Reading outside its own folder could show files that the model has no business with, so
    runtimes refuse it.
    """
    for file in survey.model.external_files:
        if file.outside and file.instead:
            yield Remark(
                MUST,
                f"'{file.location}', which the model names as its weights, is {file.instead}.",
                "Put the file itself into the folder of the model.",
                (file.location,),
            )
        elif file.outside:
            yield Remark(
                MUST,
                f"The model names weights outside its own folder: '{file.location}'.",
                "Export it again with the weights beside it, or ask its maker why.",
                (file.location,),
            )


def too_new(survey: Survey) -> Iterator[Remark]:
    """A runtime reads files up to the version of the standard that it knows."""
    opset, ir = _default_opset(survey.model), survey.model.ir_version
    known = installed_limits()
    if opset > known.opset:
        yield Remark(
            MUST,
            f"The file uses opset {opset}; {known.runtime} reads up to {known.opset}.",
            f"Export it with opset {known.opset} or lower, or convert a copy of it.",
        )
    if ir > known.ir_version:
        yield Remark(
            MUST,
            f"The file has IR version {ir}; {known.runtime} reads up to {known.ir_version}.",
            "Convert a copy with a lower one, which changes nothing else, or export it again.",
        )


def old_opset(survey: Survey) -> Iterator[Remark]:
    """Old operator sets leave some operators inexact.

    Up to opset 10, for example, resizing cannot be written as PyTorch computes it.
    """
    opset = _default_opset(survey.model)
    if 0 < opset < OLDEST_OPSET:
        yield Remark(
            SHOULD,
            f"The file uses opset {opset}; ONNX Runtime supports files from {OLDEST_OPSET} on.",
            "Export it again with opset 18, or convert it with onnx.version_converter.",
        )
    elif OLDEST_OPSET <= opset < 11:
        yield Remark(
            NOTE, f"The file uses opset {opset}, from 2019 or before.", "Export with opset 18."
        )


def _default_opset(model: Model) -> int:
    return max((e.version for e in model.opset_imports if e.domain == "ai.onnx"), default=0)


def missing_opset(survey: Survey) -> Iterator[Remark]:
    """Each node belongs to a domain, and the file must state which version of it is meant."""
    stated = {entry.domain for entry in survey.model.opset_imports}
    stated |= {e.domain for function in survey.model.functions for e in function.opset_imports}
    for domain, places in survey.domains.items():
        if domain not in stated:
            yield Remark(
                MUST,
                f"{count(len(places), 'node uses', 'nodes use')} the domain '{domain}', for which "
                "the file states no version.",
                f"Add an opset import for '{domain}'.",
                tuple(place.label for place in places),
            )


def custom_operators(survey: Survey) -> Iterator[Remark]:
    """Operators outside the standard run only where somebody supplies them."""
    own = {function.domain for function in survey.model.functions}
    for domain, places in sorted(survey.domains.items()):
        kinds = sorted({place.node.op_type for place in places})
        where = tuple(place.label for place in places)
        if domain.startswith(_MICROSOFT):
            yield Remark(
                NOTE,
                f"{count(len(places), 'node is', 'nodes are')} of ONNX Runtime's own domain "
                f"'{domain}': {some(kinds)}.",
                "Other runtimes cannot run this file; export it without ONNX Runtime's optimiser.",
                where,
            )
        elif domain not in own and domain not in _STANDARD_DOMAINS:
            yield Remark(
                SHOULD,
                f"{count(len(places), 'node needs', 'nodes need')} operators of the custom domain "
                f"'{domain}': {some(kinds)}.",
                "Register the library that has them with the runtime, or export without them.",
                where,
            )


def local_paths(survey: Survey) -> Iterator[Remark]:
    """Exporters write into the file where each operator stood in the source.

    Whoever gets the file can read the names of folders and users in it.
    """
    where, example = [], ""
    for body in survey.bodies:
        for node in body.nodes:
            if node.metadata or node.doc:
                found = _path_in((node.doc, *(text for _, text in node.metadata)))
                if found:
                    example = example or found
                    where.append(Place(node, body).label)
    model = survey.model
    pairs = (*model.metadata, *model.graph.metadata)
    found = _path_in((model.doc, *(text for _, text in pairs)))
    if where or found:
        yield Remark(
            NOTE,
            f"The file names folders of the computer that exported it, such as "
            f"'{example or found}', in {count(len(where) + bool(found), 'place')}.",
            "Export without them; here they are left out unless asked for.",
            tuple(where),
        )


def _path_in(texts: tuple[str, ...]) -> str:
    for text in texts:
        match = _PATH.search(text) if text else None
        if match:
            return next(group for group in match.groups() if group)
    return ""


def unnamed_values(survey: Survey) -> Iterator[Remark]:
    """Names such as '17' come from the exporter's counter and change with every export."""
    graph = survey.model.graph
    names = [v.name for v in (*graph.inputs, *graph.outputs) if v.name.isdecimal()]
    if names:
        yield Remark(
            NOTE,
            f"{count(len(names), 'input or output has', 'inputs or outputs have')} a number for a "
            f"name: {some(names)}.",
            "Give input_names and output_names to the exporter.",
            tuple(names),
        )


def weights_as_inputs(survey: Survey) -> Iterator[Remark]:
    """Weights that are inputs too can be replaced by the caller.

    A runtime can then work nothing out in advance, and runs slower.
    """
    graph = survey.model.graph
    stored = {tensor.name for tensor in graph.initializers}
    names = tuple(value.name for value in graph.inputs if value.name in stored)
    if names:
        yield Remark(
            NOTE,
            f"{count(len(names), 'weight is', 'weights are')} also listed as inputs.",
            "Export with keep_initializers_as_inputs=False.",
            names,
        )
