"""Small ONNX files, made with the versions pinned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

Shape: TypeAlias = Sequence[str | int | None] | None
SaveModel = Callable[..., Path]


@pytest.fixture
def save_model(tmp_path: Path) -> SaveModel:
    """Save a graph of these nodes; inputs `x` and `y`, output `out`, unless told otherwise."""

    def save(
        nodes: list[onnx.NodeProto],
        initializers: dict[str, np.ndarray[Any, Any]] | None = None,
        *,
        name: str = "model.onnx",
        opset: int = 18,
        inputs: Mapping[str, Shape] | None = None,
        outputs: Mapping[str, Shape] | None = None,
        domains: dict[str, int] | None = None,
        **fields: Any,
    ) -> Path:
        taken: Mapping[str, Shape] = inputs if inputs is not None else {"x": ["batch", 4]}
        made: Mapping[str, Shape] = outputs if outputs is not None else {"out": ["batch", 4]}
        graph = helper.make_graph(
            nodes,
            "main",
            [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in taken.items()],
            [helper.make_tensor_value_info(k, TensorProto.FLOAT, v) for k, v in made.items()],
            [numpy_helper.from_array(v, k) for k, v in (initializers or {}).items()],
        )
        opsets = [helper.make_opsetid("", opset)]
        opsets += [helper.make_opsetid(k, v) for k, v in (domains or {}).items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8, **fields)
        path = tmp_path / name
        path.write_bytes(model.SerializeToString())
        return path

    return save
