"""What went wrong, said once and plainly: one sentence, one remedy, the raw text folded below."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """An expected failure as people see it.

    Attributes:
        sentence: What is wrong, one sentence, no blame.
        hint: What to do about it, one sentence; empty only where nothing can be done.
        detail: Raw text (a library's message, a traceback), shown folded.
        stage: The stage that was running, empty where there was none.
    """

    sentence: str
    hint: str = ""
    detail: str = ""
    stage: str = ""


class InspectorError(Exception):
    """An expected failure on its way to whoever can show it."""

    def __init__(self, sentence: str, hint: str = "", detail: str = "") -> None:
        super().__init__(sentence)
        self.failure = Failure(sentence, hint, detail)


class TrustNeededError(InspectorError):
    """Raised where going on would execute code that the user has not consented to."""
