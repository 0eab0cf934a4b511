"""Remedies that name an option of the command line, in the words of the window."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.core.failures import Failure

_WORDS = (
    (r" or look for it among installed packages with inspect --suggest",
     " or press 'Find an architecture' there"),
    (r" in it: --code FILE\.py:CALLABLE", " in it on the Export page"),
    (r"(: | with )--code FILE\.py(:CALLABLE)?", " on the Export page"),
    (r"Write --code \S+?:CALLABLE", "Name it on the Export page"),
    (r"in the file that --code names", "in the Python file that the Export page names"),
    (r" as JSON: --code-args '.*'", " as JSON on the Export page"),
    (r"Add one --input for each", "Add an input for each on the Export page"),
    (r"Give one --input for each of its arguments", "On the Export page, add one for each"),
    (r"Say it with --input .*", "Add each input with its sizes on the Export page."),
    (r"Give it with --input", "Give it on the Export page"),
    (r"allow it \(--trust\)", "allow it on the Model page"),
    (r"Give files with --data, or .*", "Drop a file, or have inputs generated, on Compare."),
    (r"allow the conversion \(--cast on the command line\)", "allow the rounding under Samples"),
    (r"say which one it is: --bind .*", "choose one under Samples."),
    (r"\(--limit N on the command line\)", "(under Samples)"),
    (r"\(--batch-size on the command line\)", "(batch size, under Samples)"),
    (r" \(--code-args\)", ""),
    (r"Give others with --code-args", "Give others on the Export page"),
    (r" \(--trust on the command line\)", ""),
    (r"Leave --training-mode out", "Turn training mode off on the Export page"),
    (r" \(--output-name\)", " on the Export page"),
    (r"Choose another one with --state, such as --state (.*)\.",
     r"Choose another one on the Export page, such as \1."),
    (r"Leave --state out, or name the key under which a module lies",
     "Choose another set of weights on the Export page"),
    (r"'inspect FILE --csv tensors' lists them", "The Model page lists them"),
    (r" \(--custom-ops on the command line\)", " (menu Run, Custom operators)"),
    (r" with --images \S+ on the command line, or", ""),
    (r", or ask for padding \(--pad N on the command line\)", ""),
    (r"'compare --part K/N --save-part FILE' has written", "a comparison in parts has written"),
    (r" \(--convert on the command line\)", " (menu Run, Convert a copy)"),
)  # fmt: skip
"""Pattern of what the command line is told, and what the window says in its place."""


def in_window(text: str) -> str:
    """A remedy without options of the command line; other text stays as it is."""
    if "--" not in text:
        return text
    for pattern, words in _WORDS:
        text = re.sub(pattern, words, text)
    return text


def told_in_window(failure: Failure) -> Failure:
    """A failure with its remedy in the words of the window."""
    hint = in_window(failure.hint)
    return failure if hint == failure.hint else replace(failure, hint=hint)
