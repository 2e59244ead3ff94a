"""What must hold of every turn, whatever happens in whatever order."""

import copy
import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from bot.domain.errors import Refused
from bot.domain.hourly import AN_HOUR, GUIDANCE_EVERY
from bot.domain.reading import RED_FLAGS, SYMPTOMS, Intent, Part, Priority, Reading
from bot.domain.states import CaseState, Consent, Control, TextKind
from bot.engine.advance import advance
from bot.engine.effects import (
    CallAdded,
    CaseChanged,
    ConsentNoted,
    Escalated,
    ReportRecorded,
    Say,
    SayWritten,
    TextsCancelled,
    TimerSet,
)
from bot.engine.events import (
    CallFinished,
    ClosedByStaff,
    DeliveryFailed,
    Enrolled,
    HandedBack,
    NumberConfirmed,
    ReleaseConfirmed,
    Replied,
    StaffWrote,
    TakenOver,
    TimerFell,
)
from bot.engine.machine import machine_for
from bot.engine.script import ENGINE_TEXTS
from bot.engine.session import Member, Session
from bot.scripts.load import load_bundle
from bot.settings import shipped

SCRIPT = load_bundle(shipped("conversations"), "covid19-2022-09-07").script
STEPS = sorted(SCRIPT.steps)
START = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)
DAY = date(2022, 9, 10)
BY_STAFF = (TakenOver, StaffWrote, HandedBack, ClosedByStaff, ReleaseConfirmed, NumberConfirmed)

TIMERS = [
    "check",
    "lease",
    *(f"silence:{name}:{at}" for name, step in SCRIPT.steps.items() for at in range(len(step.silence))),
]
STORIES, EVENTS_IN_A_STORY = 800, 12


def member(case_id, **values):
    return Member(case_id, f"太郎{case_id}", **{"state": CaseState.ENROLLED, "day0": DAY, **values})


def any_reading(chance):
    return Reading(
        chance.choice([*Intent, Intent.REPORT, Intent.CONSENT_YES, Intent.CONSENT_YES]),
        chance.choice([*Priority, Priority.NONE, Priority.NONE]),
        temperature=chance.choice([None, None, 34.5, 36.5, 37.6, 39.2]),
        spo2=chance.choice([None, None, 99, 95, 93]),
        present=tuple(chance.sample(sorted(SYMPTOMS), chance.choice([0, 0, 1, 2]))),
        menu=chance.choice([None, 1, 2, 3, 4]),
        answer=chance.choice([None, "yes", "yes", "no"]),
        understood=chance.random() < 0.7,
        later=chance.random() < 0.1,
    )


def any_reply(chance):
    who = [(), (), (0,), (1,), (0, 1)]
    parts = tuple(Part(any_reading(chance), chance.choice(who)) for _ in range(chance.choice([1, 1, 2])))
    return Replied("…", parts, damaged=chance.random() < 0.1)


def any_event(chance):
    day, staff, case = (
        DAY + timedelta(days=chance.randint(-1, 11)),
        chance.choice(["nurse", "doctor"]),
        chance.randint(1, 2),
    )
    return chance.choice([
        lambda: any_reply(chance),
        lambda: any_reply(chance),
        lambda: any_reply(chance),
        lambda: TimerFell(chance.choice(TIMERS), day),
        lambda: TimerFell(f"release:{case}", day, case),
        lambda: TakenOver(staff),
        lambda: StaffWrote(staff, "お電話します"),
        lambda: HandedBack(staff, chance.choice(STEPS)),
        lambda: ClosedByStaff(staff, "recovered") if chance.random() < 0.3 else TimerFell("check", day),
        lambda: ReleaseConfirmed(staff, case),
        lambda: NumberConfirmed(staff),
        lambda: CallFinished(staff, "release_notice", chance.choice(["reached", "no_answer"]), case),
        lambda: DeliveryFailed("undelivered"),
        lambda: Enrolled(member(chance.randint(1, 3))),
    ])()  # fmt: skip


