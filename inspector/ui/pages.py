"""The pages of the window: what they are called, where their classes are, their keys."""

from __future__ import annotations

from typing import NamedTuple


class PanelEntry(NamedTuple):
    """One page: its id, label and icon on the rail, its class (`module:class`), its keys."""

    id: str
    label: str
    icon: str
    path: str
    shortcut: str

    @property
    def module(self) -> str:
        """The module that the class is in."""
        return self.path.partition(":")[0]


PANELS: tuple[PanelEntry, ...] = (
    PanelEntry("model", "Model", "model", "inspector.ui.panels.model:ModelPanel", "Ctrl+1"),
    PanelEntry("export", "Export", "export", "inspector.ui.panels.export:ExportPanel", "Ctrl+2"),
    PanelEntry(
        "compare", "Compare", "compare", "inspector.ui.panels.compare:ComparePanel", "Ctrl+3"
    ),
    PanelEntry(
        "findings", "Findings", "findings", "inspector.ui.panels.findings:FindingsPanel", "Ctrl+4"
    ),
    PanelEntry("report", "Report", "report", "inspector.ui.panels.report:ReportPanel", "Ctrl+5"),
)
"""The pages in the order of the rail. A page is made when it is first shown."""
