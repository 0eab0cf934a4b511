"""What the program remarks about a model: one function per rule, listed in `RULES`.

A rule's name is its function's name, its explanation its docstring. The rules for checkpoints
are in `checkpoint_rules.py`, those about a file rather than what it computes in `file_rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from inspector.core import file_rules, graph_rules, number_rules, operator_rules, size_rules
from inspector.core.checkpoint_rules import CHECKPOINT_RULES
from inspector.core.finding import MUST, NOTE, SHOULD, Finding, Remark, Rule, apply, count, some
from inspector.core.model import Checkpoint, Model, Node
from inspector.core.survey import Place, Survey, attribute

__all__ = [
    "MUST", "NOTE", "RULES", "SHOULD", "Finding", "check_checkpoint", "check_model",
    "random_nodes",
]  # fmt: skip

_RANDOM = (
    "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli",
    "Multinomial",
)  # fmt: skip
_NO_DOUBLE = ("Conv", "ConvTranspose", "LSTM", "GRU", "RNN", "Resize", "LayerNormalization")


def training_mode(survey: Survey) -> Iterator[Remark]:
    """Dropout sets a random part of its input to zero while a model is trained.

    In a file that is used for answers it makes every answer different and less accurate.
    """
    found = _active_dropouts(survey)
    if found:
        yield Remark(
            MUST,
            f"The file was exported in training mode: dropout is active in "
            f"{count(len(found), 'node')}.",
            "Call model.eval() before the export, and look for F.dropout calls without "
            "training=self.training.",
            tuple(place.label for place in found),
        )


def _active_dropouts(survey: Survey) -> list[Place]:
    return [place for place in survey.places("Dropout") if _is_active(survey, place)]


def _is_active(survey: Survey, place: Place) -> bool:
    opset = survey.opset(place)
    if opset < 7:
        return not attribute(place.node, "is_test", 0)
    if opset < 12:
        return False
    training, ratio = survey.values(place, 2), survey.values(place, 1)
    if not training or not training[0]:
        return False
    return not (ratio and ratio[0] == 0)


def batch_statistics(survey: Survey) -> Iterator[Remark]:
    """Batch normalisation in training mode uses the mean and variance of the batch at hand.

    So the answer for one sample depends on the samples beside it. It repeats itself exactly,
    and is right only where the module was built with track_running_stats=False.
    """
    found = [place for place in survey.places("BatchNormalization") if _is_training(survey, place)]
    if found:
        yield Remark(
            SHOULD,
            f"{count(len(found), 'batch normalisation uses', 'batch normalisations use')} the "
            "statistics of the batch instead of the learned ones.",
            "Call model.eval() before the export, unless the module is meant to work so.",
            tuple(place.label for place in found),
        )


def _is_training(survey: Survey, place: Place) -> bool:
    if survey.opset(place) >= 14:
        return attribute(place.node, "training_mode", 0) == 1
    return sum(bool(name) for name in place.node.outputs) > 1


def random_operators(survey: Survey) -> Iterator[Remark]:
    """A random operator gives other numbers at each run.

    Two runs on the same input differ, and no comparison can say which side is right.
    """
    found = _random_places(survey)
    if found:
        kinds = sorted({place.node.op_type for place in found})
        yield Remark(
            MUST,
            f"The model draws random numbers in {count(len(found), 'node')}: {', '.join(kinds)}.",
            "Make the noise an input of the model, or export in eval mode where it comes from "
            "dropout.",
            tuple(place.label for place in found),
        )


def _random_places(survey: Survey) -> list[Place]:
    found = survey.places(*_RANDOM)
    if not found:
        return []
    used = _used_outputs(survey)
    return [place for place in found if any(name in used for name in place.node.outputs)]


def _used_outputs(survey: Survey) -> set[str]:
    """Names that some output depends on; a random number that nobody uses changes nothing."""
    used: set[str] = set()
    makers: dict[str, Node] = {}
    for body in survey.bodies:
        graph, function = body.graph, body.function
        used.update(value.name for value in graph.outputs) if graph else None
        used.update(function.outputs) if function and not graph else None
        makers.update({name: node for node in body.nodes for name in node.outputs})
    waiting = list(used)
    while waiting:
        node = makers.get(waiting.pop())
        for name in node.inputs if node else ():
            # Only the size of a random tensor matters to Shape, never its numbers.
            if name not in used and not (node and node.op_type in ("Shape", "Size")):
                used.add(name)
                waiting.append(name)
    return used


def random_nodes(model: Model) -> tuple[str, ...]:
    """Names of the nodes whose answer changes from run to run: active dropout, random numbers.

    Batch normalisation in training mode is not among them: it repeats itself exactly.
    """
    survey = Survey(model)
    return tuple(p.label for p in (*_active_dropouts(survey), *_random_places(survey)))


def fixed_batch(survey: Survey) -> Iterator[Remark]:
    """A model with a fixed first axis takes exactly that many samples at once.

    Runtimes refuse any other number.
    """
    stored = {tensor.name for tensor in survey.model.graph.initializers}
    inputs = [v for v in survey.model.graph.inputs if v.shape and v.name not in stored]
    batched = [v for v in inputs if v.shape and len(v.shape) > 1]
    fixed = [v for v in batched if v.shape and isinstance(v.shape[0], int) and v.shape[0] > 0]
    # Where one input takes any number, a fixed axis 0 is something else: layers of a state.
    if fixed and len(fixed) == len(batched):
        sizes = ", ".join(f"'{v.name}' axis 0 is {v.shape[0]}" for v in fixed[:3] if v.shape)
        yield Remark(
            SHOULD,
            f"The number of samples at once is fixed: {sizes}.",
            "Make axis 0 dynamic in the export, if the model is to take batches of other sizes.",
            tuple(v.name for v in fixed),
        )


def missing_kernels(survey: Survey) -> Iterator[Remark]:
    """ONNX Runtime on a CPU has no code for some operators in 64-bit or bfloat16 numbers."""
    double = [p for p in survey.places(*_NO_DOUBLE) if _weight_dtype(survey, p) == "float64"]
    if double:
        yield Remark(
            NOTE,
            f"{count(len(double), 'node computes', 'nodes compute')} in float64, for which ONNX "
            "Runtime has no code on a CPU.",
            "Export the model in float32: call model.float() first.",
            tuple(place.label for place in double),
        )
    half = [t.name for t in survey.model.graph.initializers if t.dtype == "bfloat16"]
    if half:
        yield Remark(
            NOTE,
            f"{count(len(half), 'weight is', 'weights are')} in bfloat16, for which ONNX Runtime "
            "has little code on a CPU.",
            "Export the model in float32: call model.float() first.",
            tuple(half),
        )


def _weight_dtype(survey: Survey, place: Place) -> str:
    tensor = survey.constant(place, 1)
    return tensor.dtype if tensor is not None else ""


def float64_outputs(survey: Survey) -> Iterator[Remark]:
    """PyTorch models rarely mean to compute in 64-bit numbers.

    One constant made by numpy is enough to turn everything after it into float64.
    """
    names = tuple(v.name for v in survey.model.graph.outputs if v.dtype == "float64")
    if names:
        yield Remark(
            NOTE,
            f"{count(len(names), 'output is', 'outputs are')} float64: {some(names)}.",
            "Look for numpy constants in forward(), and give them dtype float32.",
            names,
        )


RULES: tuple[Rule[Survey], ...] = (
    training_mode,
    random_operators,
    file_rules.missing_external_data,
    file_rules.short_external_data,
    file_rules.outside_external_data,
    size_rules.wrong_sizes,
    size_rules.huge_tensors,
    file_rules.too_new,
    file_rules.missing_opset,
    batch_statistics,
    fixed_batch,
    graph_rules.baked_sizes,
    graph_rules.unused_inputs,
    number_rules.saturating_products,
    file_rules.custom_operators,
    file_rules.old_opset,
    missing_kernels,
    float64_outputs,
    operator_rules.interpolation,
    operator_rules.padding,
    operator_rules.index_ties,
    number_rules.beyond_half,
    number_rules.unsafe_exponential,
    number_rules.unsafe_logarithm,
    number_rules.unsafe_division,
    graph_rules.dead_nodes,
    graph_rules.duplicate_constants,
    graph_rules.huge_constants,
    graph_rules.missing_shapes,
    file_rules.local_paths,
    file_rules.unnamed_values,
    file_rules.weights_as_inputs,
)
"""Every rule about an ONNX file. To add one: a function above, a line here."""


def check_model(model: Model) -> tuple[Finding, ...]:
    """What the rules remark about an ONNX file, worst first."""
    return apply(RULES, Survey(model))


def check_checkpoint(checkpoint: Checkpoint) -> tuple[Finding, ...]:
    """What the rules remark about a PyTorch file, worst first."""
    return apply(CHECKPOINT_RULES, checkpoint)
