"""The one style sheet: frames, paddings and states that a palette cannot express."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template

_SHEET = Template("""
QToolTip { background: $surface; color: $text; border: 1px solid $line2; padding: 4px 8px; }
QMenuBar { background: $surface; border-bottom: 1px solid $line; padding-left: 10px; spacing: 0; }
QMenuBar::item { padding: 5px 11px; background: transparent; color: $text2; border-radius: 4px; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $surface; border: 1px solid $line2; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $accent_soft; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QStatusBar { background: $surface; border-top: 1px solid $line; }
QStatusBar::item { border: 0; }

QDialog { background: $surface; }
QFrame[kind="card"] { background: $surface; border: 1px solid $line; border-radius: 8px; }
QFrame[kind="sunken"] { background: $sunken; border: 1px solid $line; border-radius: 6px; }
QFrame[kind="surface"] { background: $surface; border: 0; }
QScrollArea { background: transparent; border: 0; }

QPushButton { background: $surface; color: $text; border: 1px solid $line2;
    border-radius: 6px; padding: 0 14px; min-height: 30px; max-height: 30px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $line; }
QPushButton:focus { border: 2px solid $accent; padding: 0 13px; min-height: 28px;
    max-height: 28px; }
QPushButton:disabled { color: $disabled; background: $sunken; border: 1px solid $line; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; }
QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton[kind="primary"]:pressed { background: $accent_press; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { color: $disabled; background: $hover;
    border: 1px solid $line; }
QPushButton[kind="danger"] { color: $fail; border: 1px solid $fail; }
QPushButton[kind="danger"]:hover { background: $fail_ground; }
QPushButton[kind="quiet"] { color: $accent_text; background: transparent;
    border: 1px solid transparent; padding: 0 6px; }
QPushButton[kind="quiet"]:disabled { color: $disabled; background: transparent;
    border: 1px solid transparent; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus { border: 2px solid $accent; padding: 0 5px; }
QPushButton[kind="fold"] { background: transparent; border: 1px solid transparent;
    padding: 0 6px; text-align: left; }
QPushButton[kind="fold"]:hover { background: $hover; }
QPushButton[kind="fold"]:focus { border: 2px solid $accent; padding: 0 5px; }
QPushButton[small="true"] { min-height: 24px; max-height: 24px; padding: 0 10px; }
QPushButton[kind="quiet"][small="true"] { padding: 0 6px; }
QPushButton[kind="quiet"][small="true"]:focus { padding: 0 5px; min-height: 22px;
    max-height: 22px; }
QFrame[kind="segmented"] { background: $hover; border: 1px solid $line2; border-radius: 7px; }
QPushButton[kind="segment"] { background: transparent; color: $text2; border: 1px solid transparent;
    border-radius: 5px; padding: 0 11px; min-height: 24px; max-height: 24px; }
QPushButton[kind="segment"]:hover { background: $surface; }
QPushButton[kind="segment"]:checked { background: $surface; color: $text;
    border: 1px solid $control; }
QPushButton[kind="segment"]:focus { border: 2px solid $accent; padding: 0 10px; min-height: 22px;
    max-height: 22px; }
QPushButton[kind="segment"]:disabled { color: $disabled; background: transparent; border: 0; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 6px;
    padding: 3px; }
QToolButton:hover { background: $hover; }
QToolButton:focus { border: 2px solid $accent; padding: 2px; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QComboBox { background: $surface; color: $text;
    border: 1px solid $control; border-radius: 6px; selection-background-color: $accent;
    selection-color: $on_accent; }
QLineEdit, QSpinBox, QComboBox { min-height: 30px; padding: 0 8px; }
QLineEdit:focus, QSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
    border: 2px solid $accent; }
QLineEdit:focus, QSpinBox:focus, QComboBox:focus { min-height: 28px; padding: 0 7px; }
QLineEdit:disabled, QSpinBox:disabled, QComboBox:disabled, QPlainTextEdit:disabled {
    background: $sunken; color: $disabled; border-color: $line2; }
QLineEdit[state="bad"] { border: 1px solid $fail; }
QComboBox::drop-down { border: 0; width: 24px; }
QComboBox::down-arrow { image: url("$icons/chevron-down-$theme.svg"); width: 16px; height: 16px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $line2; padding: 4px;
    selection-background-color: $accent_soft; selection-color: $text; outline: 0; }
QSpinBox[small="true"], QSpinBox[small="true"]:focus { min-height: 22px; padding: 0; }
QSpinBox QLineEdit, QSpinBox QLineEdit:focus { min-height: 0; padding: 0 0 0 8px; border: 0;
    background: transparent; }
QCheckBox, QRadioButton { spacing: 8px; min-height: 24px; }
QCheckBox::indicator, QRadioButton::indicator { width: 14px; height: 14px;
    border: 1px solid $control; background: $surface; }
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent;
    image: url("$icons/check-on-accent-$theme.svg"); }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid $accent;
    border-radius: 8px; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $accent; }
QCheckBox:focus, QRadioButton:focus { outline: 0; color: $accent_text; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { background: $sunken;
    border-color: $line2; }
QCheckBox::indicator:checked:disabled { image: url("$icons/check-off-$theme.svg"); }
QSpinBox::up-button, QSpinBox::down-button { width: 0; border: 0; }
QPlainTextEdit[kind="code"] { background: $sunken; border: 1px solid $line; border-radius: 6px; }

QTreeView, QTableView, QListView { background: $surface; border: 0; outline: 0;
    selection-background-color: $accent_soft; selection-color: $text; gridline-color: $line; }
QTableView::item { border-bottom: 1px solid $line; padding: 0 6px; }
QTreeView::item { height: 26px; padding: 0 4px; }
QTreeView::item:selected, QListView::item:selected { background: $accent_soft; color: $text; }
QTableView::item:selected { background: $accent_soft; }
QHeaderView { background: $surface; border: 0; }
QHeaderView::section { background: $surface; color: $text3; border: 0;
    border-bottom: 1px solid $line2; padding: 0 8px; min-height: 28px; }
QTableView QHeaderView::section { padding: 0 6px; }
/* Above the title: at its end it would lie on a title that is right aligned. */
QHeaderView::down-arrow, QHeaderView::up-arrow { subcontrol-origin: padding;
    subcontrol-position: top center; width: 10px; height: 10px; }
QHeaderView::down-arrow { image: url("$icons/chevron-down-$theme.svg"); }
QHeaderView::up-arrow { image: url("$icons/chevron-up-$theme.svg"); }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar::handle:vertical { background: $line2; border-radius: 3px; min-height: 32px;
    margin: 0 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle:horizontal { background: $line2; border-radius: 3px; min-width: 32px;
    margin: 2px 0; }
QScrollBar::handle:hover { background: $control; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
QProgressBar { background: $hover; border: 0; border-radius: 2px; max-height: 4px;
    min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
""")


def style_sheet(tokens: Mapping[str, str], icons: Path, theme: str) -> str:
    """The style sheet with the colours of one theme filled in."""
    return _SHEET.substitute(tokens, icons=icons.as_posix(), theme=theme)
