"""Values at the borders of modules, and of every step of an exported program."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from inspector.runtimes.base import Array  # noqa: E402
from inspector.runtimes.pytorch_call import Call  # noqa: E402
from inspector.runtimes.pytorch_taps import key_of, run_program, steps_of, watch  # noqa: E402


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.act = nn.ReLU(inplace=True)
        self.drop = nn.Dropout()
        self.rnn = nn.LSTM(3, 2)

    def forward(self, x, *, scale=None):
        y = self.drop(self.act(self.fc(self.act(self.fc(x)))))
        return self.rnn(y * 2 if scale is None else y * scale)


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return Net().eval()


def call(**kwargs):
    return Call((torch.tensor([[1.0, -2.0, 3.0]]),), kwargs)


def test_calls_come_in_the_order_in_which_they_end_and_are_counted(net):
    calls, (y, _) = watch(net, call())
    names = [(one.path, one.call) for one in calls]
    assert names == [("fc", 0), ("act", 0), ("fc", 1), ("act", 1), ("drop", 0), ("rnn", 0)]
    assert all(one.leaf for one in calls)
    assert calls[0].text == "Linear(in_features=3, out_features=3, bias=True)"
    assert [form.shape for form in calls[-1].outputs] == [(1, 2), (1, 2), (1, 2)]
    assert y.shape == (1, 2)


def test_a_layer_that_writes_over_its_input_is_not_idle_and_a_dropout_is(net):
    calls, _ = watch(net, call())
    idle = {(one.path, one.call): one.idle for one in calls}
    assert idle["drop", 0]
    assert not idle["act", 0]
    fc, act = calls[0], calls[1]
    assert fc.outputs[0].identity == act.inputs[0].identity != act.outputs[0].identity


def test_values_are_kept_as_they_were_when_they_left(net):
    kept: dict[str, Array] = {}
    wanted = frozenset({key_of("fc", 0, "out", 0), key_of("act", 0, "out", 0)})
    watch(net, call(), wanted, kept.__setitem__)
    before, after = (kept[key] for key in sorted(wanted, reverse=True))
    assert np.float64(before).min() < 0
    np.testing.assert_array_equal(np.maximum(before, 0), after)


def test_inputs_that_are_passed_by_name_are_seen(net):
    calls, _ = watch(net, call(scale=torch.tensor(3.0)))
    assert len(calls) == 6


def test_no_hook_stays_behind(net):
    watch(net, call())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


@pytest.mark.filterwarnings("ignore:The tensor attributes")
def test_a_program_tells_the_steps_and_gives_their_values(net):
    program = torch.export.export(net, call().args, strict=False)
    steps = steps_of(program)
    assert steps["linear_1"].target == "torch.ops.aten.linear.default"
    assert steps["linear_1"].path == "fc"
    assert "test_pytorch_taps.py" in steps["linear_1"].stack
    kept: dict[str, Array] = {}
    outputs = run_program(program, call(), frozenset({"linear"}), kept.__setitem__)
    wanted = net(*call().args)
    np.testing.assert_allclose(np.float64(outputs[0]), wanted[0].detach().numpy(), rtol=1e-5)
    assert len(outputs) == 3
    np.testing.assert_allclose(
        np.float64(kept["linear"]), net.fc(*call().args).detach().numpy(), rtol=1e-6
    )
