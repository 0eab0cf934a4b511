"""A user's own source: `FILE.py[:CALLABLE]` as a module, and what importing it would bring."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from inspector.core.failures import InspectorError
from inspector.core.findings import NOTE, SHOULD, Finding
from inspector.core.words import counted
from inspector.runtimes.user_code_filter import definitions, imported_packages
from inspector.runtimes.user_code_import import (
    FOLDERS,
    Definitions,
    Notes,
    ParentPackage,
    user_files,
)

_LEVELS_UP = 3


@dataclass(frozen=True, slots=True)
class UserCode:
    """A user's file, executed by its definitions.

    Attributes:
        module: The module it became.
        callable: Dotted name inside it, empty where none was given.
        files: Every file of the user's that was executed for it.
        notes: What was left out, missing, or failed.
    """

    module: ModuleType
    callable: str
    files: tuple[str, ...]
    notes: Notes

    def find(self, module: str, name: str) -> Any:
        """What a pickle calls `module.name`, wherever the user's code has it; None if nowhere.

        Only what the user's files define themselves is found, not what they import: a pickle
        could otherwise reach `os.system` through a file that imports it.
        """
        _import_quietly(module)
        for candidate in (self.module, *_user_modules()):
            found = _attribute(candidate, name)
            if getattr(found, "__module__", None) in {m.__name__ for m in _user_modules()}:
                return found
        return None


_INSTALLED = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<name>[A-Za-z_][\w.]*)")
_FILE = re.compile(r"(?P<file>.+\.py)(:(?P<name>[\w.]*))?")


def installed(code: str) -> tuple[str, str] | None:
    """Module and callable of `PACKAGE.MODULE:CALLABLE`; None where `code` names a file."""
    match = _INSTALLED.fullmatch(code)
    if match is None or _FILE.fullmatch(code):
        return None
    return match["module"], match["name"]


def split_code(code: str) -> tuple[Path, str]:
    """Split `FILE.py[:CALLABLE]`.

    Raises:
        InspectorError: There is no such file, or it is not Python source.
    """
    match = _FILE.fullmatch(code)
    file = Path(match["file"] if match else code).expanduser().resolve()
    name = (match["name"] or "") if match else ""
    if match is None or not file.is_file():
        raise InspectorError(
            f"The source file '{code}' does not exist.",
            "Name a Python file, and after a colon what builds the model: net.py:Net.",
        )
    return file, name


def preview(code: str) -> tuple[str, ...]:
    """What executing `code` would import and do, in lines, without executing anything."""
    package = installed(code)
    if package is not None:
        return (f"{'.'.join(package)} (an installed package)",)
    file, _ = split_code(code)
    tree = _parse(file)
    imports = imported_packages(tree)
    kept, _ = definitions(tree)
    return (
        f"{file} (its {len(kept)} imports, classes, functions and assignments)",
        *(f"{file.name} imports {name}" for name in imports),
    )


def roots_of(code: str) -> tuple[list[Path], set[str]]:
    """Folders that `code` would be imported from, and names to be found there; runs nothing.

    Raises:
        InspectorError: The file does not exist or is not valid Python.
    """
    if installed(code) is not None:
        return [], set()
    file, _ = split_code(code)
    tree = _parse(file)
    packages = _packages(file, tree)
    names = {name.split(".")[0] for name in imported_packages(tree)} - {""}
    return _roots(file, _above(file, packages), tree), names | set(packages[:1])


def load_user_code(code: str) -> UserCode:
    """Execute the definitions of a user's file as a module; earlier user code is forgotten.

    A module of an installed package is imported as it is.

    Raises:
        InspectorError: The file does not exist or is not valid Python, or the package cannot be
            imported.
    """
    package = installed(code)
    if package is not None:
        return _import_installed(*package)
    file, name = split_code(code)
    tree = _parse(file)
    packages = _packages(file, tree)
    top = _above(file, packages)
    FOLDERS.enter(_roots(file, top, tree))
    for depth in range(1, len(packages) + 1):
        full = ".".join(packages[:depth])
        sys.modules[full] = ParentPackage(full, top.joinpath(*packages[:depth]))
    module = _execute(file, packages)
    return UserCode(module, name, user_files(), Definitions.notes)


def _import_installed(module: str, name: str) -> UserCode:
    try:
        return UserCode(importlib.import_module(module), name, (), Notes())
    except Exception as error:  # a package may fail in any way when it is imported
        raise InspectorError(
            f"The package '{module}' cannot be imported: {type(error).__name__}: {error}.",
            "Install it for the Python that runs the worker, in a release that belongs to its "
            "PyTorch.",
        ) from error


def _parse(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes(), str(file))
    except (SyntaxError, ValueError) as error:
        raise InspectorError(
            f"'{file.name}' is not valid Python.", "Correct the line that is named.", str(error)
        ) from error


def _packages(file: Path, tree: ast.Module) -> list[str]:
    """Names of the packages that enclose the file, outermost first.

    A folder without `__init__.py` counts where the file's relative imports need it.
    """
    levels = (part.level for part in ast.walk(tree) if isinstance(part, ast.ImportFrom))
    needed = max(levels, default=0)
    names: list[str] = []
    folder = file.parent
    while folder.name.isidentifier() and (
        len(names) < needed or (folder / "__init__.py").is_file()
    ):
        names.insert(0, folder.name)
        folder = folder.parent
    return names


def _above(file: Path, packages: list[str]) -> Path:
    """The folder that holds the outermost package, or the file."""
    return file.parents[len(packages)]


def _roots(file: Path, top: Path, tree: ast.Module) -> list[Path]:
    """Folders to import from: around the packages, of the file, and where its imports lie."""
    roots = [top, file.parent]
    wanted = {name.split(".")[0] for name in imported_packages(tree)} - {""}
    for folder in list(top.parents)[:_LEVELS_UP]:
        if any((folder / name).is_dir() or (folder / f"{name}.py").is_file() for name in wanted):
            roots.append(folder)
    return list(dict.fromkeys(roots))


def _execute(file: Path, packages: list[str]) -> ModuleType:
    is_package = file.name == "__init__.py"
    name = ".".join(packages if is_package else [*packages, file.stem])
    if not packages and _is_taken(name):
        name = f"user_{name}"
    spec = importlib.util.spec_from_file_location(
        name,
        file,
        loader=Definitions(name, str(file)),
        submodule_search_locations=[str(file.parent)] if is_package else None,
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _is_taken(name: str) -> bool:
    if name in sys.modules or name in sys.stdlib_module_names:
        return True
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and not isinstance(spec.loader, Definitions)


def _user_modules() -> list[ModuleType]:
    return [
        module
        for module in list(sys.modules.values())
        if isinstance(getattr(module, "__loader__", None), Definitions)
    ]


def _import_quietly(name: str) -> None:
    """Import a module that a pickle names, if it is one of the user's."""
    try:
        spec = importlib.util.find_spec(name)
    except Exception:  # the name comes from the file, and may be anything
        return
    if spec is not None and isinstance(spec.loader, Definitions):
        importlib.import_module(name)


