"""Signs, values and digits of one reply become a Reading: the graver part wins, doubt goes to the person's safety."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.domain.reading import Context, Evidence, Intent, Priority, Reading, worst
from bot.reading.answers import NO_ANSWERS, Answers
from bot.reading.infants import YOUNG_BABY
from bot.reading.lexicon import Lexicon
from bot.reading.menu import NO_MENU, Menu
from bot.reading.normalise import Normalised
from bot.reading.signs import Sign, Status
from bot.reading.value_choice import Value
from bot.reading.values import HIGHEST_SPO2, NO_VALUES, Values

_STATE_CODES = frozenset({"well", "eased", "same", "mild"})
_MENU_PRIORITY = {1: Priority.NONE, 2: Priority.NONE, 3: Priority.URGENT, 4: Priority.EMERGENCY}
_NO_FEVER = 37.0
"""Below it, "熱は36.8" names the measure and no fever."""
_SEVERE_TEMPERATURE, _LOW_TEMPERATURE, _BABY_TEMPERATURE = 39.0, 35.0, 38.0
_EMERGENCY_SPO2, _URGENT_SPO2 = 93, 95


@dataclass(slots=True)
class Found:
    """Everything that was found in one reply."""

    text: Normalised
    context: Context
    lexicons: Sequence[Lexicon]
    signs: list[Sign] = field(default_factory=list)
    values: Values = NO_VALUES
    menu: Menu = NO_MENU
    answers: Answers = NO_ANSWERS
    idioms: list[tuple[int, int]] = field(default_factory=list)
    source: str = ""
    """The reply as it was received."""

    def has(self, kind: str, *codes: str) -> bool:
        """Whether a sign of ``kind`` (and one of ``codes``) is present."""
        for sign in self.signs:
            if sign.rule.kind == kind and sign.present and (not codes or sign.rule.code in codes):
                return True
        return False

    def about_others(self) -> bool:
        """Whether the milder illness told is somebody else's in the home."""
        return self.values.of_others


def priority_of(found: Found) -> Priority:
    """The gravest of everything that is present."""
    reasons = [Priority.NONE, _by_values(found)]
    if found.menu.digit is not None and found.context is Context.DAILY:
        reasons.append(_MENU_PRIORITY[found.menu.digit])
    if found.context is Context.DANGER and found.answers.yes:
        reasons.append(Priority.EMERGENCY)
    reasons.extend(_by_sign(sign, found) for sign in found.signs)
    if found.answers.keyword in ("opt_out", "opt_in", "help") or (found.answers.no and found.has("intents", "opt_out")):
        reasons = [reason for reason in reasons if reason.rank > Priority.ROUTINE.rank]
    return worst(*reasons)


def without_numbers(found: Found) -> Found:
    """The same without menu number and values."""
    return replace(found, menu=NO_MENU, values=NO_VALUES)


def _by_values(found: Found) -> Priority:
    reason = Priority.NONE
    lowest = min((told.number for told in _told(found, "spo2", found.values.spo2)), default=HIGHEST_SPO2)
    if lowest <= _EMERGENCY_SPO2:
        return Priority.EMERGENCY
    if lowest <= _URGENT_SPO2:
        reason = Priority.URGENT
    for told in _told(found, "temperature", found.values.temperature):
        baby = told.number >= _BABY_TEMPERATURE and YOUNG_BABY.search(found.text.text)
        if told.number >= _SEVERE_TEMPERATURE or told.number < _LOW_TEMPERATURE or baby:
            reason = Priority.URGENT
    if found.values.risen:
        reason = Priority.URGENT
    if found.values.of_others:
        reason = worst(reason, Priority.ROUTINE)
    return reason


def _told(found: Found, kind: str, value: Value | None) -> list[Value]:
    """The value of this kind, or what is told of it without one."""
    return [value] if value is not None else [told for told in found.values.vague if told.kind == kind]


def _by_sign(sign: Sign, found: Found) -> Priority:
    if sign.kind in ("red_flags", "dangers"):
        if sign.alarms:
            return Priority.EMERGENCY
        return Priority.URGENT if sign.status is Status.GONE else Priority.NONE
    if sign.status is Status.HOME:
        return Priority.ROUTINE
    if not sign.present:
        no_longer_well = sign.kind == "states" and sign.code == "well" and sign.status is Status.ABSENT
        return Priority.URGENT if no_longer_well and found.context is Context.RECOVERY else Priority.NONE
    if sign.kind == "urgent" or sign.code == "dehydration":
        return Priority.URGENT
    return _by_speech(sign, found)


def _by_speech(sign: Sign, found: Found) -> Priority:
    """What a state or an intent that is told now weighs."""
    if sign.kind == "states" and sign.code == "unwell":
        return Priority.URGENT if found.context in (Context.RECOVERY, Context.FREE) else Priority.NONE
    if sign.code == "wrong_number" and found.menu.digit is not None:
        return Priority.NONE  # 1 検査は受けてませんが: whoever answers the menu is the right person
    if sign.kind == "intents" and sign.code in ("question", "request", "complaint", "wrong_number"):
        return Priority.ROUTINE
    return Priority.ROUTINE if sign.code == "topic" and _only_topic(found) else Priority.NONE


def intent_of(found: Found, priority: Priority) -> Intent:
    """What the resident does with this reply."""
    answers = found.answers
    if answers.keyword:
        return Intent(answers.keyword)
    if found.context is Context.CONSENT and (consent := _consent(found, priority)):
        return consent
    if found.context is Context.DANGER and (answers.yes or answers.no):
        return Intent.REPORT
    hard = _tells_something(found)
    if found.has("intents", "wrong_number") and not hard:
        return Intent.WRONG_NUMBER
    if hard:
        return Intent.REPORT
    if found.has("intents", "question", "request"):
        return Intent.QUESTION
    if found.has("intents", "complaint"):
        return Intent.OTHER
    return Intent.QUESTION if _only_topic(found) else _quiet(found)


