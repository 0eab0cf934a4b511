"""The stand-in for `LightningModule` keeps settings as Lightning does, and trains nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from inspector.runtimes.lightning_module import Settings, stand_in
from inspector.runtimes.user_code_missing import Placeholder

Base: Any = stand_in()


class Net(Base):  # type: ignore[misc]
    def __init__(self, width: int = 4, depth: int = 1, *, keep: Any = (), **more: Any) -> None:
        super().__init__()
        self.save_hyperparameters(*keep, ignore=["keep"])
        self.fc = torch.nn.Linear(3, width)
        self.log("loss", 0.0)


def test_settings_are_what_init_was_called_with() -> None:
    net = Net(5, lr=0.1)
    assert net.hparams == {"width": 5, "depth": 1, "lr": 0.1}
    assert (net.hparams.width, net.hparams["depth"]) == (5, 1)
    assert net.device == torch.device("cpu")
    assert set(net.state_dict()) == {"fc.weight", "fc.bias"}


@pytest.mark.parametrize("given", [{"width": 9}, SimpleNamespace(width=9)])
def test_settings_that_are_given_as_one_object_are_kept(given: Any) -> None:
    assert Net(keep=(given,)).hparams == {"width": 9}


def test_settings_can_be_named() -> None:
    assert Net(keep=("depth",)).hparams == {"depth": 1}


def test_settings_are_attributes_too() -> None:
    settings = Settings(a=1)
    settings.b = 2
    assert (settings.b, settings["b"]) == (2, 2)
    with pytest.raises(AttributeError, match="c"):
        _ = settings.c


@pytest.mark.parametrize("name", ["LightningModule", "pl.LightningModule", "L.LightningModule"])
def test_a_class_built_on_what_is_missing_gets_the_stand_in(name: str) -> None:
    missing: Any = Placeholder(name, "No module named 'lightning'")

    class Model(missing):  # type: ignore[misc]
        pass

    assert isinstance(Model(), torch.nn.Module)
