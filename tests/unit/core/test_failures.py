"""Errors of libraries become sentences; the rest are named as they are."""

from __future__ import annotations

import re

import pytest

from inspector.core import wire
from inspector.core.failures import (
    CATALOGUE,
    Failure,
    InspectorError,
    Known,
    TrustNeededError,
    error_of,
    explain,
)
from inspector.core.tensor_fit import MISSING, OTHER_SHAPE, UNEXPECTED, TensorRow

SAYINGS = {
    "RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x7 and 10x3)": "10 features",
    "No ONNX function found for <OpOverload(op='prims.bessel_i1e', overload='default')>. "
    "Failure message: No decompositions registered": "'prims.bessel_i1e'",
    "Exporting the operator 'aten::special_i1e' to ONNX opset version 20 is not supported.": (
        "'aten::special_i1e' to opset 20"
    ),
    "Exporting the operator 'aten::grid_sampler' to ONNX opset version 14 is not supported. "
    "Support for this operator was added in version 16, try": "to opset 14",
    "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for Conv(11) "
    "node with name '/conv/Conv'": "Conv (version 11)",
    "Fatal error: com.acme:MyOp(-1) is not a registered function/op": "'com.acme:MyOp'",
    "Got invalid dimensions for input: x for the following indices\n index: 0 Got: 4 Expected: 1"
    "\n Please fix": "size 4 along axis 0 where the ONNX model takes 1",
    "Invalid rank for input: x Got: 1 Expected: 2": "1 dimensions where the ONNX model takes 2",
    "Opset 27 is under development and support for this is limited": "opset 27",
    "Unsupported model IR version: 14, max supported IR version: 13": "(13)",
    "No Op registered for Gelu with domain_version of 18": "Gelu",
    "[Errno 28] No space left on device": "not enough room",
    "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes": "memory",
    "\x1b[96mstep 3/3\x1b[0m\n## Exception summary\n\n<class 'AssertionError'>: only 4D query, "
    "key, and value are supported": "operations: only 4D query, key, and value are supported.",
    "SymbolicValueError: ONNX export does NOT support exporting bitwise Not for non-boolean input "
    "values  [Caused by the value '137": "bitwise Not for non-boolean input values.",
    "'_OpNamespace' 'acme' object has no attribute 'blur'": "'acme::blur'",
    "External data path validation failed for initializer: w. Error: External data path escapes "
    "model directory.": "outside its own folder",
    "External initializer: w offset: 0 size to read: 2048 given file_length: 100 are out of "
    "bounds": "shorter than the model needs",
    "External data path does not exist": "weights is missing",
    "Unsupported onnx_opset_version: 24": "opset 24",
    "WeightsUnpickler error: Unsupported global: GLOBAL os.system was not an allowed global": (
        "'os.system'"
    ),
    "PytorchStreamReader failed locating file data.pkl": "damaged",
    "ModuleNotFoundError: No module named 'timm'": "'timm'",
    "MissingPackageError: 'timm.layers' is needed, but: not installed": "'timm.layers'",
}


@pytest.mark.parametrize("text", SAYINGS)
def test_known_errors_have_a_sentence_and_a_remedy(text: str) -> None:
    failure = explain(RuntimeError(text), "Checking")
    assert SAYINGS[text] in failure.sentence
    assert failure.hint
    assert failure.stage == "Checking"
    assert text.splitlines()[-1] in failure.detail
    assert "\x1b" not in failure.sentence + failure.detail


@pytest.mark.parametrize("known", CATALOGUE, ids=lambda known: known.pattern[:30])
def test_every_row_is_whole(known: Known) -> None:
    groups = set(re.compile(known.pattern).groupindex)
    used = set(re.findall(r"\{(\w+)\}", known.sentence + known.hint))
    assert used <= groups
    assert known.sentence.endswith(".")
    assert known.hint.endswith(".")


def test_the_cause_of_an_error_is_found() -> None:
    error = ValueError("could not save")
    error.__cause__ = OSError(28, "No space left on device")
    assert "not enough room" in explain(error).sentence


def test_an_unknown_error_is_named_with_its_stage() -> None:
    failure = explain(KeyError("weights"), "Capturing graph")
    assert failure.sentence == ("Something went wrong while capturing graph: KeyError: 'weights'")


def test_an_expected_failure_keeps_its_words_and_gets_the_stage() -> None:
    failure = explain(InspectorError("Too small.", "Make it bigger."), "Saving")
    assert failure == Failure("Too small.", "Make it bigger.", "", "Saving")


def test_the_table_of_tensors_survives_a_process_boundary() -> None:
    rows = (
        TensorRow("fc.weight", OTHER_SHAPE, (10, 3), (7, 3)),
        TensorRow("fc.bias", MISSING, (10,), None),
        TensorRow("scale", UNEXPECTED, None, ()),
    )
    failure = explain(InspectorError("The weights do not fit.", table=rows), "Loading")
    assert error_of(wire.loads(wire.dumps(failure), Failure)).failure.table == rows


def test_the_need_for_consent_survives_a_process_boundary() -> None:
    sent = wire.dumps(explain(TrustNeededError("It executes code.", "Allow it.", "nets.Net")))
    error = error_of(wire.loads(sent, Failure))
    assert isinstance(error, TrustNeededError)
    assert error.failure.detail == "nets.Net"
    assert not isinstance(error_of(Failure("x")), TrustNeededError)
