"""What may be wrong with a file of PyTorch's, in words."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.core.failures import InspectorError
from inspector.formats.pickle_values import (
    ClaimError,
    PickleCutShortError,
    PickleError,
    PickleTooLongError,
)

AGAIN = "Copy or download it again; the transfer may have stopped before it was complete."


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn whatever reading a damaged or hostile file can raise into an explained failure.

    Raises:
        InspectorError: Something about the file is not as it must be.
    """
    try:
        yield
    except ClaimError as error:
        raise InspectorError(
            f"{path.name} describes more than it holds. {error}",
            "Do not load it: it is damaged, or was made to mislead. Copy or download it again.",
        ) from error
    except PickleTooLongError as error:
        raise InspectorError(
            f"{path.name} cannot be listed: its pickles have more than {error}.",
            "Do not load it unless you know who made it: no checkpoint needs so many.",
            f"{type(error).__name__}: {error}",
        ) from error
    except (PickleCutShortError, EOFError) as error:
        raise InspectorError(
            f"{path.name} is cut short: it ends before its list of tensors does.", AGAIN, str(error)
        ) from error
    except zipfile.BadZipFile as error:
        what = (
            "damaged: one of its members is not as it was written"
            if "CRC" in str(error)
            else "cut short or damaged: the list of contents at its end is missing"
        )
        raise InspectorError(f"{path.name} is {what}.", AGAIN, str(error)) from error
    except _DAMAGE as error:
        raise InspectorError(
            f"{path.name} is damaged: its list of tensors cannot be read.",
            "Copy or download it again, or save the checkpoint again.",
            f"{type(error).__name__}: {error}",
        ) from error


_DAMAGE = (
    PickleError, NotImplementedError, RuntimeError, ValueError, KeyError, IndexError, TypeError,
    AttributeError, RecursionError, OverflowError, struct.error, zlib.error,
)  # fmt: skip
"""A mutated file can lead a reader of nested records anywhere; none of it leaves the reader."""
