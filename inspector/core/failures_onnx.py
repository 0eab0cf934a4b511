"""Errors of the ONNX checker and of ONNX Runtime, and what to tell a person."""

from __future__ import annotations

from inspector.core.failures_known import Known

ONNX: tuple[Known, ...] = (
    # What breaks the rules of ONNX
    Known(
        r"Unrecognized attribute: (?P<attribute>\w+) for operator (?P<op>\w+)",
        "A node has the attribute '{attribute}', which the operator {op} of its version does not "
        "have.",
        "Export again with the opset that the attribute belongs to.",
    ),
    Known(
        r"Nodes in a graph must be topologically sorted, however input '(?P<name>[^']*)'",
        "The nodes are not in an order in which they can be computed: '{name}' is used before it "
        "is made.",
        "Export again; ONNX Runtime sorts such a file by itself, other programs refuse it.",
    ),
    Known(
        r"single static assignment \(SSA\) form, however '(?P<name>[^']*)'|"
        r"Duplicate definition of name \((?P<other>[^)]*)\)",
        "The value '{name}' is made twice, and each value may be made only once.",
        "Export again, or give one of the two another name.",
    ),
    Known(
        r"Required attribute '(?P<attribute>[^']*)' is missing",
        "A node lacks the attribute '{attribute}', which its operator needs.",
        "Export again; the details name the operator.",
    ),
    Known(
        r"Field 'shape' of '\w+' is required but missing",
        "The file does not say the shape of one of its inputs or outputs.",
        "Export again; ONNX Runtime runs such a file, other programs refuse it.",
    ),
    Known(
        r"Field '(?P<field>\w+)' of '(?P<of>\w+)' is required",
        "The file lacks the field '{field}' of one of its parts ({of}).",
        "Export again.",
    ),
    Known(
        r"InferenceError: (?:[^\n]*\(op_type:(?P<op>\w+)[^\n]*)?"
        r"\[(?:Shape|Type)InferenceError\] (?P<why>[^\n]+)",
        "Shapes or types do not fit each other at a node of the operator {op}: {why}.",
        "Export again; where a shape was written by hand, correct it or leave it out.",
    ),
    Known(
        r"Type parameter \(\w+\) of Optype \((?P<op>\w+)\) bound to different types "
        r"\((?P<one>.+?) and (?P<two>tensor\(\w+\))",
        "The types of a node do not fit each other: {op} is given {one} and {two}.",
        "Cast one of them to the type of the other in the model, and export again.",
    ),
    Known(
        r"Type Error: Type \((?P<said>.+?)\) of output arg \((?P<name>[^)]*)\) of node "
        r"\((?P<node>[^)]*)\) does not match expected type \((?P<is_>.+?)\)\.",
        "The types of a node do not fit each other: '{name}' is declared as {said}, and is {is_}.",
        "Export again, or correct the type that the file declares.",
    ),
    Known(
        r"Type '(?P<type>[^']+)' of input parameter \((?P<name>[^)]*)\) of operator "
        r"\((?P<op>\w+)\)",
        "The types of a node do not fit each other: {op} takes no {type}, which '{name}' is.",
        "Cast it to a type that the operator takes, and export again.",
    ),
    Known(
        r"Node input '(?P<name>[^']*)' is not a graph input, initializer, or output",
        "A node uses the value '{name}', which nothing makes.",
        "Export again; the file is not complete.",
    ),
    Known(
        r"No Previous Version of (?P<op>\w+) exists|operator '(?P<other>\w+)' is "
        r"(?:unallowed|not supported)",
        "A node cannot be written in the opset that was asked for; the details name it.",
        "Convert to a higher opset, or export again.",
    ),
    # What ONNX Runtime cannot load
    Known(
        r"Could not find an implementation for (?P<op>\w+)\((?P<version>\d+)\)"
        r"( node with name '(?P<node>[^']*)')?",
        "ONNX Runtime has no kernel for the operator {op} (version {version}) with these types.",
        "Use float32 in place of float64 or bfloat16, or a newer opset.",
    ),
    Known(
        r"Failed to find kernel for (?P<op>\w+)\((?P<version>\d+)\)",
        "ONNX Runtime has no kernel for the operator {op} (version {version}) with these types.",
        "Use float32 in place of float64, float16 or bfloat16, or another opset.",
    ),
    Known(
        r"Batchwise recurrent operations \(layout == 1\) are not supported",
        "ONNX Runtime has no recurrent layers with the batch first (layout 1).",
        "Export with the sequence first (batch_first=False, layout 0).",
    ),
    Known(
        r"Failed to construct locale with name:(?P<locale>[\w.-]+?):",
        "The model compares text by the rules of '{locale}', which this system does not have.",
        "Install that language (locale) on this computer, or set the node's locale to another.",
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
        r"External data path escapes|points outside the directory|but it is a symbolic link|"
        r"Absolute path not allowed for external data|should be a relative path, but it is",
        "The model names weights outside its own folder, which is not allowed.",
        "Export it again with the weights beside it, or ask its maker why.",
    ),
    Known(
        r"External initializer: .*out of bound|file_length: \d+ are out of bounds",
        "The file with the model's weights is shorter than the model needs.",
        "Copy or download it again; the transfer may have stopped too early.",
    ),
    Known(
        r"External data path does not exist|External data path validation failed|"
        r"should be stored in .*, but it (doesn't exist|is not regular file)",
        "The file with the model's weights is missing.",
        "Keep the weights file (.data) beside the .onnx file.",
    ),
    Known(
        r"NO_SUCHFILE.*File doesn't exist",
        "The ONNX file does not exist.",
        "Check the path; it may have been moved since it was opened.",
    ),
    Known(
        r"EncodeError: Failed to serialize proto|exceeds maximum protobuf size of 2GB",
        "The model is larger than 2 GB, which is more than one ONNX file can hold.",
        "Keep its weights in a file of their own (external data).",
    ),
    Known(
        r"Protobuf parsing failed|No graph was found in the protobuf|Wire format was corrupt",
        "The file is not a whole ONNX file.",
        "Copy or download it again.",
    ),
    # What ONNX Runtime cannot run
    Known(
        r"Required inputs \(\[(?P<wanted>[^\]]*)\]\) are missing from input feed "
        r"\(\[(?P<given>[^\]]*)\]\)",
        "The model takes the inputs {wanted} as well, and was given {given}.",
        "Name the arrays like the model's inputs.",
    ),
    Known(
        r"Unexpected input data type\. Actual: \(+(tensor\()?(?P<given>[^)]+)\)+ , expected: "
        r"\(+(tensor\()?(?P<wanted>[^)]+)",
        "An input holds {given} where the model takes {wanted}.",
        "Save the data with that type, or allow the conversion (--cast on the command line).",
    ),
    Known(
        r"Invalid output name:\s*(?P<name>\S+)",
        "The model has no output of the name '{name}'.",
        "The list of its outputs shows what can be asked for.",
    ),
    Known(
        r"Failed to allocate memory for requested buffer of size (?P<size>\d+)",
        "The model asks for {size} bytes of memory for a single tensor, which is more than there "
        "is.",
        "Use smaller sizes or batches; where no data asks for so much, the file may be made to "
        "use up the memory.",
    ),
    Known(
        r"while running (?P<op>\S+) node\. Name:'(?P<node>[^']*)'(?!.*while running)",
        "ONNX Runtime stopped: the node '{node}' ({op}) cannot compute what it was given.",
        "Use data of the sizes that the model was made for; a size may be fixed inside it.",
    ),
)
