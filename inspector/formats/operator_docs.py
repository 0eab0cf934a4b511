"""The documentation of an operator, as the installed ONNX package has it, in plain text."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator
from functools import lru_cache

import onnx.defs

from inspector.formats.operators import NEWEST

_MOST_TYPES = 16
_LONGEST = 20_000
"""Characters of a documentation; functions bring their own, and may bring megabytes."""


_LINK = re.compile(r"\[([^\]\n]{1,200})\]\([^)\n]{1,400}\)")
_TAG = re.compile(r"</?(?:a|b|i|br|p|dt|dd|dl|ul|ol|li|em|strong|code|sub|sup)\b[^<>\n]{0,300}>")
_FENCE = re.compile(r"^[ \t]*```\w*[ \t]*$", re.MULTILINE)
_PROSE = re.compile(r"[^\s*|#-]")
_HEADING = re.compile(r"^#{1,6}\s*", re.MULTILINE)


def plain_text(doc: str) -> str:
    """Documentation without its markup: paragraphs of one line, code and lists as they stand."""
    parts = _FENCE.split(textwrap.dedent(doc[:_LONGEST].strip("\n")))
    text = "\n".join(
        textwrap.indent(part, "    ") if number % 2 else _paragraphs(part)
        for number, part in enumerate(parts)
    )
    lines = [line.rstrip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _paragraphs(text: str) -> str:
    text = _HEADING.sub("", _TAG.sub("", _LINK.sub(r"\1", text)))
    text = html.unescape(text).replace("**", "").replace("`", "")
    lines: list[str] = []
    for line in text.splitlines():
        if lines and lines[-1] and line and _PROSE.match(line) and _PROSE.match(lines[-1]):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return "\n".join(lines)


@lru_cache(maxsize=256)
def documentation(op_type: str, domain: str, opset: int) -> str:
    """What the version of an operator that holds at an opset does, takes, makes and is set by.

    Empty for operators that the installed package lacks.
    """
    plain = "" if domain == "ai.onnx" else domain
    try:
        schema = onnx.defs.get_schema(op_type, min(max(opset, 1), NEWEST), plain)
    except onnx.defs.SchemaError:
        return ""
    parts = [plain_text(schema.doc or "")]
    parts += _section("Inputs", (_formal(item) for item in schema.inputs))
    parts += _section("Outputs", (_formal(item) for item in schema.outputs))
    attributes = sorted(schema.attributes.items())
    parts += _section("Attributes", (_attribute(item) for _, item in attributes))
    parts += _section("Types", (_types(item) for item in schema.type_constraints))
    return "\n\n".join(part for part in parts if part)


def _section(title: str, entries: Iterator[str]) -> list[str]:
    lines = [f"  {entry}" for entry in entries]
    return ["\n".join([title, *lines])] if lines else []


def _formal(item: onnx.defs.OpSchema.FormalParameter) -> str:
    options = onnx.defs.OpSchema.FormalParameterOption
    notes = [item.type_str]
    if item.option == options.Optional:
        notes.append("optional")
    if item.option == options.Variadic:
        notes.append("any number")
    return f"{item.name} ({', '.join(notes)}): {_line(item.description)}"


def _attribute(item: onnx.defs.OpSchema.Attribute) -> str:
    notes = [str(item.type).rpartition(".")[2].lower()]
    default = item.default_value
    if item.required:
        notes.append("required")
    elif default is not None and default.name:
        notes.append(f"default {_value(onnx.helper.get_attribute_value(default))}")
    return f"{item.name} ({', '.join(notes)}): {_line(item.description)}"


def _types(item: onnx.defs.OpSchema.TypeConstraintParam) -> str:
    allowed = [one.removeprefix("tensor(").removesuffix(")") for one in item.allowed_type_strs]
    left = len(allowed) - _MOST_TYPES
    more = f" and {left} more" if left > 0 else ""
    return f"{item.type_param_str}: {', '.join(sorted(allowed)[:_MOST_TYPES])}{more}"


def _value(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace") or "''"
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _line(text: str) -> str:
    return " ".join(plain_text(text).split())
