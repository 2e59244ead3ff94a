"""What a dialogue is played on: the in-memory simulation, or the real inbox, engine and outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from bot.domain.reading import Priority
from bot.domain.states import CaseState, Consent, Control, Language

STAFF_ACTIONS = ("take-over", "reply", "hand-back", "close", "confirm-release", "finish-call")
"""What staff can do, and what stands behind it: nothing, a text, a step, an outcome, a given name (of a household), the
reason of a call on the list and its outcome."""


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody to enrol. ``phone`` is E.164, ``day0`` the onset or last exposure; the family name comes first."""

    name: str
    kana: str
    phone: str
    language: Language
    day0: date
    birth_date: date | None = None
    at_risk: bool = False
    program: str | None = None  # where it is not the dialogue's

    @property
    def first_name(self) -> str:
        """The given name (all of it where the name is a single word)."""
        return self.name.split(" ")[-1]


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that reached a phone."""

    phone: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DayReport:
    """What is stored of one resident's day; ``priority`` is the worst of that day."""

    first_name: str
    day: date
    priority: Priority
    temperature: float | None = None
    spo2: int | None = None


@dataclass(frozen=True, slots=True)
class OpenTask:
    """An open or owned escalation."""

    priority: Priority
    reason: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Everything of one phone's conversation that a dialogue can check; open tasks and calls only."""

    control: Control = Control.BOT
    step: str | None = None
    consent: Consent = Consent.NONE
    cases: Sequence[tuple[str, CaseState]] = ()  # given name, state; in the order of enrolment
    escalations: Sequence[OpenTask] = ()
    calls: Sequence[tuple[str, bool]] = ()  # reason, whether it is marked high
    reports: Sequence[DayReport] = field(default_factory=tuple)


class Stage(Protocol):
    """A world that begins empty at the dialogue's start; phones are E.164, moments aware.

    After each call everything that follows from it at that moment has been done.
    """

    def enrol(self, resident: Resident) -> None: ...

    def send(self, phone: str, text: str) -> None:
        """A text from that phone arrives."""
        ...

    def advance(self, moment: datetime) -> None:
        """Time passes up to ``moment``; all that falls due on the way happens in order, each at its own time."""
        ...

    def staff(self, action: str, phone: str, argument: str) -> None:
        """One of STAFF_ACTIONS; raises MimamoriError where it is refused."""
        ...

    def texts(self) -> Sequence[Sent]:
        """Texts that reached phones since the last call, in order."""
        ...

    def state(self, phone: str) -> State: ...


class AsyncStage(Protocol):
    """The same, for a world that works asynchronously."""

    async def enrol(self, resident: Resident) -> None: ...
    async def send(self, phone: str, text: str) -> None: ...
    async def advance(self, moment: datetime) -> None: ...
    async def staff(self, action: str, phone: str, argument: str) -> None: ...
    async def texts(self) -> Sequence[Sent]: ...
    async def state(self, phone: str) -> State: ...
