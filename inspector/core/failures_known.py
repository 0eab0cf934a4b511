"""What a row of the catalogue of known errors is."""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    """One error that libraries are known to raise, and what to tell a person.

    `pattern` is searched in the messages of the whole chain of exceptions, each as
    `TypeName: text`; its named groups may be used in the two sentences. The group `other` stands
    for `name` in a second form of the message.
    """

    pattern: str
    sentence: str
    hint: str
