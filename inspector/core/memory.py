"""What the C library does with memory that was given back."""

from __future__ import annotations

from functools import cache

import numpy as np

_LARGE = 31 << 20
"""Just below the most that the limits can be raised to on a 64-bit system, 32 MiB."""


@cache
def keep_freed_memory() -> None:
    """Let what is freed in one moment be used again in the next, without the system.

    Counting a block takes many arrays of up to 1 MB for a moment. The GNU C library gives such
    memory back to the system and asks for it anew, page by page, which can take longer than the
    counting. Once a large allocation was freed, it keeps what is smaller, up to twice that size in
    all. The allocation is not touched, so it takes no memory; elsewhere this has no effect.

    Source:
        mallopt(3), M_MMAP_THRESHOLD: "the dynamic mmap threshold".
    """
    np.empty(_LARGE, np.uint8)
