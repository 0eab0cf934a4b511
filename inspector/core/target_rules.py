"""Remarks about a file on the runtime that it is meant for; `targets.py` holds what those take."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from inspector.core.finding import MUST, NOTE, SHOULD, Finding, Remark, count, explanation, some
from inspector.core.finding import name as rule_name
from inspector.core.model import Model, Tensor, Value
from inspector.core.survey import STANDARD, Survey
from inspector.core.targets import Target

Check = Callable[[Survey, Target, int], Iterator[Remark]]


def target_opset(survey: Survey, target: Target, lowest: int) -> Iterator[Remark]:
    """A runtime reads the versions of the standard that it was built for.

    Where every operator of a file has had the same meaning for long, a lower version may be
    stated in a copy of it without changing anything else.
    """
    imports = survey.model.opset_imports
    opset = max((e.version for e in imports if e.domain == "ai.onnx"), default=0)
    if target.opsets is None or not opset:
        return
    first, last = target.opsets
    if opset > last:
        mend = f"Export it with opset {last} or lower."
        if 0 < lowest <= last:
            mend = f"Convert a copy to opset {last}: its operators are the same since {lowest}."
        yield Remark(MUST, f"{target.name} reads opsets {first} to {last}; this is {opset}.", mend)
    elif opset < first:
        mend = f"Export it with opset {first} or higher."
        yield Remark(MUST, f"{target.name} reads opsets {first} to {last}; this is {opset}.", mend)


def target_ir_version(survey: Survey, target: Target, lowest: int) -> Iterator[Remark]:
    """The IR version says how the file itself is laid out."""
    version = survey.model.ir_version
    if target.ir_version is not None and version > target.ir_version:
        yield Remark(
            MUST,
            f"{target.name} reads files up to IR version {target.ir_version}; this is {version}.",
            "Convert a copy with a lower one, which changes nothing else, or export it again.",
        )


def target_operators(survey: Survey, target: Target, lowest: int) -> Iterator[Remark]:
    """An operator that a runtime lacks stops the whole file, or is computed elsewhere, slowly."""
    places = [p for op_type in sorted(target.lacks) for p in survey.places(op_type)]
    if places:
        kinds = sorted({place.node.op_type for place in places})
        yield Remark(
            MUST,
            f"{target.name} lacks {count(len(kinds), 'operator')} of this file: {some(kinds, 5)}.",
            "Express it by other operators in forward(), or register a plugin for it.",
            tuple(place.label for place in places),
        )
    if target.only:
        nodes = [n for body in survey.bodies for n in body.nodes if n.domain in STANDARD]
        others = [node for node in nodes if node.op_type not in target.only]
        if others:
            kinds = sorted({node.op_type for node in others})
            yield Remark(
                SHOULD,
                f"{count(len(others), 'node is', 'nodes are')} not run by {target.name} itself: "
                f"{some(kinds, 5)}; what is not is {target.otherwise}.",
                "Measure there whether that is fast enough.",
                tuple(node.name or node.op_type for node in others),
            )


def target_domains(survey: Survey, target: Target, lowest: int) -> Iterator[Remark]:
    """Operators outside the standard belong to one runtime, or to a library of somebody's own."""
    own = {function.domain for function in survey.model.functions}
    foreign = sorted(set(survey.domains) - own - {"ai.onnx.ml"})
    if foreign and not target.key.startswith(("onnxruntime", "web")):
        places = [place for domain in foreign for place in survey.domains[domain]]
        yield Remark(
            MUST,
            f"{target.name} does not know the operators of {some(foreign)}.",
            "Export without them, or supply a plugin.",
            tuple(place.label for place in places),
        )


def target_dtypes(survey: Survey, target: Target, lowest: int) -> Iterator[Remark]:
    """What a runtime cannot hold it refuses, or cuts down to fewer bits without a word."""
    held = dict(_held(survey.model))
    for dtype in target.refuses:
        names = [name for name, own in held.items() if own == dtype]
        if names:
            yield Remark(
                MUST,
                f"{target.name} takes no {dtype}: {count(len(names), 'value is', 'values are')} of "
                f"that type, {some(names)}.",
                "Export the model in float32: call model.float() first.",
                tuple(names),
            )
    for dtype, becomes in target.narrows:
        names = [name for name, own in held.items() if own == dtype]
        if names:
            yield Remark(
                NOTE,
                f"{target.name} {becomes}. Here these are {count(len(names), 'value')}: "
                f"{some(names)}.",
                "Check that no number in them needs the larger type.",
                tuple(names),
            )


def _held(model: Model) -> Iterator[tuple[str, str]]:
    """Inputs, outputs and weights with their dtypes; sizes and indices of a few numbers not."""
    graph = model.graph
    values: tuple[Value | Tensor, ...] = (*graph.inputs, *graph.outputs)
    yield from ((value.name, value.dtype) for value in values)
    yield from ((t.name, t.dtype) for t in graph.initializers if t.values is None)


def target_shapes(survey: Survey, target: Target, lowest: int) -> Iterator[Remark]:
    """A compiler builds its plan for the sizes that it is told."""
    if not target.key.startswith("tensorrt"):
        return
    stored = {tensor.name for tensor in survey.model.graph.initializers}
    inputs = [v for v in survey.model.graph.inputs if v.name not in stored]
    names = [v.name for v in inputs if any(not isinstance(d, int) for d in v.shape or (None,))]
    if names:
        yield Remark(
            NOTE,
            f"{count(len(names), 'input has', 'inputs have')} open dimensions: {some(names)}.",
            f"{target.name} needs a profile with their smallest, usual and largest sizes.",
            tuple(names),
        )


CHECKS: tuple[Check, ...] = (
    target_opset,
    target_ir_version,
    target_operators,
    target_domains,
    target_dtypes,
    target_shapes,
)
"""Everything that is checked about a target. To add one: a function above, a line here."""


def check_target(model: Model, target: Target, lowest_opset: int = 0) -> tuple[Finding, ...]:
    """What stands in the way of running a file on `target`; where it comes from ends each reason.

    Args:
        model: The file.
        target: Where it is to run.
        lowest_opset: Lowest opset that gives every operator the same meaning; 0: not known.
    """
    survey = Survey(model)
    source = f"Looked up {target.dated}: {target.source}."
    return tuple(
        Finding(rule_name(check), *remark[:2], f"{explanation(check)} {source}", *remark[2:])
        for check in CHECKS
        for remark in check(survey, target, lowest_opset)
    )
