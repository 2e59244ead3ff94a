from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot.domain.errors import ScriptError
from bot.domain.reading import Context
from bot.reading.lexicon import SCOPE_KEYS
from bot.reading.menu_words import KEYS as MENU_KEYS
from bot.reading.reader import Reader
from bot.reading.value_told import Mark

FOLDER = Path(__file__).parents[2] / "conversations" / "reading"
ENGLISH = "en.yaml"


def with_change(old, new, name=ENGLISH):
    """A reader of the shipped lexicons without weights, one of them changed at one place."""
    files = {path.name: path.read_bytes() for path in FOLDER.glob("*.yaml")}
    text = files[name].decode()
    assert text.count(old) == 1
    return Reader.from_files(files | {name: text.replace(old, new).encode()})


@pytest.mark.parametrize("key", [*SCOPE_KEYS, *MENU_KEYS, *(mark.value for mark in Mark)])
def test_every_key_of_a_lexicon_that_the_reader_knows_is_explained(key):
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"`{key}`" in text


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.name)
def test_every_section_of_every_lexicon_is_explained(path):
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(\w+)`", text))
    assert set(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)) <= explained  # noqa: S506  # words


def test_a_manager_can_add_a_number_word_a_unit_and_what_denies_a_number():
    old = "  numbers: {1: one, 2: two, 3: three, 4: four}\n"
    plain = with_change(old, old)
    changed = with_change(old, "  numbers: {1: one, 2: two, 3: three, 4: four fower}\n", ENGLISH)
    assert plain.read("fower", Context.DAILY).menu is None
    assert changed.read("fower", Context.DAILY).menu == 4
    pancakes = with_change("  counted:\n    - 'flights?|", "  counted:\n    - 'dorayakis?|flights?|")
    assert plain.read("4 dorayakis, all fine", Context.DAILY).menu == 4
    assert pancakes.read("4 dorayakis, all fine", Context.DAILY).menu is None


@pytest.mark.parametrize(
    "change", ["  numbers: {1: one}\n  colour: [x]\n", "  numbers: {1: one}\n  asked: ['(']\n"], ids=["key", "pattern"]
)
def test_a_menu_section_that_cannot_be_used_is_told_with_its_file(change):
    with pytest.raises(ScriptError) as told:
        with_change("  numbers: {1: one, 2: two, 3: three, 4: four}\n", change)
    assert ENGLISH in told.value.en
    assert ENGLISH in told.value.ja
