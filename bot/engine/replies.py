"""A text came in: what stands around every script, then the script itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.reading import Context, Intent, Priority, Reading, worst
from bot.domain.states import GUIDANCE, CaseState, Consent, Control, TextKind
from bot.engine.faq import answer_for
from bot.engine.machine import trigger
from bot.engine.weigh import weigh

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.reading import Part
    from bot.engine.events import Replied
    from bot.engine.turn import Turn

_EVIDENCE_CHARS = 80


def replied(turn: Turn, event: Replied) -> None:
    """Danger first, then who leads, then the words that always count, then the script."""
    turn.parts = event.parts
    turn.evidence = _deciding_words(event)
    if event.damaged:
        turn.escalate(Priority.ROUTINE, "damaged_text")
    if turn.session.unreachable:
        _not_answered(turn, event)
    weights = [_weight(turn, part) for part in event.parts]
    grave = worst(*weights)
    keyword = next((part.reading for part in event.parts if part.reading.intent in _KEYWORDS), None)
    reading = keyword or event.parts[weights.index(grave)].reading
    if grave is Priority.EMERGENCY:
        _emergency(turn, reading)
    elif turn.session.control is Control.HUMAN:
        _under_takeover(turn, reading, grave)
    elif not turn.session.members:
        _unknown_sender(turn, reading, grave)
    elif turn.session.opted_out or turn.session.quarantined:
        _to_silent_number(turn, reading, grave)
    elif not _keyword(turn, reading, grave):
        if turn.session.step is None:
            _outside_script(turn, grave)
        elif not _frequent_question(turn, event.text, reading, grave):
            _script(turn, reading, grave)


def _not_answered(turn: Turn, event: Replied) -> None:
    """Our texts do not get there: a person reads this one. START may have opened the way again."""
    if any(part.reading.intent is Intent.OPT_IN for part in event.parts):
        turn.session.unreachable = ""
    else:
        turn.escalate(Priority.ROUTINE, "report_to_read", turn.session.asking)


def _weight(turn: Turn, part: Part) -> Priority:
    about = next((members for other, members in turn.attributed() if other is part), [])
    alone = weigh(part.reading, turn.script.program, None, turn.today)
    return worst(alone, *(weigh(part.reading, turn.program_of(member), member, turn.today) for member in about))


_KEYWORDS = frozenset({Intent.OPT_OUT, Intent.OPT_IN, Intent.HELP, Intent.WRONG_NUMBER})
"""Intents that count wherever in the reply they stand."""


def _emergency(turn: Turn, reading: Reading) -> None:
    """The resident is told to call 119; staff are alarmed; routine questions stop."""
    session = turn.session
    session.alarmed = True
    if turn.context is Context.CONSENT and reading.answer == "yes" and session.members:
        turn.note_consent(Consent.GIVEN)
    turn.record_reports()
    about = [member.case_id for _, members in turn.attributed() for member in members]
    turn.escalate(Priority.EMERGENCY, "red_flag", about[0] if about else None)
    stop = any(part.reading.intent is Intent.OPT_OUT for part in turn.parts) and not session.opted_out
    if session.control is Control.HUMAN:
        if stop:
            _stop(turn, silent=True)
        return
    turn.silence("emergency", timers="silence:")
    if stop:
        _stop(turn, silent=True)
    turn.say(GUIDANCE, kind=TextKind.FAREWELL if stop else TextKind.EMERGENCY)
    turn.change_control(Control.WAITING_HUMAN)
    if session.members and not session.opted_out and not session.quarantined:
        turn.enter("with_staff")


def _under_takeover(turn: Turn, reading: Reading, grave: Priority) -> None:
    """A person leads: the bot writes down and is silent."""
    if grave is Priority.URGENT:
        turn.escalate(grave, "urgent_report", turn.session.asking)
    if reading.intent is Intent.OPT_OUT:
        _stop(turn, silent=True)
    elif reading.intent is Intent.WRONG_NUMBER:
        _wrong_number(turn)
    elif reading.intent is Intent.OPT_IN and turn.session.opted_out:
        turn.session.opted_out = False
        turn.session.consent = Consent.NONE
        turn.escalate(Priority.ROUTINE, "opted_in")
    elif reading.has_facts:
        turn.record_reports()


def _to_silent_number(turn: Turn, reading: Reading, grave: Priority) -> None:
    """After STOP and to a wrong number nothing is sent; only START opens the way again."""
    session = turn.session
    if grave is Priority.URGENT:
        turn.escalate(grave, "urgent_report")
    if reading.intent is Intent.OPT_OUT and not session.opted_out:
        _stop(turn, silent=True)
    elif reading.intent is Intent.OPT_IN and session.opted_out:
        session.opted_out = False
        session.consent = Consent.NONE
        _ask_again(turn)
    elif grave is not Priority.URGENT and reading.intent not in {Intent.OPT_OUT, Intent.THANKS, Intent.CONSENT_NO}:
        turn.escalate(Priority.ROUTINE, "after_stop" if session.opted_out else "wrong_number")


def _keyword(turn: Turn, reading: Reading, grave: Priority) -> bool:
    """STOP, START, HELP and wrong numbers count in every step, and so does what they come with ("stop, I am worse")."""
    if reading.intent is Intent.OPT_OUT:
        _stop(turn, silent=False)
    elif reading.intent is Intent.HELP:
        turn.say("help")
    elif reading.intent is Intent.WRONG_NUMBER:
        _wrong_number(turn)
    elif reading.intent is Intent.OPT_IN:
        _opted_in(turn)
    else:
        return False
    if grave is Priority.URGENT:
        turn.escalate(grave, "urgent_report")
    return True


def _stop(turn: Turn, *, silent: bool) -> None:
    session = turn.session
    turn.silence("opted_out", timers="check")
    turn.silence("opted_out", timers="silence:")
    if not silent and not session.opted_out:
        turn.say("stopped", kind=TextKind.FAREWELL)
    session.opted_out = True
    if session.members:
        for member in session.in_state(CaseState.ENROLLED, CaseState.MONITORING):
            turn.call("opted_out", member)
        for member in session.in_state(CaseState.RELEASE_PENDING):
            turn.call("release_notice", member)
        turn.note_consent(Consent.WITHDRAWN)
        session.step = "phone_only"
    session.asking = session.asks_from = None
    if session.control is Control.BOT:
        turn.change_control(Control.CLOSED)
    elif session.control is Control.HUMAN:
        turn.escalate(Priority.ROUTINE, "opted_out")


def _opted_in(turn: Turn) -> None:
    """START without an earlier STOP: say where things stand (consent was asked already, or is given)."""
    if turn.session.consent is Consent.GIVEN or turn.session.step == turn.script.start:
        turn.say("help")
    else:
        _ask_again(turn)


def _ask_again(turn: Turn) -> None:
    """Consent is asked; where an emergency waits for a person, that person still hands the conversation back."""
    if not turn.session.alarmed:
        turn.change_control(Control.BOT)
    turn.enter(turn.script.start)


def _wrong_number(turn: Turn) -> None:
    turn.silence("wrong_number", timers="check")
    turn.silence("wrong_number", timers="silence:")
    turn.session.quarantined = True
    turn.session.asking = turn.session.asks_from = None
    turn.escalate(Priority.ROUTINE, "wrong_number")
    for member in turn.session.in_state(CaseState.ENROLLED, CaseState.MONITORING):
        turn.change_case(member, CaseState.PHONE_ONLY)
        turn.call("wrong_number", member)
    if turn.session.control is not Control.HUMAN:
        turn.change_control(Control.WAITING_HUMAN)


def _unknown_sender(turn: Turn, reading: Reading, grave: Priority) -> None:
    """Somebody whom the roster does not know gets no text; a person reads it. Their wish for silence is kept."""
    if reading.intent is Intent.OPT_OUT:
        _stop(turn, silent=True)
    elif reading.intent is Intent.OPT_IN:
        turn.session.opted_out = False
    elif reading.intent is Intent.WRONG_NUMBER:
        _wrong_number(turn)
    if reading.intent is not Intent.WRONG_NUMBER or grave is Priority.URGENT:
        turn.escalate(worst(grave, Priority.ROUTINE), "unknown_sender")
    turn.change_control(Control.WAITING_HUMAN)


def _outside_script(turn: Turn, grave: Priority) -> None:
    """On the roster but in no step (the first text has not gone out): a person reads it."""
    turn.record_reports()
    turn.escalate(worst(grave, Priority.ROUTINE), "report_to_read")


def _frequent_question(turn: Turn, text: str, reading: Reading, grave: Priority) -> bool:
    if reading.intent is not Intent.QUESTION or grave.rank > Priority.ROUTINE.rank:
        return False
    consented = turn.session.consent is Consent.GIVEN
    key = answer_for(turn.script.program.faq, text, consented=consented)
    if key is None:
        return False
    if reading.has_facts and consented:
        turn.record_reports()
    asked_before = turn.session.tries.get(key, 0)
    turn.session.tries[key] = asked_before + 1
    if asked_before:  # the answer did not help: a person's question now
        turn.escalate(Priority.ROUTINE, "question")
        key = "faq_fallback"
    turn.say(key)
    return True


def _script(turn: Turn, reading: Reading, grave: Priority) -> None:
    """Hand the answer to the script; consent that comes with news is two answers."""
    if turn.session.asks_from and turn.now < turn.session.asks_from:
        _ask_now(turn, grave)
        return
    if turn.context is Context.CONSENT and reading.answer == "yes":
        trigger(turn, "yes")
        if grave is Priority.URGENT or reading.has_facts:
            trigger(turn, "urgent" if grave is Priority.URGENT else "report")
        return
    if _needs_name(turn, reading):
        turn.say("which_person", options=[member.first_name for member in turn.session.members])
        if grave.rank >= Priority.URGENT.rank:
            turn.escalate(grave, "urgent_report")
        return
    _hand_over(turn, reading, grave)


def _hand_over(turn: Turn, reading: Reading, grave: Priority) -> None:
    """The script's move for the answer; facts beside a question, or in a text not understood as a whole, are kept."""
    word = _word(turn, reading, grave)
    if word == "unclear" and grave is Priority.URGENT:  # perhaps graver still: danger is asked about, a person reads it
        turn.escalate(grave, "urgent_report", turn.session.asking)
    if turn.session.alarmed and turn.context is Context.DAILY and word == "question":
        _still_waiting(turn)
        return
    told = word in {"question", "unclear"} and reading.has_facts and turn.session.consent is Consent.GIVEN
    if told:
        turn.record_reports()
    if not trigger(turn, word):
        turn.escalate(worst(grave, Priority.ROUTINE), "not_understood")
    if told and turn.session.step == "daily":
        turn.enter("resting")  # the check is answered


