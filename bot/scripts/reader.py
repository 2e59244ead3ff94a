"""The reader of a conversations folder, for the simulation."""

from __future__ import annotations

from pathlib import Path

from bot.reading.reader import Reader
from bot.scripts.simulate import Reads


def load_reader(folder: Path) -> Reads:
    """The reader with the words of ``conversations/reading``."""
    return Reader.load(folder / "reading")