def _only_topic(found: Found) -> bool:
    """Whether a matter of the office is all that is told (会社に書類を出せと言われました): a person must read it."""
    if found.menu.digit is not None or found.values.spans or found.answers.marks or not found.has("intents", "topic"):
        return False
    return all(sign.kind == "intents" and sign.code in ("topic", "offtopic") for sign in found.signs)


def _quiet(found: Found) -> Intent:
    """The intent where nothing is told and nothing is asked."""
    if found.has("intents", "later", "correction"):
        return Intent.OTHER
    thanks = [sign for sign in found.signs if sign.code == "thanks" and sign.present]
    if any(not _said_in(sign, thanks, found) for sign in found.signs if sign.kind == "states" and sign.present):
        return Intent.REPORT
    if thanks:
        return Intent.THANKS
    if any(
        sign.status in (Status.ABSENT, Status.GONE, Status.LONG_GONE) for sign in found.signs if sign.kind != "intents"
    ):
        return Intent.REPORT
    return Intent.OTHER


def _said_in(state: Sign, thanks: Sequence[Sign], found: Found) -> bool:
    """Whether a state ("ok", "good") is only a word of thanks."""
    return found.context is not Context.DAILY and any(
        sign.start <= state.start and state.end <= sign.end for sign in thanks
    )


def _tells_something(found: Found) -> bool:
    """Whether a symptom, a sign, a value or a menu number is told (states such as "well" weigh less)."""
    if found.menu.digit is not None and found.context is Context.DAILY:
        return True
    if found.values.spo2 or found.values.temperature or found.values.vague:
        return True
    kinds = ("red_flags", "dangers", "urgent", "symptoms")
    told = (Status.PRESENT, Status.GONE, Status.HOME)
    if any(sign.kind in kinds and sign.status in told for sign in found.signs):
        return True
    denied = (Status.ABSENT, Status.LONG_GONE)
    if found.has("denials") or any(sign.kind == "red_flags" and sign.status in denied for sign in found.signs):
        return True
    absent = any(sign.kind in kinds and sign.status in denied for sign in found.signs)
    return absent and not found.has("intents", "question", "wrong_number")


def _consent(found: Found, priority: Priority) -> Intent | None:
    answers = found.answers
    if answers.yes and answers.no:
        return Intent.QUESTION if found.has("intents", "question") else None
    if answers.yes:
        return Intent.CONSENT_YES
    if answers.no and priority.rank < Priority.URGENT.rank and not found.has("intents", "wrong_number"):
        return Intent.CONSENT_NO
    return None


def facts(found: Found) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes that are present, and codes that are said to be absent."""
    present: dict[str, None] = {}
    absent: dict[str, None] = {}
    temperature = found.values.temperature
    cool = temperature is not None and temperature.number < _NO_FEVER
    for sign in found.signs:
        if sign.kind == "denials" and sign.present:
            absent[sign.code] = None
        if sign.kind not in ("red_flags", "symptoms"):
            continue
        if sign.code == "fever" and cool:
            continue
        if sign.present:
            present[sign.code] = None
        elif sign.status in (Status.ABSENT, Status.GONE, Status.LONG_GONE):
            absent[sign.code] = None
    return tuple(present), tuple(code for code in absent if code not in present)


_PREFIX = {
    "red_flags": "red_flag",
    "dangers": "danger",
    "urgent": "urgent",
    "symptoms": "symptom",
    "denials": "denied",
    "states": "state",
    "intents": "intent",
}


def evidence_of(found: Found) -> tuple[Evidence, ...]:
    """The words that decided, as places in the original reply."""
    marks: dict[tuple[int, int, str], None] = {}
    for sign in found.signs:
        name = _PREFIX[sign.kind] if sign.present else str(sign.status.value)
        marks[(*found.text.span(sign.start, sign.end), f"{name}:{sign.code}")] = None
    for value in (found.values.temperature, found.values.spo2):
        if value is not None:
            marks[(*found.text.span(value.start, value.end), f"value:{value.kind}")] = None
    if found.menu.digit is not None and found.context is Context.DAILY:
        marks[(*found.text.span(*found.menu.span), f"menu:{found.menu.digit}")] = None
    for name, span in found.answers.marks:
        marks[(*found.text.span(*span), name)] = None
    for start, end in found.idioms:
        if end - start > 2:
            marks[(*found.text.span(start, end), "idiom")] = None
    return tuple(Evidence(*mark) for mark in sorted(marks))


def combine(found: Found, priority: Priority, intent: Intent, *, understood: bool, version: str) -> Reading:
    """The reading of everything found."""
    present, absent = facts(found)
    temperature, spo2 = found.values.temperature, found.values.spo2
    menu = found.menu.digit if found.context is Context.DAILY else None
    return Reading(
        intent=intent,
        priority=priority,
        temperature=temperature.number if temperature else None,
        spo2=int(spo2.number) if spo2 else None,
        present=present,
        absent=absent,
        understood=understood,
        menu=menu,
        answer=_answer(found.answers),
        eased=_eased(found, menu, priority),
        correction=found.has("intents", "correction"),
        later=found.has("intents", "later") and not _tells_something(found),
        evidence=evidence_of(found),
        version=version,
    )


def _answer(answers: Answers) -> str | None:
    if answers.yes == answers.no:
        return None
    return "yes" if answers.yes else "no"


def _eased(found: Found, menu: int | None, priority: Priority) -> bool:
    if priority.rank >= Priority.URGENT.rank:
        return False
    return menu == 1 or found.has("states", "well", "eased")
