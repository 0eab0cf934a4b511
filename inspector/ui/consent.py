"""When running a checkpoint needs the person's consent, and how to ask for it."""

from __future__ import annotations

from inspector.core.failures import TRUST_NEEDED, Failure
from inspector.core.inspection import CheckpointFacts
from inspector.ui.document import Document
from inspector.ui.forms import MODULE_FORMS, WEIGHT_FORMS


def needs_consent(checkpoint: CheckpointFacts) -> bool:
    """Whether running a checkpoint by itself means executing code that it brings or names.

    Weights alone do not: they are listed at once, and the question comes with the source. Neither
    do forms that are not run here.
    """
    if checkpoint.form in WEIGHT_FORMS:
        return any(item.judgement == "dangerous" for item in checkpoint.imports)
    return checkpoint.form in MODULE_FORMS


def checkpoint_of(document: Document) -> CheckpointFacts | None:
    """The reference, where it is a checkpoint that was read."""
    opened = document.reference
    return opened.inspection.checkpoint if opened and opened.inspection else None


def is_missing(document: Document) -> bool:
    """Whether the reference may not be run yet because nobody agreed to it."""
    facts = checkpoint_of(document)
    if facts is None or document.plan.trusted:
        return False
    return needs_consent(facts) or bool(document.plan.code)


def ask(document: Document) -> None:
    """Put the question of trust; the Model page shows it."""
    opened = document.reference
    assert opened is not None
    document.failed.emit(
        Failure(
            f"Running '{opened.name}' executes code, and needs your consent.",
            "Say on the Model page how it should be opened.",
            kind=TRUST_NEEDED,
        )
    )