def tell(chance):
    """Each turn of a story: (session before, event, session after, effects, now)."""
    now, session = START, Session(members=[])
    for case_id in chance.choice([[], [1], [1, 2]]):
        session, _ = advance(SCRIPT, session, Enrolled(member(case_id)), now)
    for _ in range(EVENTS_IN_A_STORY):
        now += timedelta(minutes=chance.randint(0, 2000))
        event = any_event(chance)
        before = copy.deepcopy((session, event))
        try:
            after, effects = advance(SCRIPT, session, event, now)
        except Refused:
            assert isinstance(event, BY_STAFF)
            after, effects = session, []
        assert (session, event) == before, "what is given is left as it was"
        yield session, event, after, effects, now
        session = after


@pytest.fixture(scope="module")
def turns():
    """Thousands of turns of conversations in which anything happens; the same in every run."""
    return [turn for seed in range(STORIES) for turn in tell(random.Random(seed))]


def said(effects):
    return [effect for effect in effects if isinstance(effect, Say)]


def kinds(effects, kind):
    return [effect for effect in effects if isinstance(effect, kind)]


def readings(event):
    return [part.reading for part in event.parts] if isinstance(event, Replied) else []


def opts_in(event):
    return any(reading.intent is Intent.OPT_IN for reading in readings(event))


def test_the_bot_never_speaks_when_it_must_not(turns):
    for before, event, after, effects, _ in turns:
        texts = said(effects)
        if before.control is Control.HUMAN and not isinstance(event, BY_STAFF):
            assert not texts, "a person leads"
        confirmed = isinstance(event, NumberConfirmed)
        if (before.quarantined and not confirmed) or after.quarantined:
            assert not texts, "a wrong number"
            assert not kinds(effects, SayWritten)
        if before.opted_out and not opts_in(event):
            assert not texts, "after STOP"
            assert not kinds(effects, SayWritten)
        if after.opted_out:
            assert {text.kind for text in texts} <= {TextKind.FAREWELL}


def test_every_emergency_reaches_staff_and_the_resident_where_texting_is_allowed(turns):
    for before, event, _after, effects, _ in turns:
        if any(reading.priority is Priority.EMERGENCY or reading.spo2 == 93 for reading in readings(event)):
            assert Priority.EMERGENCY in [task.priority for task in kinds(effects, Escalated)]
            silent = before.control is Control.HUMAN or before.opted_out or before.quarantined
            assert [text.key for text in said(effects)] == ([] if silent else ["emergency"])


def test_what_is_urgent_reaches_staff_in_every_step_and_with_every_keyword(turns):
    for _before, event, _after, effects, _ in turns:
        if any(reading.priority is Priority.URGENT for reading in readings(event)):
            found = {task.priority for task in kinds(effects, Escalated)}
            assert found & {Priority.URGENT, Priority.EMERGENCY}


def test_what_nobody_understood_is_asked_back_or_a_persons(turns):
    for before, event, after, effects, _ in turns:
        unclear = readings(event) and not any(reading.understood for reading in readings(event))
        keyword = any(
            reading.intent in {Intent.OPT_OUT, Intent.THANKS, Intent.CONSENT_NO} for reading in readings(event)
        )
        if unclear and not keyword and before.control is not Control.HUMAN:
            assert said(effects) or kinds(effects, Escalated) or after.control is Control.WAITING_HUMAN


def test_the_session_stays_sound(turns):
    for before, _event, after, effects, now in turns:
        assert after.step is None or after.step in SCRIPT.steps
        assert after.asking is None or after.member(after.asking)
        assert after.epoch >= before.epoch
        if (before.control, before.owner) != (after.control, after.owner):
            assert after.epoch > before.epoch
        assert (after.owner is not None) == (after.control is Control.HUMAN)
        hour = [moment for moment in before.texted_at if moment > now - timedelta(hours=1)]
        assert len(hour) + len([text for text in said(effects) if text.kind is TextKind.ANSWER]) <= AN_HOUR
        known = {member.case_id for member in after.members}
        about = [*kinds(effects, ReportRecorded), *kinds(effects, CaseChanged)]
        assert {effect.case_id for effect in about} <= known
        changed = {effect.case_id: effect.state for effect in kinds(effects, CaseChanged)}
        assert all(after.member(case).state is state for case, state in changed.items())
        given_consent = [effect.consent for effect in kinds(effects, ConsentNoted)]
        assert not given_consent or given_consent[-1] is after.consent


