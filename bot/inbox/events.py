"""Inbox rows as events of the engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bot.domain.names import spellings, without_shared
from bot.domain.reading import Context
from bot.domain.rereading import Circumstances, readable
from bot.domain.states import CaseState
from bot.domain.text import DAMAGE
from bot.engine.events import (
    CallFinished,
    ClosedByStaff,
    DeliveryFailed,
    Enrolled,
    Event,
    HandedBack,
    NumberConfirmed,
    ReleaseConfirmed,
    Replied,
    StaffWrote,
    TakenOver,
    TimerFell,
)
from bot.reading.code import code_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.engine.script import Script
    from bot.reading.reader import Reader
    from bot.storage.conversations import Conversation
    from bot.storage.inbox import Item


def _delivery_failed(data: dict[str, Any]) -> DeliveryFailed:
    """Rows from before reasons were told hold only the code."""
    first_at = datetime.fromisoformat(data["first_at"]) if data.get("first_at") else None
    told = {name: data.get(name) or "" for name in ("reason", "key", "kind", "step")}
    again, unknown = bool(data.get("again")), bool(data.get("unknown"))
    about = data.get("text_id", 0)
    return DeliveryFailed(data["code"], text_id=about, first_at=first_at, again=again, unknown=unknown, **told)


_DECODERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "timer": lambda data: TimerFell(data["name"], date.fromisoformat(data["local_date"]), data["case_id"]),
    "taken_over": lambda data: TakenOver(data["staff"]),
    "staff_wrote": lambda data: StaffWrote(data["staff"], data["text"]),
    "handed_back": lambda data: HandedBack(data["staff"], data["step"]),
    "closed": lambda data: ClosedByStaff(data["staff"], data["outcome"]),
    "release_confirmed": lambda data: ReleaseConfirmed(data["staff"], data["case_id"]),
    "number_confirmed": lambda data: NumberConfirmed(data["staff"]),
    "call_finished": lambda data: CallFinished(data["staff"], data["reason"], data["outcome"], data["case_id"]),
    "delivery_failed": _delivery_failed,
}


def event_of(item: Item, conversation: Conversation, script: Script, reader: Reader) -> Event:
    """The engine's event for an inbox row; raises KeyError or LookupError for a row that cannot be one."""
    if item.kind == "reply":
        replied = read_reply(item.payload["text"], conversation, script, reader)
        return replace(replied, damaged=replied.damaged or bool(item.payload.get("damaged")))
    if item.kind == "enrolled":
        return _enrolled(item.payload["case_id"], conversation)
    return _DECODERS[item.kind](item.payload)


def read_reply(text: str, conversation: Conversation, script: Script, reader: Reader) -> Replied:
    """Read a reply in the context of what was asked last."""
    now = circumstances_of(conversation, script)
    parts = reader.read_for(readable(text), now.context, now.members, now.asked)
    return Replied(text, tuple(parts), damaged=DAMAGE in text)


def circumstances_of(conversation: Conversation, script: Script) -> Circumstances:
    """What a reply that comes now is read with."""
    session = conversation.session
    step = script.steps.get(session.step or "")
    members = [member for member in session.members if member.state is not CaseState.CLOSED]
    names = name_spellings(conversation) if len(members) > 1 else [()] * len(session.members)
    asked = next((at for at, member in enumerate(session.members) if member.case_id == session.asking), None)
    return Circumstances(step.ask if step else Context.FREE, tuple(map(tuple, names)), asked, code_version())


def name_spellings(conversation: Conversation) -> list[Sequence[str]]:
    """How each member may be called in a reply."""
    cases = {case.id: case for case in conversation.cases}
    found = [
        spellings(member.first_name, cases[member.case_id].name, cases[member.case_id].kana)
        for member in conversation.session.members
    ]
    return without_shared(found)


def _enrolled(case_id: int, conversation: Conversation) -> Enrolled:
    member = conversation.session.member(case_id)
    if member is None:
        raise LookupError(case_id)
    return Enrolled(member)
