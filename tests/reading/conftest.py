from __future__ import annotations

from pathlib import Path

import pytest

from bot.reading.reader import Reader

LEXICON = Path(__file__).parents[2] / "conversations" / "reading"


@pytest.fixture(scope="session")
def reader():
    reader = Reader.load(LEXICON)
    reader.warm()
    return reader