def test_no_check_goes_out_without_consent(turns):
    for _before, _event, after, effects, _ in turns:
        if after.consent is not Consent.GIVEN:
            assert "daily_check" not in [text.key for text in said(effects)]


def test_a_turn_is_the_same_when_it_is_done_again(turns):
    for before, event, after, effects, now in turns:
        if effects:
            assert advance(SCRIPT, before, event, now) == (after, effects)


def test_a_takeover_silences_what_is_queued_from_any_state(turns):
    for session, _, _, _, now in turns:
        after, effects = advance(SCRIPT, session, TakenOver("head"), now)
        assert (after.control, after.owner) == (Control.HUMAN, "head")
        assert kinds(effects, TextsCancelled)
        assert not said(effects)


def test_the_stories_go_everywhere(turns):
    assert {after.step for _, _, after, _, _ in turns} == {None, *SCRIPT.steps}
    assert {after.control for _, _, after, _, _ in turns} == set(Control)
    assert {after.consent for _, _, after, _, _ in turns} == set(Consent)
    told = {member.state for _, _, after, _, _ in turns for member in after.members}
    assert told == set(CaseState)
    keys = {text.key for _, _, _, effects, _ in turns for text in said(effects)}
    assert set(ENGINE_TEXTS) - keys == {"faq_fallback"}, "no question is in words here"


def consented(*case_ids):
    session = Session(members=[])
    for case_id in case_ids:
        session, _ = advance(SCRIPT, session, Enrolled(member(case_id)), START)
    return advance(SCRIPT, session, reply(intent=Intent.CONSENT_YES, answer="yes"), START)[0]


def reply(*, priority=Priority.NONE, intent=Intent.REPORT, **facts):
    return Replied("…", (Part(Reading(intent, priority, **facts)),))


def test_a_robot_gets_thirty_answers_an_hour_and_then_a_person():
    session, answers, tasks = consented(1), 0, []
    for second in range(40):
        session, effects = advance(SCRIPT, session, reply(menu=1), START + timedelta(seconds=second))
        answers += len(said(effects))
        tasks += [task.reason for task in kinds(effects, Escalated)]
    assert answers == AN_HOUR - 2  # the first touch and the welcome count too
    assert set(tasks) == {"too_many_texts"}
    _, effects = advance(SCRIPT, session, reply(priority=Priority.EMERGENCY), START + timedelta(minutes=1))
    assert [text.key for text in said(effects)] == ["emergency"], "other texts never stop the guidance"
    _, effects = advance(SCRIPT, session, reply(menu=1), START + timedelta(hours=1, seconds=41))
    assert [text.key for text in said(effects)] == ["report_confirm"]


def in_danger(session, moment, *, an_hour=AN_HOUR):
    session, effects = advance(SCRIPT, session, reply(priority=Priority.EMERGENCY), moment, None, an_hour)
    tasks = {(task.priority, task.reason) for task in kinds(effects, Escalated)}
    assert (Priority.EMERGENCY, "red_flag") in tasks, "staff are alarmed each time"
    return session, [text.key for text in said(effects)], (Priority.ROUTINE, "too_many_texts") in tasks


def test_each_danger_is_answered_below_the_limit_and_beyond_it_one_in_ten_minutes():
    session, said_at = consented(1), []
    for minute in range(60):  # a red flag twice a minute
        for second in (0, 30):
            moment = START + timedelta(minutes=minute, seconds=second)
            session, texts, told = in_danger(session, moment)
            assert told is not bool(texts), "who is not answered is a task"
            said_at += [moment] * len(texts)
    below = AN_HOUR - 2  # the first touch and the welcome count
    assert said_at[:below] == [START + timedelta(seconds=30 * at) for at in range(below)]
    later = said_at[below - 1 :]
    assert {b - a for a, b in pairwise(later)} == {GUIDANCE_EVERY}


