"""How a person says what an input looks like: `image=float32[batch=2,3,224,224]`.

A value may follow where only some make sense, as for a sampling rate: `sr=int64[]=16000`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from inspector.core.failures import InspectorError

DTYPES = (
    "float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8",
    "uint8", "uint16", "uint32", "uint64", "bool", "complex64", "complex128",
)  # fmt: skip

EXAMPLE_SIZE = 2
"""Size of a dynamic dimension that names none: an example of 1 makes exporters fix it."""

_SPEC = re.compile(
    r"(?P<name>[^=\[\]]+)=(?P<dtype>[a-z0-9]+)\[(?P<dims>[^\]]*)\]"
    r"(?:=(?P<value>[^=\[\]]+))?"
)
_SYMBOL = re.compile(r"[A-Za-z_]\w*")
_SIZE = re.compile(r"[0-9]+")


class InputDim(NamedTuple):
    """One axis: its example size and, where it is dynamic, its symbol (else empty)."""

    size: int
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """Name, dtype and axes of one input of `forward()`.

    Attributes:
        name: The input's name.
        dtype: One of `DTYPES`.
        dims: Its axes.
        value: What every element is in an example; None: numbers are drawn.
    """

    name: str
    dtype: str
    dims: tuple[InputDim, ...]
    value: float | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The example's shape."""
        return tuple(dim.size for dim in self.dims)

    def __str__(self) -> str:
        dims = (f"{d.symbol}={d.size}" if d.symbol else str(d.size) for d in self.dims)
        value = "" if self.value is None else f"={self.value:.17g}"
        return f"{self.name}={self.dtype}[{','.join(dims)}]{value}"


def parse_input_spec(text: str) -> InputSpec:
    """Read `NAME=DTYPE[DIMS]` or `NAME=DTYPE[DIMS]=VALUE`; `NAME=DTYPE[]` is a scalar.

    Raises:
        InspectorError: The text has another form, or names an unknown dtype.
    """
    match = _SPEC.fullmatch(text.strip())
    if match is None or not match["name"].strip():
        raise InspectorError(
            f"The input '{text}' cannot be read.",
            "Write it as NAME=DTYPE[DIMS], for example 'image=float32[batch=2,3,224,224]'.",
        )
    if match["dtype"] not in DTYPES:
        raise InspectorError(
            f"'{match['dtype']}' in '{text}' is not a type of number that is known here.",
            f"Use one of {', '.join(DTYPES)}.",
        )
    parts = match["dims"].split(",") if match["dims"].strip() else []
    dims = tuple(_dim(part.strip(), text) for part in parts)
    _check_symbols(dims, text)
    return InputSpec(match["name"].strip(), match["dtype"], dims, _value(match["value"], text))


def _value(part: str | None, text: str) -> float | None:
    if part is None:
        return None
    try:
        return float({"true": "1", "false": "0"}.get(part.strip().lower(), part))
    except ValueError:
        raise InspectorError(
            f"The value '{part}' in '{text}' is not a number.",
            "Write a number, such as 'sr=int64[]=16000', or leave it out.",
        ) from None


def _check_symbols(dims: tuple[InputDim, ...], text: str) -> None:
    sizes: dict[str, int] = {}
    for dim in dims:
        if dim.symbol and sizes.setdefault(dim.symbol, dim.size) != dim.size:
            raise InspectorError(
                f"The dimension '{dim.symbol}' has two sizes in '{text}'.",
                "Give it the same example size everywhere, or use two names.",
            )


def _dim(part: str, text: str) -> InputDim:
    symbol, equals, size = part.partition("=")
    symbol, size = symbol.strip(), size.strip()
    if not equals and _SIZE.fullmatch(symbol):
        return InputDim(int(symbol))
    if _SYMBOL.fullmatch(symbol) and (not equals or _SIZE.fullmatch(size)):
        return InputDim(int(size) if size else EXAMPLE_SIZE, symbol)
    raise InspectorError(
        f"The dimension '{part}' in '{text}' cannot be read.",
        "Write a size such as 224, or a dynamic one with an example size such as batch=2.",
    )
