"""The card "One sample": a picture, a curve or the numbers of the chosen array."""

from __future__ import annotations

import base64
import math

from PySide6.QtCore import QPointF, QRect, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPolygonF, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from inspector.core.failures import Failure
from inspector.core.sample_preview import SamplePreview
from inspector.core.words import counted
from inspector.jobs.requests import PreviewRequest
from inspector.ui import look
from inspector.ui.document import Document
from inspector.ui.plots.numbers import short_text
from inspector.ui.plots.plot_view import PlotView, cosmetic, hline
from inspector.ui.widgets.cards import Card, scrolling
from inspector.ui.widgets.controls import icon_button
from inspector.ui.widgets.labels import Label
from inspector.ui.widgets.number_field import number_field

_HEIGHT = 150
_MOST = 2**31 - 1


class SampleView(PlotView):
    """Paints the picture or the curve of a `SamplePreview`."""

    def __init__(self) -> None:
        super().__init__("One sample", focus=False)
        self._found: SamplePreview | None = None
        self._image = QImage()

    def show_sample(self, found: SamplePreview | None) -> None:
        """Show another sample; None: nothing."""
        self._found = found
        self._image = _image_of(found) if found is not None else QImage()
        self.describe(facts_text(found) if found is not None else "")

    def sizeHint(self) -> QSize:
        return QSize(240, _HEIGHT)

    def draw(self, painter: QPainter) -> None:
        if not self._image.isNull():
            self._draw_image(painter)
        elif self._found is not None and self._found.curve:
            self._draw_curve(painter, self._found)

    def _draw_image(self, painter: QPainter) -> None:
        """As large as there is room; small pictures keep their square pixels."""
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(0, 0, max(1, size.width()), max(1, size.height()))
        place.moveTop((self.height() - place.height()) // 2)
        place.moveLeft((self.width() - place.width()) // 2)
        smaller = place.width() < self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smaller)
        painter.drawImage(place, self._image)

    def _draw_curve(self, painter: QPainter, found: SamplePreview) -> None:
        """From the smallest value at the bottom to the largest; gaps where nothing is finite."""
        room = (found.maximum / 2 - found.minimum / 2) or 1.0
        high, last = self.height() - 9, max(1, len(found.curve) - 1)

        def down(value: float) -> float:
            return 4 + (1 - (value / 2 - found.minimum / 2) / room) * high

        if found.minimum <= 0 <= found.maximum:
            hline(painter, 0, self.width(), down(0.0), "line2")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(cosmetic(look.color("cand"), 1.25))
        points: list[QPointF] = []
        for number, (low, top) in enumerate((*found.curve, (math.nan, math.nan))):
            if math.isnan(low):
                painter.drawPolyline(QPolygonF(points))
                points = []
                continue
            x = number / last * (self.width() - 2) + 1
            points.extend(QPointF(x, down(value)) for value in dict.fromkeys((low, top)))


def _image_of(found: SamplePreview) -> QImage:
    rows, columns, channels = found.picture_shape
    data = base64.b64decode(found.picture)
    if not rows or len(data) != rows * columns * channels:
        return QImage()
    grey, colour = QImage.Format.Format_Grayscale8, QImage.Format.Format_RGB888
    form = grey if channels == 1 else colour
    return QImage(data, columns, rows, columns * channels, form).copy()


def facts_text(found: SamplePreview) -> str:
    """`float32 [1, 8, 8], from 0 to 16, mean 4.88`, and what is not finite."""
    parts = [f"{found.dtype} {list(found.shape)}"]
    if found.minimum == found.maximum:
        parts.append(f"all {short_text(found.minimum)}")
    elif not math.isnan(found.minimum):
        ends = f"from {short_text(found.minimum)} to {short_text(found.maximum)}"
        parts.append(f"{ends}, mean {short_text(found.mean)}")
    if found.nan:
        parts.append(f"{found.nan:,} NaN")
    if found.infinite:
        parts.append(f"{found.infinite:,} infinite")
    return ", ".join(parts)


class PreviewCard(Card):
    """Asks the reader for a sample when it is seen, and shows what comes."""

    def __init__(self, document: Document) -> None:
        super().__init__("One sample", " ")
        self._document = document
        self._array = self._input = ""
        self._asked: PreviewRequest | None = None
        self._running = self._stale = False
        self._lay_out()

    def _lay_out(self) -> None:
        self.sample = number_field("Sample", 0, 0, 0, width=76, small=True)
        self.previous = icon_button("arrow-left", "Previous sample")
        self.next = icon_button("arrow-right", "Next sample")
        self.total = Label("", 12, 400, "text3")
        self._steps = QWidget()
        row = QHBoxLayout(self._steps)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for part in (self.previous, self.sample, self.next, self.total):
            row.addWidget(part)
        row.addStretch(1)
        self.previous.clicked.connect(lambda: self.sample.stepBy(-1))
        self.next.clicked.connect(lambda: self.sample.stepBy(1))
        self.sample.valueChanged.connect(lambda _: self._ask())
        self.view = SampleView()
        self.numbers = Label("", 12, 400, mono=True, wrap=True)
        self.numbers.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._shown = QStackedWidget()
        self._shown.setMinimumHeight(_HEIGHT)
        self._shown.addWidget(self.view)
        self._shown.addWidget(scrolling(self.numbers))
        self.facts = Label("", 12, 400, "text2", wrap=True)
        self.note = Label("", 12, 400, "text3", wrap=True)
        self.body.addWidget(self._steps)
        self.body.addWidget(self._shown, 1)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.note)

    def show_array(self, name: str, goes_into: str) -> None:
        """Show an array of the document's data.

        Args:
            name: Its name; empty: none.
            goes_into: The input that gets it; empty: none does.
        """
        if name != self._array:
            with QSignalBlocker(self.sample):
                self.sample.setRange(0, _MOST)
                self.sample.setValue(0)
            self._steps.hide()
        self._array, self._input = name, goes_into
        self.hint.setText(name)
        self._ask()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        """One question at a time; what changed meanwhile is asked when the answer is there."""
        wanted = self._wanted()
        if wanted is None or wanted == self._asked or not self.isVisible():
            return
        if self._running:
            self._stale = True
            return
        self._asked, self._running, self._stale = wanted, True, False
        job = self._document.reader.submit("preview", wanted)
        job.finished.connect(lambda found: self._on_answered(wanted, found))
        job.failed.connect(lambda failure: self._on_answered(wanted, failure))
        job.cancelled.connect(lambda: self._on_answered(wanted, None))

    def _wanted(self) -> PreviewRequest | None:
        opened, data = self._document.candidate, self._document.data
        onnx = opened.inspection.onnx if opened is not None and opened.inspection else None
        if not self._array or data is None or onnx is None:
            return None
        return PreviewRequest(onnx.inputs, data, self._array, self._input, self.sample.value())

    def _on_answered(self, asked: PreviewRequest, answer: SamplePreview | Failure | None) -> None:
        self._running = False
        if self._stale or self._wanted() != asked:
            self._ask()
            return
        if isinstance(answer, SamplePreview):
            self._show(answer)
        elif answer is not None:
            self.view.show_sample(None)
            self._shown.setCurrentIndex(0)
            self._steps.hide()
            self.facts.setText(answer.sentence)
            self.note.hide()

    def _show(self, found: SamplePreview) -> None:
        self.view.show_sample(found)
        self.numbers.setText("  ".join(found.numbers))
        self._shown.setCurrentIndex(1 if found.numbers else 0)
        with QSignalBlocker(self.sample):
            self.sample.setRange(0, max(0, found.samples - 1))
            self.sample.setValue(found.sample)
        self._steps.setVisible(found.samples > 1)
        self.previous.setEnabled(found.sample > 0)
        self.next.setEnabled(found.sample < found.samples - 1)
        self.total.setText(f"of {counted(found.samples, 'sample')}")
        self.facts.setText(facts_text(found))
        self.note.setText(f"Shown: {found.note}." if found.note else "")
        self.note.setVisible(bool(found.note))
