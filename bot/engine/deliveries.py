"""A text did not arrive, or nobody knows whether it did: what follows from the reason."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.messages import Reason
from bot.domain.reading import Priority
from bot.domain.states import GUIDANCE, CaseState, Control, TextKind
from bot.engine.effects import Escalated, SentAgain, TextsCancelled, TimerSet

if TYPE_CHECKING:
    from bot.engine.events import DeliveryFailed
    from bot.engine.turn import Turn

AGAIN_AFTER = timedelta(hours=6)
"""After so long a phone that was off is tried once more."""

WITHIN = timedelta(hours=72)
"""After the first try; what has not arrived by then is told by telephone."""

_UNREACHABLE = {
    Reason.NO_SUCH_NUMBER: "no_such_number",
    Reason.BLOCKED: "blocked",
    Reason.OPTED_OUT: "blocked",
}
"""Reasons for which further texts are in vain until a person has spoken with the resident: the calls that follow."""

_NOT_SENT = {
    Reason.BAD_TEXT: "bad_text",
    Reason.FILTERED: "filtered",
    Reason.ACCOUNT: "account",
    Reason.BAD_SENDER: "account",
}
"""Reasons that lie with the text or with our account: the tasks that follow."""


def delivery_failed(turn: Turn, event: DeliveryFailed) -> None:
    """Once more, a call, or a task for staff and operators."""
    turn.evidence = event.code
    reason = Reason(event.reason) if event.reason in set(Reason) else Reason.OTHER
    if event.code == "not_on_roster":
        turn.escalate(Priority.ROUTINE, "not_on_roster")
        return
    if reason in {Reason.ABSENT, Reason.EXPIRED} and _again(turn, event):
        return
    if reason in _NOT_SENT:
        turn.add(Escalated(Priority.ROUTINE, _NOT_SENT[reason], None, event.code))
    high = GUIDANCE in {event.kind, event.key}
    if event.unknown:
        call_all(turn, "unconfirmed", high=high)
        return
    if reason in _UNREACHABLE:
        turn.session.unreachable = _UNREACHABLE[reason]
        turn.add(TextsCancelled("unreachable"))
    if reason is not Reason.BAD_TEXT:
        call_all(turn, _UNREACHABLE.get(reason, "undelivered"), high=high)


def call_all(turn: Turn, reason: str, *, high: bool = False) -> None:
    """A call for everybody in care on this phone, or for the phone itself."""
    members = turn.session.in_state(CaseState.ENROLLED, CaseState.MONITORING, CaseState.RELEASE_PENDING)
    for member in members:
        turn.call(reason, member, high=high)
    if not members:
        turn.call(reason, high=high)


def _again(turn: Turn, event: DeliveryFailed) -> bool:
    """Whether the text is tried once more; what would be void or too late by then is not."""
    if event.again or event.first_at is None or not event.text_id or event.kind in _NEVER_AGAIN:
        return False
    if event.key in turn.daily_keys():
        return False
    due = turn.quiet.next_allowed(turn.now + AGAIN_AFTER, turn.session.timezone)
    if due >= event.first_at + WITHIN:
        return False
    turn.add(TimerSet(f"again:{event.step}:{event.text_id}", due, turn.today, again=True))
    return True


def send_again(turn: Turn, name: str) -> None:
    """The phone is tried once more, unless the conversation has moved on or nobody may text it now."""
    _, step, text_id = name.split(":")
    session = turn.session
    moved_on = step != (session.step or "") or session.control is Control.HUMAN
    if not (moved_on or session.opted_out or session.quarantined or session.unreachable):
        turn.add(SentAgain(int(text_id)))


_NEVER_AGAIN = frozenset({TextKind.EMERGENCY, TextKind.FAREWELL})
"""Guidance to call 119 that did not arrive is told by telephone, now."""
