"""What the window says in place of an option of the command line."""

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import inspector
from inspector.cli_options import build_parser
from inspector.core.failures import Failure
from inspector.ui.hints import in_window, told_in_window

PACKAGE = Path(inspector.__file__).parent
LAYERS = ("core", "jobs", "runtimes", "samples", "formats")


def own_options() -> set[str]:
    """Every option of the program; those of other programs may be named anywhere."""
    parsers = [build_parser()]
    for parser in parsers:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
    return {one for parser in parsers for one in parser._option_string_actions}


def texts(tree: ast.AST) -> Iterator[str]:
    """Every string of a module, with X where a value is filled in."""
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(value) for value in node.values}
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in node.values)
        elif isinstance(node, ast.Constant) and id(node) not in parts:
            yield str(node.value)


def hints() -> list[str]:
    """Every text of the layers below the window that names an option."""
    found = []
    for layer in LAYERS:
        for path in sorted((PACKAGE / layer).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [text for text in texts(tree) if re.search(r"[ (]--[a-z]+", text)]
    return [text for text in found if not text.endswith("--worker")]


@pytest.mark.parametrize("text", hints())
def test_no_remedy_in_the_window_names_an_option(text: str) -> None:
    told = in_window(text)
    assert not own_options() & set(re.findall(r"--[a-z][a-z-]*", told))
    assert "command line" not in told


def test_the_options_of_the_program_are_known() -> None:
    assert {"--state", "--custom-ops", "--convert", "--csv", "--suggest"} <= own_options()


def test_there_are_remedies_to_translate() -> None:
    assert len(hints()) > 10


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "Name the Python file that defines it: --code FILE.py.",
            "Name the Python file that defines it on the Export page.",
        ),
        (
            "Write --code net.py:CALLABLE, one of A, B.",
            "Name it on the Export page, one of A, B.",
        ),
        (
            "Name an array 'x', or say which one it is: --bind x=ARRAY on the command line.",
            "Name an array 'x', or choose one under Samples.",
        ),
        ("Save it again -- slowly.", "Save it again -- slowly."),
        ("Convert it with tf2onnx --tflite.", "Convert it with tf2onnx --tflite."),
        (
            "Choose another one with --state, such as --state ema.net.",
            "Choose another one on the Export page, such as ema.net.",
        ),
        (
            "Install the release that has it, or name the source with --code FILE.py:CALLABLE.",
            "Install the release that has it, or name the source on the Export page.",
        ),
    ],
)
def test_remedies_name_the_page(text: str, told: str) -> None:
    assert in_window(text) == told


def test_only_the_remedy_of_a_failure_is_changed() -> None:
    failure = Failure("'--trust' is missing.", "Allow it.", "--trust")
    assert told_in_window(failure) is failure
    asked = Failure("No.", "If you trust where it comes from, allow it (--trust).", "raw --trust")
    told = told_in_window(asked)
    assert told.hint == "If you trust where it comes from, allow it on the Model page."
    assert told.detail == "raw --trust"
