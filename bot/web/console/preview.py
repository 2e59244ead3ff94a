"""What an action would send: the same pure engine and texts as in earnest, without storing anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.domain.errors import NotFound, Refused
from bot.domain.sms import SmsLength, sms_length
from bot.domain.states import TextKind
from bot.engine.advance import advance
from bot.engine.effects import CallAdded, Effect, Escalated, Say, SayWritten
from bot.engine.events import HandedBack
from bot.outbox.router import Go, Never, Router, Wanted
from bot.scripts.render import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.office import Office
    from bot.engine.events import Event
    from bot.engine.session import Session
    from bot.scripts.bundle import ScriptBundle
    from bot.scripts.library import ScriptLibrary
    from bot.storage.conversations import Conversation

_LEAVES_THE_QUEUE_EMPTY = frozenset({"with_staff"})
"""Handing back closes the tasks, and nobody would see a conversation that then waits for staff."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One text that would go out; ``later`` is the end of the quiet hours where it waits for them.

    ``written`` is the text as its road carries it, where that differs, ``changes`` the pieces before and after;
    ``flaw`` says why no road takes it ("": one does), ``problems`` which characters are to blame.
    """

    text: str
    length: SmsLength
    later: datetime | None = None
    written: str = ""
    changes: tuple[tuple[str, str], ...] = ()
    flaw: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looks:
    """What roads make of a text to one phone: the same choice as when it is sent, as if all were up.

    ``only``: a road that a person chose.
    """

    router: Router
    office: str
    phone: str
    session: Session
    now: datetime
    only: str | None = None

    def at(self, text: str, kind: TextKind, later: datetime | None = None) -> Planned:
        """The text as it would go out."""
        about = (self.office, self.phone, kind, self.session.language, self.session.timezone)
        wanted = Wanted(*about, text, self.only)
        choice = self.router.choose(wanted, {}, self.now)
        if isinstance(choice, Never):
            return Planned(text, sms_length(text), later, flaw=choice.code, problems=self.router.problems(wanted))
        if isinstance(choice, Go) and choice.fitted.changes:
            written = choice.fitted.text
            return Planned(text, sms_length(written), later, written, choice.fitted.changes)
        return Planned(text, sms_length(text), later)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go out, and the reasons for calls and tasks that would be put on the lists."""

    texts: list[Planned]
    calls: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)


def bundle_of(library: ScriptLibrary, conversation: Conversation) -> ScriptBundle:
    """The script that the conversation runs on; the current one where its own is not loaded here. Raises NotFound."""
    if conversation.program is None:
        raise NotFound("この番号は登録されていません。", "This number is not on the roster.")
    try:
        return library.get(conversation.program, conversation.version or "")
    except NotFound:
        return library.current(conversation.program)


def plan(bundle: ScriptBundle, session: Session, event: Event, office: Office, looks: Looks) -> Plan:
    """The texts and calls of one event; raises Refused where the state does not allow it."""
    now = looks.now
    after, effects = advance(bundle.script, session, event, now, office.quiet, office.an_hour)
    texts = [planned for effect in effects if (planned := _planned(effect, bundle, after, office, looks))]
    calls = [effect.reason for effect in effects if isinstance(effect, CallAdded)]
    return Plan(texts, calls, [effect.reason for effect in effects if isinstance(effect, Escalated)])


def _planned(effect: Effect, bundle: ScriptBundle, session: Session, office: Office, looks: Looks) -> Planned | None:
    now = looks.now
    if isinstance(effect, SayWritten):
        return looks.at(effect.text, TextKind.STAFF)
    if not isinstance(effect, Say):
        return None
    text = render(bundle, effect, session, office, now)
    if not text:
        return None
    due = office.quiet.next_allowed(now, session.timezone) if effect.kind is TextKind.SCHEDULED else now
    return looks.at(text, effect.kind, due if due > now else None)


def steps_back(bundle: ScriptBundle, session: Session, staff: str, now: datetime) -> Sequence[str]:
    """The steps at which the conversation can be handed back now."""
    allowed = []
    for step in bundle.script.steps:
        try:
            advance(bundle.script, session, HandedBack(staff, step), now)
        except Refused:
            continue
        if step not in _LEAVES_THE_QUEUE_EMPTY:
            allowed.append(step)
    return allowed


def give_programs(library: ScriptLibrary, conversation: Conversation) -> None:
    """In a household of two programs, tell each member's own where it differs from the script's."""
    programs = {case.id: case.program for case in conversation.cases}
    for member in conversation.session.members:
        if programs[member.case_id] != conversation.program and programs[member.case_id] in library.programs():
            member.program = library.current(programs[member.case_id]).script.program
