"""A copy of the module computes in 64 bits throughout, or says why it does not."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from inspector.core.failures import InspectorError
from inspector.core.model import Checkpoint
from inspector.core.sources import ModelSource
from inspector.runtimes import pytorch_double
from inspector.runtimes.pytorch import PyTorchRuntime
from inspector.runtimes.pytorch_call import signature_of
from inspector.runtimes.pytorch_double import open_float64
from inspector.runtimes.pytorch_load import Loaded
from inspector.runtimes.pytorch_programs import COMPILED, MODULE

X = np.random.default_rng(0).standard_normal((2, 4, 8)).astype(np.float32)


class Careless(nn.Module):
    """Casts, masks and constants in float32, as found in real models."""

    turn: torch.Tensor
    steps: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(8, 8)
        self.scale = torch.full((8,), 1.1)  # no buffer: .double() does not reach it
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.register_buffer("turn", torch.polar(torch.ones(4), torch.arange(4.0)))
        self.register_buffer("steps", torch.arange(8))

    def forward(self, x):
        x = self.line(x).float() * self.scale + torch.zeros(8, dtype=torch.float32)
        x = torch.softmax(x, -1, dtype=torch.float32) + self.steps
        mask = torch.triu(torch.full((4, 4), float("-inf"), dtype=torch.float32), 1)
        x = self.attention(x, x, x, attn_mask=mask)[0]
        turned = torch.view_as_complex(x.reshape(*x.shape[:-1], 4, 2)) * self.turn
        return torch.view_as_real(turned).flatten(-2) * torch.tensor(0.5)


class Exact(nn.Module):
    """The same formula with everything in float64."""

    def __init__(self, careless: Careless) -> None:
        super().__init__()
        self.of = careless

    def forward(self, x):
        of = self.of
        x = of.line(x) * of.scale.double() + torch.zeros(8, dtype=torch.float64)
        x = torch.softmax(x, -1) + of.steps
        mask = torch.triu(torch.full((4, 4), float("-inf"), dtype=torch.float64), 1)
        x = of.attention(x, x, x, attn_mask=mask)[0]
        turn = of.turn.to(torch.complex128)
        turned = torch.view_as_complex(x.reshape(*x.shape[:-1], 4, 2)) * turn
        return torch.view_as_real(turned).flatten(-2) * 0.5


class Halving(nn.Module):
    def forward(self, x):
        return x.half().float() * 3


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.seen = torch.zeros(8)

    def forward(self, x):
        self.seen.add_(x[0, 0])
        return x + self.seen


class Bits(nn.Module):
    def forward(self, x):
        return x.view(torch.int32) & 0x7FFFFFFF


class Stubborn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(8, 8)

    def forward(self, x):
        if x.dtype != torch.float32:
            raise TypeError("float32 wanted")
        return self.line(x)


def runtime_of(module, kind=MODULE):
    checkpoint = Checkpoint("none.pt", 0, "whole-module", "zip", (), (), (), None)
    loaded = Loaded(module.eval(), kind, checkpoint, signature_of(module))
    return PyTorchRuntime(loaded, (), ())


def in_float64(module, kind=MODULE):
    runtime = runtime_of(module, kind)
    exact = open_float64(runtime, ModelSource("none.pt"))
    return exact, exact.run({runtime.input_names[0]: X})


def test_casts_masks_and_constants_are_computed_in_64_bits():
    torch.manual_seed(0)
    module = Careless()
    found, (output,) = in_float64(module)
    assert found.why_not == ""
    assert output.dtype == np.float64
    truth = Exact(module)
    truth.of.line.double()
    truth.of.attention.double()
    with torch.no_grad():
        expected = truth(torch.from_numpy(X.astype(np.float64))).numpy()
    np.testing.assert_allclose(output, expected, rtol=1e-13, atol=1e-15)


def test_the_module_itself_and_the_default_stay_as_they_are():
    module = Stubborn()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    with pytest.raises(InspectorError, match="float32 wanted"):
        in_float64(module)
    assert torch.get_default_dtype() == torch.float32
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
    in_float64(nn.Sequential(nn.BatchNorm1d(4)))
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (Halving(), "rounds to float16"),
        (Counting(), "changes a tensor of less"),
        (Bits(), "reads the bits"),
    ],
)
def test_what_cannot_be_widened_is_no_referee(module, words):
    found, _ = in_float64(module)
    assert words in found.why_not


def test_half_precision_is_no_rounding_where_it_is_the_modules_own():
    found, (output,) = in_float64(nn.Sequential(nn.Linear(8, 8), Halving()).half())
    assert (found.why_not, output.dtype) == ("", np.float64)


@pytest.mark.parametrize("form", ["script", "trace", "program"])
def test_programs_are_computed_in_64_bits_too(form):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(8, 8), nn.GELU(), nn.LSTM(8, 8, batch_first=True)).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = {
            "script": lambda: torch.jit.script(module),
            "trace": lambda: torch.jit.trace(module, torch.from_numpy(X)),
            "program": lambda: torch.export.export(module, (torch.from_numpy(X),)).module(),
        }[form]()
    runtime = PyTorchRuntime(
        Loaded(
            other,
            form,
            Checkpoint("none.pt", 0, form, "zip", (), (), (), None),
            signature_of(module),
        ),
        (),
        (),
    )
    name = runtime.input_names[0]
    exact = open_float64(runtime, ModelSource("none.pt"))
    found = exact.run({name: X})
    _, expected = in_float64(module)
    assert exact.why_not == ""
    for one, other_one in zip(found, expected, strict=True):
        assert one.dtype == np.float64
        np.testing.assert_allclose(one, other_one, rtol=1e-12, atol=1e-14)
    again = runtime.run({name: X})
    assert again[0].dtype == np.float32


def test_compiled_code_is_refused():
    with pytest.raises(InspectorError, match="Compiled code"):
        in_float64(nn.Identity(), COMPILED)


def test_what_cannot_be_copied_is_loaded_again(monkeypatch):
    class Single(nn.Linear):
        def __deepcopy__(self, memo):
            raise RuntimeError("there is only one of me")

    module = Single(8, 8)
    other = nn.Linear(8, 8)
    other.load_state_dict(module.state_dict())
    monkeypatch.setattr(pytorch_double, "load", lambda source, report: runtime_of(other).loaded)
    exact = open_float64(runtime_of(module), ModelSource("none.pt"))
    (output,) = exact.run({exact._runtime.input_names[0]: X})
    expected = X.astype(np.float64) @ module.weight.detach().double().numpy().T
    np.testing.assert_allclose(output, expected + module.bias.detach().double().numpy())
    assert module.weight.dtype == torch.float32
