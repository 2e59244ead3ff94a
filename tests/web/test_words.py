"""Every code that the house can write has words for the people who read it."""

import re
from pathlib import Path

import pytest

from bot.corrections.labels import LANGUAGES
from bot.domain.reading import Context, Intent, Priority
from bot.domain.states import CaseState, Consent, Control, Language, TextKind, TextState
from bot.engine import turn
from bot.engine.deliveries import _NOT_SENT, _UNREACHABLE
from bot.engine.script import RESERVED_STEPS
from bot.escalations.desk import CALL_OUTCOMES, CLOSE_OUTCOMES
from bot.inbox import flood
from bot.reading.combine import _PREFIX
from bot.reading.signs import Status
from bot.storage import changes
from bot.storage.accounts import Role
from bot.storage.corrections import ACCEPTED, DECLINED, OPEN
from bot.web.console.marks import meaning
from bot.web.console.words import knows, word

ENGINE = "\n".join(path.read_text(encoding="utf-8") for path in Path(turn.__file__).parent.glob("*.py"))
REASONS = {
    *re.findall(r'escalate\([^"]*"([a-z_]+)"', ENGINE),
    *turn._REASONS.values(),
    "unreadable",
    flood.REASON,
    "script",
    *_NOT_SENT.values(),
}
CALLS = {
    *re.findall(r'\.call\("([a-z_]+)"', ENGINE),
    "undelivered",
    "no_consent",
    "no_answer",
    "no_answer_to_consent",
    *_UNREACHABLE.values(),
}
CHANGES = Path(changes.__file__).read_text(encoding="utf-8")

CODES = {
    "priority": Priority,
    "reason": REASONS,
    "call": CALLS,
    "call_outcome": {*CALL_OUTCOMES, *re.findall(r'state="done", .*outcome="([a-z_]+)"', CHANGES)},
    "outcome": {*CLOSE_OUTCOMES, *re.findall(r'EscalationsClosed\(event\.staff, "([a-z_]+)"', ENGINE)},
    "control": Control,
    "consent": Consent,
    "case": CaseState,
    "step": RESERVED_STEPS,
    "back_to": set(RESERVED_STEPS) - {"with_staff"},
    "text_state": TextState,
    "text_kind": TextKind,
    "intent": Intent,
    "evidence": {*_PREFIX.values(), *Status, "value", "menu", "answer", "idiom"} - {"present"},
    "context": Context,
    "correction": (OPEN, ACCEPTED, DECLINED),
    "written_in": LANGUAGES,
    "role": Role,
    "language": Language,
    "day0": ("onset", "last_exposure"),
}


@pytest.mark.parametrize("group", CODES)
def test_no_code_is_shown_as_a_code(group):
    assert CODES[group]
    assert not [str(code) for code in CODES[group] if not knows(group, str(code))]


def test_what_a_script_made_up_stands_for_itself():
    assert word("step", "ask_family").ja == "ask_family"


@pytest.mark.parametrize(
    "rule, words",
    [
        ("red_flag:dyspnea", "緊急の症状・息苦しさ"),
        ("urgent:cannot_drink", "至急のことば・水分・食事がとれない"),
        ("value:spo2", "値・SpO2"),
        ("menu:4", "番号・4"),
        ("negated:cough", "「ない」と言っている・せき"),
        ("intent:question", "用件・質問・依頼"),
        ("idiom", "慣用句(症状ではない)"),
        ("new:thing", "new・thing"),
    ],
)
def test_a_rule_is_told_in_words(rule, words):
    assert meaning(rule, {"dyspnea": "息苦しさ", "cough": "せき"}) == words
