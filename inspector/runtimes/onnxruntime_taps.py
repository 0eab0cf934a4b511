"""Values inside an ONNX graph: tapped while the whole runs, or computed from given ones alone.

The file is read once, without external weights. From it come small variants of the model that
live in memory only: with further outputs, or cut at values that are then inputs. Large weights
are referred to where they lie in the file itself, so a variant holds none.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inspector.core.arrays import dtype_name
from inspector.core.layer_graph import Wiring, used_by
from inspector.core.model import Model, is_compound
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import (
    OnnxRuntime,
    Opening,
    import_onnxruntime,
    session_options,
)
from inspector.runtimes.onnxruntime_values import declared

_LARGE = 1 << 16
"""Bytes from which on a weight is left in the file."""
_FOLDER = "session.model_external_initializers_file_folder_path"
_OWN = "::own"
"""Behind the name of a value that is computed, where its name stands for what is given."""
_TAPS_AT_FIRST = 32
_BUDGET = 256 << 20
"""Bytes of values that one run may give."""


class Form(NamedTuple):
    """Shape and dtype of a value as it came out of a run, and its bytes."""

    shape: tuple[int, ...]
    dtype: str
    bytes: int


class Taps:
    """An ONNX file whose inside can be run.

    Args:
        model: Its structure; its weights have been found safe to read.
        opened: How it is run; the optimiser is switched off in any case.
    """

    def __init__(self, model: Model, opened: Opening) -> None:
        import onnx

        self._opened = opened._replace(level="off")
        self._proto = onnx.load(opened.path, load_external_data=False)
        self._folder = str(Path(opened.path).resolve().parent)
        if model.external_files:
            self._name_real_files()
        else:
            self._leave_large_in_file(model)
        self.wiring = Wiring(model.graph.nodes)
        self.outputs = tuple(value.name for value in model.graph.outputs)
        graph = self._proto.graph
        self._inputs = {value.name: value for value in graph.input}
        self._weights = {one.name: one for one in graph.initializer}
        self._sparse = {one.values.name: one for one in graph.sparse_initializer}
        self.inputs = tuple(name for name in self._inputs if name not in self._weights)

    def _name_real_files(self) -> None:
        """Name files of weights by where they really lie.

        In a cache of downloads they are links that leave the folder, which ONNX Runtime takes
        from a file that is a link as well, but not from a model in memory.
        """
        beside = Path(self._opened.path).parent
        entries = [
            entry
            for tensor in self._proto.graph.initializer
            for entry in tensor.external_data
            if entry.key == "location"
        ]
        real = {entry.value: (beside / entry.value).resolve() for entry in entries}
        self._folder = os.path.commonpath([path.parent for path in real.values()] or [beside])
        for entry in entries:
            entry.value = os.path.relpath(real[entry.value], self._folder).replace(os.sep, "/")

    def _leave_large_in_file(self, model: Model) -> None:
        import onnx

        places = {one.name: one.payload for one in model.graph.initializers}
        for tensor in self._proto.graph.initializer:
            place = places.get(tensor.name)
            if place is None or place.file or place.message or place.length < _LARGE:
                continue
            if not tensor.HasField("raw_data"):
                continue
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            for key, value in (
                ("location", Path(self._opened.path).resolve().name),
                ("offset", str(place.offset)),
                ("length", str(place.length)),
            ):
                tensor.external_data.add(key=key, value=value)

    def tapped(self, values: Sequence[str]) -> OnnxRuntime:
        """The whole model with these values as its only outputs, in this order."""
        region = self.wiring.cut(values, ())
        return self._session(region.nodes, (), values, {})

    def cut(self, values: Sequence[str], known: Collection[str], dtypes: Mapping[str, str]) -> Cut:
        """A model that computes each value from the nearest known ones alone.

        Args:
            values: What it computes.
            known: Values that are given, wherever they are used.
            dtypes: Dtype of each known value in the file.
        """
        region = self.wiring.cut(values, known)
        given = {name: dtypes[name] for name in region.inputs}
        runtime = self._session(region.nodes, region.inputs, values, given)
        return Cut(runtime, region.inputs)

    def proto_of(
        self, values: Sequence[str], known: Collection[str], dtypes: Mapping[str, str]
    ) -> tuple[Any, tuple[str, ...]]:
        """The model of `cut` with its weights inside, for other evaluators.

        Raises:
            OSError: Weights cannot be read.
        """
        import onnx
        from onnx.external_data_helper import load_external_data_for_model

        region = self.wiring.cut(values, known)
        given = {name: dtypes[name] for name in region.inputs}
        proto = self._variant(region.nodes, region.inputs, values, given)
        load_external_data_for_model(proto, self._folder)
        assert isinstance(proto, onnx.ModelProto)
        return proto, region.inputs

    def forms(self, values: Sequence[str], feeds: Mapping[str, Array]) -> dict[str, Form]:
        """Shape and dtype of each value that is a tensor, from one run in several passes."""
        found: dict[str, Form] = {}
        for batch in self._batches_while_learning(values, found):
            try:
                runtime = self.tapped(batch)
            except NotTensorsError as error:
                batch = [name for name in batch if name not in error.values]
                if not batch:
                    continue
                runtime = self.tapped(batch)
            given = {name: feeds[name] for name in runtime.input_names}
            for name, array in zip(batch, runtime.run(given), strict=True):
                found[name] = Form(array.shape, dtype_name(array), array.nbytes)
        return found

    def _batches_while_learning(
        self, values: Sequence[str], found: Mapping[str, Form]
    ) -> Iterator[list[str]]:
        """Few values at first; then as many as their sizes so far allow."""
        start, count = 0, _TAPS_AT_FIRST
        while start < len(values):
            batch = [name for name in values[start : start + count] if self._is_tensor(name)]
            start += count
            if batch:
                yield batch
            largest = max((form.bytes for form in found.values()), default=1)
            count = max(1, min(count * 4, _BUDGET // max(largest, 1)))

    def _is_tensor(self, value: str) -> bool:
        op_type = self.wiring.nodes[self.wiring.maker[value]].op_type
        return not op_type.startswith(("Sequence", "Optional", "SplitToSequence"))

    def _session(
        self,
        nodes: Sequence[int],
        given: Sequence[str],
        values: Sequence[str],
        dtypes: Mapping[str, str],
    ) -> OnnxRuntime:
        proto = self._variant(nodes, given, values, dtypes)
        options, providers = session_options(self._opened)
        options.add_session_config_entry(_FOLDER, self._folder)
        runtime = import_onnxruntime()
        session = runtime.InferenceSession(proto.SerializeToString(), options, providers=providers)
        compound = [one.name for one in session.get_outputs() if is_compound(declared(one).dtype)]
        if compound:
            raise NotTensorsError(tuple(name.removesuffix(_OWN) for name in compound))
        return OnnxRuntime(session, self._opened)

    def _variant(
        self,
        nodes: Sequence[int],
        given: Sequence[str],
        values: Sequence[str],
        dtypes: Mapping[str, str],
    ) -> Any:
        import onnx

        proto = onnx.ModelProto()
        proto.ir_version = self._proto.ir_version
        proto.opset_import.extend(self._proto.opset_import)
        proto.functions.extend(self._proto.functions)
        graph = proto.graph
        graph.name = self._proto.graph.name or "inside"
        renamed = frozenset(given)
        taken: dict[str, None] = {}
        for index in nodes:
            node = self._proto.graph.node[index]
            taken.update(dict.fromkeys(used_by(self.wiring.nodes[index])))
            graph.node.append(node)
            for place, name in enumerate(node.output):
                if name in renamed:
                    graph.node[-1].output[place] = name + _OWN
        for name in given:
            graph.input.append(_input(name, dtypes[name]))
        self._add_stored(graph, taken, renamed)
        graph.output.extend(
            onnx.ValueInfoProto(name=name + _OWN if name in renamed else name) for name in values
        )
        return proto

    def _add_stored(self, graph: Any, taken: Collection[str], given: Collection[str]) -> None:
        """The inputs and weights of the file that the nodes take."""
        for name in taken:
            if name in given:
                continue
            if name in self._weights:
                graph.initializer.append(self._weights[name])
            elif name in self._sparse:
                graph.sparse_initializer.append(self._sparse[name])
            if name in self._inputs:
                graph.input.append(self._inputs[name])


class Cut(NamedTuple):
    """A model that was cut out, and the known values that it is given."""

    runtime: OnnxRuntime
    known: tuple[str, ...]


class NotTensorsError(Exception):
    """Some of the values that were asked for are lists or optionals."""

    def __init__(self, values: tuple[str, ...]) -> None:
        super().__init__(", ".join(values))
        self.values = values


def _input(name: str, dtype: str) -> Any:
    import onnx

    kind = {"float32": "FLOAT", "float64": "DOUBLE"}.get(dtype, dtype.upper())
    element = getattr(onnx.TensorProto, kind)
    return onnx.helper.make_tensor_value_info(name, element, None)


def batches(values: Sequence[str], sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """The values in their order, in parts whose arrays stay within what one run may give.

    Args:
        values: In the order of running.
        sizes: Bytes of each.
    """
    batch: list[str] = []
    total = 0
    for value in values:
        if batch and total + sizes[value] > _BUDGET:
            yield batch
            batch, total = [], 0
        batch.append(value)
        total += sizes[value]
    if batch:
        yield batch


def as_dtype(array: Array, dtype: str) -> Array:
    """The array in the dtype that the file has for the value: halves for a half-precision file."""
    if dtype_name(array) == dtype:
        return array
    if dtype == "bfloat16":
        import ml_dtypes

        return array.astype(ml_dtypes.bfloat16)
    return array.astype(np.dtype("str" if dtype == "string" else dtype))
