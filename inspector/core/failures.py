"""What went wrong, said once and plainly: one sentence, one remedy, the raw text folded below."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass, replace

from inspector.core.failures_known import Known as Known
from inspector.core.failures_onnx import ONNX
from inspector.core.failures_system import SYSTEM
from inspector.core.failures_torch import TORCH
from inspector.core.tensor_fit import TensorRow

TRUST_NEEDED = "trust-needed"
"""Kind of a failure that the user's consent would remove."""

FOREIGN = "foreign"
"""Kind of a failure that says what a file of another program is, and what to do with it."""

TOO_NEW = "too-new"
"""Kind of a failure that a copy of the ONNX file for an older runtime would remove."""

NEEDS_OPERATORS = "needs-operators"
"""Kind of a failure that a library of custom operators may remove."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An expected failure as people see it.

    Attributes:
        sentence: What is wrong, one sentence, no blame.
        hint: What to do about it, one sentence; empty only where nothing can be done.
        detail: Raw text (a library's message, a traceback), shown folded.
        stage: The stage that was running, empty where there was none.
        kind: What is known about the remedy: `TRUST_NEEDED`, `FOREIGN`, `TOO_NEW`,
            `NEEDS_OPERATORS`, else empty.
        table: Tensors that do not fit, where that is what is wrong.
    """

    sentence: str
    hint: str = ""
    detail: str = ""
    stage: str = ""
    kind: str = ""
    table: tuple[TensorRow, ...] = ()


class InspectorError(Exception):
    """An expected failure on its way to whoever can show it."""

    def __init__(
        self,
        sentence: str,
        hint: str = "",
        detail: str = "",
        table: tuple[TensorRow, ...] = (),
        kind: str = "",
    ) -> None:
        super().__init__(sentence)
        self.failure = Failure(sentence, hint, detail, kind=kind, table=table)


class TrustNeededError(InspectorError):
    """Raised where going on would execute code that the user has not consented to."""

    def __init__(self, sentence: str, hint: str = "", detail: str = "") -> None:
        super().__init__(sentence, hint, detail)
        self.failure = replace(self.failure, kind=TRUST_NEEDED)


def error_of(failure: Failure) -> InspectorError:
    """The exception that carries `failure`, unchanged: what crossed a process boundary."""
    kind = TrustNeededError if failure.kind == TRUST_NEEDED else InspectorError
    error = kind(failure.sentence, failure.hint, failure.detail)
    error.failure = failure
    return error


CATALOGUE: tuple[Known, ...] = (*TORCH, *ONNX, *SYSTEM)
"""All known errors; the first row that fits speaks."""


_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def explain(error: BaseException, stage: str = "") -> Failure:
    """Say what an exception means to a person.

    An `InspectorError` says so itself; other errors are looked up in `CATALOGUE`, and one that is
    not there is named as it is.

    Args:
        error: Any exception, with those that it was raised from.
        stage: The stage that was running.
    """
    if isinstance(error, InspectorError):
        return replace(error.failure, stage=error.failure.stage or stage)
    detail = _COLOURS.sub("", "".join(traceback.format_exception(error)))
    text = _COLOURS.sub("", chain_text(error))
    for known in CATALOGUE:
        match = re.search(known.pattern, text)
        if match is not None:
            found = match.groupdict().items()
            groups = {name: (value or "?").rstrip(".") for name, value in found}
            if groups.get("name") == "?":
                groups["name"] = groups.get("other", "?")
            sentence = known.sentence.format(**groups)
            return Failure(sentence, known.hint.format(**groups), detail, stage)
    while_ = f" while {stage[0].lower()}{stage[1:]}" if stage else ""
    plain = _COLOURS.sub("", str(error))
    first = next((line for line in plain.splitlines() if line.strip()), "")
    return Failure(
        f"Something went wrong{while_}: {type(error).__name__}: {first.strip()[:200]}".rstrip(": "),
        "The details hold the whole message.",
        detail,
        stage,
    )


def chain_text(error: BaseException) -> str:
    """The messages of an exception and of those that it was raised from, one after another."""
    texts: list[str] = []
    current: BaseException | None = error
    while current is not None and len(texts) < 20:
        texts.append(f"{type(current).__name__}: {current}")
        current = current.__cause__ or current.__context__
    return "\n".join(texts)
