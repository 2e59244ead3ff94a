"""Every golden dialogue, played through the real webhook, inbox, engine, outbox and carrier, on both databases."""

from pathlib import Path

import pytest

from bot.scripts.dialogue import dialogue_files, parse_dialogue
from bot.scripts.play import play_async
from bot.settings import shipped
from tests.support.house import open_house

CONVERSATIONS = shipped("conversations")
FILES = list(dialogue_files(CONVERSATIONS, None))
TEXTS = {path: path.read_text(encoding="utf-8") for path, _ in FILES}


@pytest.mark.parametrize("path, program", FILES, ids=[path.relative_to(CONVERSATIONS).as_posix() for path, _ in FILES])
async def test_the_dialogue_comes_out_word_by_word(
    path: Path, program: str | None, database_url: str, tmp_path: Path
) -> None:
    dialogue, issues = parse_dialogue(path.name, TEXTS[path], program)
    assert issues == []
    async with open_house(database_url, tmp_path, dialogue.program, dialogue.start) as house:
        played = await play_async(dialogue, house)
    assert played.difference is None, played.difference
