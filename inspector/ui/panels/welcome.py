"""The first page: the question, the drop target, recent pairs, samples, the four answers."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from inspector.ui import look
from inspector.ui.ahead import finish
from inspector.ui.bundled import Sample, samples
from inspector.ui.document import CANDIDATE, REFERENCE, Document
from inspector.ui.frame import PAGE, PROMISE, QUESTION
from inspector.ui.header import DATA
from inspector.ui.panels.welcome_recent import RecentList
from inspector.ui.settings import Settings
from inspector.ui.widgets.cards import Card, scrolling
from inspector.ui.widgets.controls import IconView, button
from inspector.ui.widgets.file_card import Tile
from inspector.ui.widgets.labels import Label

_CENTRE = Qt.AlignmentFlag.AlignHCenter

PLACES = (
    (REFERENCE, "PT", "ref", "PyTorch model", ".pt  .pth  .ckpt  .safetensors",
     "the reference: what is right"),
    (CANDIDATE, "ONNX", "cand", "ONNX model", ".onnx", "the candidate: what is checked"),
    (DATA, "DATA", "", "Sample data", ".npz  .csv  .png  .wav", "what both are asked to compute"),
)  # fmt: skip

ANSWERS = (
    ("PASS", "they agree"),
    ("REVIEW", "a person must decide"),
    ("FAIL", "they do not agree"),
    ("CANNOT JUDGE", "no fair test was possible"),
)


class WelcomePanel(QWidget):
    """What is shown while no file is open.

    Args:
        document: Where files are opened.
        settings: Hold the recent pairs.
        in_steps: Leave it to `making` to make the parts.
    """

    chosen = Signal(str)
    """A place whose file is to be chosen."""
    open_asked = Signal()
    sample_asked = Signal(object)
    recent_asked = Signal(object)

    def __init__(self, document: Document, settings: Settings, *, in_steps: bool = False) -> None:
        super().__init__()
        self._document, self._settings = document, settings
        self.making = self._make()
        if not in_steps:
            finish(self.making)

    def _make(self) -> Iterator[str]:
        self.target = DropTarget()
        self.target.chosen.connect(self.chosen)
        self.target.open_asked.connect(self.open_asked)
        self.recent = RecentList()
        self.recent.chosen.connect(self.recent_asked)
        self.sample_buttons: dict[str, QWidget] = {}
        yield "target"
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(16, 0, 16, 0)
        row.addStretch(1)
        content = QWidget()
        content.setMaximumWidth(PAGE)
        row.addWidget(content, 100)
        row.addStretch(1)
        parts = self._recent_card(), self._sample_card(), _answers()
        yield "cards"
        self._fill(content, *parts)
        yield "page"
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._area = scrolling(holder)
        outer.addWidget(self._area)
        self.refresh()

    @property
    def cards(self) -> dict[str, QWidget]:
        """The widget of each place, for what is dragged over it."""
        return self.target.cards

    def light(self, sides: frozenset[str]) -> None:
        """Show which places take what is being dragged."""
        self.target.light(sides)

    def refresh(self) -> None:
        """List the recent pairs as they are now."""
        pairs = self._settings.recent
        self.recent.show_pairs(pairs)
        self._clear.setVisible(bool(pairs))

    def _fill(self, content: QWidget, recent: Card, tries: Card, answers: QFrame) -> None:
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 16, 0, 12)
        column.setSpacing(0)
        column.addStretch(2)
        self.question = Label(QUESTION, 24, 600)
        column.addWidget(self.question)
        column.addSpacing(4)
        column.addWidget(Label(PROMISE, 15, 400, "text2"))
        column.addSpacing(16)
        column.addWidget(self.target)
        column.addSpacing(12)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(recent, 1)
        row.addWidget(tries, 1)
        column.addLayout(row)
        column.addSpacing(12)
        column.addWidget(answers)
        column.addStretch(3)

    def _recent_card(self) -> Card:
        card = Card("Recent")
        self._clear = button("Clear list", "quiet", small=True)
        self._clear.clicked.connect(self._on_clear_clicked)
        card.add_control(self._clear)
        card.body.addWidget(self.recent, 1)
        return card

    def _on_clear_clicked(self) -> None:
        self._settings.recent = ()
        self.refresh()

    def _sample_card(self) -> Card:
        card = Card("Try it with a sample", "nothing to download")
        card.body.setSpacing(6)
        for sample in samples():
            card.body.addWidget(self._sample_row(sample))
        card.body.addStretch(1)
        return card

    def _sample_row(self, sample: Sample) -> QWidget:
        frame = QFrame()
        frame.setProperty("kind", "sunken")
        row = QHBoxLayout(frame)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(12)
        style = look.VERDICT_LOOKS.get(sample.verdict)
        icon, token = (style.icon, style.word) if style else ("waiting", "text2")
        row.addWidget(IconView(icon, token, 18))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(sample.title, 13, 600))
        words.addWidget(Label(sample.sentence, 12, 400, "text2", wrap=True))
        row.addLayout(words, 1)
        opener = button("Open")
        opener.setAccessibleName(f"Open the sample: {sample.title}")
        opener.clicked.connect(lambda: self.sample_asked.emit(sample))
        row.addWidget(opener)
        self.sample_buttons[sample.id] = opener
        return frame


class DropTarget(QFrame):
    """The dashed field with the three kinds of file."""

    chosen = Signal(str)
    open_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lit: frozenset[str] = frozenset()
        self.cards: dict[str, QWidget] = {}
        self._words: dict[str, tuple[Label, str]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 20, 32, 16)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(0)
        for number, place in enumerate(PLACES):
            if number:
                row.addWidget(IconView("arrow-right" if number == 1 else "plus", "text2", 20))
            row.addWidget(self._place(*place), 1)
        column.addLayout(row)
        column.addSpacing(16)
        column.addWidget(_Separator())
        column.addSpacing(10)
        words = (
            "One file is enough to begin: a PyTorch model can be exported here, "
            "an ONNX file can be looked at by itself."
        )
        column.addWidget(Label(words, 13, 400, "text2"), 0, _CENTRE)
        column.addSpacing(8)
        last = QHBoxLayout()
        last.setSpacing(12)
        last.addStretch(1)
        self.open = button("Open files…", "primary", "folder")
        self.open.clicked.connect(self.open_asked)
        last.addWidget(self.open)
        hint = "Ctrl+O, or drop them anywhere in this window"
        last.addWidget(Label(hint, 12, 400, "text2"))
        last.addStretch(1)
        column.addLayout(last)

    def _place(
        self, side: str, tile: str, token: str, title: str, suffixes: str, words: str
    ) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(Tile(tile, token, 48), 0, _CENTRE)
        column.addWidget(Label(title, 15, 600), 0, _CENTRE)
        column.addWidget(Label(suffixes, 12, 400, "text2", mono=True), 0, _CENTRE)
        told = Label(words, 13, 400, "text2")
        column.addWidget(told, 0, _CENTRE)
        choose = button("Choose file…")
        choose.setAccessibleName(f"Choose file: {title}")
        choose.clicked.connect(lambda: self.chosen.emit(side))
        column.addSpacing(4)
        column.addWidget(choose, 0, _CENTRE)
        self.cards[side] = holder
        self._words[side] = (told, words)
        return holder

    @property
    def lit(self) -> frozenset[str]:
        """The places that take what is being dragged."""
        return self._lit

    def light(self, sides: frozenset[str]) -> None:
        """Show which places take what is being dragged."""
        if sides == self._lit:
            return
        self._lit = sides
        for side, (label, words) in self._words.items():
            label.setText("let go to open" if side in sides else words)
            label.set_token("accent_text" if side in sides else "text2")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(look.color("accent" if self._lit else "control"), 2 if self._lit else 1.5)
        pen.setDashPattern([5, 3])
        painter.setPen(pen)
        painter.setBrush(look.color("accent_soft" if self._lit else "surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 10, 10)


class _Separator(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), look.color("line"))


def _answers() -> QFrame:
    frame = QFrame()
    frame.setProperty("kind", "card")
    frame.setFixedHeight(44)
    row = QHBoxLayout(frame)
    row.setContentsMargins(16, 0, 16, 0)
    row.setSpacing(8)
    row.addWidget(Label("The four answers", 12, 600, "text2"))
    for verdict, words in ANSWERS:
        row.addStretch(1)
        style = look.VERDICT_LOOKS[verdict]
        row.addWidget(IconView(style.icon, style.word, 16))
        row.addWidget(Label(verdict, 12, 700, style.word))
        row.addWidget(Label(words, 12, 400, "text2"))
    return frame
