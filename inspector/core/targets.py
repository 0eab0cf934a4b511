"""What a file meets where it is meant to run: limits of runtimes, each with its source and date.

Only what a source states, or what was seen to run, stands here. Where a runtime decides operator by
operator, its row says so, and nothing is claimed about those that are not listed.
"""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """A runtime that a file may be meant for.

    Attributes:
        key: Short name, as `--target` takes it.
        name: What people call it, with the version that the row holds for.
        opsets: Lowest and highest opset of the default domain; None where there is no such limit.
        ir_version: Highest IR version; None where there is no such limit.
        lacks: Standard operators that it does not run.
        only: The standard operators that it runs itself; empty: all but `lacks`. What is not among
            them is handed to `otherwise`.
        otherwise: What happens with operators outside `only`.
        narrows: Dtype, and what the runtime does with it, as a verb.
        refuses: Dtypes that it does not take at all.
        note: What else is to be known, in one sentence.
        source: Where the numbers come from.
        dated: Year and month in which they were looked up.
    """

    key: str
    name: str
    opsets: tuple[int, int] | None = None
    ir_version: int | None = None
    lacks: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    otherwise: str = ""
    narrows: tuple[tuple[str, str], ...] = ()
    refuses: tuple[str, ...] = ()
    note: str = ""
    source: str = ""
    dated: str = ""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ONNX_RUNTIME = "https://onnxruntime.ai/docs/reference/compatibility.html"
_SEEN_1_31 = "one-node files of each version, run with ONNX Runtime 1.31"

_WEB_GPU = _words(
    """
    Abs Acos Acosh Add ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Cast Ceil
    Clip Concat Conv ConvTranspose Cos Cosh CumSum DFT DepthToSpace DequantizeLinear Div Einsum Elu
    Equal Erf Exp Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm GlobalAveragePool
    GlobalMaxPool Greater GreaterOrEqual GridSample HardSigmoid HardSwish If InstanceNormalization
    LayerNormalization LeakyRelu Less LessOrEqual Log MatMul MaxPool Mul Neg Not Pad Pow Range
    Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
    ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize ScatterND Shape Sigmoid Sin Sinh Slice
    Softmax Split Sqrt Squeeze Sub Tan Tanh ThresholdedRelu Tile Transpose Unsqueeze Where
    Constant Identity
    """
)
_NOT_IN_TENSORRT = _words(
    """
    BitShift Compress ConcatFromSequence ConvInteger Det DynamicQuantizeLinear MatMulInteger
    MaxRoiPool MaxUnpool Multinomial NegativeLogLikelihoodLoss QLinearConv QLinearMatMul SequenceAt
    SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength
    SoftmaxCrossEntropyLoss SplitToSequence StringNormalizer TfIdfVectorizer Unique
    """
)

TARGETS: tuple[Target, ...] = (
    Target(
        "onnxruntime", "ONNX Runtime 1.31", (7, 26), 13, source=_SEEN_1_31, dated="2026-11",
        note="Which operators run in which dtype on a CPU is worked out for each file by itself.",
    ),
    Target("onnxruntime-1.20", "ONNX Runtime 1.20", (7, 21), 10, source=_ONNX_RUNTIME,
           dated="2026-11"),
    Target("onnxruntime-1.17", "ONNX Runtime 1.17", (7, 20), 9, source=_ONNX_RUNTIME,
           dated="2026-11"),
    Target("onnxruntime-1.14", "ONNX Runtime 1.14", (7, 18), 8, source=_ONNX_RUNTIME,
           dated="2026-11"),
    Target(
        "web", "ONNX Runtime Web 1.30, WebAssembly", (7, 26), 13,
        source="one-node files of each version, run with onnxruntime-web 1.30", dated="2026-11",
        note="The file and its memory must fit into 4 GB, the most that WebAssembly addresses.",
    ),
    Target(
        "webgpu", "ONNX Runtime Web 1.30, WebGPU", (7, 26), 13, only=_WEB_GPU,
        otherwise="computed by the processor, with copies to and fro",
        narrows=(("int64", "keeps int64 in 32 bits on the GPU, or leaves it to the processor"),),
        refuses=("float64",),
        source="webgpu-operators.md in the package onnxruntime-web 1.30", dated="2026-11",
    ),
    Target(
        "tensorrt", "TensorRT 11", (9, 25), None, lacks=_NOT_IN_TENSORRT,
        narrows=(
            ("float64", "cuts float64 down to float32, too large numbers to its largest"),
        ),
        note="TensorRT wants many parameters as constants; its own log names those it misses.",
        source="https://docs.nvidia.com/deeplearning/tensorrt/latest/inference-library/"
        "onnx-opset-guide.html and docs/operators.md of onnx-tensorrt",
        dated="2026-11",
    ),
    Target(
        "tensorrt-8.5", "TensorRT 8.5", (9, 17), None, lacks=_NOT_IN_TENSORRT,
        narrows=(
            ("int64", "cuts int64 down to int32, too large numbers to its largest"),
            ("float64", "cuts float64 down to float32, too large numbers to its largest"),
        ),
        refuses=("bfloat16",),
        source="docs/operators.md of onnx-tensorrt, release 8.5", dated="2026-11",
    ),
    Target(
        "openvino", "OpenVINO 2026.4",
        note="It has no limit of opset or IR version; whether it runs is decided operator by "
        "operator, and its own log names those it misses.",
        source="files of opset 1 to 28 and IR version 3 to 14, read with OpenVINO 2026.4.1",
        dated="2026-11",
    ),
    Target(
        "opencv", "OpenCV 5.0 (cv2.dnn)",
        note="It has no limit of opset or IR version; whether it runs is decided operator by "
        "operator.",
        source="files of opset 1 to 28 and IR version 3 to 14, read with OpenCV 5.0",
        dated="2026-11",
    ),
)  # fmt: skip
"""Every target. To add one: a row here, with its source and the month it was looked up."""


def target_named(key: str) -> Target | None:
    """The target with this key, in whatever case."""
    return next((one for one in TARGETS if one.key == key.strip().lower()), None)
