"""What stands in for a package that is not installed: it complains only where it is used."""

from __future__ import annotations

import inspect
from typing import Any, NoReturn

from inspector.runtimes import lightning_module


class MissingPackageError(ImportError):
    """Something was used that could not be imported or evaluated; the text says what and why."""


class Placeholder:
    """Stands where a name could not be given its value.

    A model's file often imports packages that only its training needs. Attributes, annotations
    and decorators of a placeholder are harmless and give placeholders, or what was decorated;
    calling it, or making an instance of a class built on it, raises `MissingPackageError`. A
    class built on `LightningModule` gets a stand-in that can be run.
    """

    def __init__(self, name: str, why: str) -> None:
        self.__name__ = name
        self.__qualname__ = name
        self._why = why

    def __getattr__(self, name: str) -> Placeholder:
        if name.startswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self.__name__}.{name}", self._why)

    def __getitem__(self, key: object) -> Placeholder:
        return self

    def __or__(self, other: object) -> Any:
        return self

    __ror__ = __or__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Give back what is decorated; complain about everything else."""
        decorates = len(args) == 1 and (inspect.isclass(args[0]) or inspect.isfunction(args[0]))
        if decorates and not kwargs:
            return args[0]
        return self._complain()

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        if self.__name__.rpartition(".")[2] == lightning_module.NAME:
            return (lightning_module.stand_in(),)
        complain = self._complain

        class Unusable:
            def __new__(cls, *args: Any, **kwargs: Any) -> Any:
                return complain()

        return (Unusable,)

    def __iter__(self) -> NoReturn:
        self._complain()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<{self.__name__}, which is not there: {self._why}>"

    def _complain(self) -> NoReturn:
        raise MissingPackageError(f"'{self.__name__}' is needed, but: {self._why}")
