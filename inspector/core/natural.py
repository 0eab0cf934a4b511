"""The order in which people expect names: `layer2` before `layer10`."""

from __future__ import annotations

import re

_LONGEST = 0x10FFFF
"""Numbers of more digits than this are taken to be equally long."""

_DIGITS = re.compile(r"[0-9]+")


def natural_key(text: str) -> str:
    """What to sort a name by: numbers in it count as numbers, upper and lower case as the same.

    Leading zeros are left out. In the key, how many digits a number has stands before it: texts
    compare faster than anything made of parts, and a table has a hundred thousand names.
    """
    return _DIGITS.sub(_counted, text.lower().replace("\0", "\1"))


def _counted(found: re.Match[str]) -> str:
    digits = found.group().lstrip("0")
    return f"\0{chr(min(len(digits), _LONGEST))}{digits}"
