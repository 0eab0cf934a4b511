"""Modules that the first window does not wait for."""

from __future__ import annotations

import importlib
from typing import Any


class later:  # noqa: N801 - reads as what it does: `requests = later("inspector.jobs.requests")`
    """Stands for a module and imports it when something of it is first used.

    The records of the core take a tenth of a second to define, and nothing on the first page
    needs one. Type checkers see the real import beside it, under `TYPE_CHECKING`.

    Args:
        name: Full name of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)
