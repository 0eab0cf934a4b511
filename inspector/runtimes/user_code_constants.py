"""Which assignments of a user's file only make a constant, so that they may be executed.

`width = 64` and `layer = partial(nn.Linear, bias=False)` do; `history = train(model)` does not.
What is called is looked up in the file: functions of Python's own library, PyTorch and numpy that
only compute, and functions of the file itself that call nothing else.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

_COMPUTING = (
    "math.", "cmath.", "operator.", "itertools.", "functools.", "collections.", "typing.",
    "typing_extensions.", "enum.", "dataclasses.", "string.", "re.", "fractions.", "decimal.",
    "datetime.", "pathlib.", "os.path.", "os.getenv", "os.environ.get", "os.cpu_count",
    "os.getcwd", "logging.getLogger", "copy.", "inspect.", "types.", "json.loads", "json.dumps",
    "platform.", "importlib.metadata.", "importlib.util.find_spec", "packaging.", "random.",
    "abc.", "contextlib.", "warnings.catch_warnings", "torch.", "numpy.", "einops.",
)  # fmt: skip
"""What begins so only computes, unless it is among `_ACTING`."""

_ACTING = (
    "torch.load", "torch.save", "torch.hub", "torch.jit.load", "torch.jit.save", "torch.utils.data",
    "torch.utils.tensorboard", "torch.multiprocessing", "torch.distributed", "torch.onnx",
    "torch.export", "torch.package", "torch.compile", "torch.set_", "torch.manual_seed",
    "torch.classes.load", "torch.ops.load", "torch.profiler", "torch.utils.cpp_extension",
    "torch.from_file", "torch.serialization", "numpy.load", "numpy.save", "numpy.fromfile",
    "numpy.genfromtxt", "numpy.memmap", "numpy.lib", "numpy.set", "random.seed",
    "pathlib.Path.write", "inspect.getsource",
)  # fmt: skip
"""What begins so reads or writes files, trains, or changes settings."""

_BUILTINS = frozenset(dir(builtins)) - {
    "open", "exec", "eval", "compile", "input", "print", "breakpoint", "exit", "quit", "help",
    "__import__", "setattr", "delattr", "copyright", "credits", "license",
}  # fmt: skip

_METHODS = """
format join split rsplit splitlines strip lstrip rstrip lower upper title capitalize replace
startswith endswith encode decode removeprefix removesuffix partition rpartition zfill items
keys values get copy index count union intersection difference append extend add update pop
setdefault fromkeys sort insert resolve absolute joinpath with_suffix with_name expanduser
as_posix exists is_file is_dir relative_to astype reshape view permute transpose t float long
half double int bool to cpu eval requires_grad_ unsqueeze squeeze sum mean max min abs sqrt exp
log flatten tolist item numpy clone contiguous flip repeat expand detach double hex isoformat
getLogger get_logger
"""
"""Methods of texts, containers, paths and tensors that do nothing but compute."""

_VALUE_BASES = """
Module Sequential ModuleList ModuleDict Parameter NamedTuple Enum IntEnum StrEnum Flag IntFlag
TypedDict Protocol Generic
"""
"""Classes whose making is no action, whatever their own `__init__` calls."""

_MAKERS = ("__init__", "__new__", "__post_init__")


class Constants:
    """What the names of a file stand for, and which of its assignments make constants."""

    def __init__(self, tree: ast.Module) -> None:
        self._imported = dict(_imports(tree))
        statements = list(ast.walk(tree))
        self._functions = {n.name: n for n in statements if isinstance(n, ast.FunctionDef)}
        self._classes = {n.name: n for n in statements if isinstance(n, ast.ClassDef)}
        self._judged: dict[str, str] = {}

    def action_in(self, part: ast.AST) -> str:
        """What a statement or an expression does besides computing, in words; empty: nothing."""
        for inner in _executed(part):
            if isinstance(inner, ast.Call):
                found = self._action_of(inner.func)
            elif isinstance(inner, (ast.Attribute, ast.Subscript)):
                found = self._change(inner)
            else:
                found = "awaits" if isinstance(inner, (ast.Await, ast.Yield)) else ""
            if found:
                return found
        return ""

    def _change(self, target: ast.Attribute | ast.Subscript) -> str:
        if isinstance(target.ctx, ast.Load):
            return ""
        root = _root(target)
        name = root.id if isinstance(root, ast.Name) else ""
        return f"changes {self._imported[name]}" if name in self._imported else ""

    def _action_of(self, called: ast.expr) -> str:
        path = _dotted(called)
        root, _, rest = path.partition(".")
        if root in self._imported:
            full = self._imported[root] + (f".{rest}" if rest else "")
            return "" if _computes(full) else f"calls {path}()"
        if not path or rest:
            # A method of what the file itself has made, or of what another call gives.
            method = called.attr if isinstance(called, ast.Attribute) else ""
            shown = ast.unparse(called)[-60:]
            return "" if method in _METHODS.split() or not method else f"calls {shown}()"
        return self._action_of_own(root)

    def _action_of_own(self, name: str) -> str:
        """Whether a function or class of the file itself does anything but compute."""
        if name in self._judged:
            return self._judged[name]
        self._judged[name] = ""  # while it is looked at, and for what calls itself
        found = ""
        if name in self._functions:
            found = self._inside(self._functions[name].body)
        elif name in self._classes:
            made = self._classes[name]
            if not {_dotted(base).rpartition(".")[2] for base in made.bases} & set(
                _VALUE_BASES.split()
            ):
                inner = [f for f in made.body if isinstance(f, ast.FunctionDef)]
                found = self._inside([f for f in inner if f.name in _MAKERS])
        elif name not in _BUILTINS:
            found = f"calls {name}()"
        if found and (name in self._functions or name in self._classes):
            found = f"calls {name}(), which {found}"
        self._judged[name] = found
        return found

    def _inside(self, body: list[ast.stmt]) -> str:
        statements = [s for f in body for s in (f.body if isinstance(f, ast.FunctionDef) else [f])]
        return next(filter(None, map(self.action_in, statements)), "")


def _computes(full: str) -> bool:
    last = full.rpartition(".")[2]
    if last in ("getLogger", "get_logger"):
        return True
    return f"{full}.".startswith(_COMPUTING) and not full.startswith(_ACTING)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names that imports bind, and what they stand for; relative ones begin with a dot."""
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            for alias in part.names:
                first = alias.name.partition(".")[0]
                yield alias.asname or first, alias.name if alias.asname else first
        elif isinstance(part, ast.ImportFrom):
            for alias in part.names:
                start = "." * part.level + (part.module or "")
                yield alias.asname or alias.name, f"{start}.{alias.name}"


def _executed(part: ast.AST) -> Iterator[ast.AST]:
    """A part of the tree and what is below it, but for what only a later call would execute."""
    yield part
    for child in ast.iter_child_nodes(part):
        if not isinstance(child, (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _executed(child)


def _root(expression: ast.expr) -> ast.expr:
    while isinstance(expression, (ast.Attribute, ast.Subscript)):
        expression = expression.value
    return expression


def _dotted(expression: ast.expr) -> str:
    """`a.b.c` as it is written; empty where it is anything else."""
    if isinstance(expression, ast.Name):
        return expression.id
    if isinstance(expression, ast.Attribute):
        before = _dotted(expression.value)
        return f"{before}.{expression.attr}" if before else ""
    return ""
