"""What cases are made with: a network with weights, its export, an alteration, data on disk.

A case is a function that takes a `Workshop` and gives a `Pair`; its docstring says what it does.
Nothing here knows how a pair is judged.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
import torch
from torch import nn

from inspector.core.input_spec import InputDim, InputSpec
from inspector.core.progress import Report
from inspector.core.sources import DataSource, ModelSource
from inspector.runtimes.pytorch_load import load
from tests.benchmarks.verdict_cases import (
    nets_redteam,
    nets_sequence,
    nets_values,
    nets_vision,
)

Array = npt.NDArray[Any]
HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
BUNDLED = ROOT / "resources" / "samples"

DYNAMO, TORCHSCRIPT = "dynamo", "torchscript"

_BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "redteam": nets_redteam.build,
    "vision": nets_vision.build,
    "sequence": nets_sequence.build,
    "values": nets_values.build,
}


class Pair(NamedTuple):
    """What a comparison is given."""

    reference: ModelSource
    candidate: ModelSource
    data: DataSource


Case = Callable[["Workshop"], Pair]


class MissingError(Exception):
    """A file that a case needs is not on this machine."""


@dataclass(frozen=True)
class Net:
    """A network with its weights.

    Attributes:
        source: Where it is saved; what its `forward()` takes is not in it.
        make: Builds a copy, with other arguments where some are given.
    """

    source: ModelSource
    make: Callable[..., nn.Module]


@dataclass(frozen=True)
class Exporting:
    """How a network becomes an ONNX file.

    Attributes:
        exporter: `dynamo` or `torchscript`.
        opset: Opset of the default domain.
        symbols: By input, axis to symbol; axis 0 of every input is `batch` where this is None.
        example: Samples in the example, and in a run where axis 0 has no symbol.
        training: Leave training mode as the module has it.
        names: Names of the outputs; empty: as the exporter calls them.
    """

    exporter: str = TORCHSCRIPT
    opset: int = 17
    symbols: Mapping[str, Mapping[int, str]] | None = None
    example: int = 2
    training: bool = False
    names: tuple[str, ...] = ()

    def axes(self, data: Mapping[str, Array]) -> dict[str, dict[int, str]]:
        """By input, axis to symbol."""
        given = {name: {0: "batch"} for name in data} if self.symbols is None else self.symbols
        return {name: dict(given.get(name, {})) for name in data}


DEFAULT = Exporting()
BY_DYNAMO = Exporting(DYNAMO, 18)


class Workshop:
    """Makes the files of one case.

    Args:
        folder: Where they go.
        name: The case; random numbers depend on it and on `seed` alone.
        seed: Other weights and other data of the same case.
    """

    def __init__(self, folder: Path, name: str, seed: int = 0) -> None:
        self.folder = folder
        self.random = np.random.default_rng([zlib.crc32(name.encode()), seed])
        folder.mkdir(parents=True, exist_ok=True)

    def normal(self, *shape: int, scale: float = 1.0, mean: float = 0.0) -> Array:
        """float32 numbers around `mean`."""
        return (self.random.standard_normal(shape) * scale + mean).astype(np.float32)

    def whole(self, low: int, high: int, *shape: int, dtype: str = "int64") -> Array:
        """Whole numbers from `low` to `high`, exclusive."""
        return self.random.integers(low, high, shape).astype(dtype)

    def net(self, code: str, dtype: str = "float32", **arguments: Any) -> Net:
        """A network of `code` (`vision.ConvNet`) with weights like those of a trained one."""
        place, name = code.split(".")
        file = HERE / f"nets_{place}.py"
        arguments = {"name": name, "dtype": dtype, **arguments}
        builder = _BUILDERS[place]
        seed = int(self.random.integers(1 << 31))
        with quiet():
            torch.manual_seed(seed)
            module = builder(**arguments)
            settle(module)
        path = self.folder / "weights.pt"
        torch.save(module.state_dict(), path)

        def make(**other: Any) -> nn.Module:
            built: nn.Module = builder(**{**arguments, **other})
            built.load_state_dict(module.state_dict())
            return built.eval()

        source = ModelSource(str(path), f"{file}:build", json.dumps(arguments), trust=True)
        return Net(source, make)

    def given(self, source: ModelSource) -> Net:
        """A network that exists already."""

        def make() -> nn.Module:
            with quiet():
                module: nn.Module = load(source, Report()).module
            return module

        return Net(source, make)

    def pair(
        self,
        net: Net,
        data: Mapping[str, Array],
        how: Exporting = DEFAULT,
        *,
        instead: Mapping[str, Any] | None = None,
        alter: Callable[[Any], object] | None = None,
        edit: Callable[[onnx.ModelProto], object] | None = None,
        batch: int = 0,
    ) -> Pair:
        """A network and its export, on data.

        Args:
            net: The network: the reference.
            data: Input name to array, samples along axis 0.
            how: How it is exported.
            instead: Other arguments with which the exported copy is built.
            alter: What is done to the exported copy.
            edit: What is done to the exported file.
            batch: Samples in a run; 0: as the program chooses.
        """
        module = net.make(**(instead or {}))
        if alter is not None:
            altered = alter(module)
            module = altered if isinstance(altered, nn.Module) else module
        proto = export(module, data, how, self.folder / "model.onnx")
        if edit is not None:
            edit(proto)
        onnx.save(proto, self.folder / "model.onnx")
        reference = replace(net.source, inputs=specs_of(data, how))
        return Pair(reference, ModelSource(str(self.folder / "model.onnx")), self.data(data, batch))

    def data(self, data: Mapping[str, Array], batch: int = 0) -> DataSource:
        """Data in a file."""
        path = self.folder / "samples.npz"
        np.savez(path, allow_pickle=False, **dict(data))
        return DataSource((str(path),), batch_size=batch)

    def recorded(self, name: str = "recorded", **outputs: Array) -> ModelSource:
        """Outputs in a file."""
        path = self.folder / f"{name}.npz"
        np.savez(path, allow_pickle=False, **outputs)
        return ModelSource(str(path))

    def one_run(self, inputs: Mapping[str, Array], outputs: Mapping[str, Array]) -> ModelSource:
        """Inputs and outputs of one run in a folder, as the ONNX project keeps its tests."""
        folder = self.folder / "test_data_set_0"
        folder.mkdir()
        for kind, arrays in (("input", inputs), ("output", outputs)):
            for place, (name, array) in enumerate(arrays.items()):
                tensor = onnx.numpy_helper.from_array(array, name)
                (folder / f"{kind}_{place}.pb").write_bytes(tensor.SerializeToString())
        return ModelSource(str(folder))

    def graph(
        self,
        nodes: list[onnx.NodeProto],
        inputs: Mapping[str, tuple[int, list[int | str]]],
        outputs: Mapping[str, tuple[int, list[int | str]]],
        initializers: Mapping[str, Array] | None = None,
        name: str = "model",
    ) -> ModelSource:
        """A file of its own nodes; inputs and outputs are element type and shape by name."""
        made, wanted = (
            [onnx.helper.make_tensor_value_info(key, *form) for key, form in some.items()]
            for some in (inputs, outputs)
        )
        held = [onnx.numpy_helper.from_array(a, key) for key, a in (initializers or {}).items()]
        graph = onnx.helper.make_graph(nodes, name, made, wanted, held)
        opset = [onnx.helper.make_opsetid("", 18)]
        model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=10)
        onnx.checker.check_model(model)
        path = self.folder / f"{name}.onnx"
        onnx.save(model, path)
        return ModelSource(str(path))


def settle(module: nn.Module) -> None:
    """Give normalisation the statistics and factors of a trained model, not those of a new one."""
    for part in module.modules():
        norm = isinstance(part, nn.BatchNorm2d | nn.LayerNorm | nn.GroupNorm | nn.InstanceNorm2d)
        if norm and isinstance(part.weight, torch.Tensor):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            assert isinstance(part.bias, torch.Tensor)
            nn.init.normal_(part.bias, 0.0, 0.2)
        if isinstance(part, nn.BatchNorm2d):
            assert part.running_mean is not None
            assert part.running_var is not None
            nn.init.normal_(part.running_mean, 0.0, 0.3)
            nn.init.uniform_(part.running_var, 0.05, 1.0)


def specs_of(data: Mapping[str, Array], how: Exporting) -> tuple[InputSpec, ...]:
    """What `forward()` takes."""
    axes = how.axes(data)
    return tuple(
        InputSpec(
            name,
            array.dtype.name,
            tuple(
                InputDim(size if axis else how.example, axes[name].get(axis, ""))
                for axis, size in enumerate(array.shape)
            ),
        )
        for name, array in data.items()
    )


def export(
    module: nn.Module, data: Mapping[str, Array], how: Exporting, path: Path
) -> onnx.ModelProto:
    """Export a module by PyTorch itself, with the first samples as the example."""
    axes = how.axes(data)
    example = tuple(
        torch.from_numpy(array[: how.example]) if array.ndim else torch.tensor(array)
        for array in data.values()
    )
    with quiet():
        if how.exporter == DYNAMO:
            return _by_dynamo(module, example, axes, how)
        return _by_torchscript(module, example, axes, how, path)


def _by_dynamo(
    module: nn.Module, example: tuple[Any, ...], axes: dict[str, dict[int, str]], how: Exporting
) -> onnx.ModelProto:
    shapes = tuple(dict(found) or None for found in axes.values())
    program = torch.onnx.export(
        module,
        example,
        input_names=list(axes),
        output_names=list(how.names) or None,
        opset_version=how.opset,
        dynamic_shapes=shapes if any(shapes) else None,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    return program.model_proto


def _by_torchscript(
    module: nn.Module,
    example: tuple[Any, ...],
    axes: dict[str, dict[int, str]],
    how: Exporting,
    path: Path,
) -> onnx.ModelProto:
    mode = torch.onnx.TrainingMode
    torch.onnx.export(
        module,
        example,
        path,
        input_names=list(axes),
        output_names=list(how.names) or None,
        opset_version=how.opset,
        dynamic_axes={name: found for name, found in axes.items() if found},
        dynamo=False,
        training=mode.PRESERVE if how.training else mode.EVAL,
        do_constant_folding=not how.training,
    )
    return onnx.load(path)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Exporters and runtimes warn of what cases are made of, and print."""
    state = torch.random.get_rng_state()
    logging.disable(logging.WARNING)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)
            torch.random.set_rng_state(state)


def sentence_of(case: Case) -> str:
    """What a case does, in its own words."""
    return (case.__doc__ or "").strip().splitlines()[0]