def test_guidance_counts_so_that_two_robots_stop():
    session, answers = consented(1), 0
    for second in range(0, 3600, 5):
        event = reply(priority=Priority.EMERGENCY if second % 2 else Priority.NONE, menu=1)
        session, effects = advance(SCRIPT, session, event, START + timedelta(seconds=second))
        answers += len(said(effects))
    assert answers + 2 <= AN_HOUR + timedelta(hours=1) // GUIDANCE_EVERY


def test_a_limit_of_the_operators_counts_for_answers_too():
    session, effects = advance(SCRIPT, consented(1), reply(menu=1), START, None, 2)
    assert (said(effects), [task.reason for task in kinds(effects, Escalated)]) == ([], ["too_many_texts"])
    assert in_danger(session, START, an_hour=2)[1] == ["emergency"]


def test_an_answer_after_midnight_belongs_to_the_day_that_was_asked_for():
    session = consented(1)
    asked = START + timedelta(days=1)
    session, _ = advance(SCRIPT, session, TimerFell("check", DAY + timedelta(days=1)), asked)
    after_midnight = datetime(2022, 9, 11, 15, 30, tzinfo=UTC)  # 00:30 in Tokyo
    session, effects = advance(SCRIPT, session, reply(menu=1), after_midnight)
    assert [report.local_date for report in kinds(effects, ReportRecorded)] == [DAY + timedelta(days=1)]
    _, effects = advance(SCRIPT, session, reply(menu=2), after_midnight + timedelta(hours=1))
    assert [report.local_date for report in kinds(effects, ReportRecorded)] == [DAY + timedelta(days=2)]


def test_an_answer_two_days_late_belongs_to_the_day_on_which_it_comes():
    session = consented(1)
    session, _ = advance(SCRIPT, session, TimerFell("check", DAY + timedelta(days=1)), START + timedelta(days=1))
    _, effects = advance(SCRIPT, session, reply(menu=1), START + timedelta(days=3))
    assert [report.local_date for report in kinds(effects, ReportRecorded)] == [DAY + timedelta(days=3)]


def test_silence_calls_those_at_risk_sooner_and_before_the_others():
    def calls(at_risk):
        session = consented(1)
        session.members[0].at_risk = at_risk
        session, _ = advance(SCRIPT, session, TimerFell("check", DAY), START)
        told = []
        for number in range(3):
            session, effects = advance(SCRIPT, session, TimerFell(f"silence:daily:{number}", DAY), START)
            told.append([(call.reason, call.high) for call in kinds(effects, CallAdded)])
        return told

    assert calls(at_risk=False) == [[], [], [("no_answer", False)]]
    assert calls(at_risk=True) == [[], [("no_answer", True)], [("no_answer", True)]]


def test_a_silence_of_a_step_that_was_left_does_nothing():
    session = consented(1)
    session, _ = advance(SCRIPT, session, TimerFell("check", DAY), START)
    session, _ = advance(SCRIPT, session, reply(menu=1), START)
    assert advance(SCRIPT, session, TimerFell("silence:daily:0", DAY), START) == (session, [])


def test_the_next_check_is_at_the_programs_hour_today_or_tomorrow():
    for hour_utc, day in ((22, 11), (23, 11), (1, 12)):  # 07:00, 08:00 and, past the hour of nine, 10:00 in Tokyo
        now = datetime(2022, 9, 11 if hour_utc == 1 else 10, hour_utc, tzinfo=UTC)
        session, _ = advance(SCRIPT, Session(), Enrolled(member(1)), datetime(2022, 9, 10, 3, 0, tzinfo=UTC))
        _, effects = advance(SCRIPT, session, reply(intent=Intent.CONSENT_YES, answer="yes"), now)
        (timer,) = [timer for timer in kinds(effects, TimerSet) if timer.name == "check"]
        assert timer.local_date == date(2022, 9, day)
        assert timer.due == datetime(2022, 9, day, 0, 0, tzinfo=UTC)


