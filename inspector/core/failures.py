"""What went wrong, said once and plainly: one sentence, one remedy, the raw text folded below."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass, replace
from typing import NamedTuple

TRUST_NEEDED = "trust-needed"
"""Kind of a failure that the user's consent would remove."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An expected failure as people see it.

    Attributes:
        sentence: What is wrong, one sentence, no blame.
        hint: What to do about it, one sentence; empty only where nothing can be done.
        detail: Raw text (a library's message, a traceback), shown folded.
        stage: The stage that was running, empty where there was none.
        kind: `trust-needed` where consent is all that is missing, else empty.
    """

    sentence: str
    hint: str = ""
    detail: str = ""
    stage: str = ""
    kind: str = ""


class InspectorError(Exception):
    """An expected failure on its way to whoever can show it."""

    def __init__(self, sentence: str, hint: str = "", detail: str = "") -> None:
        super().__init__(sentence)
        self.failure = Failure(sentence, hint, detail)


class TrustNeededError(InspectorError):
    """Raised where going on would execute code that the user has not consented to."""

    def __init__(self, sentence: str, hint: str = "", detail: str = "") -> None:
        super().__init__(sentence, hint, detail)
        self.failure = replace(self.failure, kind=TRUST_NEEDED)


def error_of(failure: Failure) -> InspectorError:
    """The exception that carries `failure`, unchanged: what crossed a process boundary."""
    kind = TrustNeededError if failure.kind == TRUST_NEEDED else InspectorError
    error = kind(failure.sentence, failure.hint, failure.detail)
    error.failure = failure
    return error


class Known(NamedTuple):
    """One error that libraries are known to raise, and what to tell a person.

    `pattern` is searched in the messages of the whole chain of exceptions, each as
    `TypeName: text`; its named groups may be used in the two sentences. The group `other` stands
    for `name` in a second form of the message.
    """

    pattern: str
    sentence: str
    hint: str


CATALOGUE: tuple[Known, ...] = (
    # ONNX export
    Known(
        r"No ONNX function found for <OpOverload\(op='(?P<op>[^']+)'",
        "The ONNX exporter has no translation for the operator '{op}'.",
        "Replace the operator in the model, or try the other exporter.",
    ),
    Known(
        r"Exporting the operator '(?P<op>[^']+)' to ONNX opset version (?P<opset>\d+) is not "
        r"supported\.? Support for this operator was added in version (?P<added>\d+)",
        "The operator '{op}' has no translation to opset {opset}.",
        "Export with opset {added} or higher, or with the dynamo exporter.",
    ),
    Known(
        r"Exporting the operator '(?P<op>[^']+)' to ONNX opset version (?P<opset>\d+)",
        "The TorchScript exporter has no translation for the operator '{op}' to opset {opset}.",
        "Try the dynamo exporter, or replace the operator in the model.",
    ),
    Known(
        r"SymbolicValueError: (?P<why>ONNX export does NOT support [^\[\n]{1,160}?)\s*(\[|\n|$)",
        "The TorchScript exporter cannot translate one of the model's operations: {why}.",
        "Try the dynamo exporter, or change that operation; the details name it.",
    ),
    Known(
        r"ONNX export failed on an operator with unrecognized namespace (?P<op>\S+?)\.?(\s|$)",
        "The TorchScript exporter has no translation for the custom operator '{op}'.",
        "Replace the operator in the model by standard ones.",
    ),
    Known(
        r"Unsupported onnx_opset_version: (?P<opset>\d+)",
        "The TorchScript exporter does not know opset {opset}.",
        "Choose an opset up to 20, or the dynamo exporter.",
    ),
    Known(
        r"GuardOnDataDependentSymNode|Could not guard on data-dependent expression",
        "The model decides by the values in its tensors which way it goes, and a graph cannot.",
        "Use torch.where or torch.cond in place of the Python 'if'; the details name the line.",
    ),
    Known(
        r"static shape of (?P<size>\d+) for dimension inputs\['(?P<input>\w+)'\]\.shape"
        r"\[(?P<axis>\d+)\]",
        "The model works with size {size} only along axis {axis} of '{input}', which was to be "
        "dynamic.",
        "Give that dimension as a plain size, or mend the model where it assumes that size.",
    ),
    Known(
        r"Constraints violated|tracing inferred a static shape of (?P<size>\d+)|"
        r"ConstraintViolationError",
        "A dimension that was asked to be dynamic is fixed by the model.",
        "Give that dimension as a plain size; the details name it.",
    ),
    Known(
        r"LinearPackedParamsBase|quantized::",
        "A dynamically quantised model cannot be exported to ONNX.",
        "Export the float model, and quantise the ONNX file with ONNX Runtime.",
    ),
    Known(
        r"## Exception summary\s+<class '[^']+'>: (?P<why>[^\n]{1,200})",
        "The ONNX exporter cannot translate one of the model's operations: {why}.",
        "Try the other exporter, or change that operation; the details name it.",
    ),
    # PyTorch
    Known(
        r"'_OpNamespace' '(?P<space>\w+)' object has no attribute '(?P<op>\w+)'",
        "The model calls the custom operator '{space}::{op}', which PyTorch does not know here.",
        "Import the package that registers it in the file that --code names.",
    ),
    Known(
        r"Unsupported global: GLOBAL (?P<name>\S+) was not|"
        r"UnpicklingError: (?P<other>\S+) is not allowed",
        "The checkpoint would import or call '{name}', which is not needed to load a model.",
        "Save the state dict of the module instead, and open that with its source.",
    ),
    Known(
        r"PytorchStreamReader failed|unexpected EOF, expected \d+ more bytes|EOFError|"
        r"pickle data was truncated",
        "The checkpoint is damaged or not complete.",
        "Copy or download it again.",
    ),
    Known(
        r"ModuleNotFoundError: No module named '(?P<name>[^']+)'|"
        r"MissingPackageError: '(?P<other>[^']+)' is needed",
        "The source needs '{name}', which is not installed here.",
        "Install the package for the Python that runs the worker, or open the model without it.",
    ),
    Known(
        r"TypeError: .*missing (\d+|a) required (positional |keyword-only )?arguments?:? "
        r"(?P<names>.+)",
        "forward() needs more inputs than it was given: {names}.",
        "Add one --input for each, in the order of forward()'s arguments.",
    ),
    Known(
        r"TypeError: .*takes (from \d+ to )?(?P<takes>\d+) positional arguments? but "
        r"(?P<given>\d+) (was|were) given",
        "forward() takes fewer inputs than it was given.",
        "Leave out the inputs that it does not take.",
    ),
    Known(
        r"mat1 and mat2 shapes cannot be multiplied \((?P<one>[\dx]+) and (?P<two>\d+)x\d+\)",
        "An input has the wrong shape: the model multiplies by a matrix for {two} features, and "
        "was given {one}.",
        "Change the example sizes so that the last dimension is {two}.",
    ),
    Known(
        r"expected input.*to have (?P<wanted>\d+) channels, but got (?P<got>\d+) channels",
        "An input has {got} channels where the model takes {wanted}.",
        "Change the channel dimension of the example to {wanted}.",
    ),
    Known(
        r"Expected (?P<rank>[^\n]{1,60}) input to (?P<op>\w+), but got input of size: "
        r"(?P<size>\[[^\]]*\])",
        "An input has the wrong number of dimensions: {op} was given {size}.",
        "Give the input with its batch dimension and all others that the model takes.",
    ),
    Known(
        r"must have the same dtype|expected scalar type (?P<wanted>\w+) but found (?P<found>\w+)|"
        r"Input type \(.+\) and (weight|bias) type|self and mat2 must have the same dtype",
        "An input has another dtype than the model's weights.",
        "Change the input's dtype, usually to float32.",
    ),
    Known(
        r"Expected tensor for argument #1 'indices' to have one of the following scalar types",
        "An embedding was given numbers that are not integers.",
        "Change that input's dtype to int64.",
    ),
    Known(
        r"IndexError: index out of range in self",
        "An embedding was asked for an entry that it does not have.",
        "Use integers below the size of the vocabulary.",
    ),
    Known(
        r"Expected more than 1 value per channel when training",
        "Batch normalisation in training mode needs more than one sample.",
        "Export in evaluation mode, or with a larger example batch.",
    ),
    # ONNX checker and ONNX Runtime
    Known(
        r"Could not find an implementation for (?P<op>\w+)\((?P<version>\d+)\)"
        r"( node with name '(?P<node>[^']*)')?",
        "ONNX Runtime has no kernel for the operator {op} (version {version}) with these types.",
        "Use float32 in place of float64 or bfloat16, or a newer opset.",
    ),
    Known(
        r"(?P<op>[\w.]+:\w+)\(-?\d+\) is not a registered function/op",
        "The file uses the operator '{op}', which ONNX Runtime does not have.",
        "Load the library that brings the operator, or export the model without it.",
    ),
    Known(
        r"Opset (?P<opset>\d+) is under development",
        "The file's opset {opset} is newer than this ONNX Runtime supports.",
        "Export with a lower opset.",
    ),
    Known(
        r"Unsupported model IR version: (?P<got>\d+), max supported IR version: (?P<most>\d+)",
        "The file's IR version {got} is newer than this ONNX Runtime supports ({most}).",
        "Export with a lower IR version, or use a newer ONNX Runtime.",
    ),
    Known(
        r"No Op registered for (?P<op>\w+) with domain_version of (?P<version>\d+)",
        "The file uses the operator {op}, which its opset {version} does not have.",
        "Export again with a higher opset.",
    ),
    Known(
        r"Got invalid dimensions for input: (?P<name>.+?) for the following indices\s+"
        r"index: (?P<axis>\d+) Got: (?P<got>\d+) Expected: (?P<wanted>\d+)",
        "The input '{name}' has size {got} along axis {axis} where the ONNX model takes {wanted}.",
        "Use data of that size, or export again with that dimension dynamic.",
    ),
    Known(
        r"Invalid rank for input: (?P<name>\S+) Got: (?P<got>\d+) Expected: (?P<wanted>\d+)",
        "The input '{name}' has {got} dimensions where the ONNX model takes {wanted}.",
        "Use data with the number of dimensions that the model takes.",
    ),
    Known(
        r"External data path escapes model directory",
        "The model names weights outside its own folder, which ONNX Runtime refuses to read.",
        "Export it again with the weights beside it, or ask its maker why.",
    ),
    Known(
        r"External initializer: .*out of bound",
        "The file with the model's weights is shorter than the model needs.",
        "Copy or download it again; the transfer may have stopped too early.",
    ),
    Known(
        r"External data path does not exist|External data path validation failed",
        "The file with the model's weights is missing.",
        "Keep the weights file (.data) beside the .onnx file.",
    ),
    Known(
        r"Protobuf parsing failed|No graph was found in the protobuf|Wire format was corrupt",
        "The file is not a whole ONNX file.",
        "Copy or download it again.",
    ),
    # The system
    Known(
        r"\[Errno 28\]|No space left on device|\[Errno 122\]",
        "There is not enough room on the disk.",
        "Free some space, or choose another folder; nothing that was there has been changed.",
    ),
    Known(
        r"PermissionError: .*?'(?P<path>[^']*)'",
        "There is no permission to use '{path}'.",
        "Change its permissions, or choose another place.",
    ),
    Known(
        r"IsADirectoryError: .*?'(?P<path>[^']*)'",
        "'{path}' is a folder where a file is needed.",
        "Choose a file.",
    ),
    Known(
        r"FileNotFoundError: .*?'(?P<path>[^']*)'",
        "The file '{path}' does not exist.",
        "Check the path.",
    ),
    Known(
        r"MemoryError|bad_alloc|Failed to allocate memory|DefaultCPUAllocator: (can't|not enough)",
        "The memory that the worker may use was not enough.",
        "Try smaller example sizes or batches, or a computer with more memory.",
    ),
)


_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def explain(error: BaseException, stage: str = "") -> Failure:
    """Say what an exception means to a person.

    An `InspectorError` says so itself; other errors are looked up in `CATALOGUE`, and one that is
    not there is named as it is.

    Args:
        error: Any exception, with those that it was raised from.
        stage: The stage that was running.
    """
    if isinstance(error, InspectorError):
        return replace(error.failure, stage=error.failure.stage or stage)
    detail = _COLOURS.sub("", "".join(traceback.format_exception(error)))
    text = _COLOURS.sub("", chain_text(error))
    for known in CATALOGUE:
        match = re.search(known.pattern, text)
        if match is not None:
            found = match.groupdict().items()
            groups = {name: (value or "?").rstrip(".") for name, value in found}
            if groups.get("name") == "?":
                groups["name"] = groups.get("other", "?")
            sentence = known.sentence.format(**groups)
            return Failure(sentence, known.hint.format(**groups), detail, stage)
    while_ = f" while {stage[0].lower()}{stage[1:]}" if stage else ""
    plain = _COLOURS.sub("", str(error))
    first = next((line for line in plain.splitlines() if line.strip()), "")
    return Failure(
        f"Something went wrong{while_}: {type(error).__name__}: {first.strip()[:200]}".rstrip(": "),
        "The details hold the whole message.",
        detail,
        stage,
    )


def chain_text(error: BaseException) -> str:
    """The messages of an exception and of those that it was raised from, one after another."""
    texts: list[str] = []
    current: BaseException | None = error
    while current is not None and len(texts) < 20:
        texts.append(f"{type(current).__name__}: {current}")
        current = current.__cause__ or current.__context__
    return "\n".join(texts)
