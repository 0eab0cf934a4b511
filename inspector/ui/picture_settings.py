"""How pictures become numbers is remembered from one start to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from inspector.ui.later import later

if TYPE_CHECKING:
    from inspector.core import failures, image_settings
    from inspector.jobs import requests
    from inspector.ui.document import Document
    from inspector.ui.settings import Settings
else:
    failures = later("inspector.core.failures")
    image_settings = later("inspector.core.image_settings")
    requests = later("inspector.jobs.requests")


def data_of(document: Document, paths: tuple[str, ...]) -> requests.DataSource:
    """Files as sample data; pictures among them are read as the last ones were."""
    if not document.pictures:
        return requests.DataSource(paths=paths)
    try:
        images = image_settings.parse_image_settings(document.pictures)
    except failures.InspectorError:  # the file of settings was changed by hand
        return requests.DataSource(paths=paths)
    return requests.DataSource(paths=paths, images=images)


class PictureSettings(QObject):
    """Keeps the document's settings for pictures."""

    def __init__(self, settings: Settings, document: Document) -> None:
        super().__init__(document)
        self._settings, self._document = settings, document
        document.pictures = settings.pictures
        document.data_changed.connect(self._keep)

    def _keep(self) -> None:
        if self._document.pictures != self._settings.pictures:
            self._settings.pictures = self._document.pictures
