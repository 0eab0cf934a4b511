"""What the operators do, in one plain sentence each, and what their definitions say."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import onnx.defs

from inspector.core.model import Node
from inspector.core.survey import attribute

SENTENCES: dict[str, str] = {
    "Abs": "Drops the sign of every value.",
    "Add": "Adds two tensors, value by value.",
    "And": "True where both inputs are true.",
    "ArgMax": "Gives the position of the largest value along an axis.",
    "ArgMin": "Gives the position of the smallest value along an axis.",
    "AveragePool": "Replaces each window of its input by the mean of the window.",
    "BatchNormalization": "Shifts and scales each channel by its learned mean and variance.",
    "Bernoulli": "Draws random zeros and ones; different at each run.",
    "Cast": "Converts values to another type.",
    "CastLike": "Converts values to the type of another tensor.",
    "Ceil": "Rounds up to whole numbers.",
    "Clip": "Limits values to a smallest and a largest one.",
    "Concat": "Puts tensors one after the other along an axis.",
    "Constant": "Gives a fixed tensor that is stored in the node.",
    "ConstantOfShape": "Makes a tensor of a given shape, filled with one value.",
    "Conv": "A convolution: slides learned filters over its input.",
    "ConvInteger": "A convolution in whole numbers, as quantised models use it.",
    "ConvTranspose": "A transposed convolution: spreads each value over a larger output.",
    "Cos": "The cosine of every value.",
    "CumSum": "Running sums along an axis.",
    "DepthToSpace": "Moves channels into blocks of height and width.",
    "DequantizeLinear": "Turns small whole numbers back into floating point by scale and offset.",
    "Div": "Divides two tensors, value by value.",
    "Dropout": "Passes its input on; in training mode it sets random values to zero.",
    "DynamicQuantizeLinear": "Turns numbers into 8-bit whole ones, with a scale found at run time.",
    "Einsum": "Multiplies and sums tensors as an index formula says.",
    "Elu": "Keeps positive values and bends negative ones towards a limit.",
    "Equal": "True where two tensors have the same value.",
    "Erf": "The error function of every value, a part of GELU.",
    "Exp": "The exponential of every value.",
    "Expand": "Repeats a tensor until it has a given shape.",
    "Flatten": "Joins axes until two are left.",
    "Floor": "Rounds down to whole numbers.",
    "GRU": "A recurrent layer with gates (GRU), run over a sequence.",
    "Gather": "Picks slices by their positions along an axis.",
    "GatherElements": "Picks single values by their positions along an axis.",
    "GatherND": "Picks slices by their positions along several axes.",
    "Gelu": "The GELU activation: a smooth form of setting negative values to zero.",
    "Gemm": "A fully connected layer: multiplies by a weight matrix and adds a bias.",
    "GlobalAveragePool": "The mean of each channel.",
    "GlobalMaxPool": "The largest value of each channel.",
    "Greater": "True where the first tensor is larger.",
    "GreaterOrEqual": "True where the first tensor is at least as large.",
    "GridSample": "Samples its input at given positions, with interpolation.",
    "GroupNormalization": "Normalises groups of channels to mean 0 and variance 1.",
    "HardSigmoid": "A sigmoid made of straight lines.",
    "HardSwish": "The hard-swish activation: each value times a straight-line sigmoid of it.",
    "Identity": "Passes its input on unchanged.",
    "If": "Runs one of two subgraphs, as a condition says.",
    "InstanceNormalization": "Normalises each channel of each sample to mean 0 and variance 1.",
    "LSTM": "A recurrent layer with memory (LSTM), run over a sequence.",
    "LayerNormalization": "Normalises the last axes to mean 0 and variance 1, then scales them.",
    "LeakyRelu": "Keeps positive values and shrinks negative ones.",
    "Less": "True where the first tensor is smaller.",
    "LessOrEqual": "True where the first tensor is at most as large.",
    "Log": "The natural logarithm of every value.",
    "LogSoftmax": "Turns scores into logarithms of probabilities.",
    "Loop": "Runs a subgraph again and again.",
    "MatMul": "Multiplies two matrices, or stacks of them.",
    "MatMulInteger": "Multiplies matrices of whole numbers, as quantised models use it.",
    "Max": "The larger of its inputs, value by value.",
    "MaxPool": "Replaces each window of its input by its largest value.",
    "Mean": "The mean of its inputs, value by value.",
    "Min": "The smaller of its inputs, value by value.",
    "Mod": "The remainder of a division, value by value.",
    "Mul": "Multiplies two tensors, value by value.",
    "Multinomial": "Draws random classes by their scores; different at each run.",
    "Neg": "Turns the sign of every value.",
    "NonMaxSuppression": "Keeps the best of boxes that overlap.",
    "NonZero": "Lists the positions of values that are not zero.",
    "Not": "Turns true into false and false into true.",
    "OneHot": "Marks each class number by a single one in a row of zeros.",
    "Or": "True where one of the inputs is true.",
    "PRelu": "Keeps positive values and scales negative ones by a learned factor.",
    "Pad": "Adds values around the edges.",
    "Pow": "Raises values to a power.",
    "QLinearConv": "A convolution in 8-bit whole numbers.",
    "QLinearMatMul": "A matrix product in 8-bit whole numbers.",
    "QuantizeLinear": "Turns numbers into small whole ones by scale and offset.",
    "RNN": "A simple recurrent layer, run over a sequence.",
    "RandomNormal": "Draws normally distributed random numbers; different at each run.",
    "RandomNormalLike": "Draws normally distributed random numbers; different at each run.",
    "RandomUniform": "Draws evenly distributed random numbers; different at each run.",
    "RandomUniformLike": "Draws evenly distributed random numbers; different at each run.",
    "Range": "Counts from a start to an end by steps.",
    "Reciprocal": "One divided by every value.",
    "ReduceL2": "The length (L2 norm) along axes.",
    "ReduceMax": "The largest value along axes.",
    "ReduceMean": "The mean along axes.",
    "ReduceMin": "The smallest value along axes.",
    "ReduceProd": "The product along axes.",
    "ReduceSum": "The sum along axes.",
    "Relu": "Sets negative values to zero.",
    "Reshape": "Gives the same values another shape.",
    "Resize": "Scales pictures or signals to another size.",
    "Round": "Rounds to the nearest whole number, halves to even.",
    "STFT": "A short-time Fourier transform: the frequencies of a signal over time.",
    "Scan": "Runs a subgraph over the slices of a sequence.",
    "ScatterElements": "Writes single values at given positions.",
    "ScatterND": "Writes slices at given positions.",
    "Selu": "A self-normalising activation (SELU).",
    "SequenceAt": "Takes one tensor out of a list.",
    "Shape": "Gives the shape of a tensor as numbers.",
    "Sigmoid": "Squeezes every value to between 0 and 1.",
    "Sign": "The sign of every value: -1, 0 or 1.",
    "Sin": "The sine of every value.",
    "Size": "The number of elements of a tensor.",
    "Slice": "Cuts a part out along axes.",
    "Softmax": "Turns scores into probabilities that sum to 1.",
    "Softplus": "A smooth form of setting negative values to zero.",
    "SpaceToDepth": "Moves blocks of height and width into channels.",
    "Split": "Cuts a tensor into parts along an axis.",
    "Sqrt": "The square root of every value.",
    "Squeeze": "Removes axes of size 1.",
    "Sub": "Subtracts two tensors, value by value.",
    "Sum": "Adds its inputs, value by value.",
    "Tanh": "Squeezes every value to between -1 and 1.",
    "Tile": "Repeats a tensor along its axes.",
    "TopK": "The largest values along an axis, and their positions.",
    "Transpose": "Changes the order of the axes.",
    "Trilu": "Keeps the upper or lower triangle of matrices.",
    "Unsqueeze": "Adds axes of size 1.",
    "Upsample": "Scales pictures or signals up.",
    "Where": "Picks values from one of two tensors, as a condition says.",
    "Xor": "True where exactly one of the inputs is true.",
}
"""Standard operator to what it does."""


class Definition(NamedTuple):
    """What the standard says about an operator: names of its inputs and outputs, and since when.

    A last name that ends in `...` stands for any number of values.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    since: int
    doc: str


