"""Frozen dataclasses and named tuples to JSON and back, by their annotations.

Non-finite floats travel as the strings "nan", "inf" and "-inf", so every file is strict JSON.
Unknown keys are ignored and missing keys take their defaults: files of older versions load.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import math
import os
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def to_plain(value: object) -> Any:
    """Turn a record into what `json.dumps` takes; tuples become lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: to_plain(getattr(value, name)) for name in value._fields}
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if hasattr(value, "dtype") and hasattr(value, "item"):
        return to_plain(value.item())  # numpy's scalars; numpy itself is not needed here
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def from_plain(plain: Any, kind: Any) -> Any:
    """Build a value of type `kind` from plain JSON data.

    Raises:
        TypeError: The data has another form than `kind`.
    """
    origin = typing.get_origin(kind)
    if kind is Any or kind is object:
        return plain
    if origin is typing.Union or origin is types.UnionType:
        return _union(plain, typing.get_args(kind))
    if origin in (tuple, list, dict):
        return _container(plain, kind, origin)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _member(plain, kind)
    if dataclasses.is_dataclass(kind) or hasattr(kind, "_fields"):
        return _record(plain, kind)
    if kind is float and _is_number(plain):
        return float(plain)
    if kind is int and isinstance(plain, int) and not isinstance(plain, bool):
        return plain
    if kind in (str, bool) and isinstance(plain, kind):
        return plain
    if kind is type(None) and plain is None:
        return None
    raise TypeError(f"cannot read {type(plain).__name__} as {kind}")


def _member(plain: Any, kind: type[enum.Enum]) -> enum.Enum:
    try:
        return kind(plain)
    except ValueError as error:
        raise TypeError(f"{plain!r} is none of {kind.__name__}") from error


def _is_number(plain: Any) -> bool:
    if isinstance(plain, str):
        return plain in ("nan", "inf", "-inf")
    return isinstance(plain, (int, float)) and not isinstance(plain, bool)


def _union(plain: Any, kinds: tuple[Any, ...]) -> Any:
    if plain is None and type(None) in kinds:
        return None
    ordered = sorted(kinds, key=lambda kind: kind is not type(plain))
    for kind in ordered:
        try:
            return from_plain(plain, kind)
        except (TypeError, ValueError):
            continue
    raise TypeError(f"cannot read {type(plain).__name__} as one of {kinds}")


def _container(plain: Any, kind: Any, origin: Any) -> Any:
    arguments = typing.get_args(kind)
    if origin is dict:
        if not isinstance(plain, dict):
            raise TypeError("an object was expected")
        return {key: from_plain(item, arguments[1]) for key, item in plain.items()}
    if not isinstance(plain, list):
        raise TypeError("a list was expected")
    if origin is list or arguments[-1] is Ellipsis:
        return origin(from_plain(item, arguments[0]) for item in plain)
    if len(plain) != len(arguments):
        raise TypeError(f"{len(arguments)} items were expected")
    pairs = zip(plain, arguments, strict=True)
    return tuple(from_plain(item, argument) for item, argument in pairs)


def _record(plain: Any, kind: Any) -> Any:
    if not isinstance(plain, dict):
        raise TypeError("an object was expected")
    hints = _hints(kind)
    return kind(**{k: from_plain(v, hints[k]) for k, v in plain.items() if k in hints})


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    # Evaluating the annotations takes twenty times as long as reading a record.
    return typing.get_type_hints(kind)


def dumps(value: object, indent: int | None = None) -> str:
    """One record as strict JSON text that can always be encoded as UTF-8."""
    plain = to_plain(value)
    text = json.dumps(plain, indent=indent, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # A file name on Linux may hold bytes that are no text; Python carries them as surrogates.
        return json.dumps(plain, indent=indent, ensure_ascii=True, allow_nan=False)
    return text


def loads(text: str, kind: type[T]) -> T:
    """Read what `dumps` wrote."""
    return typing.cast("T", from_plain(json.loads(text), kind))


def save(value: object, path: Path) -> None:
    """Write a record; readers see the old file or the whole new one, never a part."""
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_text(dumps(value), encoding="utf-8")
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    os.replace(partial, path)


def load(path: Path, kind: type[T]) -> T:
    """Read what `save` wrote."""
    return loads(path.read_text(encoding="utf-8"), kind)
