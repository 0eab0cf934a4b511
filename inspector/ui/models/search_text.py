"""Many short texts in which a word is looked for at every key stroke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SEPARATOR = "\0"


class SearchText:
    """Texts as one row of bytes: a hundred thousand are searched in a few milliseconds.

    Upper and lower case are one. In UTF-8 the bytes of a word begin nowhere but where a letter
    begins, so that bytes are found exactly where letters are.

    Args:
        texts: The texts; a null character ends a text for whoever searches it.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        import numpy as np

        self._count = len(texts)
        joined = _SEPARATOR.join(texts)
        if joined.count(_SEPARATOR) != len(texts) - 1:
            joined = _SEPARATOR.join(text.partition(_SEPARATOR)[0] for text in texts)
        encoded = joined.lower().encode("utf-8", "replace")
        self._bytes: npt.NDArray[np.uint8] = np.frombuffer(encoded, np.uint8)
        self._ends: npt.NDArray[np.int64] = np.flatnonzero(self._bytes == 0)

    def rows_with(self, word: str) -> npt.NDArray[np.int64]:
        """Numbers of the texts that hold `word`, in order, one more than once where it repeats.

        An empty word is in every text.
        """
        import numpy as np

        wanted = word.lower().encode("utf-8", "replace")
        if not wanted:
            return np.arange(self._count)
        if 0 in wanted or len(wanted) > self._bytes.size:
            return np.zeros(0, np.int64)
        places = np.flatnonzero(self._bytes[: self._bytes.size - len(wanted) + 1] == wanted[0])
        for offset, byte in enumerate(wanted[1:], start=1):
            places = places[self._bytes[places + offset] == byte]
        return np.searchsorted(self._ends, places)
