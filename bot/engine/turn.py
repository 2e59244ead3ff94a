"""One turn of a conversation: the session that changes and the effects that it asks for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.domain.hourly import AN_HOUR, HOUR, may_go_at
from bot.domain.quiet import QuietHours
from bot.domain.reading import Context, Part, Priority
from bot.domain.states import GUIDANCE, OPEN_CASES, CaseState, Consent, Control, TextKind
from bot.engine.effects import (
    CallAdded,
    CallsAnswered,
    CaseChanged,
    ConsentNoted,
    Effect,
    Escalated,
    ReportRecorded,
    Say,
    SayWritten,
    SentAgain,
    TextsCancelled,
    TimersCancelled,
    TimerSet,
)
from bot.engine.release import note_report
from bot.engine.script import BACK, Move, Script, Step
from bot.engine.weigh import weigh

if TYPE_CHECKING:
    from bot.domain.program import Program
    from bot.engine.session import Member, Session


class Turn:
    """The model of the state machine for one event; ``kind`` is what its texts are sent as.

    ``an_hour``: texts to the number within an hour, whatever they are, before answers stop.
    """

    def __init__(  # what one turn is told
        self,
        script: Script,
        session: Session,
        now: datetime,
        kind: TextKind,
        quiet: QuietHours | None = None,
        an_hour: int = AN_HOUR,
    ) -> None:
        self.script = script
        self.quiet = quiet or QuietHours()
        self._an_hour = an_hour
        self.session = session
        self.now = now
        self.kind = kind
        self.effects: list[Effect] = []
        self.parts: tuple[Part, ...] = ()
        self.evidence = ""

    # -- the machine's view ------------------------------------------------------------------------------------------
    @property
    def step(self) -> str | None:
        return self.session.step

    @step.setter
    def step(self, name: str) -> None:
        self.session.step = name

    @property
    def current(self) -> Step | None:
        """The step that the session is in."""
        return self.script.steps.get(self.session.step or "")

    @property
    def context(self) -> Context:
        """What was asked last."""
        return self.current.ask if self.current else Context.FREE

    def program_of(self, member: Member | None) -> Program:
        """The care program of a member."""
        return member.program if member and member.program else self.script.program

    # -- time --------------------------------------------------------------------------------------------------------
    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.session.timezone)

    @property
    def today(self) -> date:
        """The local date."""
        return self.now.astimezone(self.zone).date()

    def local(self, day: date, clock: time) -> datetime:
        """That time of day, local."""
        return datetime.combine(day, clock, self.zone)

    # -- effects -----------------------------------------------------------------------------------------------------
    def add(self, effect: Effect) -> None:
        self.effects.append(effect)
        if isinstance(effect, Say | SayWritten | SentAgain):
            session = self.session
            session.texted_at = [*(moment for moment in session.texted_at if moment > self.now - HOUR), self.now]
            if isinstance(effect, Say) and effect.key == GUIDANCE:
                session.guided_at = self.now

    def say(self, key: str, *, kind: TextKind | None = None, case_id: int | None = None, **values: object) -> None:
        """Send a text, unless the resident must not be texted or has had too many answers within the hour."""
        session, kind = self.session, kind or self.kind
        if not self._on_roster(key, kind):
            return
        if session.quarantined or (session.opted_out and kind is not TextKind.FAREWELL):
            return
        if session.unreachable and kind in {TextKind.SCHEDULED, TextKind.ANSWER}:
            return
        if (key == GUIDANCE or kind is TextKind.ANSWER) and not self._within_the_hour(guidance=key == GUIDANCE):
            return
        readings = tuple((member.case_id, part.reading) for part, members in self.attributed() for member in members)
        about = case_id if case_id is not None else self._spoken_about({case for case, _ in readings})
        self.add(Say(key, kind, about, readings, values))

    def _on_roster(self, key: str, kind: TextKind) -> bool:
        """Only residents are texted, and by the program itself only those in care; a stranger's danger is answered."""
        if kind is TextKind.SCHEDULED:
            return bool(self.session.in_state(*OPEN_CASES))
        return bool(self.session.members) or key == GUIDANCE

    def _spoken_about(self, told_of: set[int]) -> int | None:
        """Whom a text is about: the one that the reply told of, nobody when of several, else the one being asked."""
        if told_of:
            return next(iter(told_of)) if len(told_of) == 1 else None
        return self.session.asking

    def _within_the_hour(self, *, guidance: bool) -> bool:
        """Whether one more goes; else a person hears of it. What the program begins waits in the outbox instead."""
        session = self.session
        allowed = (
            may_go_at(session.texted_at, session.guided_at, self._an_hour, self.now, guidance=guidance) <= self.now
        )
        if not allowed:
            self.escalate(Priority.ROUTINE, "too_many_texts")
        return allowed

    def escalate(self, priority: Priority, reason: str, case_id: int | None = None) -> None:
        self.add(Escalated(priority, reason, case_id, self.evidence))

    def call(self, reason: str, member: Member | None = None, *, high: bool = False) -> None:
        high = high or bool(member and member.at_risk)
        self.add(CallAdded(reason, self.now, member.case_id if member else None, high=high))

    def change_case(self, member: Member, state: CaseState) -> None:
        if member.state is not state:
            member.state = state
            self.add(CaseChanged(member.case_id, state))

    def change_control(self, control: Control, owner: str | None = None) -> None:
        """Give the lead to somebody; texts queued under the former lead become void."""
        if (self.session.control, self.session.owner) != (control, owner):
            self.session.control, self.session.owner = control, owner
            self.session.epoch += 1

    def silence(self, reason: str, *, timers: str = "") -> None:
        """Nothing that waits goes out any more."""
        self.add(TextsCancelled(reason, staff_too=reason in _NOBODY_MAY_TEXT))
        self.add(TimersCancelled(timers))

    def set_check(self) -> None:
        """The next daily check, at the program's hour: today when it is still to come, else tomorrow."""
        hour = self.script.program.check_hour
        day = self.today if self.local(self.today, hour) > self.now else self.today + timedelta(days=1)
        self.add(TimerSet("check", self.local(day, hour), day))

    # -- steps -------------------------------------------------------------------------------------------------------
    def enter(self, name: str, *, source: str | None = None) -> None:
        """Go to a step (from ``source``): say its texts, forget old waits, set new ones."""
        session, source = self.session, source or self.session.step
        if name == BACK:
            name = "resting" if session.back_to in {None, "daily"} else str(session.back_to)
        if name == "danger":
            session.back_to = source
        if name == "resting" and self._ask_next_member(source):
            return
        if name != source:
            session.tries = {}
        session.step = name
        self.add(TimersCancelled("silence:"))
        if name == "with_staff" and session.control is not Control.HUMAN:
            self.change_control(Control.WAITING_HUMAN)
        if name in {"resting", "released"}:
            session.asking = None
        self._open(self.script.steps[name])

    def _open(self, step: Step) -> None:
        for key in step.say:
            self.say(key, case_id=self.session.asking)
        asked_at = (
            self.quiet.next_allowed(self.now, self.session.timezone) if self.kind is TextKind.SCHEDULED else self.now
        )
        self.session.asks_from = asked_at if asked_at > self.now and step.name == self.script.start else None
        for number, nudge in enumerate(step.silence):
            due = asked_at + nudge.after
            self.add(TimerSet(f"silence:{step.name}:{number}", due, self.today, again=True))

    def start_check(self, members: list[Member], day: date) -> None:
        """Ask these members how they are, one after another; what was asked before and never went out is void."""
        self.forget_questions()
        for member in members:
            member.asked_on = day
        self.session.asked_on = day
        self.session.asking = members[0].case_id
        self.session.tries, self.session.back_to = {}, None
        self.enter("daily")

    def forget_questions(self) -> None:
        """Daily questions and reminders that never went out (the carrier was away) are void: the newest one counts."""
        for key in self.daily_keys():
            self.add(TextsCancelled("superseded", key))

    def daily_keys(self) -> list[str]:
        """The texts of the daily question and its reminders."""
        daily = self.script.steps["daily"]
        return list(dict.fromkeys([*daily.say, *(key for nudge in daily.silence for key in nudge.move.say)]))

    def _ask_next_member(self, source: str | None) -> bool:
        """In a household the next one is asked before the conversation rests."""
        session = self.session
        asked_on = session.asked_on
        if source not in {"daily", "danger"} or asked_on is None:
            return False
        unanswered = [m for m in session.in_state(CaseState.MONITORING) if m.asked_on == asked_on != m.answered_on]
        waiting = [member for member in unanswered if member.case_id != session.asking]
        if not waiting:
            return False
        self.start_check(waiting, asked_on)
        return True

    def perform(self, move: Move, word: str, members: list[Member] | None = None) -> None:
        """Carry out one move of the script; a call is for ``members`` (else for all who are silent)."""
        for what in move.record:
            self._record(what)
        for key in move.say:
            self.say(key)
        if move.escalate:
            self.escalate(move.escalate, _REASONS.get(word, "script"), self._about())
        if move.call:
            for member in self.silent_members() if members is None else members:
                self.call(move.call, member)

    def _about(self) -> int | None:
        return next((m.case_id for _, members in self.attributed() for m in members), self.session.asking)

    def silent_members(self) -> list[Member]:
        """Who has not answered: in a household the one being asked and those who wait behind."""
        session = self.session
        asked = session.member(session.asking)
        if asked is None:
            return session.in_state(CaseState.ENROLLED, CaseState.MONITORING, CaseState.PHONE_ONLY)
        behind = [m for m in session.in_state(CaseState.MONITORING) if m.asked_on == session.asked_on != m.answered_on]
        return [asked, *(member for member in behind if member is not asked)]

    # -- records -----------------------------------------------------------------------------------------------------
    def attributed(self) -> list[tuple[Part, list[Member]]]:
        """Each part of the reply with the members that it is about (none where that cannot be told)."""
        members = self.session.members
        living = self.session.in_state(*OPEN_CASES) or members
        pairs = []
        for part in self.parts:
            about = [members[index] for index in part.who if index < len(members)]
            if not part.who:
                asked = self.session.member(self.session.asking)
                about = [asked] if asked else list(living) if len(living) == 1 else []
            pairs.append((part, about))
        return pairs

    def _record(self, what: str) -> None:
        if what == "report":
            self.record_reports()
        elif what == "consent_given":
            self.note_consent(Consent.GIVEN)
        elif what == "consent_declined":
            self.note_consent(Consent.DECLINED)

    def note_consent(self, consent: Consent) -> None:
        """Write the consent down and move the cases that hang on it."""
        self.session.consent = consent
        self.add(ConsentNoted(consent))
        given = consent is Consent.GIVEN
        answered = ("no_answer_to_consent", "no_consent", "opted_out") if given else ("no_answer_to_consent",)
        for member in self.session.members:
            for reason in answered:
                self.add(CallsAnswered(reason, member.case_id))
        for member in self.session.in_state(CaseState.ENROLLED, CaseState.PHONE_ONLY, CaseState.MONITORING):
            self.change_case(member, CaseState.MONITORING if given else CaseState.PHONE_ONLY)
        if given and self.session.members:
            self.set_check()

    def record_reports(self) -> None:
        """Write each part down for the members that it is about, on the day that it was asked for."""
        for part, members in self.attributed():
            for member in members:
                day = self._day_asked(member, correction=part.reading.correction)
                program = self.program_of(member)
                priority = weigh(part.reading, program, member, self.today)
                self.add(ReportRecorded(member.case_id, day, part.reading, priority))
                self.add(CallsAnswered("no_answer", member.case_id))
                note_report(member, part.reading, priority, day, self.now, program.thresholds.fever)
                member.answered_on = member.asked_on or member.answered_on  # late or not, the check is answered

    def _day_asked(self, member: Member, *, correction: bool) -> date:
        """The day of the check that is open, or that a correction of last night mends; else today."""
        asked = member.asked_on
        if asked is None or self.today - asked > timedelta(days=1):
            return self.today
        return asked if correction or member.answered_on != asked else self.today


_NOBODY_MAY_TEXT = frozenset({"opted_out", "wrong_number"})
"""Reasons for which also a colleague's own texts do not go out any more."""

_REASONS = {
    "urgent": "urgent_report", "question": "question", "unclear": "not_understood", "no": "not_understood",
    "report": "report_to_read", "silence": "no_clear_answer", "thanks": "no_clear_answer", "later": "no_clear_answer",
}  # fmt: skip
