"""How a user's file becomes a module, with the files around it, and nothing of it is run twice.

Folders of the user go to the end of `sys.path`: a `types.py` at its front would break torch.
Every module found in them is executed by its definitions only (`user_code_filter.py`).
"""

from __future__ import annotations
import __future__

import ast
import importlib
import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from inspector.runtimes.user_code_filter import LeftOut, Skipped, bound_names, definitions
from inspector.runtimes.user_code_missing import MissingPackageError, Placeholder

_FUTURE = __future__.annotations.compiler_flag


class Notes:
    """What happened while a user's files were executed."""

    def __init__(self) -> None:
        self.left_out: dict[str, list[LeftOut]] = {}
        self.missing: dict[str, str] = {}
        self.failed: dict[str, str] = {}


class Definitions(importlib.machinery.SourceFileLoader):
    """Executes the definitions of one file, statement by statement.

    A statement that fails leaves placeholders under the names it would have bound, so that one
    missing package does not take the model's class with it.
    """

    notes = Notes()

    def exec_module(self, module: ModuleType) -> None:
        """Run the file's definitions in `module`."""
        path = str(self.get_filename(module.__name__))
        source = importlib.util.decode_source(self.get_data(path))
        tree = ast.parse(source, path)
        flags = compile(tree, path, "exec", dont_inherit=True).co_flags & _FUTURE
        kept, left_out = definitions(tree)
        if left_out:
            self.notes.left_out[path] = left_out
        for statement in kept:
            for part in _one_by_one(statement):
                self._execute(part, module.__dict__, path, flags)

    def _execute(self, part: ast.stmt, names: dict[str, Any], path: str, flags: int) -> None:
        if isinstance(part, Skipped):
            names.update(_placeholders(part))
            return
        try:
            _run(part, names, path, flags)
        except Exception as error:
            if isinstance(error, MissingPackageError) and getattr(part, "decorator_list", None):
                part.decorator_list = []  # type: ignore[attr-defined]
                self._execute(part, names, path, flags)
                return
            self._replace(part, names, f"{type(error).__name__}: {error}")
        for name in bound_names(part):
            if name not in names and isinstance(part, ast.Try):
                names[name] = Placeholder(name, "its import failed")

        for inner in ast.walk(part):
            if isinstance(inner, Skipped):
                for name, placeholder in _placeholders(inner).items():
                    names.setdefault(name, placeholder)

    def _replace(self, part: ast.stmt, names: dict[str, Any], why: str) -> None:
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            module = part.names[0].name if isinstance(part, ast.Import) else part.module or "."
            self.notes.missing[module] = why
        else:
            self.notes.failed.update(dict.fromkeys(bound_names(part), why))
        for name in bound_names(part):
            names.setdefault(name, Placeholder(name, why))


def _placeholders(skipped: Skipped) -> dict[str, Placeholder]:
    why = f"line {skipped.lineno} is not executed, since it {skipped.left_out.does}"
    return {name: Placeholder(name, why) for name in skipped.left_out.names}


def _one_by_one(statement: ast.stmt) -> list[ast.stmt]:
    """An import of several names as one import each, so that each may be missing by itself."""
    if not isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [statement]
    parts: list[ast.stmt] = []
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            part: ast.stmt = ast.Import([alias])
        else:
            part = ast.ImportFrom(statement.module, [alias], statement.level)
        parts.append(ast.copy_location(part, statement))
    return parts


def _run(part: ast.stmt, names: dict[str, Any], path: str, flags: int) -> None:
    code = compile(ast.Module([part], []), path, "exec", flags, dont_inherit=True)
    exec(code, names)


class ParentPackage(ModuleType):
    """A package that encloses the user's file; its `__init__` runs only if something in it is used.

    What `__init__` imports is often what the model does not need.
    """

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name)
        self.__path__ = [str(folder)]
        self.__package__ = name
        init = folder / "__init__.py"
        self.__file__ = str(init)
        self._init: Path | None = init if init.is_file() else None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        if importlib.util.find_spec(full) is not None:
            return importlib.import_module(full)
        init = self.__dict__.get("_init")
        if init is not None:
            self._init = None
            Definitions(self.__name__, str(init)).exec_module(self)
            if name in self.__dict__:
                return self.__dict__[name]
        raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")


class UserFolders:
    """The folders that user code is imported from; entering others forgets the modules before."""

    def __init__(self) -> None:
        self._roots: list[str] = []

    def enter(self, roots: list[Path]) -> None:
        """Make `roots` importable after everything else, filtered; forget earlier user code."""
        self.leave()
        self._roots = [str(root) for root in roots]
        sys.path.extend(self._roots)
        sys.path_hooks.insert(0, self._finder)
        for root in self._roots:
            sys.path_importer_cache.pop(root, None)
        importlib.invalidate_caches()

    def leave(self) -> None:
        """Forget all user code, as if it had never been imported."""
        for name, module in list(sys.modules.items()):
            loader = getattr(module, "__loader__", None)
            if isinstance(module, ParentPackage) or isinstance(loader, Definitions):
                del sys.modules[name]
        for root in self._roots:
            if root in sys.path:
                sys.path.reverse()
                sys.path.remove(root)
                sys.path.reverse()
        if self._finder in sys.path_hooks:
            sys.path_hooks.remove(self._finder)
        for entry in [entry for entry in sys.path_importer_cache if self._is_inside(entry)]:
            del sys.path_importer_cache[entry]
        self._roots = []
        Definitions.notes = Notes()

    def _finder(self, folder: str) -> importlib.machinery.FileFinder:
        if not self._is_inside(folder):
            raise ImportError("not a folder of user code")
        native = (
            importlib.machinery.ExtensionFileLoader,
            importlib.machinery.EXTENSION_SUFFIXES,
        )
        return importlib.machinery.FileFinder(folder, native, (Definitions, [".py"]))

    def _is_inside(self, folder: str) -> bool:
        path = Path(folder)
        if "site-packages" in path.parts or "dist-packages" in path.parts:
            return folder in self._roots
        return any(path.is_relative_to(root) for root in self._roots)


FOLDERS = UserFolders()


def user_files() -> tuple[str, ...]:
    """Files of the user code that is loaded now."""
    found = (
        getattr(module, "__file__", None)
        for module in list(sys.modules.values())
        if isinstance(getattr(module, "__loader__", None), Definitions)
    )
    return tuple(sorted(file for file in found if file))