def test_a_text_before_the_first_question_is_no_consent_and_has_the_question_asked_now():
    night = datetime(2022, 9, 10, 14, 0, tzinfo=UTC)  # 23:00 in Tokyo: the first text waits for the morning
    session, _ = advance(SCRIPT, Session(), Enrolled(member(1)), night)
    session, effects = advance(SCRIPT, session, reply(intent=Intent.CONSENT_YES, answer="yes"), night)
    assert session.consent is Consent.NONE
    assert kinds(effects, TextsCancelled)
    assert [(text.key, text.kind) for text in kinds(effects, Say)] == [("first_touch", TextKind.ANSWER)]
    session, _ = advance(SCRIPT, session, reply(intent=Intent.CONSENT_YES, answer="yes"), night)
    assert session.consent is Consent.GIVEN


def test_an_emergency_keeps_the_conversation_with_staff_until_they_hand_it_back():
    session = consented(1)
    session, _ = advance(SCRIPT, session, reply(priority=Priority.EMERGENCY), START)
    session, _ = advance(SCRIPT, session, reply(intent=Intent.OPT_OUT), START)
    session, _ = advance(SCRIPT, session, reply(intent=Intent.OPT_IN), START)
    session, _ = advance(SCRIPT, session, reply(intent=Intent.CONSENT_YES, answer="yes"), START)
    assert (session.consent, session.control) == (Consent.GIVEN, Control.WAITING_HUMAN)
    session, _ = advance(SCRIPT, session, HandedBack("nurse", "resting"), START)
    assert session.control is Control.BOT


def test_who_is_enrolled_late_is_asked_and_not_at_once_given_to_the_telephone():
    late = Member(1, "太郎", CaseState.MONITORING, day0=DAY - timedelta(days=30), since=DAY - timedelta(days=1))
    session = Session(step="resting", consent=Consent.GIVEN, members=[late])
    session, effects = advance(SCRIPT, session, TimerFell("check", DAY), START)
    assert session.step == "daily"
    assert not kinds(effects, CallAdded)


def test_who_is_silent_for_days_past_release_is_called_and_no_longer_asked():
    silent = Member(1, "太郎", CaseState.MONITORING, day0=DAY - timedelta(days=30), since=DAY - timedelta(days=9))
    session = Session(step="resting", consent=Consent.GIVEN, members=[silent])
    session, effects = advance(SCRIPT, session, TimerFell("check", DAY), START)
    assert [call.reason for call in kinds(effects, CallAdded)] == ["release_notice"]
    assert not kinds(effects, Say)


def test_a_second_start_is_explained_and_does_not_repeat_the_first_text():
    session, _ = advance(SCRIPT, consented(1), reply(intent=Intent.OPT_OUT), START)
    session, first = advance(SCRIPT, session, reply(intent=Intent.OPT_IN), START)
    _, second = advance(SCRIPT, session, reply(intent=Intent.OPT_IN), START)
    assert [text.key for text in kinds(first, Say)] == ["first_touch"]
    assert [text.key for text in kinds(second, Say)] == ["help"]


def test_nobody_in_care_is_handed_back_at_a_step_outside_care():
    session, _ = advance(SCRIPT, consented(1), TakenOver("nurse"), START)
    for step in ("released", "phone_only", "danger"):
        with pytest.raises(Refused):
            advance(SCRIPT, session, HandedBack("nurse", step), START)


def test_one_machine_serves_all_conversations_of_a_version():
    assert machine_for(SCRIPT) is machine_for(SCRIPT)
    assert not machine_for(SCRIPT).models


@pytest.mark.parametrize("flag", sorted(RED_FLAGS))
def test_red_flags_are_no_ordinary_symptoms(flag):
    assert flag not in SYMPTOMS
