"""What the program remarks about a PyTorch file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from inspector.core.finding import MUST, NOTE, SHOULD, Remark, Rule, count, some
from inspector.core.model import Checkpoint, Graph, Module, Node
from inspector.core.walk import subgraphs

_DROPOUT = re.compile(r"torch\.\w*dropout_?\([^()]*, [\d.e-]+, True\)")
_BATCH_NORM = re.compile(r"torch\.batch_norm\((?:[^,()]+, ){5}True,")

_FOREIGN = ("mobile", "quantised-weights", "pickle", "gguf")
_WITHOUT_MODULE = (
    "state-dict", "training-checkpoint", "lightning", "safetensors", "huggingface", "sharded",
    "distributed",
)  # fmt: skip
_EMPTY = ("optimizer", "tensors", "no-tensors")


def dangerous_imports(checkpoint: Checkpoint) -> Iterator[Remark]:
    """Opening a checkpoint the usual way calls whatever the file names.

    These names can reach files, programs or the network.
    """
    names = [item for item in checkpoint.imports if item.judgement == "dangerous"]
    if names:
        what = "; ".join(f"'{item.name}' {item.what}" for item in names[:3])
        yield Remark(
            MUST,
            f"Opening this file would run dangerous code: {what}.",
            "Do not open it with torch.load; ask its maker for the weights alone, as safetensors.",
            tuple(item.name for item in names),
        )


def saved_in_training_mode(checkpoint: Checkpoint) -> Iterator[Remark]:
    """In training mode dropout is active and batch normalisation uses the batch at hand.

    The answers then differ from those the finished model gives.
    """
    training = [module for module in checkpoint.modules if _is_training(module)]
    if not training:
        return
    names = tuple(module.path or "(root)" for module in training)
    whole = checkpoint.training is True
    yield Remark(
        SHOULD if whole or _acts_differently(training) else NOTE,
        f"The module was saved in training mode: {count(len(training), 'module')} of "
        f"{len(checkpoint.modules):,}."
        if whole
        else f"The module was saved for use, but {count(len(training), 'module')} inside it in "
        "training mode.",
        "Nothing to do for an export here: eval() is called first. Elsewhere call model.eval().",
        names,
    )


def _is_training(module: Module) -> bool:
    # Quantised modules never switch this flag and compute the same either way.
    return module.training is True and ".quantized." not in module.class_name


def _acts_differently(modules: list[Module]) -> bool:
    kinds = Counter(module.class_name.rpartition(".")[2] for module in modules)
    return any("Dropout" in kind or "BatchNorm" in kind for kind in kinds)


def traced_in_training_mode(checkpoint: Checkpoint) -> Iterator[Remark]:
    """Tracing writes down what happened once.

    If that was in training mode, dropout is part of the program for good, and eval() no longer
    switches it off.
    """
    if checkpoint.form not in ("torchscript", "mobile"):
        return
    where = tuple(
        name
        for name, text in checkpoint.source
        if _DROPOUT.search(text) or _BATCH_NORM.search(text)
    )
    if where:
        yield Remark(
            MUST,
            "The program was traced in training mode: dropout or the statistics of the batch are "
            f"always applied, in {count(len(where), 'file')} of its code.",
            "Call model.eval(), then trace and save it again.",
            where,
        )


def exported_in_training_mode(checkpoint: Checkpoint) -> Iterator[Remark]:
    """torch.export writes down what happened once.

    If that was in training mode, dropout and batch normalisation stay in that mode for good, and
    eval() is not allowed on what is loaded.
    """
    if checkpoint.graph is None:
        return
    active = tuple(node.name for node in _nodes(checkpoint.graph) if _is_active(node))
    if active:
        yield Remark(
            MUST,
            f"The program was exported in training mode: {count(len(active), 'operator')} of "
            "dropout or batch normalisation would be trained.",
            "Call model.eval(), then export and save it again.",
            active,
        )


def _nodes(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes:
        yield node
        for _, inner in subgraphs(node):
            yield from _nodes(inner)


def _is_active(node: Node) -> bool:
    if not any(kind in node.op_type for kind in ("dropout", "batch_norm", "rrelu")):
        return False
    return any(
        item.name in ("train", "training") and item.value is True for item in node.attributes
    )


def compiled_elsewhere(checkpoint: Checkpoint) -> Iterator[Remark]:
    """Native code runs only on the kind of computer that it was made for.

    It cannot be translated back into operators, so there is nothing to export.
    """
    if checkpoint.form == "aotinductor":
        made = dict(checkpoint.facts)
        where = ", ".join(
            made[key] for key in ("Compiled for", "Platform", "Machine") if key in made
        )
        yield Remark(
            SHOULD,
            f"The file holds native code{f' for {where}' if where else ''}, and no module.",
            checkpoint.next_step,
        )


def missing_shards(checkpoint: Checkpoint) -> Iterator[Remark]:
    """Weights in several files are complete only with all of them in one folder.

    A pipe, a device or a link out of the folder in the place of one is never opened.
    """
    for file in checkpoint.files:
        if file.instead:
            sentence = f"'{file.location}', which is named as weights, is {file.instead}."
        elif file.outside:
            sentence = f"The file names weights outside its own folder: '{file.location}'."
        elif not file.exists:
            sentence = f"'{file.location}' with {count(file.tensors, 'tensor')} is missing."
        else:
            continue
        mend = f"Put '{file.location.rpartition('/')[2]}' into the folder, and open it again."
        yield Remark(MUST, sentence, mend, (file.location,))


def wrapped_names(checkpoint: Checkpoint) -> Iterator[Remark]:
    """DataParallel, torch.compile and training frameworks put their own name before every weight.

    The module's own names begin behind it.
    """
    if checkpoint.prefix:
        yield Remark(
            NOTE,
            f"Every weight's name begins with '{checkpoint.prefix}', as a wrapper would put it.",
            "Nothing to do: it is left out where the module itself has no such names.",
        )


def needs_source(checkpoint: Checkpoint) -> Iterator[Remark]:
    """A whole-module file stores names of classes, not their code.

    The numbers a module computes come from the code that is there when it is opened.
    """
    if not checkpoint.modules or checkpoint.form == "torchscript":
        return
    unknown = {item.name for item in checkpoint.imports if item.judgement == "unknown"}
    classes = sorted({m.class_name for m in checkpoint.modules if m.class_name in unknown})
    if classes:
        yield Remark(
            SHOULD,
            f"The file needs the source of {count(len(classes), 'class', 'classes')} that PyTorch "
            f"does not have: {some(classes)}.",
            "Give the Python file that defines them, and your consent to run it.",
            tuple(classes),
        )


def unknown_imports(checkpoint: Checkpoint) -> Iterator[Remark]:
    """Names that are not part of PyTorch run code of other packages when the file is opened."""
    classes = {module.class_name for module in checkpoint.modules}
    names = [
        item.name
        for item in checkpoint.imports
        if item.judgement == "unknown" and item.name not in classes
    ]
    if names:
        yield Remark(
            NOTE,
            f"Opening this file would import {count(len(names), 'name')} that are not known here: "
            f"{some(names)}.",
            "Open it only if you trust where it comes from; the weights can be taken without them.",
            tuple(names),
        )


def no_module(checkpoint: Checkpoint) -> Iterator[Remark]:
    """A state dict holds weights and their names.

    What is computed with them stands in Python code that is not in the file.
    """
    if checkpoint.form in _WITHOUT_MODULE and not checkpoint.modules:
        yield Remark(
            NOTE,
            "The file holds weights, but not the module that uses them.",
            checkpoint.next_step,
        )


def not_a_model(checkpoint: Checkpoint) -> Iterator[Remark]:
    """Only a module, or weights for one, can be exported and compared."""
    if checkpoint.form in _EMPTY:
        yield Remark(SHOULD, "The file holds no model.", checkpoint.next_step)


def not_run_here(checkpoint: Checkpoint) -> Iterator[Remark]:
    """Each form of file needs its own way to be run, and some have none that leads to an export."""
    if checkpoint.form in _FOREIGN:
        yield Remark(
            SHOULD,
            f"A file of the form '{checkpoint.form}' is listed, but not run here.",
            checkpoint.next_step,
        )


CHECKPOINT_RULES: tuple[Rule[Checkpoint], ...] = (
    dangerous_imports,
    traced_in_training_mode,
    saved_in_training_mode,
    exported_in_training_mode,
    missing_shards,
    compiled_elsewhere,
    needs_source,
    not_a_model,
    not_run_here,
    no_module,
    wrapped_names,
    unknown_imports,
)
"""Every rule about a PyTorch file. To add one: a function above, a line here."""
