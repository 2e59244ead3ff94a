"""Checks of scripts: one file per kind of issue."""

from __future__ import annotations

from bot.scripts.issue import Issue, in_order
from bot.scripts.load import Loaded


def check_bundle(loaded: Loaded) -> list[Issue]:
    """Everything that is wrong with one program's script, by file and line."""
    return in_order(loaded.issues)
