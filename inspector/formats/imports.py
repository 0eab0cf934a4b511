"""What a name means that a checkpoint would import: harmless, unknown, or dangerous.

The judgement is for people to read, never a gate: a list of bad names is never complete. What
may be loaded is decided elsewhere, by a list of what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from inspector.core.model import Import
from inspector.formats.pickle_values import GETATTR, Call, Global

HARMLESS, UNKNOWN, DANGEROUS = "harmless", "unknown", "dangerous"

_ORDER = {DANGEROUS: 0, UNKNOWN: 1, HARMLESS: 2}

_DANGEROUS_NAMES = {
    "os.system": "runs a shell command",
    "posix.system": "runs a shell command",
    "nt.system": "runs a shell command",
    "os.popen": "runs a shell command",
    "builtins.eval": "runs Python code given as text",
    "builtins.exec": "runs Python code given as text",
    "builtins.compile": "makes Python code from text",
    "builtins.__import__": "imports any module",
    "builtins.open": "opens files",
    "builtins.getattr": "reaches any attribute, and so any function",
    "builtins.setattr": "changes any object",
    "builtins.delattr": "changes any object",
    "builtins.globals": "reaches all names of a program",
    "builtins.input": "reads from the terminal",
    "builtins.breakpoint": "starts a debugger",
    "builtins.apply": "calls any function",
    "io.open": "opens files",
    "_io.open": "opens files",
    "_io.FileIO": "opens files",
    "codecs.open": "opens files",
    "operator.attrgetter": "reaches any attribute, and so any function",
    "operator.methodcaller": "calls any method",
    "functools.partial": "prepares a call of any function",
    "functools.reduce": "calls any function",
    "types.CodeType": "makes Python code",
    "types.FunctionType": "makes a function from code",
    "torch.load": "opens another checkpoint",
    "torch.hub.load": "downloads code and runs it",
    "torch.jit.load": "opens another program",
    "torch.storage._load_from_bytes": "opens another pickle inside this one",
    "numpy.load": "opens another file",
    "numpy.testing._private.utils.runstring": "runs Python code given as text",
    "pandas.io.pickle.read_pickle": "opens another pickle",
    "joblib.load": "opens another pickle",
}

_DANGEROUS_MODULES = {
    "os": "reaches files and programs of this computer",
    "posix": "reaches files and programs of this computer",
    "nt": "reaches files and programs of this computer",
    "posixpath": "reaches files of this computer",
    "subprocess": "starts other programs",
    "sys": "changes the running program",
    "shutil": "copies and deletes files",
    "pathlib": "reaches files of this computer",
    "socket": "opens network connections",
    "ssl": "opens network connections",
    "urllib": "opens network connections",
    "http": "opens network connections",
    "requests": "opens network connections",
    "ftplib": "opens network connections",
    "smtplib": "sends mail",
    "asyncio": "starts programs and network connections",
    "ctypes": "calls native code",
    "cffi": "calls native code",
    "importlib": "imports any module",
    "pkgutil": "imports any module",
    "runpy": "runs Python files",
    "code": "runs Python code given as text",
    "codeop": "runs Python code given as text",
    "pdb": "runs Python code given as text",
    "bdb": "runs Python code given as text",
    "timeit": "runs Python code given as text",
    "profile": "runs Python code given as text",
    "cProfile": "runs Python code given as text",
    "doctest": "runs Python code given as text",
    "pty": "starts other programs",
    "commands": "starts other programs",
    "webbrowser": "opens web pages",
    "pickle": "opens another pickle inside this one",
    "_pickle": "opens another pickle inside this one",
    "dill": "opens pickles that hold code",
    "cloudpickle": "opens pickles that hold code",
    "marshal": "makes Python code",
    "multiprocessing": "starts other programs",
    "threading": "starts threads",
    "signal": "changes the running program",
    "tempfile": "writes files",
    "zipimport": "imports any module",
    "venv": "starts other programs",
    "pip": "installs software",
    "idlelib": "runs Python code given as text",
    "lib2to3": "reaches files of this computer",
    "distutils": "starts other programs",
    "setuptools": "starts other programs",
}

_HARMLESS_NAMES = {
    "collections.OrderedDict": "an ordered list of names and values",
    "collections.defaultdict": "a list of names and values",
    "collections.Counter": "a count of things",
    "collections.deque": "a list of values",
    "builtins.set": "a set of values",
    "builtins.frozenset": "a set of values",
    "builtins.list": "a list of values",
    "builtins.dict": "a list of names and values",
    "builtins.tuple": "a fixed list of values",
    "builtins.int": "a whole number",
    "builtins.float": "a number",
    "builtins.long": "a whole number",
    "builtins.bool": "yes or no",
    "builtins.str": "a text",
    "builtins.bytes": "a row of bytes",
    "builtins.bytearray": "a row of bytes",
    "builtins.complex": "a complex number",
    "builtins.slice": "a range of positions",
    "builtins.range": "a range of numbers",
    "builtins.object": "an empty object",
    "_codecs.encode": "turns text into bytes",
    "copyreg._reconstructor": "makes an empty object",
    "argparse.Namespace": "a list of settings",
    "types.SimpleNamespace": "a list of settings",
    "datetime.datetime": "a date",
    "datetime.date": "a date",
    "datetime.timedelta": "a span of time",
    "pathlib.PosixPath": "a path, as text",
    "pathlib.WindowsPath": "a path, as text",
    "pathlib.PurePosixPath": "a path, as text",
    "pathlib.PureWindowsPath": "a path, as text",
    "torch.distributed.checkpoint.filesystem._StorageInfo": "a place in a file",
    "joblib.numpy_pickle.NumpyArrayWrapper": "puts numpy numbers together",
    "numpy.dtype": "a type of number",
    "numpy.ndarray": "an array of numbers",
    "torch.Size": "a shape",
    "torch.device": "the name of a device",
    "torch.dtype": "a type of number",
    "torch.Tensor": "a tensor",
    "torch.Generator": "a source of random numbers",
    "torch._C.Generator": "a source of random numbers",
    "torch.per_tensor_affine": "a setting of quantisation",
    "torch.per_channel_affine": "a setting of quantisation",
    "torch.per_channel_affine_float_qparams": "a setting of quantisation",
    "torch.nn.parameter.Parameter": "a weight",
    "torch.nn.parameter.Buffer": "a tensor kept with the weights",
    "torch.nn.parameter.UninitializedParameter": "a weight without a shape yet",
    "torch.serialization._get_layout": "how a tensor is laid out",
    "torch.storage.UntypedStorage": "raw bytes of a tensor",
    "torch.storage.TypedStorage": "numbers of a tensor",
    "torch._utils._rebuild_parameter": "puts a weight together",
    "torch._utils._rebuild_parameter_with_state": "puts a weight together",
    "torch._tensor._rebuild_from_type_v2": "puts a tensor together",
}

_HARMLESS_STARTS = (
    ("torch._utils._rebuild_", "puts a tensor together"),
    ("torch.jit._pickle.", "puts a list of values together"),
    ("torch.distributed.checkpoint.metadata.", "a line of a list of contents"),
    ("torch.nn.modules.", "a PyTorch layer"),
    ("torch.nn.quantized.", "a quantised PyTorch layer"),
    ("torch.ao.nn.", "a quantised PyTorch layer"),
    ("torch.ao.quantization.", "a setting of quantisation"),
    ("torch.quantization.", "a setting of quantisation"),
    ("torch.optim.lr_scheduler.", "a plan for the learning rate"),
    ("torch.optim.", "a training method"),
    ("numpy.core.multiarray.", "puts numpy numbers together"),
    ("numpy._core.multiarray.", "puts numpy numbers together"),
    ("numpy.core.numeric.", "puts numpy numbers together"),
    ("numpy._core.numeric.", "puts numpy numbers together"),
)

_UNKNOWN_STARTS = (
    ("__main__.", "a class of the script that saved the file"),
    ("torchvision.", "a part of torchvision"),
    ("timm.", "a part of timm"),
    ("transformers.", "a part of transformers"),
    ("pytorch_lightning.", "a training tool, not needed for the weights"),
    ("lightning.", "a training tool, not needed for the weights"),
    ("lightning_fabric.", "a training tool, not needed for the weights"),
    ("omegaconf.", "a list of settings of the package omegaconf"),
    ("ultralytics.", "a part of ultralytics"),
    ("copyreg.extension", "a name that only the saving computer knew"),
    ("torch.fx.", "a PyTorch program that is made from Python code when it is loaded"),
    ("torch.", "a part of PyTorch that is not a plain layer or tensor"),
    ("numpy.", "a part of numpy"),
    ("sklearn.", "a part of scikit-learn"),
)


def judge(path: str) -> tuple[str, str]:
    """Judgement on a dotted name, and what it is in words."""
    path = _current(path)
    if path in _DANGEROUS_NAMES:
        return DANGEROUS, _DANGEROUS_NAMES[path]
    if path in _HARMLESS_NAMES:
        return HARMLESS, _HARMLESS_NAMES[path]
    top = path.partition(".")[0]
    if top in _DANGEROUS_MODULES:
        return DANGEROUS, _DANGEROUS_MODULES[top]
    if _STORAGE.fullmatch(path):
        return HARMLESS, f"numbers of type {storage_dtype(path) or 'unknown'}"
    if _TORCH_DTYPE.fullmatch(path):
        return HARMLESS, "a type of number"
    for starts, judgement in ((_HARMLESS_STARTS, HARMLESS), (_UNKNOWN_STARTS, UNKNOWN)):
        for start, what in starts:
            if path.startswith(start):
                return judgement, what
    return UNKNOWN, "a name whose code is not part of PyTorch"


def _current(path: str) -> str:
    """A name as Python 3 has it: files of Python 2 use older names of the same modules."""
    top, dot, rest = path.partition(".")
    if not dot:
        return f"builtins.{path}"
    return f"{_PYTHON_2.get(top, top)}.{rest}"


_PYTHON_2 = {
    "__builtin__": "builtins", "copy_reg": "copyreg", "cPickle": "pickle", "StringIO": "io",
    "cStringIO": "io", "urllib2": "urllib", "httplib": "http", "Queue": "queue",
}  # fmt: skip


def storage_dtype(path: str) -> str:
    """Dtype of a storage class by its dotted name; empty for one that has none."""
    return _STORAGES.get(path.rpartition(".")[2].removesuffix("Storage"), "")


_STORAGES = {
    "Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": "bfloat16",
    "Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8",
    "Bool": "bool", "ComplexDouble": "complex128", "ComplexFloat": "complex64",
    "QInt8": "qint8", "QUInt8": "quint8", "QInt32": "qint32", "QUInt4x2": "quint4x2",
    "QUInt2x4": "quint2x4", "Untyped": "",
}  # fmt: skip

_STORAGE = re.compile(r"torch\.(cuda\.)?\w+Storage")

_TORCH_DTYPE = re.compile(
    r"torch\.(float|double|half|long|int|short|bool|(u?int|bits|float|bfloat|complex|qint|quint)"
    r"\d[\w]*)"
)


def listed(
    names: Iterable[Global], calls: Iterable[Call], looked_into: frozenset[str] = frozenset()
) -> tuple[Import, ...]:
    """Every name once, dangerous first, with how often it would be used.

    A dangerous name says what it would be given, where that is a plain text. Functions that open
    other pickles are harmless where those were looked into, and are listed with the rest.
    """
    given = {call.path: call.args for call in calls if call.args and call.path}
    found = []
    for name in names:
        judgement, what = judge(name.path)
        if name.path in looked_into:
            judgement, what = HARMLESS, "opens a pickle inside this one, which was read as well"
        if name.path == GETATTR and 0 < name.members == max(name.uses, name.mentions):
            judgement, what = UNKNOWN, "names an attribute, as for a member of an enumeration"
        args = given.get(name.path, ())
        if judgement == DANGEROUS and args and isinstance(args[0], str):
            what = f"{what}: {args[0][:80]!r}"
        found.append(Import(name.path, max(name.uses, name.mentions), judgement, what))
    return tuple(sorted(found, key=lambda item: (_ORDER[item.judgement], item.name)))
