"""Families of expressions, written for these tests: what each reply must be read as, in ten languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.reading import Context

DATA = Path(__file__).parent / "data"


def lines():
    for path in sorted(DATA.glob("families_*.tsv")):
        for row in path.read_text(encoding="utf-8").splitlines():
            if row and not row.startswith("#"):
                yield row.split("\t", 3)


@pytest.mark.parametrize("context,priorities,intents,text", list(lines()))
def test_a_reply_is_read_as_its_family(reader, context, priorities, intents, text):
    reading = reader.read(text, Context(context))
    assert reading.priority.value in priorities.split("|")
    assert reading.intent.value in intents.split("|")
