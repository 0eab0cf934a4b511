"""Which statements of a user's file are executed: those that define something, no others.

A training script is also the place where its model is defined. Importing it as it is would train
again, or overwrite the very checkpoint that is being opened.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from inspector.runtimes.user_code_constants import Constants

_DEFINES = (
    ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Pass,
    *((ast.TypeAlias,) if hasattr(ast, "TypeAlias") else ()),
)  # fmt: skip
_ASSIGNS = (ast.Assign, ast.AnnAssign, ast.AugAssign)


class LeftOut(NamedTuple):
    """A statement that is not executed: where it is, its first line, and what it would do.

    `does` is empty where it is not an assignment; `names` would have got a value.
    """

    line: int
    text: str
    does: str = ""
    names: tuple[str, ...] = ()


class Skipped(ast.Pass):
    """Stands in the tree where an assignment was left out."""

    left_out: LeftOut


def definitions(tree: ast.Module) -> tuple[list[ast.stmt], list[LeftOut]]:
    """Split the top level of a file into what is executed and what is left out.

    Kept are imports, classes, functions, assignments of constants, and `if` and `try` blocks with
    what they hold of these; `if __name__ == "__main__"` is left out whole, as is an `if` whose
    condition does something. Texts such as a docstring are neither executed nor listed. Where an
    assignment was left out, `Skipped` stands.
    """
    sorter = _Sorter(Constants(tree))
    kept = sorter.keep(tree.body)
    return kept, sorted(sorter.left_out)


class _Sorter:
    def __init__(self, constants: Constants) -> None:
        self._constants = constants
        self.left_out: list[LeftOut] = []

    def keep(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        kept: list[ast.stmt] = []
        for statement in statements:
            if isinstance(statement, _DEFINES):
                kept.append(statement)
            elif isinstance(statement, _ASSIGNS):
                kept.append(self._assignment(statement))
            elif isinstance(statement, ast.If) and self._may_be_asked(statement.test):
                statement.body = self._block(statement.body)
                statement.orelse = self.keep(statement.orelse)
                kept.append(statement)
            elif isinstance(statement, ast.Try):
                kept.append(self._try(statement))
            elif not _is_text(statement):
                self.left_out.append(LeftOut(statement.lineno, _first_line(statement)))
        return kept

    def _assignment(self, statement: ast.stmt) -> ast.stmt:
        does = self._constants.action_in(statement)
        if not does:
            return statement
        text, names = _first_line(statement), bound_names(statement)
        left_out = LeftOut(statement.lineno, text, does, names)
        self.left_out.append(left_out)
        skipped = ast.copy_location(Skipped(), statement)
        skipped.left_out = left_out
        return skipped

    def _may_be_asked(self, test: ast.expr) -> bool:
        return not _asks_for_main(test) and not self._constants.action_in(test)

    def _try(self, statement: ast.Try) -> ast.Try:
        statement.body = self._block(statement.body)
        for handler in statement.handlers:
            handler.body = self._block(handler.body)
        statement.orelse = self.keep(statement.orelse)
        statement.finalbody = self.keep(statement.finalbody)
        return statement

    def _block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """What is kept of a block that must not become empty."""
        empty = ast.copy_location(ast.Pass(), statements[0])
        return self.keep(statements) or [empty]


def _asks_for_main(test: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(test))


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _first_line(statement: ast.stmt) -> str:
    return ast.unparse(statement).splitlines()[0][:120]


def bound_names(statement: ast.stmt) -> tuple[str, ...]:
    """Names that a top-level statement gives a value, those of inner blocks included."""
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return (statement.name,)
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        names = (alias.asname or alias.name.split(".")[0] for alias in statement.names)
        return tuple(name for name in names if name != "*")
    if isinstance(statement, (ast.If, ast.Try)):
        inner = (child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt))
        return tuple(name for child in inner for name in bound_names(child))
    return tuple(
        part.id
        for part in ast.walk(statement)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    )


def imported_packages(tree: ast.Module) -> tuple[str, ...]:
    """Every module that the file imports anywhere, sorted; relative ones keep their dots."""
    found: set[str] = set()
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            found.update(alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom):
            found.add("." * part.level + (part.module or ""))
    return tuple(sorted(found))
