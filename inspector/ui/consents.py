"""Consent that was given before: remembered for exactly one file and its source, or withdrawn.

A consent is about the SHA-256 of the whole file, or of all files in the folder, and of every file
of the user's source that would be executed with it. All is worked out in a thread, and only for
what may be known by its size. Of a folder that is too large to be read each time, none is
remembered, which is said.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from inspector.ui import bundled
from inspector.ui.document import Document
from inspector.ui.later import later
from inspector.ui.settings import Consent, Settings

if TYPE_CHECKING:
    from inspector.core import failures
    from inspector.core.sources import ModelSource
    from inspector.formats import digests
    from inspector.runtimes import user_code_files
    from inspector.ui.job import Job
else:
    failures = later("inspector.core.failures")
    digests = later("inspector.formats.digests")
    user_code_files = later("inspector.runtimes.user_code_files")

MOST = 200
"""Consents that are kept; the oldest goes first."""


class Consents(QObject):
    """Remembers what the person allowed, and allows it again as long as nothing has changed."""

    changed = Signal()
    """The list of consents is another."""
    _worked_out = Signal(object)
    """From the thread: a Consent to be remembered."""
    _recognised = Signal(str, object)
    """From the thread: path of a file, and the Consent that it was found to have, or None."""
    _not_remembered = Signal(str)
    """From the thread: why a consent is asked for again."""

    def __init__(self, settings: Settings, document: Document) -> None:
        super().__init__(document)
        self._settings, self._document = settings, document
        self._looked_at = ""
        self._found: dict[str, Consent] = {}
        document.files_changed.connect(self._on_files_changed)
        document.job_started.connect(self._on_job_started)
        self._worked_out.connect(self._on_worked_out)
        self._recognised.connect(self._on_recognised)
        self._not_remembered.connect(document.noticed)

    @property
    def given(self) -> tuple[Consent, ...]:
        """What is allowed, newest first."""
        return self._settings.consents

    def withdraw(self, consent: Consent) -> None:
        """Ask again from now on; a file that is open is not run any more either."""
        self._settings.consents = tuple(one for one in self.given if one != consent)
        opened, plan = self._document.reference, self._document.plan
        if opened is not None and plan.trusted and self._found.get(opened.path) == consent:
            self._document.set_plan(replace(plan, trusted=False))
        self._found = {path: one for path, one in self._found.items() if one != consent}
        self.changed.emit()

    # A file that may be known

    def _on_files_changed(self) -> None:
        opened = self._document.reference
        path = opened.path if opened is not None else ""
        if path != self._looked_at:
            self._looked_at = path
            self._look_at(path)
        self._apply()

    def _look_at(self, path: str) -> None:
        self._found.pop(path, None)
        if path and self.given:
            args = (path, self.given)
            threading.Thread(target=self._recognise, args=args, daemon=True).start()

    def _recognise(self, path: str, given: Sequence[Consent]) -> None:
        found: Consent | None = None
        with contextlib.suppress(OSError, failures.InspectorError):
            size = digests.size_of(path)
            known = [one for one in given if one.bytes == size]
            digest = digests.digest_of(path) if known else ""
            found = next((one for one in known if one.digest == digest and _still(one)), None)
        with contextlib.suppress(RuntimeError):  # the window is gone
            self._recognised.emit(path, found)

    def _on_recognised(self, path: str, consent: Consent | None) -> None:
        if consent is not None and consent in self.given:
            self._found[path] = consent
            self._apply()

    def _apply(self) -> None:
        """Go on with a file as the person decided before."""
        opened, plan = self._document.reference, self._document.plan
        if opened is None or opened.inspection is None or plan.trusted:
            return
        consent = self._found.get(opened.path)
        if consent is None or plan.code not in ("", consent.code):
            return
        self._document.set_plan(
            replace(plan, code=consent.code, code_args=consent.code_args, trusted=True)
        )
        day = time.strftime("%d %B %Y", time.localtime(consent.when)).lstrip("0")
        self._document.noticed.emit(f"Runs as you allowed on {day}; Settings lists it")
        if self._document.job is None:
            self._document.prepare()

    # What is allowed now

    def _on_job_started(self, job: Job) -> None:
        source: ModelSource | None = getattr(job.request, "source", None)
        source = source or getattr(job.request, "reference", None)
        if source is None or not source.trust or not self._document.plan.again:
            return
        if source.custom_ops:  # that was about libraries, and holds as long as the window
            return
        if bundled.is_bundled(source.path):
            return
        known = self._found.get(source.path)
        if known is not None and (known.code, known.code_args) == (source.code, source.code_args):
            return
        args = (source.path, source.code, source.code_args)
        threading.Thread(target=self._work_out, args=args, daemon=True).start()

    def _work_out(self, path: str, code: str, code_args: str) -> None:
        try:
            source = user_code_files.source_digest(code) if code else ""
        except (OSError, failures.InspectorError):
            return  # what cannot be read is asked about again
        try:
            size, digest = digests.size_of(path), digests.digest_of(path)
        except OSError:
            return
        except failures.InspectorError as error:
            with contextlib.suppress(RuntimeError):  # the window is gone
                self._not_remembered.emit(f"{error.failure.sentence} {error.failure.hint}")
            return
        consent = Consent(path, size, digest, code, code_args, source, time.time())
        with contextlib.suppress(RuntimeError):
            self._worked_out.emit(consent)

    def _on_worked_out(self, consent: Consent) -> None:
        self._found[consent.path] = consent
        same = (consent.digest, consent.code)
        kept = [one for one in self.given if (one.digest, one.code) != same]
        self._settings.consents = (consent, *kept)[:MOST]
        self.changed.emit()


def _still(consent: Consent) -> bool:
    """Whether the source of a consent is what it was."""
    if not consent.code:
        return True
    try:
        return user_code_files.source_digest(consent.code) == consent.source_digest
    except (OSError, failures.InspectorError):
        return False
