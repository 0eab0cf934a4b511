"""Dialogs: failures, settings, and what the program says about itself. None of them blocks."""