NEWEST = (1 << 31) - 1
"""Versions beyond it have no place where the onnx package looks."""


@lru_cache(maxsize=1024)
def definition(op_type: str, domain: str, opset: int) -> Definition | None:
    """The definition that holds at an opset; None for operators that the standard lacks."""
    plain = "" if domain == "ai.onnx" else domain
    try:
        schema = onnx.defs.get_schema(op_type, min(max(opset, 1), NEWEST), plain)
    except onnx.defs.SchemaError:
        return None
    return Definition(
        tuple(_formal(item) for item in schema.inputs),
        tuple(_formal(item) for item in schema.outputs),
        schema.since_version,
        schema.doc or "",
    )


def _formal(item: onnx.defs.OpSchema.FormalParameter) -> str:
    many = item.option == onnx.defs.OpSchema.FormalParameterOption.Variadic
    return f"{item.name}..." if many else item.name


def formal_name(names: tuple[str, ...], index: int) -> str:
    """Name of the value at a position; repeated ones are numbered."""
    if not names:
        return ""
    last = names[-1]
    if last.endswith("...") and index >= len(names) - 1:
        return f"{last[:-3]} {index - len(names) + 2}"
    return names[index] if index < len(names) else ""


def sentence(node: Node, known: Definition | None) -> str:
    """What a node does; for operators without a sentence here, what their documentation says."""
    if node.domain in ("", "ai.onnx") and node.op_type in SENTENCES:
        return _with_size(node, SENTENCES[node.op_type])
    first = first_sentence(known.doc) if known is not None else ""
    marked = known is not None and known.since > 0
    return f"{first} (From the operator's documentation.)" if first and marked else first


def _with_size(node: Node, text: str) -> str:
    kernel = attribute(node, "kernel_shape")
    if isinstance(kernel, tuple) and kernel and node.op_type in ("Conv", "MaxPool", "AveragePool"):
        size = " x ".join(str(item) for item in kernel)
        word = "filters" if node.op_type == "Conv" else "window"
        return text.replace(f" {word}", f" {size} {word}", 1)
    return text


def first_sentence(doc: str) -> str:
    """The first sentence of a documentation text, without its markup."""
    text = " ".join(doc.replace("`", "").split())
    match = re.match(r"(.{10,300}?[.!?])(?:\s|$)", text)
    return match.group(1) if match else text[:300]
