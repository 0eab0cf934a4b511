"""`.json`: lists of numbers, named lists, one object per sample, or what Polygraphy writes."""

from __future__ import annotations

import base64
import binascii
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inspector.core.failures import InspectorError
from inspector.samples.held import WrittenArray
from inspector.samples.stored import Array, SampleArray, read_layout
from inspector.samples.tensor_protos import LoadedArray, joined
from inspector.samples.text import check_size

_CLASS = "polygraphy_class"
_DEEPEST = 64
"""Lists inside lists; numpy knows no more axes."""


def read(path: Path, scratch: Path) -> tuple[SampleArray, ...]:
    """The arrays of a JSON file.

    A list of numbers is one array that is named by the file, an object one array per name, and a
    list of objects one sample per object. Polygraphy's inputs and outputs (arrays as `.npy` in
    base64; its `json/serde.py`) are joined along axis 0.

    Raises:
        InspectorError: It is no JSON, or holds something else than numbers.
    """
    plain = _parsed(path)
    if isinstance(plain, Mapping) and plain.get(_CLASS) == "RunResults":
        return joined(_columns(path, _iterations(path, plain)))
    if isinstance(plain, list) and plain and all(isinstance(one, Mapping) for one in plain):
        if any(_is_array(value) for one in plain for value in one.values()):
            return joined(_columns(path, plain))
        return _per_sample(path, plain)
    if isinstance(plain, Mapping):
        return tuple(_array(path, str(name), value) for name, value in plain.items())
    return (_array(path, path.stem, plain),)


def _parsed(path: Path) -> Any:
    check_size(path)
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        place = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InspectorError(
            f"'{path.name}' is no JSON that can be read{place}.",
            "Save it again with json.dump, or save the numbers with numpy.save (.npy).",
            str(error),
        ) from error


def _is_array(value: Any) -> bool:
    return isinstance(value, Mapping) and _CLASS in value


def _iterations(path: Path, plain: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The outputs of every iteration of the one runner that Polygraphy recorded.

    Source: `RunResults` in polygraphy/comparator/struct.py: `lst` holds (name, iterations).
    """
    try:
        runners = plain["lst"]
        found = [one["outputs"] for one in runners[0][1]]
    except (KeyError, IndexError, TypeError) as error:
        raise _damaged(path, str(error)) from error
    if len(runners) > 1:
        names = ", ".join(f"'{runner[0]}'" for runner in runners)
        raise InspectorError(
            f"'{path.name}' holds the outputs of several runners: {names}.",
            "Save the outputs of one runner per file.",
        )
    return found


def _columns(path: Path, runs: Sequence[Mapping[str, Any]]) -> list[list[LoadedArray]]:
    """The arrays of every run, in the same order in each."""
    names = list(runs[0]) if runs else []
    if any(set(run) != set(names) for run in runs):
        raise _differ(path)
    return [[LoadedArray(name, _decoded(path, name, run[name])) for name in names] for run in runs]


def _decoded(path: Path, name: str, value: Any) -> Array:
    """An array of Polygraphy's: an `.npy` stream in base64; a lazy one holds such an array."""
    if isinstance(value, Mapping) and value.get(_CLASS) == "LazyArray":
        value = value.get("values")
    text = value.get("array", value.get("tensor")) if isinstance(value, Mapping) else None
    if not isinstance(text, str):
        raise _damaged(path, f"'{name}' holds {type(value).__name__}")
    try:
        stream = io.BytesIO(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise _damaged(path, str(error)) from error
    layout = read_layout(stream, f"The array '{name}' in '{path.name}'")
    raw = stream.getbuffer()[layout.header_bytes :]
    if len(raw) < layout.bytes:
        raise _damaged(path, f"'{name}' is cut off")
    flat = np.frombuffer(raw[: layout.bytes], layout.dtype)
    order: Any = "F" if layout.fortran_order else "C"
    return np.array(flat.reshape(layout.shape, order=order), layout.native, order="C")


def _per_sample(path: Path, samples: Sequence[Mapping[str, Any]]) -> tuple[SampleArray, ...]:
    names = list(samples[0])
    for number, sample in enumerate(samples):
        if set(sample) != set(names):
            raise InspectorError(
                f"Sample {number} of '{path.name}' has other names than sample 0.",
                "Give every sample the same names.",
            )
    return tuple(_array(path, name, [sample[name] for sample in samples]) for name in names)


def _array(path: Path, name: str, value: Any) -> SampleArray:
    if _is_array(value):
        return LoadedArray(name, _decoded(path, name, value))
    where = f"'{name}' in '{path.name}'"
    shape = _shape(value)
    wrong = _wrong(value, shape)
    if wrong is not None:
        place, what = wrong
        raise InspectorError(
            f"{where} holds {what} at [{', '.join(map(str, place))}].",
            "Write numbers in lists that are equally long.",
        )
    try:
        found = np.array(value)
        if found.dtype.kind not in "bif":
            found = found.astype(np.float64)
    except (ValueError, OverflowError) as error:
        raise InspectorError(
            f"{where} holds numbers that no array can.", "Write smaller numbers.", str(error)
        ) from error
    return WrittenArray(name, found)


def _shape(value: Any) -> tuple[int, ...]:
    sizes: list[int] = []
    while isinstance(value, list) and len(sizes) < _DEEPEST:
        sizes.append(len(value))
        value = value[0] if value else None
    return tuple(sizes)


def _wrong(value: Any, shape: tuple[int, ...]) -> tuple[tuple[int, ...], str] | None:
    """Place and words of the first thing that is no number, or no list of the right length."""
    if not shape:
        if isinstance(value, (int, float)):
            return None
        return (), "a list that is too deep" if isinstance(value, list) else _what(value)
    if not isinstance(value, list):
        return (), f"{_what(value)} instead of a list"
    if len(value) != shape[0]:
        return (), f"a list of {len(value):,} where others have {shape[0]:,}"
    for number, one in enumerate(value):
        found = _wrong(one, shape[1:])
        if found is not None:
            return (number, *found[0]), found[1]
    return None


def _what(value: Any) -> str:
    if isinstance(value, str):
        return f"the text '{value[:40]}'"
    if value is None:
        return "null"
    return "an object" if isinstance(value, Mapping) else f"{value}"


def _damaged(path: Path, detail: str) -> InspectorError:
    return InspectorError(
        f"'{path.name}' is damaged, or written by another version of Polygraphy.",
        "Save it again with polygraphy.json.save_json.",
        detail,
    )


def _differ(path: Path) -> InspectorError:
    return InspectorError(
        f"The runs in '{path.name}' hold different arrays.", "Give every run the same names."
    )
