"""Errors of PyTorch and of its two ONNX exporters, and what to tell a person."""

from __future__ import annotations

from inspector.core.failures_known import Known

TORCH: tuple[Known, ...] = (
    # ONNX export
    Known(
        r"AttributeError: '(?P<name>\w+)' object has no attribute '_(modules|parameters|buffers)'",
        "PyTorch puts the module '{name}' together without what every module has.",
        "Save the model as TorchScript (torch.jit.script(model).save), and open that: PyTorch "
        "writes some quantised layers, when saved whole, in a way that it cannot read again.",
    ),
    Known(
        r"LinearPackedParamsBase|quantized::",
        "A quantised module cannot be exported to ONNX.",
        "Export the float model, and quantise the ONNX file with ONNX Runtime.",
    ),
    Known(
        r"No ONNX function found for <OpOverload\(op='(?P<op>[^']+)'.{0,200}for the complex-valued|"
        r"(?P<other>Unknown number type: complex|does not currently support complex types)",
        "The model computes with complex numbers in a way that ONNX has no translation for.",
        "Compute with the real and imaginary parts as separate tensors (torch.view_as_real).",
    ),
    Known(
        r"FX to torch\.jit\.trace a dynamo-optimized function",
        "The TorchScript exporter does not take torch.cond and other control flow of torch.export.",
        "Use the dynamo exporter.",
    ),
    Known(
        r"ONNX export of operator aten::(?P<op>\w+), training mode",
        "The TorchScript exporter has no translation for '{op}' in training mode.",
        "Export in evaluation mode, or with the dynamo exporter.",
    ),
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
        r"SymbolicValueError: (?P<why>(ONNX export does (NOT|not) support|Unsupported:) "
        r"[^\[\n]{1,160}?)\.?\s*(\[|\n|$)",
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
    # PyTorch
    Known(
        r"operator torchvision::\w+ does not exist|"
        r"'_OpNamespace' 'torchvision' object has no attribute",
        "The installed torchvision does not belong to the installed PyTorch.",
        "Install the torchvision of the same release and index as PyTorch.",
    ),
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
        r"Can't get attribute '(?P<name>[^']+)' on <module '(?P<module>[^']+)'",
        "The file needs the class '{name}' of '{module}', which is not there.",
        "Name the Python file that defines it: --code FILE.py.",
    ),
    Known(
        r"PytorchStreamReader failed|unexpected EOF, expected \d+ more bytes|EOFError|"
        r"pickle data was truncated|Unsupported operand \d+",
        "The checkpoint is damaged or not complete.",
        "Copy or download it again.",
    ),
    Known(
        r"MissingPackageError: '(?P<name>[^']+)' is needed, but: (?P<line>line \d+) is not "
        r"executed, since it (?P<does>[^\n]+)",
        "The model uses '{name}', but {line} of its source is not executed, since it {does}.",
        "Move that statement into the function or class that needs its value.",
    ),
    Known(
        r"ModuleNotFoundError: No module named '(?P<name>[^']+)'|"
        r"MissingPackageError: '(?P<other>[^']+)' is needed",
        "The source needs '{name}', which is not installed here.",
        "Install the package for the Python that runs the worker, or open the model without it.",
    ),
    Known(
        r"missing (\d+|a) required (positional |keyword-only )?arguments?:? (?P<names>.+)",
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
        r"must have same reduction dim, but got \[(?P<one>[\d, ]+)\] X \[(?P<two>\d+), \d+\]",
        "An input has the wrong shape: the model multiplies by a matrix for {two} features, and "
        "was given [{one}].",
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
    # Last: what the dynamo exporter says of an error that no row above names
    Known(
        r"## Exception summary\s+<class '[^']+'>: (?P<why>[^\n]{1,200})",
        "The ONNX exporter cannot translate one of the model's operations: {why}.",
        "Try the other exporter, or change that operation; the details name it.",
    ),
)
