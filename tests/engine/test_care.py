"""Nobody drops out of care, and no word that matters gets lost: turns that once went wrong, or nearly."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.errors import Refused
from bot.domain.reading import Intent, Part, Priority, Reading
from bot.domain.states import CaseState, Consent, Control, TextKind
from bot.engine.advance import advance
from bot.engine.effects import (
    CallAdded,
    CallsAnswered,
    Escalated,
    EscalationsClosed,
    EscalationsReturned,
    ReportRecorded,
    Say,
    TextsCancelled,
    TimersCancelled,
    TimerSet,
)
from bot.engine.events import (
    CallFinished,
    ClosedByStaff,
    Enrolled,
    HandedBack,
    NumberConfirmed,
    ReleaseConfirmed,
    Replied,
    StaffWrote,
    TakenOver,
    TimerFell,
)
from bot.engine.session import Member, Session
from bot.scripts.load import load_bundle
from bot.settings import shipped

START = datetime(2022, 9, 10, 1, 0, tzinfo=UTC)  # ten in the morning
DAY = date(2022, 9, 10)
NURSE = "nurse"
SCRIPTS = {name: load_bundle(shipped("conversations"), name).script for name in ("covid19-2022-09-07", "mpox-contact")}


class Story:
    """One conversation; what the last turn asked for is in ``effects``."""

    def __init__(self, *cases, program="covid19-2022-09-07", consent=True, start=START, **member):
        self.script = SCRIPTS[program]
        self.session = Session(members=[])
        self.now = start
        self.effects = []
        for case in cases or (1,):
            self.tell(
                Enrolled(Member(case, f"太郎{case}", CaseState.ENROLLED, **{"day0": DAY, "since": DAY, **member}))
            )
        if consent:
            self.says(intent=Intent.CONSENT_YES, answer="yes")

    def tell(self, event, *, at=None):
        self.now = at or self.now
        self.session, self.effects = advance(self.script, self.session, event, self.now)
        return self

    def says(self, *, who=(), priority=Priority.NONE, intent=Intent.REPORT, at=None, **facts):
        return self.tell(Replied("…", (Part(Reading(intent, priority, **facts), who),)), at=at)

    def says_two(self, first, second):
        return self.tell(Replied("…", (Part(first, (0,)), Part(second, (1,)))))

    def timer(self, name, *, at=None, case=None):
        self.now = at or self.now
        day = (self.now + timedelta(hours=9)).date()
        return self.tell(TimerFell(name, day, case))

    def after(self, **time):
        return self.now + timedelta(**time)

    def kinds(self, kind):
        return [effect for effect in self.effects if isinstance(effect, kind)]

    @property
    def said(self):
        return [text.key for text in self.kinds(Say)]

    @property
    def tasks(self):
        return [(task.priority.value, task.reason) for task in self.kinds(Escalated)]

    @property
    def calls(self):
        return [(call.reason, call.case_id) for call in self.kinds(CallAdded)]

    @property
    def states(self):
        return [member.state.value for member in self.session.members]


STOP = {"intent": Intent.OPT_OUT}
START_AGAIN = {"intent": Intent.OPT_IN}
WRONG_NUMBER = {"intent": Intent.WRONG_NUMBER}
EMERGENCY = {"priority": Priority.EMERGENCY}
UNCLEAR = {"intent": Intent.OTHER, "understood": False}
CHECK = datetime(2022, 9, 11, tzinfo=UTC)  # nine in the morning of the next day


# -- the danger question ---------------------------------------------------------------------------------------------


def test_an_unclear_text_after_the_end_of_care_is_a_persons_when_its_question_is_not_answered():
    story = Story().tell(ClosedByStaff(NURSE, "recovered")).says(**UNCLEAR)
    assert story.said == ["danger_question"]
    story.timer("silence:danger:0", at=story.after(minutes=30))
    assert ("urgent", "no_clear_answer") in story.tasks


def test_an_urgent_text_that_was_not_understood_is_a_nurses_today_and_asked_about_danger_at_once():
    story = Story().says(priority=Priority.URGENT, understood=False)
    assert story.said == ["danger_question"]
    assert ("urgent", "urgent_report") in story.tasks
    story.says(answer="yes", priority=Priority.EMERGENCY)
    assert ("emergency", "red_flag") in story.tasks


def test_the_daily_check_does_not_eat_a_danger_question():
    story = Story().says(**UNCLEAR, at=CHECK - timedelta(minutes=15))
    assert story.session.step == "danger"
    story.timer("check", at=CHECK)
    assert ("urgent", "no_clear_answer") in story.tasks
    assert story.said == ["daily_check"]


def test_the_release_does_not_eat_a_danger_question():
    story = Story(day0=date(2022, 9, 3)).says(menu=1)
    story.says(**UNCLEAR, at=CHECK + timedelta(hours=1))
    story.timer("release:1", at=CHECK + timedelta(hours=1, minutes=10), case=1)
    assert "release_notice" not in story.said
    assert ("routine", "release_confirmation") in story.tasks
    assert story.session.step == "danger"


# -- STOP, START and wrong numbers -----------------------------------------------------------------------------------


def test_stop_to_a_quarantined_number_counts():
    story = Story().says(**WRONG_NUMBER).says(**STOP)
    assert story.session.opted_out
    assert not story.said
    story.tell(NumberConfirmed(NURSE))
    assert not story.said, "STOP sticks when the number turns out to be right"


@pytest.mark.parametrize("at", [0, 1])
def test_stop_counts_in_whichever_part_of_a_households_reply_it_stands(at):
    well, stop = Reading(Intent.REPORT, Priority.NONE, menu=1), Reading(Intent.OPT_OUT, Priority.NONE)
    story = Story(1, 2)
    story.says_two(*((stop, well) if at == 0 else (well, stop)))
    assert story.session.opted_out
    assert story.said == ["stopped"]


def test_stop_beside_a_danger_under_a_takeover_counts():
    story = Story().tell(TakenOver(NURSE)).says(**STOP, **EMERGENCY)
    assert story.session.opted_out
    assert ("emergency", "red_flag") in story.tasks
    assert not story.said


def test_stop_beside_a_danger_is_answered_with_119_and_sticks():
    story = Story().says(**STOP, **EMERGENCY)
    (text,) = story.kinds(Say)
    assert (text.key, text.kind) == ("emergency", TextKind.FAREWELL), "the last check lets it through"
    assert story.effects.index(text) > max(map(story.effects.index, story.kinds(TextsCancelled)))
    assert story.session.opted_out
    assert not story.says(menu=1).said


def test_who_stops_while_waiting_for_the_release_is_told_by_telephone():
    story = Story(program="mpox-contact", day0=date(2022, 8, 19)).timer("release:1", at=CHECK, case=1)
    assert story.states == ["release_pending"]
    assert ("release_notice", 1) in story.says(**STOP).calls
    with pytest.raises(Refused):
        story.tell(ReleaseConfirmed(NURSE, 1))
    story.tell(CallFinished(NURSE, "release_notice", "reached", 1))
    assert story.states == ["released"]


def test_a_wrong_number_goes_to_the_call_list_and_its_release_comes_by_telephone():
    story = Story().says(**WRONG_NUMBER)
    assert ("wrong_number", 1) in story.calls
    assert all(effect.prefix in {"check", "silence:"} for effect in story.kinds(TimersCancelled))
    assert ("release_notice", 1) in story.timer("release:1", at=CHECK + timedelta(days=8), case=1).calls


def test_a_wrong_number_under_a_takeover_is_quarantined_and_stays_the_nurses():
    story = Story().tell(TakenOver(NURSE)).says(**WRONG_NUMBER)
    assert story.session.quarantined
    assert (story.session.control, story.session.owner) == (Control.HUMAN, NURSE)
    assert ("routine", "wrong_number") in story.tasks
    with pytest.raises(Refused):
        story.tell(StaffWrote(NURSE, "お電話します"))


def test_start_under_a_takeover_opens_the_way_and_is_told_to_the_nurse():
    story = Story().says(**STOP).tell(TakenOver(NURSE)).says(**START_AGAIN)
    assert not story.session.opted_out
    assert story.session.consent is Consent.NONE
    assert ("routine", "opted_in") in story.tasks
    assert story.tell(HandedBack(NURSE, "consent")).said == ["first_touch"]


# -- takeovers -------------------------------------------------------------------------------------------------------


def test_a_takeover_has_one_lease_also_after_midnight():
    story = Story().tell(TakenOver(NURSE), at=START + timedelta(hours=10))  # 20:00
    story.tell(StaffWrote(NURSE, "お電話します"), at=START + timedelta(hours=14, minutes=30))  # 00:30
    kinds = [type(effect) for effect in story.effects if isinstance(effect, TimersCancelled | TimerSet)]
    assert kinds == [TimersCancelled, TimerSet], "the lease of yesterday's date goes first"
    (lease,) = story.kinds(TimerSet)
    assert (lease.name, lease.due) == ("lease", story.after(hours=8))


def test_a_takeover_that_was_left_gives_its_tasks_back():
    story = Story().says(**EMERGENCY).tell(TakenOver(NURSE))
    story.timer("lease", at=story.after(hours=8))
    assert story.kinds(EscalationsReturned)
    assert (story.session.control, story.session.owner) == (Control.WAITING_HUMAN, None)
    assert ("routine", "takeover_left") in story.tasks


@pytest.mark.parametrize(
    "event, spares_staff",
    [
        (TakenOver("doctor"), True),
        (ClosedByStaff(NURSE, "recovered"), True),
        (Replied("…", (Part(Reading(Intent.OPT_OUT, Priority.NONE)),)), False),
        (Replied("…", (Part(Reading(Intent.WRONG_NUMBER, Priority.NONE)),)), False),
    ],
)
def test_a_colleagues_own_text_is_cancelled_only_where_nobody_may_text(event, spares_staff):
    story = Story().tell(TakenOver(NURSE)).tell(event)
    assert {effect.staff_too for effect in story.kinds(TextsCancelled)} == {not spares_staff}


def test_an_emergency_waits_for_a_person_whatever_else_comes():
    story = Story().says(**EMERGENCY)
    for event in (TimerFell("check", DAY + timedelta(days=1)), Enrolled(Member(2, "花子", CaseState.ENROLLED, DAY))):
        story.tell(event, at=CHECK)
        assert story.session.control is Control.WAITING_HUMAN
        assert "daily_check" not in story.said
    assert story.tell(HandedBack(NURSE, "resting")).session.control is Control.BOT


def test_nobody_in_care_is_handed_back_out_of_it():
    story = Story().tell(TakenOver(NURSE))
    for step in ("released", "phone_only", "danger"):
        with pytest.raises(Refused) as refusal:
            story.tell(HandedBack(NURSE, step))
        assert refusal.value.field == "step"


# -- households ------------------------------------------------------------------------------------------------------


def test_confirming_one_release_leaves_the_other_ones_task_open():
    story = Story(1, 2, program="mpox-contact", day0=date(2022, 8, 19))
    for case in (1, 2):
        story.timer(f"release:{case}", at=CHECK, case=case)
    story.tell(ReleaseConfirmed(NURSE, 1))
    assert [effect.case_id for effect in story.kinds(EscalationsClosed)] == [1]
    assert story.states == ["released", "release_pending"]
    assert story.tell(ReleaseConfirmed(NURSE, 2)).states == ["released", "released"]


def test_behind_one_who_is_silent_nobody_is_forgotten():
    story = Story(1, 2).timer("check", at=CHECK)
    assert story.said == ["daily_check"]
    for number in (0, 1):
        story.timer(f"silence:daily:{number}", at=story.after(hours=2))
    story.timer("silence:daily:2", at=story.after(hours=4))
    assert story.calls == [("no_answer", 1), ("no_answer", 2)]


def test_behind_one_who_is_silent_somebody_at_risk_is_called_sooner():
    story = Story(1, 2)
    story.session.members[1].at_risk = True
    story.timer("check", at=CHECK).timer("silence:daily:1", at=CHECK + timedelta(hours=6))
    assert ("no_answer", 2) in story.calls


def test_after_an_outage_of_days_each_of_a_household_is_asked_once():
    story = Story(1, 2).timer("check", at=CHECK)
    late = CHECK + timedelta(days=2, hours=1)
    asked = []
    for _ in range(4):
        story.says(menu=1, at=late)
        asked += story.said
    assert asked.count("daily_check") <= 1
    assert story.session.step == "resting"


def test_after_an_outage_the_question_and_its_answer_belong_to_the_day_on_which_they_come():
    story = Story()
    story.tell(TimerFell("check", DAY + timedelta(days=1)), at=CHECK + timedelta(days=1, hours=1))
    story.says(menu=1, at=story.after(hours=1))
    assert [report.local_date for report in story.kinds(ReportRecorded)] == [DAY + timedelta(days=2)]


# -- days ------------------------------------------------------------------------------------------------------------


def test_a_correction_after_midnight_mends_yesterdays_report():
    story = Story().timer("check", at=CHECK).says(temperature=36.2, at=CHECK + timedelta(hours=1))
    midnight = datetime(2022, 9, 11, 15, 10, tzinfo=UTC)
    story.says(temperature=38.2, correction=True, at=midnight)
    assert [report.local_date for report in story.kinds(ReportRecorded)] == [DAY + timedelta(days=1)]


def test_an_answer_takes_the_silent_off_the_call_list():
    story = Story().timer("check", at=CHECK).timer("silence:daily:2", at=CHECK + timedelta(hours=8))
    assert story.calls == [("no_answer", 1)]
    assert CallsAnswered("no_answer", 1) in story.says(menu=1).kinds(CallsAnswered)


def test_who_is_closed_at_night_is_not_asked_in_the_morning():
    story = Story(consent=False, start=START + timedelta(hours=13))  # 23:00: the first text waits for the morning
    story.tell(ClosedByStaff(NURSE, "recovered")).says(menu=1, at=story.after(hours=1))
    assert "first_touch" not in story.said


def test_silence_that_never_ends_is_a_call_and_not_a_question_for_ever():
    story, asked = Story(day0=date(2022, 9, 10)), 0
    for day in range(1, 16):
        story.timer("check", at=CHECK + timedelta(days=day - 1))
        asked += story.said.count("daily_check")
    assert asked < 12
    assert story.states == ["release_pending"]
