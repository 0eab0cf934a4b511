"""Remarks about numbers: what half precision cannot hold, and patterns that lose digits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from inspector.core.finding import NOTE, SHOULD, Remark, count, some
from inspector.core.model import Node, Tensor
from inspector.core.survey import Place, Survey, attribute
from inspector.core.walk import Body, constant_of

HALF_LARGEST = 65504.0
"""Largest finite number of float16; larger ones become infinite. IEEE 754-2019, table 3.5."""
HALF_SMALLEST = 2.0**-25
"""Numbers up to this round to 0 in float16, half of its smallest subnormal, 2**-24."""
_FLOATS = ("float32", "float64", "bfloat16")
_POSITIVE = ("Add", "Max", "Clip", "Exp", "Softplus", "Sigmoid", "Cosh", "Constant")
"""Operators that keep a logarithm or a divisor away from 0, where they stand right before it."""
_NORMALISES = ("LayerNormalization", "InstanceNormalization", "GroupNormalization",
               "BatchNormalization", "RMSNormalization")  # fmt: skip
_INTEGER_PRODUCTS = ("MatMulInteger", "ConvInteger", "QLinearMatMul", "QLinearConv")
_DOT_PRODUCTS = {"avx512_vnni", "avx_vnni", "avx_vnni_int8", "amx_int8"}


def beyond_half(survey: Survey) -> Iterator[Remark]:
    """Half precision ends at 65,504, and numbers below 0.00000003 become 0 in it.

    A file that is converted to half precision for a phone or a GPU then computes infinity, or
    divides by zero.
    """
    large, tiny = [], []
    for tensor in _small_constants(survey):
        sizes = [abs(v) for v in tensor.values or () if isinstance(v, (int, float))]
        if any(HALF_LARGEST < size < float("inf") for size in sizes):
            large.append(tensor.name)
        elif len(sizes) == 1 and 0.0 < sizes[0] <= HALF_SMALLEST:
            # Among many, a number near 0 does no harm as 0.
            tiny.append(tensor.name)
    steps = [
        place.label
        for place in survey.places(*_NORMALISES)
        if 0.0 < _number(attribute(place.node, "epsilon", 1e-5)) <= HALF_SMALLEST
    ]
    if large:
        yield Remark(
            NOTE,
            f"{count(len(large), 'constant is', 'constants are')} too large for half precision: "
            f"{some(large)}.",
            "Keep the nodes that use them in float32 when the file is converted, or use smaller "
            "numbers, such as -10,000 for what a mask leaves out.",
            tuple(large),
        )
    if tiny:
        yield Remark(
            NOTE,
            f"{count(len(tiny), 'constant')} would become 0 in half precision: {some(tiny)}.",
            "Keep the nodes that use them in float32 when the file is converted.",
            tuple(tiny),
        )
    if steps:
        yield Remark(
            NOTE,
            f"{count(len(steps), 'normalisation divides', 'normalisations divide')} by a number "
            f"that its epsilon keeps above 0, and half precision makes that epsilon 0: "
            f"{some(steps)}.",
            "Keep these nodes in float32 when the file is converted, or use an epsilon of 1e-5.",
            tuple(steps),
        )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _small_constants(survey: Survey) -> Iterator[Tensor]:
    for body in survey.bodies:
        for tensor in body.graph.initializers if body.graph else ():
            if tensor.values is not None and tensor.dtype in _FLOATS:
                yield tensor
    for place in survey.places("Constant"):
        constant = constant_of(place.node)
        if constant is not None and constant.values is not None and constant.dtype in _FLOATS:
            yield constant._replace(name=place.node.outputs[0] if place.node.outputs else "")


def unsafe_exponential(survey: Survey) -> Iterator[Remark]:
    """The exponential of 89 is too large for float32, that of 12 for half precision.

    Softmax subtracts the largest score first, so that nothing overflows; written out by hand it
    often does not.
    """
    found = []
    for body in _with(survey, "Exp"):
        makers, readers = _links(body)
        for node in body.nodes:
            if node.op_type == "Exp" and _is_softmax(node, makers, readers):
                found.append(Place(node, body))
    if found:
        yield Remark(
            NOTE,
            f"{count(len(found), 'softmax is', 'softmaxes are')} written out without subtracting "
            "the largest score first.",
            "Use torch.softmax or torch.logsumexp in forward().",
            tuple(place.label for place in found),
        )


def _is_softmax(exp: Node, makers: dict[str, Node], readers: dict[str, list[Node]]) -> bool:
    """Whether `exp(x) / sum(exp(x))` is computed from scores that nothing was taken off."""
    before = makers.get(exp.inputs[0]) if exp.inputs else None
    if before is not None and before.op_type == "Sub":
        return False
    after = readers.get(exp.outputs[0], []) if exp.outputs else []
    sums = {name for node in after if node.op_type == "ReduceSum" for name in node.outputs}
    quotients = (node for node in after if node.op_type == "Div" and len(node.inputs) > 1)
    return any(node.inputs[1] in sums for node in quotients)


def unsafe_logarithm(survey: Survey) -> Iterator[Remark]:
    """The logarithm of 0 is minus infinity, and that of a small number has few right digits.

    A probability that rounds to 0 on one runtime and not on the other makes the two differ
    without limit.
    """
    softmaxes, bare = [], []
    for body in _with(survey, "Log"):
        makers, _ = _links(body)
        for node in body.nodes:
            before = makers.get(node.inputs[0]) if node.op_type == "Log" and node.inputs else None
            if before is not None and before.op_type == "Softmax":
                softmaxes.append(Place(node, body).label)
            elif before is not None and before.op_type in ("Relu", "Sub", "ReduceSum", "Abs"):
                bare.append(Place(node, body).label)
    if softmaxes:
        yield Remark(
            NOTE,
            f"{count(len(softmaxes), 'logarithm is', 'logarithms are')} taken of a softmax, "
            "which may round to 0.",
            "Use torch.log_softmax in forward().",
            tuple(softmaxes),
        )
    if bare:
        yield Remark(
            NOTE,
            f"{count(len(bare), 'logarithm has', 'logarithms have')} nothing that keeps the "
            "number above 0.",
            "Add a small number first, or limit it from below with torch.clamp.",
            tuple(bare),
        )


def unsafe_division(survey: Survey) -> Iterator[Remark]:
    """A sum, a norm or a standard deviation can be 0, and dividing by it gives infinity or NaN.

    Where it is only nearly 0, rounding decides about the result, and no two runtimes agree.
    """
    found = []
    for body in _with(survey, "Div"):
        makers, _ = _links(body)
        for node in body.nodes:
            if node.op_type != "Div" or len(node.inputs) < 2:
                continue
            below = makers.get(node.inputs[1])
            if below is not None and below.op_type == "Sqrt":
                below = makers.get(below.inputs[0]) if below.inputs else None
            if below is not None and below.op_type in ("ReduceL2", "ReduceSumSquare", "Sub"):
                found.append(Place(node, body).label)
    if found:
        yield Remark(
            NOTE,
            f"{count(len(found), 'division has', 'divisions have')} nothing that keeps the "
            "divisor away from 0.",
            "Add a small number to the divisor, as torch.nn.functional.normalize does.",
            tuple(found),
        )


def _with(survey: Survey, op_type: str) -> list[Body]:
    """The bodies that hold such a node, each once."""
    return list({id(p.body.nodes): p.body for p in survey.places(op_type)}.values())


def _links(body: Body) -> tuple[dict[str, Node], dict[str, list[Node]]]:
    """Value to the node that makes it, and to those that read it."""
    makers: dict[str, Node] = {}
    readers: dict[str, list[Node]] = {}
    for node in body.nodes:
        makers.update(dict.fromkeys(node.outputs, node))
        for name in node.inputs:
            readers.setdefault(name, []).append(node)
    return makers, readers


def saturating_products(survey: Survey) -> Iterator[Remark]:
    """Older processors add pairs of 8-bit products in 16 bits, which can overflow.

    Sums of unsigned by signed bytes are cut off at 32,767 there without a word, so that the same
    file gives other numbers on another computer.

    Source: Intel 64 and IA-32 Architectures Software Developer's Manual, instruction VPMADDUBSW.
    """
    found = _unsigned_by_signed(survey)
    flags = processor_flags()
    if found and flags and "avx2" in flags and not flags & _DOT_PRODUCTS:
        yield Remark(
            SHOULD,
            f"{count(len(found), 'node multiplies', 'nodes multiply')} unsigned by signed bytes, "
            "and this processor may cut their sums off.",
            "Quantise with reduce_range, or with signed activations (QInt8 for both).",
            tuple(found),
        )


def _unsigned_by_signed(survey: Survey) -> list[str]:
    found = []
    for place in survey.places(*_INTEGER_PRODUCTS):
        weight = 3 if place.node.op_type.startswith("QLinear") else 1
        tensor = survey.constant(place, weight)
        zero = survey.constant(place, 2)
        declared = survey.declared(place, 0)
        left = declared.dtype if declared else zero.dtype if zero else ""
        if tensor is not None and tensor.dtype == "int8" and left == "uint8":
            found.append(place.label)
    return found


def processor_flags(source: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """What this computer's processor can do, by Linux' names; empty where that is not known."""
    try:
        lines = source.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(_words(line for line in lines if line.startswith("flags")))


def _words(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from line.partition(":")[2].split()
        return
