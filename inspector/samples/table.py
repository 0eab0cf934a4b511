"""`.csv`: tables of numbers, one sample per row, with or without a row of names."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from inspector.core.failures import InspectorError
from inspector.samples.held import WrittenArray
from inspector.samples.stored import Array, SampleArray
from inspector.samples.text import lines

_DELIMITERS = ",;\t"
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_GROUP = re.compile(r"(?P<name>.*?)(?:\[(?P<index>\d+(?:,\d+)*)\]|(?P<place>\d+))", re.ASCII)
_PLACED = re.compile(r"[^,;\t]*\[\d+(?:,\d+)+\]", re.ASCII)
_CHUNK = 4096
"""Rows that are gathered before they become an array."""


def read(path: Path, scratch: Path) -> tuple[SampleArray, ...]:
    """The numbers of a table: its named columns in groups, or all of it as one array.

    Columns `x0`, `x1`, ... and `x[0,0]`, `x[0,1]`, ... are one array `x`, a sample per row; other
    columns are an array each. Without names the whole table is one array [rows, columns] that is
    named by its file.

    Raises:
        InspectorError: A cell holds no number, or a row has another number of cells.
    """
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        return ()
    names = first[1] if not all(_is_number(cell) for cell in first[1]) else None
    values = _values(path, rows, first, names)
    if names is None:
        return (WrittenArray(path.stem, values),)
    return _grouped(path, names, values)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number of the line, from 1, and cells of each row that is not empty."""
    source = lines(path)
    first = next(source, "")
    if '"' not in first:
        first = _PLACED.sub(r'"\g<0>"', first)  # the commas of `x[0,3]` separate no columns
    delimiter = _delimiter(first)

    def again() -> Iterator[str]:
        yield first
        yield from source

    csv.field_size_limit(1 << 20)
    reader = csv.reader(again(), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise InspectorError(
            f"Row {reader.line_num + 1} of '{path.name}' is no row of a table.",
            "Save the table again as CSV.",
            str(error),
        ) from error


def _delimiter(line: str) -> str:
    """The delimiter that stands most often in a line; the comma where none does."""
    plain = re.sub(r'"[^"]*"', "", line)
    return max(_DELIMITERS, key=plain.count)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _values(
    path: Path,
    rows: Iterator[tuple[int, list[str]]],
    first: tuple[int, list[str]],
    names: Sequence[str] | None,
) -> Array:
    """All numbers, [rows, columns], int64 where all are written as whole numbers."""
    width = len(first[1])
    packed: list[Array] = []
    waiting: list[list[float]] = []
    whole = True
    for number, row in rows if names is not None else chain((first,), rows):
        if len(row) != width:
            raise InspectorError(
                f"Row {number} of '{path.name}' has {len(row)} cells, and the first has {width}.",
                "Give every row the same number of cells.",
            )
        if whole and not all(map(_WHOLE.fullmatch, row)):
            packed.extend(_packed(waiting, whole=True))
            waiting, whole = [], False
        waiting.append(_numbers(path, number, row, names, whole=whole))
        if len(waiting) == _CHUNK:
            packed.extend(_packed(waiting, whole=whole))
            waiting = []
    packed.extend(_packed(waiting, whole=whole))
    return np.concatenate(packed) if packed else np.empty((0, width), np.float64)


def _packed(rows: list[list[float]], *, whole: bool) -> list[Array]:
    return [np.array(rows, np.int64 if whole else np.float64)] if rows else []


def _numbers(
    path: Path, number: int, row: Sequence[str], names: Sequence[str] | None, *, whole: bool
) -> list[float]:
    if whole:
        return [int(cell) for cell in row]
    if all(_is_number(cell) for cell in row):
        return [float(cell) for cell in row]
    place = next(k for k, cell in enumerate(row) if not _is_number(cell))
    column = f"column {place + 1}" + (f", '{names[place]}'" if names else "")
    cell = row[place]
    hint = "Leave the column out, or write numbers in it."
    if not cell:
        raise InspectorError(
            f"Row {number} of '{path.name}' has an empty cell in {column}.",
            "Write a number there; NaN is one too.",
        )
    if re.fullmatch(r"[+-]?\d+,\d+", cell):
        hint = "Write numbers with a decimal point: 0.5, not 0,5."
    raise InspectorError(
        f"Row {number} of '{path.name}' holds '{cell[:40]}' in {column}, which is no number.", hint
    )


def _grouped(path: Path, names: Sequence[str], values: Array) -> tuple[SampleArray, ...]:
    """The columns of each group side by side, in the order of the groups."""
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InspectorError(
            f"Two columns of '{path.name}' are named '{twice}'.",
            "Give every column a name of its own.",
        )
    groups: dict[str, list[tuple[tuple[int, ...], int]]] = {}
    for column, name in enumerate(names):
        found = _GROUP.fullmatch(name)
        if found and found["name"]:
            index = tuple(int(part) for part in (found["index"] or found["place"]).split(","))
            groups.setdefault(found["name"], []).append((index, column))
    shapes = {name: shape for name, entries in groups.items() if (shape := _shape(entries))}
    arrays: list[SampleArray] = []
    done: set[str] = set()
    for column, name in enumerate(names):
        found = _GROUP.fullmatch(name)
        group = found["name"] if found else ""
        if group not in shapes or (group in names and group != name):
            arrays.append(WrittenArray(name, _narrow(values[:, column])))
        elif group not in done:
            done.add(group)
            columns = [place for _, place in sorted(groups[group])]
            part = values[:, columns].reshape(len(values), *shapes[group])
            arrays.append(WrittenArray(group, _narrow(part)))
    return tuple(arrays)


def _shape(entries: Sequence[tuple[tuple[int, ...], int]]) -> tuple[int, ...]:
    """Sizes of a group whose places, from 0 or from 1, are all there; empty where they are not."""
    places = sorted(index for index, _ in entries)
    if len({len(index) for index in places}) != 1:
        return ()
    least = tuple(min(column) for column in zip(*places, strict=True))
    shape = tuple(
        max(column) - low + 1 for column, low in zip(zip(*places, strict=True), least, strict=True)
    )
    full = len(set(places)) == len(places) == int(np.prod(shape, dtype=object))
    return shape if full and max(least) <= 1 else ()


def _narrow(values: Array) -> Array:
    """int64 where every number is whole: one column of decimals makes the whole table float64."""
    small = values.dtype.kind == "f" and values.size and bool((np.abs(values) < 2.0**53).all())
    if small and bool((values == np.trunc(values)).all()):
        return values.astype(np.int64)
    return np.ascontiguousarray(values)
