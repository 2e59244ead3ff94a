"""A world in memory for one script: residents, their phones, timers, staff; the real engine, reader and texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.domain.errors import InvalidInput, Refused
from bot.domain.names import spellings
from bot.domain.office import Office
from bot.domain.reading import Context, Part
from bot.domain.states import OPEN_CASES, CaseState, Control, TextKind
from bot.domain.text import DAMAGE
from bot.engine import effects as fx
from bot.engine.advance import advance
from bot.engine.events import (
    CallFinished,
    ClosedByStaff,
    Enrolled,
    Event,
    HandedBack,
    ReleaseConfirmed,
    Replied,
    StaffWrote,
    TakenOver,
    TimerFell,
)
from bot.engine.session import Member, Session
from bot.scripts.bundle import ScriptBundle
from bot.scripts.desk import Desk
from bot.scripts.office import SAMPLE_OFFICE
from bot.scripts.render import render
from bot.scripts.stage import Resident, Sent, State

NURSE = "看護師"


class Reads(Protocol):
    """The reader: what a text says, part by part, about whom."""

    def read_for(
        self, text: str, context: Context, members: Sequence[Sequence[str]], asked: int | None
    ) -> Sequence[Part]: ...


@dataclass(slots=True)
class _Timer:
    due: datetime
    event: TimerFell
    state: str = "pending"


@dataclass(slots=True)
class _Held:
    """A text of the program that waits for the end of the quiet hours."""

    due: datetime
    text: str
    kind: TextKind
    epoch: int
    key: str


@dataclass(slots=True)
class Talk:
    """One phone's conversation; ``events`` and ``effects`` are all that happened, newest last."""

    bundle: ScriptBundle
    session: Session = field(default_factory=Session)
    names: dict[int, Sequence[str]] = field(default_factory=dict)
    desk: Desk = field(default_factory=Desk)
    timers: dict[tuple[str, date], _Timer] = field(default_factory=dict)
    held: list[_Held] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    effects: list[fx.Effect] = field(default_factory=list)


class Simulation:
    """A stage (see ``bot.scripts.stage``). ``bundles`` gives the script of a program by name."""

    def __init__(
        self,
        bundles: Callable[[str], ScriptBundle],
        program: str,
        reader: Reads,
        now: datetime,
        office: Office = SAMPLE_OFFICE,
    ) -> None:
        self.now = now
        self.talks: dict[str, Talk] = {}
        self._bundles = bundles
        self._program = program
        self._reader = reader
        self._office = office
        self._sent: list[Sent] = []
        self._cases = count(1)

    # -- the stage ---------------------------------------------------------------------------------------------------
    def enrol(self, resident: Resident) -> None:
        program = resident.program or self._program
        talk = self._talk(resident.phone, self._program)
        if not talk.session.in_state(*OPEN_CASES):
            talk.bundle = self._bundles(program)
        care = self._bundles(program).script.program
        case = next(self._cases)
        member = Member(
            case, resident.first_name, CaseState.ENROLLED, resident.day0, resident.at_risk, resident.birth_date
        )
        member.since = self.now.astimezone(ZoneInfo(talk.session.timezone)).date()
        member.program = None if program == talk.bundle.program else care
        talk.names[case] = spellings(resident.first_name, resident.name, resident.kana)
        talk.session.language = resident.language
        talk.session.members.append(member)
        self._happen(resident.phone, talk, Enrolled(member))

    def send(self, phone: str, text: str) -> None:
        """Any text; what could not be decoded stands there as U+FFFD."""
        talk = self._talk(phone, self._program)
        self._happen(phone, talk, self._read(talk, text))

    def advance(self, moment: datetime) -> None:
        while (due := self._next_due()) is not None and due <= moment:
            self.now = max(self.now, due)
            self._fall(due)
        self.now = max(self.now, moment)

    def staff(self, action: str, phone: str, argument: str) -> None:
        talk = self._talk(phone, self._program)
        self._happen(phone, talk, _staff_event(talk, action, argument))

    def texts(self) -> list[Sent]:
        sent, self._sent = self._sent, []
        return sent

    def state(self, phone: str) -> State:
        talk = self.talks.get(phone)
        if talk is None:
            return State()
        session = talk.session
        return State(
            session.control,
            session.step,
            session.consent,
            [(member.first_name, member.state) for member in session.members],
            list(talk.desk.tasks.values()),
            [(reason, high) for (_, reason), high in talk.desk.calls.items()],
            sorted(talk.desk.reports.values(), key=lambda report: report.day),
        )

    # -- what happens ------------------------------------------------------------------------------------------------
    def _talk(self, phone: str, program: str) -> Talk:
        if phone not in self.talks:
            bundle = self._bundles(program)
            self.talks[phone] = Talk(bundle, Session(timezone=bundle.script.program.timezone))
        return self.talks[phone]

    def _read(self, talk: Talk, text: str) -> Replied:
        session = talk.session
        step = talk.bundle.script.steps.get(session.step or "")
        members = session.members
        living = [member for member in members if member.state is not CaseState.CLOSED]
        names = [talk.names[member.case_id] if len(living) > 1 else () for member in members]
        asked = next((at for at, member in enumerate(members) if member.case_id == session.asking), None)
        context = step.ask if step else Context.FREE
        plain = text.replace(DAMAGE, " ")
        return Replied(text, tuple(self._reader.read_for(plain, context, names, asked)), damaged=DAMAGE in text)

    def _happen(self, phone: str, talk: Talk, event: Event) -> None:
        """One turn; raises Refused where staff ask for what cannot be."""
        limits = self._office.quiet, self._office.an_hour
        talk.session, effects = advance(talk.bundle.script, talk.session, event, self.now, *limits)
        talk.events.append(event)
        talk.effects += effects
        for effect in effects:
            self._apply(phone, talk, effect)

    def _apply(self, phone: str, talk: Talk, effect: fx.Effect) -> None:
        match effect:
            case fx.Say():
                text = render(talk.bundle, effect, talk.session, self._office, self.now)
                self._text(phone, talk, text, effect.kind, effect.key)
            case fx.SayWritten():
                self._text(phone, talk, effect.text, TextKind.STAFF)
            case fx.TimerSet():
                _set_timer(talk, effect)
            case fx.TimersCancelled():
                _cancel_timers(talk, effect.prefix)
            case fx.TextsCancelled():
                talk.held = [held for held in talk.held if effect.key not in {"", held.key}]
            case _:
                talk.desk.take(effect, talk.session)

    # -- texts and time ----------------------------------------------------------------------------------------------
    def _text(self, phone: str, talk: Talk, text: str, kind: TextKind, key: str = "") -> None:
        if not text:
            return
        due = self.now
        if kind is TextKind.SCHEDULED:
            due = self._office.quiet.next_allowed(self.now, talk.session.timezone)
        if due > self.now:
            talk.held.append(_Held(due, text, kind, talk.session.epoch, key))
        else:
            self._sent.append(Sent(phone, text, self.now))

    def _next_due(self) -> datetime | None:
        dues = [timer.due for talk in self.talks.values() for timer in talk.timers.values() if timer.state == "pending"]
        dues += [held.due for talk in self.talks.values() for held in talk.held]
        return min(dues, default=None)

    def _fall(self, due: datetime) -> None:
        """Everything that is due at this moment: waiting texts first, then timers."""
        for phone, talk in self.talks.items():
            ready = [held for held in talk.held if held.due <= due]
            talk.held = [held for held in talk.held if held.due > due]
            self._sent += [Sent(phone, held.text, self.now) for held in ready if _may_go(held, talk.session)]
            for timer in [timer for timer in talk.timers.values() if timer.state == "pending" and timer.due <= due]:
                if timer.state == "pending":
                    timer.state = "fallen"
                    self._happen(phone, talk, timer.event)


