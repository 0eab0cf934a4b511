"""Files that are no model, or none that is read here: what each is, and what to do instead.

The kinds themselves are in `foreign_bytes.py` and `foreign_texts.py`.
"""

from __future__ import annotations

from inspector.core.failures import FOREIGN, InspectorError
from inspector.formats.foreign_bytes import BYTES, PROTOBUFS
from inspector.formats.foreign_kind import Foreign
from inspector.formats.foreign_texts import TEXTS
from inspector.formats.sniff import Head

EARLY: tuple[Foreign, ...] = BYTES
"""What is told apart before any format is tried."""

LATE: tuple[Foreign, ...] = (*PROTOBUFS, *TEXTS)
"""What is told apart once no format has claimed the file."""


def refusal(head: Head, kinds: tuple[Foreign, ...]) -> InspectorError | None:
    """The failure for the first kind that the file is, else None."""
    for kind in kinds:
        if kind.matches(head):
            detail = f"The file begins with: {head.data[:64]!r}"
            sentence = kind.sentence.format(name=head.path.name)
            return InspectorError(sentence, kind.hint, detail, kind=FOREIGN)
    return None
