"""The state of one conversation, as the engine sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from bot.domain.program import Program
from bot.domain.states import CaseState, Consent, Control, Language


@dataclass(slots=True)
class Member:
    """One resident on this phone. ``day0`` is the day that the release rule counts from.

    ``eased_since``: since when every report was a quiet one. ``fever_free_on``: the day on which the fever went.
    ``asked_on``/``answered_on``: local dates of the last check asked and answered. ``since``: when care began here.
    """

    case_id: int
    first_name: str
    state: CaseState
    day0: date
    at_risk: bool = False
    birth_date: date | None = None
    eased_since: datetime | None = None
    fever_free_on: date | None = None
    asked_on: date | None = None
    answered_on: date | None = None
    since: date | None = None
    program: Program | None = None  # where it differs from the script's (a household of two programs)


@dataclass(slots=True)
class Session:
    """One conversation: one phone number, one or more members.

    ``epoch`` rises with every change of control. ``asking`` is the case that is being asked now. ``tries`` counts the
    answers of each kind in this step. ``back_to`` is the step that the danger question interrupted. ``texted_at`` holds
    when the texts of the last hour were begun, ``guided_at`` when the last guidance to call 119 was. ``alarmed``: an
    emergency waits for a person, nobody has handed the conversation back since. ``asks_from``: when the first question,
    held back for the night, goes out. ``unreachable``: why texts do not get to the phone (the call's reason), until a
    person has spoken with somebody.
    """

    step: str | None = None
    control: Control = Control.BOT
    epoch: int = 0
    owner: str | None = None
    consent: Consent = Consent.NONE
    opted_out: bool = False
    quarantined: bool = False
    language: Language = Language.JA
    timezone: str = "Asia/Tokyo"
    members: list[Member] = field(default_factory=list)
    asking: int | None = None
    asked_on: date | None = None
    tries: dict[str, int] = field(default_factory=dict)
    back_to: str | None = None
    alarmed: bool = False
    asks_from: datetime | None = None
    unreachable: str = ""
    texted_at: list[datetime] = field(default_factory=list)
    guided_at: datetime | None = None

    def member(self, case_id: int | None) -> Member | None:
        """The member with that case, if any."""
        return next((member for member in self.members if member.case_id == case_id), None)

    def in_state(self, *states: CaseState) -> list[Member]:
        """The members whose case is in one of the states."""
        return [member for member in self.members if member.state in states]
