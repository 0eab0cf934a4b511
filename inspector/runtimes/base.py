"""What every runtime offers: the form in which one side of a comparison computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from inspector.core.model import Value

Array = npt.NDArray[np.generic]


class Runtime(Protocol):
    """A loaded model that can be run."""

    @property
    def name(self) -> str:
        """What people call the runtime."""

    @property
    def version(self) -> str:
        """Its version, empty where it has none."""

    @property
    def device(self) -> str:
        """What it computes on."""

    @property
    def inputs(self) -> tuple[Value, ...]:
        """What it takes, in order; sizes and dtypes as far as they are declared."""

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of what it takes, in order."""

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of what it computes, in order; known after the first run at the latest."""

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """Compute all outputs, in order, for the inputs given by name."""
