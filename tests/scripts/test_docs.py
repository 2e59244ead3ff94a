"""Every word that a manager can write is in docs/managers.md."""

import re
from pathlib import Path

import pytest

from bot.domain.reading import Context
from bot.engine.script import ANSWER_WORDS, BACK, ENGINE_TEXTS, RECORDS, RESERVED_STEPS
from bot.scripts import programfile, words
from bot.scripts.chat import HELP
from bot.scripts.checkwords import WORDS
from bot.scripts.cli import app
from bot.scripts.stage import STAFF_ACTIONS
from bot.scripts.steps import MOVE_KEYS, STEP_KEYS
from bot.scripts.templates import FILTERS, VARIABLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "managers.md").read_text(encoding="utf-8")
CODE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "bot" / "scripts").rglob("*.py")))
CODES = set(re.findall(r'(?:Issue\.(?:error|warning)\(|Flaw\(|Fault\(|code=|code: str = )\s*"([a-z0-9-]+)"', CODE))
WORDS_OF_SCRIPTS = {
    "answers": ANSWER_WORDS,
    "steps": (*RESERVED_STEPS, BACK),
    "texts": ENGINE_TEXTS,
    "moves": (*MOVE_KEYS, *STEP_KEYS, *RECORDS, "after", "at_risk", "start"),
    "asks": tuple(Context),
    "variables": VARIABLES,
    "filters": FILTERS,
    "words": words._KEYS,
    "rules": (*programfile._KEYS, *programfile._RELEASE, *programfile._THRESHOLDS, "before_consent", "topic"),
    "checks": WORDS,
    "staff": STAFF_ACTIONS,
    "chat": re.findall(r"^  (:\w+)", HELP, re.MULTILINE),
    "issues": sorted(CODES),
    "options": ("--json", "--segments", "--update", "--language", "--start", "--at-risk", "--conversations"),
}


@pytest.mark.parametrize("kind", WORDS_OF_SCRIPTS)
def test_every_word_is_documented(kind):
    assert WORDS_OF_SCRIPTS[kind]
    missing = [word for word in WORDS_OF_SCRIPTS[kind] if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", PAGE)]
    assert missing == []


def test_every_command_is_documented():
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"mimamori script {name}" in PAGE


def test_the_issues_of_the_page_exist():
    section = PAGE.partition("## 9.")[2]
    codes = re.findall(
        r"`([a-z0-9-]+)`", "\n".join(line.split("|")[1] for line in section.split("\n") if line[:2] == "| ")
    )
    assert set(codes) <= CODES
