"""The one way a conversation moves."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from bot.domain.hourly import AN_HOUR
from bot.domain.states import TextKind
from bot.engine import deliveries, enrolment, replies, staff, timers
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
from bot.engine.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.domain.quiet import QuietHours
    from bot.engine.effects import Effect
    from bot.engine.script import Script
    from bot.engine.session import Session

# Each handler takes its own kind of event, which a mapping by type cannot say.
_HANDLERS: dict[type, tuple[Callable[[Turn, Any], None], TextKind]] = {
    Replied: (replies.replied, TextKind.ANSWER),
    TimerFell: (timers.timer_fell, TextKind.SCHEDULED),
    Enrolled: (enrolment.enrolled, TextKind.SCHEDULED),
    TakenOver: (staff.taken_over, TextKind.STAFF),
    StaffWrote: (staff.staff_wrote, TextKind.STAFF),
    HandedBack: (staff.handed_back, TextKind.SCHEDULED),
    ClosedByStaff: (staff.closed, TextKind.SCHEDULED),
    ReleaseConfirmed: (staff.release_confirmed, TextKind.SCHEDULED),
    NumberConfirmed: (staff.number_confirmed, TextKind.SCHEDULED),
    CallFinished: (staff.call_finished, TextKind.SCHEDULED),
    DeliveryFailed: (deliveries.delivery_failed, TextKind.SCHEDULED),
}


def advance(  # what a conversation is told
    script: Script,
    session: Session,
    event: Event,
    now: datetime,
    quiet: QuietHours | None = None,
    an_hour: int = AN_HOUR,
) -> tuple[Session, list[Effect]]:
    """What ``event`` makes of ``session`` at ``now`` (aware), and what the host shall do.

    The given session is left as it was. ``quiet``: when the program's own texts wait (silence counts from their end).
    ``an_hour``: texts to the number within an hour before answers stop.
    Raises Refused where a person asks for what the present state does not allow.
    """
    handler, kind = _HANDLERS[type(event)]
    turn = Turn(script, copy.deepcopy(session), now, kind, quiet, an_hour)
    handler(turn, event)
    return turn.session, turn.effects
