"""What the engine asks its host to do; the host decides how each is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.domain.reading import Priority, Reading
from bot.domain.states import CaseState, Consent, TextKind


@dataclass(frozen=True, slots=True)
class Say:
    """Send the text ``key``. ``readings`` are what it confirms; ``case_id`` is whom it is about (None: the phone)."""

    key: str
    kind: TextKind
    case_id: int | None = None
    readings: tuple[tuple[int, Reading], ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SayWritten:
    """Send a text that a person wrote."""

    text: str
    staff: str


@dataclass(frozen=True, slots=True)
class ReportRecorded:
    case_id: int
    local_date: date
    reading: Reading
    priority: Priority


@dataclass(frozen=True, slots=True)
class ConsentNoted:
    consent: Consent


@dataclass(frozen=True, slots=True)
class TimerSet:
    """``again``: a timer of that name and date that already fell is set anew (else it stays fallen)."""

    name: str
    due: datetime
    local_date: date
    case_id: int | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class TimersCancelled:
    """Pending timers whose name starts with ``prefix`` (all when empty) no longer fall."""

    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Escalated:
    """``reason`` is a code of docs/staff.md (for example ``red_flag``, ``not_understood``)."""

    priority: Priority
    reason: str
    case_id: int | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class EscalationsOwned:
    staff: str


@dataclass(frozen=True, slots=True)
class EscalationsClosed:
    """``reason`` and ``case_id``: only those opened for it, and about that resident (all when empty)."""

    staff: str
    outcome: str
    reason: str = ""
    case_id: int | None = None


@dataclass(frozen=True, slots=True)
class EscalationsReturned:
    """Whoever owned tasks of this conversation has left them: they are anybody's again."""


@dataclass(frozen=True, slots=True)
class CallAdded:
    """``high``: before the others on the list."""

    reason: str
    due: datetime
    case_id: int | None = None
    high: bool = False


@dataclass(frozen=True, slots=True)
class CallsAnswered:
    """The resident has written: open calls for that reason are not needed any more."""

    reason: str
    case_id: int


@dataclass(frozen=True, slots=True)
class TextsCancelled:
    """Texts of this conversation that were not submitted yet will not be (``key``: only that text).

    What a colleague wrote goes out all the same, unless ``staff_too``.
    """

    reason: str
    key: str = ""
    staff_too: bool = False


@dataclass(frozen=True, slots=True)
class SentAgain:
    """A text that did not arrive goes out once more, as a text of its own; ``text_id`` is that of the first."""

    text_id: int


@dataclass(frozen=True, slots=True)
class CaseChanged:
    case_id: int
    state: CaseState


Effect = (
    Say | SayWritten | ReportRecorded | ConsentNoted | TimerSet | TimersCancelled | Escalated | EscalationsOwned
    | EscalationsClosed | EscalationsReturned | CallAdded | CallsAnswered | TextsCancelled | SentAgain | CaseChanged
)  # fmt: skip