def _set_timer(talk: Talk, effect: fx.TimerSet) -> None:
    key = effect.name, effect.local_date
    old = talk.timers.get(key)
    if old is None or old.state != "fallen" or effect.again:
        talk.timers[key] = _Timer(effect.due.astimezone(UTC), TimerFell(effect.name, effect.local_date, effect.case_id))


def _cancel_timers(talk: Talk, prefix: str) -> None:
    for (name, _), timer in talk.timers.items():
        if timer.state == "pending" and name.startswith(prefix):
            timer.state = "cancelled"


def _may_go(held: _Held, session: Session) -> bool:
    """The last check before sending: not after STOP, not to a wrong number, not over a colleague."""
    if session.quarantined or (session.opted_out and held.kind is not TextKind.FAREWELL):
        return False
    return session.control is not Control.HUMAN or held.kind is TextKind.STAFF or held.epoch >= session.epoch


def _staff_event(talk: Talk, action: str, argument: str) -> Event:
    match action:
        case "take-over":
            return TakenOver(NURSE)
        case "reply":
            return StaffWrote(NURSE, argument)
        case "hand-back":
            return HandedBack(NURSE, argument)
        case "close":
            return ClosedByStaff(NURSE, argument)
        case "confirm-release":
            return ReleaseConfirmed(NURSE, _case_to_release(talk.session, argument))
        case "finish-call":
            return _finished_call(talk, argument)
    raise InvalidInput(f"職員の操作「{action}」はありません。", f"Staff cannot “{action}”.", field="action")


def _finished_call(talk: Talk, argument: str) -> CallFinished:
    reason, _, outcome = argument.partition(" ")
    waiting = [case_id for case_id, about in talk.desk.calls if about == reason]
    if not waiting:
        raise Refused("その理由の電話はリストにありません。", "There is no such call on the list.", field="reason")
    del talk.desk.calls[waiting[0], reason]
    return CallFinished(NURSE, reason, outcome or "reached", waiting[0])


def _case_to_release(session: Session, name: str) -> int:
    waiting = [m for m in session.in_state(CaseState.RELEASE_PENDING) if name in {"", m.first_name}]
    if not waiting:
        raise Refused(
            "解除の確認を待っている方ではありません。", "Nobody here is waiting for a release.", field="phone"
        )
    return waiting[0].case_id
