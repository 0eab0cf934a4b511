"""Errors of the operating system, whichever library met them, and what to tell a person."""

from __future__ import annotations

from inspector.core.failures_known import Known

SYSTEM: tuple[Known, ...] = (
    Known(
        r"\[Errno 28\]|No space left on device|\[Errno 122\]",
        "There is not enough room on the disk.",
        "Free some space, or choose another folder; nothing that was there has been changed.",
    ),
    Known(
        r"OSError: \[Errno 27\]",
        "A file grew beyond the size that the worker may write.",
        "If it has to be that large, set ONNX_INSPECTOR_FILE_GB to more gigabytes and try again.",
    ),
    Known(
        r"PermissionError: .*?'(?P<path>[^']*)'",
        "There is no permission to use '{path}'.",
        "Change its permissions, or choose another place.",
    ),
    Known(
        r"IsADirectoryError: .*?'(?P<path>[^']*)'",
        "'{path}' is a folder where a file is needed.",
        "Choose a file.",
    ),
    Known(
        r"FileNotFoundError: .*?'(?P<path>[^']*)'",
        "The file '{path}' does not exist.",
        "Check the path.",
    ),
    Known(
        r"MemoryError|bad_alloc|Failed to allocate memory|DefaultCPUAllocator: (can't|not enough)",
        "The memory that the worker may use was not enough.",
        "Try smaller example sizes or batches, or a computer with more memory.",
    ),
)
