"""Inbox rows as events of the engine."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import TYPE_CHECKING

from bot.domain.reading import Context
from bot.domain.states import CaseState
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.engine.script import Script
    from bot.reading.reader import Reader
    from bot.storage.conversations import Conversation
    from bot.storage.inbox import Item

DAMAGE = "\N{REPLACEMENT CHARACTER}"


def event_of(item: Item, conversation: Conversation, script: Script, reader: Reader) -> Event:
    """The engine's event for an inbox row."""
    payload = item.payload
    match item.kind:
        case "reply":
            return read_reply(payload["text"], conversation, script, reader)
        case "timer":
            return TimerFell(payload["name"], date.fromisoformat(payload["local_date"]), payload["case_id"])
        case "enrolled":
            return _enrolled(payload["case_id"], conversation)
        case "taken_over":
            return TakenOver(payload["staff"])
        case "staff_wrote":
            return StaffWrote(payload["staff"], payload["text"])
        case "handed_back":
            return HandedBack(payload["staff"], payload["step"])
        case "closed":
            return ClosedByStaff(payload["staff"], payload["outcome"])
        case "release_confirmed":
            return ReleaseConfirmed(payload["staff"], payload["case_id"])
        case "number_confirmed":
            return NumberConfirmed(payload["staff"])
        case "call_finished":
            return CallFinished(payload["staff"], payload["reason"], payload["outcome"], payload["case_id"])
        case "delivery_failed":
            return DeliveryFailed(payload["code"])
    raise ValueError(item.kind)


def read_reply(text: str, conversation: Conversation, script: Script, reader: Reader) -> Replied:
    """Read a reply in the context of what was asked last."""
    session = conversation.session
    step = script.steps.get(session.step or "")
    context = step.ask if step else Context.FREE
    members = [member for member in session.members if member.state is not CaseState.CLOSED]
    damaged = DAMAGE in text
    plain = text.replace(DAMAGE, " ")
    names = name_spellings(conversation) if len(members) > 1 else [()] * len(session.members)
    asked = next((at for at, member in enumerate(session.members) if member.case_id == session.asking), None)
    return Replied(text, tuple(reader.read_for(plain, context, names, asked)), damaged=damaged)


def name_spellings(conversation: Conversation) -> list[Sequence[str]]:
    """How each member may be called in a reply: given name, full name and kana, in both kana scripts."""
    kana = {case.id: case.kana for case in conversation.cases}
    names = {case.id: case.name for case in conversation.cases}
    spellings: list[Sequence[str]] = []
    for member in conversation.session.members:
        given_kana = kana[member.case_id].replace("\u3000", " ").rsplit(" ", 1)[-1]
        full = names[member.case_id].replace("\u3000", " ").replace(" ", "")
        found = [member.first_name, full, given_kana, _hiragana(given_kana)]
        spellings.append(tuple(dict.fromkeys(filter(None, found))))
    return spellings


def clean_text(text: str) -> str:
    """What can be stored and read: broken surrogates and control characters become U+FFFD, new lines stay."""
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(DAMAGE if _is_control(char) else char for char in joined)


def _is_control(char: str) -> bool:
    return unicodedata.category(char) == "Cc" and char not in "\t\n\r"


def _hiragana(katakana: str) -> str:
    return "".join(chr(ord(char) - 0x60) if "ァ" <= char <= "ヶ" else char for char in katakana)


def _enrolled(case_id: int, conversation: Conversation) -> Enrolled:
    member = conversation.session.member(case_id)
    if member is None:
        raise LookupError(case_id)
    return Enrolled(member)
