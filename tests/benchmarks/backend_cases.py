"""Every test case of the onnx package, as files: the model and its recorded inputs and outputs."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

KINDS = ("node", "simple", "pytorch-operator", "pytorch-converted", "light")


class Case(NamedTuple):
    """One case in the ONNX test layout.

    Attributes:
        kind: One of `KINDS`.
        name: The onnx package's own name of it.
        folder: Holds `model.onnx` and `test_data_set_0`, ...
    """

    kind: str
    name: str
    folder: Path

    @property
    def model(self) -> Path:
        """The ONNX file."""
        return self.folder / "model.onnx"

    @property
    def data_sets(self) -> tuple[Path, ...]:
        """Folders of `input_*.pb` and `output_*.pb`."""
        return tuple(sorted(self.folder.glob("test_data_set_*")))


def write_cases(folder: Path, every: int = 1) -> Iterator[Case]:
    """Write the cases below `folder`, one as it is asked for.

    Args:
        folder: Where they go.
        every: Only each case whose number, in order of kind and name, is a multiple of this.
    """
    for number, (kind, case) in enumerate(_listed()):
        if number % every == 0:
            target = folder / kind / case.name
            target.mkdir(parents=True, exist_ok=True)
            _WRITE.get(kind, _copy)(case, target)
            yield Case(kind, case.name, target)


def _listed() -> list[tuple[str, Any]]:
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        # The package computes its expected outputs as it lists them, NaN and overflow included.
        warnings.simplefilter("ignore")
        found = [
            (kind, case)
            for kind in KINDS
            for case in load_model_tests(kind="real" if kind == "light" else kind)
        ]
    return sorted(found, key=lambda one: (KINDS.index(one[0]), one[1].name))


def _copy(case: Any, target: Path) -> None:
    shutil.copytree(case.model_dir, target, dirs_exist_ok=True)


def _write_node(case: Any, target: Path) -> None:
    (target / "model.onnx").write_bytes(case.model.SerializeToString())
    for number, (inputs, outputs) in enumerate(case.data_sets):
        folder = target / f"test_data_set_{number}"
        folder.mkdir(exist_ok=True)
        _write_values(folder, "input", case.model.graph.input, inputs)
        _write_values(folder, "output", case.model.graph.output, outputs)


def _write_values(folder: Path, kind: str, declared: Sequence[Any], values: Sequence[Any]) -> None:
    # Some cases record fewer values than the model declares: the rest are optional.
    for place, (value, stated) in enumerate(zip(values, declared, strict=False)):
        (folder / f"{kind}_{place}.pb").write_bytes(_proto(value, stated).SerializeToString())


def _proto(value: Any, stated: Any) -> Any:
    """The message that holds a value, as `onnx.backend.test.cmd_tools` chooses it."""
    import onnx

    write: Any = {
        "map_type": onnx.numpy_helper.from_dict,
        "sequence_type": onnx.numpy_helper.from_list,
        "optional_type": onnx.numpy_helper.from_optional,
    }.get(stated.type.WhichOneof("value"), onnx.numpy_helper.from_array)
    return value if isinstance(value, onnx.TensorProto) else write(value, stated.name)


def _write_light(case: Any, target: Path) -> None:
    """The large models, whose weights are computed: inputs are made, outputs come along."""
    import onnx
    from onnx.backend.test import loader

    stem = Path(loader.DATA_DIR) / "light" / Path(case.url).stem
    shutil.copy(stem.with_suffix(".onnx"), target / "model.onnx")
    folder = target / "test_data_set_0"
    folder.mkdir(exist_ok=True)
    graph = onnx.load(target / "model.onnx").graph
    stored = {tensor.name for tensor in graph.initializer}
    for place, value in enumerate(one for one in graph.input if one.name not in stored):
        shape = [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim]
        size = int(np.prod(shape))
        ramp = (np.arange(size).reshape(shape) / size).astype(np.float32)
        proto = onnx.numpy_helper.from_array(ramp, value.name)
        (folder / f"input_{place}.pb").write_bytes(proto.SerializeToString())
    for place in range(len(graph.output)):
        shutil.copy(f"{stem}_output_{place}.pb", folder / f"output_{place}.pb")


_WRITE = {"node": _write_node, "light": _write_light}
