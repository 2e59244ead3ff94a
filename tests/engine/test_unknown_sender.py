"""A number on no roster gets no text, whatever it writes, but the guidance to call 119; a person reads it all."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.errors import Refused
from bot.domain.reading import Intent, Part, Priority, Reading
from bot.domain.states import CaseState, Control, TextKind
from bot.engine.advance import advance
from bot.engine.effects import CallAdded, Escalated, Say, TimerSet
from bot.engine.events import ClosedByStaff, Enrolled, HandedBack, Replied, TakenOver, TimerFell
from bot.engine.session import Member, Session
from bot.scripts.load import load_bundle
from bot.settings import shipped

SCRIPT = load_bundle(shipped("conversations"), "covid19-2022-09-07").script
NOW = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)
DAY = date(2022, 9, 10)


def said(effects):
    return [(effect.key, effect.kind) for effect in effects if isinstance(effect, Say)]


def tasks(effects):
    return [(effect.priority, effect.reason) for effect in effects if isinstance(effect, Escalated)]


def wrote(session, *, intent=Intent.REPORT, priority=Priority.NONE, minutes=0, **facts):
    event = Replied("…", (Part(Reading(intent, priority, **facts)),))
    return advance(SCRIPT, session, event, NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("answer", [None, "yes", "no"])
@pytest.mark.parametrize("priority", [Priority.NONE, Priority.ROUTINE, Priority.URGENT])
@pytest.mark.parametrize("intent", [*Intent])
def test_whatever_an_unknown_number_writes_it_gets_no_text_and_a_person_the_task(intent, priority, answer):
    session, effects = wrote(Session(), intent=intent, priority=priority, answer=answer)
    assert said(effects) == []
    assert max((told.rank for told, _ in tasks(effects)), default=-1) == max(priority.rank, Priority.ROUTINE.rank)
    assert session.control is Control.WAITING_HUMAN
    assert [effect for effect in effects if isinstance(effect, TimerSet | CallAdded)] == []
    for again in Intent:
        assert said(wrote(session, intent=again, minutes=1)[1]) == []


@pytest.mark.parametrize("intent", [Intent.REPORT, Intent.HELP, Intent.OPT_IN, Intent.OPT_OUT, Intent.CONSENT_YES])
def test_a_red_flag_of_an_unknown_number_is_answered_with_the_guidance_alone(intent):
    _, effects = wrote(Session(), intent=intent, priority=Priority.EMERGENCY)
    assert [key for key, _ in said(effects)] == ["emergency"]
    assert (Priority.EMERGENCY, "red_flag") in tasks(effects)


def test_a_stop_of_an_unknown_number_is_remembered_without_a_word_and_a_start_takes_it_back():
    session, effects = wrote(Session(), intent=Intent.OPT_OUT)
    assert (session.opted_out, said(effects), tasks(effects)) == (
        True, [], [(Priority.ROUTINE, "unknown_sender")])  # fmt: skip
    session, effects = wrote(session, intent=Intent.OPT_IN, minutes=1)
    assert (session.opted_out, session.step, said(effects)) == (False, None, [])
    assert tasks(effects) == [(Priority.ROUTINE, "unknown_sender")]


def test_nobody_outside_the_roster_is_handed_back_at_the_question_of_consent():
    session, _ = wrote(Session())
    session, _ = advance(SCRIPT, session, TakenOver("nurse"), NOW)
    with pytest.raises(Refused):
        advance(SCRIPT, session, HandedBack("nurse", SCRIPT.start), NOW)


# -- somebody who was on the roster ------------------------------------------------------------------------------------


def closed():
    session, _ = advance(SCRIPT, Session(), Enrolled(Member(1, "太郎", CaseState.ENROLLED, DAY)), NOW)
    session, _ = wrote(session, intent=Intent.CONSENT_YES, answer="yes")
    return advance(SCRIPT, session, ClosedByStaff("nurse", "recovered"), NOW)[0]


def test_who_was_in_care_is_answered():
    _, effects = wrote(closed(), intent=Intent.HELP)
    assert said(effects) == [("help", TextKind.ANSWER)]


def test_nothing_that_the_program_starts_goes_to_somebody_whose_care_has_ended():
    session, effects = wrote(closed(), intent=Intent.OPT_OUT)
    session, effects = wrote(session, intent=Intent.OPT_IN, minutes=1)
    assert said(effects) == [("first_touch", TextKind.ANSWER)]
    for number in range(3):
        session, effects = advance(SCRIPT, session, TimerFell(f"silence:consent:{number}", DAY), NOW)
        assert said(effects) == []


def test_nobody_whose_care_has_ended_is_asked_for_consent_by_handing_back():
    session, _ = advance(SCRIPT, closed(), TakenOver("nurse"), NOW)
    with pytest.raises(Refused):
        advance(SCRIPT, session, HandedBack("nurse", SCRIPT.start), NOW)
