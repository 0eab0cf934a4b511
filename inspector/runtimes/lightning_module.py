"""What stands in for `LightningModule` where Lightning is not installed.

A model that is built on it needs of it, to be run, what `nn.Module` has and its settings.
"""

from __future__ import annotations

import inspect
import sys
from types import FrameType
from typing import Any

NAME = "LightningModule"


class Settings(dict[str, Any]):
    """Settings that are read as `settings.width` or as `settings["width"]`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def stand_in() -> type:
    """The class, made where PyTorch may be imported."""
    import torch

    class LightningModule(torch.nn.Module):
        """An `nn.Module` with settings, whose methods for training do nothing."""

        hparams: Any
        trainer = None
        automatic_optimization = True

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__()
            self.__dict__.setdefault("hparams", Settings())

        @property
        def device(self) -> torch.device:
            """Where its parameters are."""
            return next((p.device for p in self.parameters()), torch.device("cpu"))

        def save_hyperparameters(
            self, *names: Any, ignore: Any = (), frame: FrameType | None = None, **kwargs: Any
        ) -> None:
            """Keep what `__init__` was called with, or the settings that are given."""
            ignored = (ignore,) if isinstance(ignore, str) else tuple(ignore or ())
            given = _arguments_of(frame or sys._getframe(1))  # noqa: SLF001
            if len(names) == 1 and not isinstance(names[0], str):
                value = names[0]
                given = dict(value) if isinstance(value, dict) else dict(vars(value))
            elif names:
                given = {name: given[name] for name in names if name in given}
            kept = {name: value for name, value in given.items() if name not in ignored}
            self.__dict__["hparams"] = Settings(kept)

        def log(self, *args: Any, **kwargs: Any) -> None:
            """Nothing is logged."""

        def log_dict(self, *args: Any, **kwargs: Any) -> None:
            """Nothing is logged."""

    return LightningModule


def _arguments_of(frame: FrameType) -> dict[str, Any]:
    names, _, named, values = inspect.getargvalues(frame)
    found = {name: values[name] for name in names[1:] if name in values}
    return {**found, **(values.get(named) or {})} if named else found
