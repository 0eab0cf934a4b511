"""What the program remembers between two starts: one typed line per setting."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload

from PySide6.QtCore import QByteArray, QSettings

from inspector.ui.later import later

if TYPE_CHECKING:
    import json

    from inspector.core import wire
else:
    json = later("json")
    wire = later("inspector.core.wire")

T = TypeVar("T")

MOST_RECENT = 8
"""Pairs that are remembered."""

THEMES = ("system", "light", "dark")


class RecentPair(NamedTuple):
    """Files that were open together, and the last answer about them.

    Attributes:
        reference: Path, empty where there was none.
        candidate: Path, empty where there was none.
        data: Paths of the sample data.
        code: `FILE.py[:CALLABLE]` of the reference. Consent to run it is another matter.
        verdict: A verdict's word, empty where nothing was compared.
        sentence: The verdict's sentence, or what was done instead.
        when: Seconds since the epoch.
    """

    reference: str = ""
    candidate: str = ""
    data: tuple[str, ...] = ()
    code: str = ""
    verdict: str = ""
    sentence: str = ""
    when: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        """What makes two entries the same pair."""
        return self.reference, self.candidate


class Consent(NamedTuple):
    """What a person allowed to run: one file or folder, byte for byte, and the source with it.

    Attributes:
        path: Where the file lay; it may lie elsewhere now.
        bytes: Its size; of a folder, that of all its files.
        digest: SHA-256 of the whole, see `formats.digests`.
        code: `FILE.py[:CALLABLE]`, empty where none was needed.
        code_args: JSON object of keyword arguments.
        source_digest: SHA-256 over all of the user's files that `code` leads to.
        when: Seconds since the epoch.
    """

    path: str
    bytes: int
    digest: str
    code: str = ""
    code_args: str = "{}"
    source_digest: str = ""
    when: float = 0.0


class Acceptance(NamedTuple):
    """A finding that a person accepted for one file, as that file was then.

    Attributes:
        rule: Name of the finding's rule.
        path: The file.
        bytes: Its size.
        changed: When it was last written, in nanoseconds since the epoch.
        reason: Why it may stay so.
        who: Who says so; empty where no name was given.
        when: Seconds since the epoch.
    """

    rule: str
    path: str
    bytes: int
    changed: int
    reason: str
    who: str = ""
    when: float = 0.0


class Setting(Generic[T]):
    """One remembered value, kept as JSON text; what cannot be read back is the default."""

    def __init__(self, default: T, kind: Any) -> None:
        self._default, self._kind = default, kind
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, settings: None, owner: type) -> Setting[T]: ...

    @overload
    def __get__(self, settings: Settings, owner: type) -> T: ...

    def __get__(self, settings: Settings | None, owner: type) -> T | Setting[T]:
        if settings is None:
            return self
        text = settings.store.value(self._name)
        if not isinstance(text, str):
            return self._default
        try:
            plain = json.loads(text)
            # The first paint needs texts alone, and does not wait for the reader of records.
            known: T = plain if type(plain) is self._kind else wire.from_plain(plain, self._kind)
        except (ValueError, TypeError):
            return self._default
        return known

    def __set__(self, settings: Settings, value: T) -> None:
        settings.store.setValue(self._name, json.dumps(wire.to_plain(value), ensure_ascii=True))


class Settings:
    """Everything that is remembered. To add a setting, add a line here.

    Args:
        store: Where the values lie; by default the user's own settings file.
    """

    theme = Setting("system", str)
    """One of `THEMES`."""
    worker_interpreter = Setting("", str)
    """Python that runs models; empty: the one the window runs in."""
    recent: Setting[tuple[RecentPair, ...]] = Setting((), tuple[RecentPair, ...])
    """Newest first."""
    consents: Setting[tuple[Consent, ...]] = Setting((), tuple[Consent, ...])
    """What may run without another question, newest first; see `consents.py`."""
    acceptances: Setting[tuple[Acceptance, ...]] = Setting((), tuple[Acceptance, ...])
    """Findings that are accepted, newest first; see `accepted.py`."""
    pictures = Setting("", str)
    """How pictures became numbers last, see `core.image_settings`; empty: as they are."""
    name = Setting("", str)
    """Who accepts findings, as given last."""
    geometry = Setting("", str)
    """Place and size of the window, base64."""
    splitters: Setting[dict[str, tuple[int, ...]]] = Setting({}, dict[str, tuple[int, ...]])
    """Sizes by page and place of the splitter in it."""
    last_folders: Setting[dict[str, str]] = Setting({}, dict[str, str])
    """Folder that was chosen last, by purpose (`reference`, `candidate`, `data`, `save`)."""

    def __init__(self, store: QSettings | None = None) -> None:
        self.store = store or QSettings(
            QSettings.Format.IniFormat,
            QSettings.Scope.UserScope,
            "onnx-inspector",
            "onnx-inspector",
        )

    def remember(self, pair: RecentPair) -> None:
        """Put a pair at the head of the recent ones; an entry about the same files goes."""
        if not (pair.reference or pair.candidate):
            return
        stamped = pair if pair.when else pair._replace(when=time.time())
        kept = _without_parts(self.recent, stamped)
        self.recent = (stamped, *kept)[:MOST_RECENT]

    def folder(self, purpose: str) -> str:
        """Folder to begin a file dialog in, empty where none was used yet."""
        return self.last_folders.get(purpose, "")

    def remember_folder(self, purpose: str, folder: str) -> None:
        """The folder that a file dialog ended in."""
        self.last_folders = self.last_folders | {purpose: folder}

    def restore_geometry(self) -> QByteArray:
        """Place and size of the window, empty at the first start."""
        return QByteArray.fromBase64(QByteArray(self.geometry.encode()))

    def keep_geometry(self, geometry: QByteArray) -> None:
        """Remember place and size of the window."""
        self.geometry = bytes(geometry.toBase64().data()).decode()


def _without_parts(pairs: tuple[RecentPair, ...], newer: RecentPair) -> list[RecentPair]:
    """Leave out the same pair, and one of its files alone that nothing was found out about."""
    return [
        pair
        for pair in pairs
        if pair.key != newer.key
        and (
            pair.verdict
            or (pair.reference and pair.reference != newer.reference)
            or (pair.candidate and pair.candidate != newer.candidate)
        )
    ]
