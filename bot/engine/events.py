"""What can happen to a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.reading import Part
from bot.engine.session import Member


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A resident was put on the roster with this phone."""

    member: Member


@dataclass(frozen=True, slots=True)
class Replied:
    """A text came in. ``damaged``: parts of it could not be decoded."""

    text: str
    parts: tuple[Part, ...]
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class TimerFell:
    """A timer is due; ``local_date`` is the day that it was set for."""

    name: str
    local_date: date
    case_id: int | None = None


@dataclass(frozen=True, slots=True)
class TakenOver:
    staff: str


@dataclass(frozen=True, slots=True)
class StaffWrote:
    staff: str
    text: str


@dataclass(frozen=True, slots=True)
class HandedBack:
    staff: str
    step: str


@dataclass(frozen=True, slots=True)
class ClosedByStaff:
    staff: str
    outcome: str


@dataclass(frozen=True, slots=True)
class ReleaseConfirmed:
    staff: str
    case_id: int


@dataclass(frozen=True, slots=True)
class NumberConfirmed:
    """A number in quarantine is the resident's after all."""

    staff: str


@dataclass(frozen=True, slots=True)
class CallFinished:
    """A call came to its end; ``outcome`` is one of the desk's call outcomes."""

    staff: str
    reason: str
    outcome: str
    case_id: int | None


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    """A text could not be sent or delivered; or nobody knows whether it was (``unknown``).

    ``code`` is the provider's word (or ours), ``reason`` a Reason or "". ``text_id``, ``key``, ``kind`` and ``step``
    are the text's; ``first_at`` is when it was first tried. ``again``: it was the second of its kind already.
    """

    code: str
    reason: str = ""
    text_id: int = 0
    key: str = ""
    kind: str = ""
    step: str = ""
    first_at: datetime | None = None
    again: bool = False
    unknown: bool = False


Event = (
    Enrolled
    | Replied
    | TimerFell
    | TakenOver
    | StaffWrote
    | HandedBack
    | ClosedByStaff
    | ReleaseConfirmed
    | NumberConfirmed
    | CallFinished
    | DeliveryFailed
)
