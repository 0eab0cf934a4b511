"""The options of every command."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any, NoReturn

import inspector
from inspector import cli_compare, cli_export, cli_inspect, cli_merge, cli_samples
from inspector.core.failures import InspectorError
from inspector.core.input_spec import parse_input_spec
from inspector.core.sources import Choice
from inspector.core.targets import TARGETS


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are failures like all others."""

    def error(self, message: str) -> NoReturn:
        """Turn argparse's message into a failure."""
        sentence = message[:1].upper() + message[1:].rstrip(".") + "."
        raise InspectorError(sentence, f"'{self.prog} --help' lists what can be asked for.")


def build_parser() -> Parser:
    """The parser of the whole command line; `options.run` is the command's function."""
    parser = Parser(
        prog="onnx-inspector",
        description="See whether an ONNX file computes what the PyTorch model computes.",
        epilog="Without a command the window opens, with the files that are named.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"onnx-inspector {inspector.__version__}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    _add_inspect(commands)
    _add_export(commands)
    _add_compare(commands)
    _add_merge(commands)
    return parser


def _add_inspect(commands: Any) -> None:
    inspect = commands.add_parser(
        "inspect", help="what is in a file, and what to know about it", allow_abbrev=False
    )
    inspect.add_argument("file", metavar="FILE", help="an ONNX file or a PyTorch checkpoint")
    inspect.add_argument("--digest", action="store_true", help="add the SHA-256 of the file")
    inspect.add_argument(
        "--against", metavar="OTHER",
        help="hold a checkpoint's weights, or an ONNX file, against another ONNX file",
    )  # fmt: skip
    inspect.add_argument("--tensor", metavar="NAME", help="look at the values of a stored tensor")
    inspect.add_argument(
        "--csv", nargs=2, metavar=("nodes|tensors", "OUT.csv"), help="write a table of the file"
    )
    inspect.add_argument("--npy", metavar="OUT.npy", help="write the values of that tensor")
    inspect.add_argument(
        "--suggest", action="store_true",
        help="look among installed packages for the architecture that weights belong to",
    )  # fmt: skip
    inspect.add_argument(
        "--target", default="", metavar="RUNTIME",
        help="also say what stands in the way there: " + ", ".join(one.key for one in TARGETS),
    )  # fmt: skip
    inspect.add_argument(
        "--mute", action="append", default=[], metavar="RULE",
        help="leave out the findings of a rule, such as fixed-batch",
    )  # fmt: skip
    _add_json(inspect)
    inspect.set_defaults(run=cli_inspect.run)


def _add_export(commands: Any) -> None:
    export = commands.add_parser("export", help="write an ONNX file", allow_abbrev=False)
    export.add_argument("checkpoint", metavar="CHECKPOINT")
    export.add_argument(
        "-o", "--output", required=True, metavar="MODEL.onnx", help="the file to write"
    )
    export.add_argument("--opset", type=_positive, default=18, metavar="N", help="default: 18")
    export.add_argument(
        "--exporter", choices=("dynamo", "torchscript"), default="dynamo", help="default: dynamo"
    )
    export.add_argument(
        "--output-name", action="append", default=[], metavar="NAME",
        help="name of an output, once per output, in order",
    )  # fmt: skip
    export.add_argument(
        "--no-constant-folding", action="store_true",
        help="do not compute constants beforehand (TorchScript exporter)",
    )  # fmt: skip
    export.add_argument(
        "--training-mode", action="store_true",
        help="export the model as saved, in training mode, dropout included",
    )  # fmt: skip
    export.add_argument(
        "--keep-paths", action="store_true",
        help="leave the local paths that the exporter writes into the file",
    )  # fmt: skip
    _add_source(export)
    _add_json(export)
    export.set_defaults(run=cli_export.run)


def _add_compare(commands: Any) -> None:
    compare = commands.add_parser(
        "compare", help="run two models on the same data and judge", allow_abbrev=False
    )
    what = "a checkpoint, an ONNX file, or recorded outputs (.npz, or an ONNX test folder)"
    compare.add_argument("reference", metavar="REFERENCE", help=f"what is right: {what}")
    compare.add_argument("candidate", metavar="CANDIDATE", help=f"what is checked: {what}")
    data = compare.add_mutually_exclusive_group()
    data.add_argument(
        "--data", nargs="+", action="extend", default=[], metavar="PATH",
        help="sample data: .npy, .npz, .csv, .json, .pt, .safetensors, .wav, .txt, pictures, or a "
        "folder of pictures, sounds or ONNX test data",
    )  # fmt: skip
    data.add_argument("--random", type=_positive, default=0, metavar="N", help="N random samples")
    compare.add_argument("--seed", type=_count, default=0, metavar="S", help="of the random data")
    cli_samples.add_options(compare)
    compare.add_argument(
        "--bind", type=_pair, action="append", default=[], metavar="INPUT=ARRAY",
        help="which array goes into an input",
    )  # fmt: skip
    compare.add_argument(
        "--cast", action="store_true", help="allow conversions that round, as float64 to float32"
    )
    compare.add_argument("--batch-size", type=_positive, default=0, metavar="N")
    compare.add_argument(
        "--limit", type=_positive, default=0, metavar="N", help="use at most N samples"
    )
    compare.add_argument(
        "--accept-generated", action="store_true", help="let random data alone earn PASS"
    )
    compare.add_argument(
        "--tolerance", type=_tolerance, action="append", default=[], metavar="[OUTPUT=]ABS,REL",
        help="allow ABS + REL * |reference| for one output or all; a looser tolerance than the "
        "default earns no PASS",
    )  # fmt: skip
    compare.add_argument("--provider", default="CPUExecutionProvider", metavar="NAME")
    compare.add_argument(
        "--custom-ops", action="append", default=[], metavar="LIBRARY",
        help="a library with operators that an ONNX file needs; it is executed, so --trust too",
    )  # fmt: skip
    compare.add_argument(
        "--providers", default="", metavar="all|NAME,...",
        help="also run the candidate on several execution providers: how far apart, how fast, "
        "how much memory, and which nodes run elsewhere",
    )  # fmt: skip
    compare.add_argument(
        "--threads", type=_positive, default=0, metavar="N",
        help="threads that each side may use while --providers measures; default: one per core",
    )  # fmt: skip
    compare.add_argument(
        "--no-sizes", action="store_true",
        help="do not try other sizes than the data's where the file leaves them open",
    )  # fmt: skip
    compare.add_argument(
        "--convert", action="store_true",
        help="run a converted copy of an ONNX file that is newer than ONNX Runtime reads",
    )  # fmt: skip
    compare.add_argument(
        "--layers", action="store_true", help="also compare inside the model, layer by layer"
    )
    compare.add_argument(
        "--part", type=_part, default=(0, 0), metavar="K/N",
        help="judge only the K-th of N parts of the data, such as 2/4; 'merge' joins them",
    )  # fmt: skip
    compare.add_argument(
        "--save-part", default="", metavar="FILE", help="where the counts of that part go"
    )
    compare.add_argument("--report", default="", metavar="FILE.html")
    _add_source(compare)
    _add_json(compare)
    compare.set_defaults(run=cli_compare.run)


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input", type=parse_input_spec, action="append", default=[], metavar="NAME=DTYPE[DIMS]",
        help="an input in forward()'s order, such as 'x=float32[batch=4,3,224,224]'; a value may "
        "follow, as in 'rate=int64[]=16000'",
    )  # fmt: skip
    parser.add_argument(
        "--code", default="", metavar="FILE.py[:CALLABLE]",
        help="the source of the model's classes, or the callable that builds it; "
        "PACKAGE:CALLABLE for one of an installed package",
    )  # fmt: skip
    parser.add_argument(
        "--code-args", type=_json_object, default="{}", metavar="JSON",
        help="keyword arguments of the callable",
    )  # fmt: skip
    parser.add_argument(
        "--state", default="", metavar="NAME",
        help="which weights to take where a checkpoint holds several, such as ema",
    )  # fmt: skip
    parser.add_argument(
        "--trust", action="store_true", help="consent to run code that the file or --code brings"
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="write one JSON object, and nothing else"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number above 0")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number")
    return int(text)


