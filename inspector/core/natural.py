"""The order in which people expect names: `layer2` before `layer10`."""

from __future__ import annotations

import re
from typing import TypeAlias

NaturalKey: TypeAlias = tuple[tuple[str, int, str], ...]

_PARTS = re.compile(r"([^0-9]*)([0-9]*)")


def natural_key(text: str) -> NaturalKey:
    """What to sort a name by: numbers in it count as numbers, upper and lower case as the same.

    Numbers of any length are compared; leading zeros are left out.
    """
    parts = []
    for words, digits in _PARTS.findall(text.lower()):
        number = digits.lstrip("0")
        parts.append((words, len(number) if digits else -1, number))
    return tuple(parts)