def _still_waiting(turn: Turn) -> None:
    """Nobody has called yet after an emergency: 119 once more, and the words go to the open alarm."""
    turn.say(GUIDANCE, kind=TextKind.EMERGENCY)
    about = [member.case_id for _, members in turn.attributed() for member in members]
    turn.escalate(Priority.EMERGENCY, "red_flag", about[0] if about else None)


def _ask_now(turn: Turn, grave: Priority) -> None:
    """A text before the first question, which waits for the morning: whoever writes is awake, so it is asked now."""
    turn.silence("asked_now", timers="silence:")
    if grave is Priority.URGENT:
        turn.escalate(grave, "urgent_report")
    else:
        turn.escalate(Priority.ROUTINE, "report_to_read")
    turn.enter(turn.script.start)


def _needs_name(turn: Turn, reading: Reading) -> bool:
    return reading.has_facts and turn.context is Context.DAILY and any(not members for _, members in turn.attributed())


def _word(turn: Turn, reading: Reading, grave: Priority) -> str:
    """The answer word of a reading in the context of what was asked."""
    asked = turn.context in {Context.CONSENT, Context.DANGER}
    if grave is Priority.URGENT:
        return "urgent" if reading.understood or asked else "unclear"
    if asked and reading.answer:
        return reading.answer
    if not reading.understood:
        return "unclear"
    if reading.later:
        return "later"
    if grave is Priority.ROUTINE:
        return "question"
    return _WORDS.get(reading.intent, "unclear")


_WORDS = {Intent.REPORT: "report", Intent.QUESTION: "question", Intent.THANKS: "thanks"}


_TIERS = (("red_flag",), ("urgent", "menu", "value"), ("",))
"""Kinds of rules whose words are shown to staff: the first kind that decided anything."""


def _deciding_words(event: Replied) -> str:
    """The words of the reply that decided, the gravest kind only; the reply's beginning where none did."""
    spans = [item for part in event.parts for item in part.reading.evidence]
    for kinds in _TIERS:
        told = _merged((item.start, item.end) for item in spans if item.rule.startswith(kinds))
        if told:
            return "、".join(event.text[start:end] for start, end in told)
    return event.text[:_EVIDENCE_CHARS]


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans as one, in the order of the text."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