def _part(text: str) -> tuple[int, int]:
    number, slash, of = text.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form K/N, such as 2/4")
    return int(number), int(of)


def _add_merge(commands: Any) -> None:
    merge = commands.add_parser(
        "merge", help="put parts of a comparison together and judge the whole", allow_abbrev=False
    )
    merge.add_argument(
        "parts", nargs="+", metavar="PART", help="files that 'compare --save-part' has written"
    )
    merge.add_argument("--report", default="", metavar="FILE.html")
    _add_json(merge)
    merge.set_defaults(run=cli_merge.run)


def _pair(text: str) -> tuple[str, str]:
    name, equals, array = text.partition("=")
    if not (name and equals and array):
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form INPUT=ARRAY")
    return name, array


def _tolerance(text: str) -> Choice:
    name, equals, numbers = text.rpartition("=")
    try:
        absolute, relative = (float(part) for part in numbers.split(","))
    except ValueError:
        absolute = relative = -1.0
    if not (0.0 <= absolute < math.inf and 0.0 <= relative < math.inf) or (equals and not name):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not of the form OUTPUT=ABS,REL or ABS,REL with numbers from 0 on, "
            "such as logits=1e-4,1e-3"
        )
    return Choice(name, absolute, relative)


def _json_object(text: str) -> str:
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not JSON ({error})") from error
    if not isinstance(plain, dict):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a JSON object such as '{{\"width\": 8}}'"
        )
    return text
