"""Which statements of a user's file are executed: those that define something, no others.

A training script is also the place where its model is defined. Importing it as it is would train
again, or overwrite the very checkpoint that is being opened.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

_DEFINES = (
    ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef,
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Pass,
)  # fmt: skip


class LeftOut(NamedTuple):
    """A statement that is not executed: where it is, and its first line."""

    line: int
    text: str


def definitions(tree: ast.Module) -> tuple[list[ast.stmt], list[LeftOut]]:
    """Split the top level of a file into what is executed and what is left out.

    Kept are imports, classes, functions, assignments, and `if` and `try` blocks with what they
    hold of these; `if __name__ == "__main__"` is left out whole. Texts such as a docstring are
    neither executed nor listed.
    """
    left_out: list[LeftOut] = []
    kept = _keep(tree.body, left_out)
    return kept, sorted(left_out)


def _keep(statements: list[ast.stmt], left_out: list[LeftOut]) -> list[ast.stmt]:
    kept: list[ast.stmt] = []
    for statement in statements:
        if isinstance(statement, _DEFINES):
            kept.append(statement)
        elif isinstance(statement, ast.If) and not _asks_for_main(statement.test):
            statement.body = _block(statement.body, left_out)
            statement.orelse = _keep(statement.orelse, left_out)
            kept.append(statement)
        elif isinstance(statement, ast.Try):
            kept.append(_keep_try(statement, left_out))
        elif not _is_text(statement):
            left_out.append(LeftOut(statement.lineno, _first_line(statement)))
    return kept


def _keep_try(statement: ast.Try, left_out: list[LeftOut]) -> ast.Try:
    statement.body = _block(statement.body, left_out)
    for handler in statement.handlers:
        handler.body = _block(handler.body, left_out)
    statement.orelse = _keep(statement.orelse, left_out)
    statement.finalbody = _keep(statement.finalbody, left_out)
    return statement


def _block(statements: list[ast.stmt], left_out: list[LeftOut]) -> list[ast.stmt]:
    """What is kept of a block that must not become empty."""
    empty = ast.copy_location(ast.Pass(), statements[0])
    return _keep(statements, left_out) or [empty]


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