def _attribute(owner: Any, name: str) -> Any:
    for part in name.split("."):
        owner = getattr(owner, part, None)
    return owner


def _left_out(code: UserCode) -> tuple[str, ...]:
    """What was not executed: all of the file itself, assignments in those that it imports."""
    own = str(getattr(code.module, "__file__", ""))
    texts: list[str] = []
    for file, items in sorted(code.notes.left_out.items(), key=lambda entry: entry[0] != own):
        place = "" if file == own else f"{Path(file).name} "
        for item in items:
            if item.does or file == own:
                reason = f" ({item.does})" if item.does else ""
                texts.append(f"{place}line {item.line}: {item.text}{reason}")
    return tuple(texts)


def code_findings(code: UserCode) -> tuple[Finding, ...]:
    """What a person should know about how their source was executed."""
    found: list[Finding] = []
    left_out = _left_out(code)
    if left_out:
        found.append(
            Finding(
                "left-out-statements",
                NOTE,
                f"{counted(len(left_out), 'statement')} of the source "
                f"{'was' if len(left_out) == 1 else 'were'} not executed.",
                "Only imports, classes, functions and assignments of constants are, so that "
                "opening a model does not train it again.",
                "Move what the model needs into a function or a class.",
                left_out,
            )
        )
    if code.notes.missing:
        found.append(
            Finding(
                "missing-packages",
                NOTE,
                "Some packages that the source imports are not installed here.",
                "The model works as long as it does not use them.",
                "Install them where a message names one of them.",
                tuple(f"{name}: {why}" for name, why in sorted(code.notes.missing.items())),
            )
        )
    if code.notes.failed:
        found.append(
            Finding(
                "failed-definitions",
                SHOULD,
                "Some definitions of the source could not be evaluated.",
                "What they define is not there for the model.",
                "The texts say why; move what runs at import into functions.",
                tuple(f"{name}: {why}" for name, why in sorted(code.notes.failed.items())),
            )
        )
    return tuple(found)
