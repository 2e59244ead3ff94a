"""The shipped dialogues hold, played in memory (the same ones run through the real inbox and outbox elsewhere)."""

from pathlib import Path

import pytest

from bot.scripts.dialogue import dialogue_files
from bot.scripts.reader import load_reader
from bot.scripts.rehearsal import rehearse

SHIPPED = Path(__file__).parents[2] / "conversations"
FILES = [path.relative_to(SHIPPED).as_posix() for path, _ in dialogue_files(SHIPPED)]


@pytest.fixture(scope="module")
def outcomes():
    return {outcome.file: outcome for outcome in rehearse(SHIPPED, load_reader(SHIPPED))}


@pytest.mark.parametrize("file", FILES)
def test_a_shipped_dialogue_holds(outcomes, file):
    outcome = outcomes[file]
    assert outcome.issues == ()
    assert outcome.difference is None


def test_each_shipped_dialogue_says_what_it_shows(outcomes):
    assert [file for file, outcome in outcomes.items() if not outcome.title] == []
