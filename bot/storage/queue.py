"""The queue of escalations as staff see it: one card for each conversation that waits for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from bot.domain.reading import Priority
from bot.domain.states import OPEN_CASES, EscalationState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Subquery
    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx

CARDS = 100
"""Cards on one page: nobody works through more at a time, and the gravest come first."""


@dataclass(frozen=True, slots=True)
class Person:
    """A resident on a phone."""

    case_id: int
    name: str
    kana: str
    birth_date: date | None
    at_risk: bool
    state: str
    program: str


@dataclass(frozen=True, slots=True)
class Task:
    """One escalation that is not closed."""

    id: int
    case_id: int | None
    priority: Priority
    reason: str
    evidence: str
    times: int
    state: EscalationState
    owner: str | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """A conversation with its open tasks, the gravest first."""

    conversation_id: int
    phone: str
    control: str
    owner: str | None
    opted_out: bool
    quarantined: bool
    tasks: list[Task] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)

    @property
    def priority(self) -> Priority:
        return self.tasks[0].priority

    @property
    def since(self) -> datetime:
        """Since when the gravest task waits."""
        return self.tasks[0].opened_at

    @property
    def task_owner(self) -> str | None:
        """Who has taken the gravest task."""
        return self.tasks[0].owner

    def about(self) -> list[Person]:
        """Whom the gravest task is about, where it says; else everybody on the phone."""
        return [person for person in self.people if person.case_id == self.tasks[0].case_id] or self.people


async def queue_counts(tx: Tx, office: str) -> dict[Priority, int]:
    """How many conversations wait at each priority (of their gravest task)."""
    top = _top_tasks(tx, office)
    rows = await tx.all(select(top.c.priority, func.count().label("number")).group_by(top.c.priority))
    found = {Priority(row["priority"]): int(row["number"]) for row in rows}
    return {priority: found.get(priority, 0) for priority in (Priority.EMERGENCY, Priority.URGENT, Priority.ROUTINE)}


async def open_call_count(tx: Tx, office: str) -> int:
    """How many calls are to be made."""
    calls, conversations = tx.t.calls, tx.t.conversations
    query = select(func.count()).select_from(calls.join(conversations, conversations.c.id == calls.c.conversation_id))
    return int(await tx.value(query.where(calls.c.state == "open", conversations.c.office == office)))


async def queue_cards(tx: Tx, office: str, *, owner: str | None = None, unowned: bool = False) -> list[Card]:
    """The first cards, gravest first, then longest waiting; only ``owner``'s or only those that nobody has taken."""
    top = _top_tasks(tx, office)
    query = select(top.c.conversation_id)
    if owner is not None:
        query = query.where(top.c.owner == owner)
    if unowned:
        query = query.where(top.c.state == EscalationState.OPEN)
    query = query.order_by(top.c.rank.desc(), top.c.opened_at, top.c.id).limit(CARDS)
    ids = list((await tx.run(query)).scalars())
    cards = await _cards(tx, ids)
    return [cards[conversation_id] for conversation_id in ids]


def _alive(tx: Tx) -> ColumnElement[bool]:
    return tx.t.escalations.c.state != EscalationState.CLOSED


def _top_tasks(tx: Tx, office: str) -> Subquery:
    """The gravest, then oldest, open task of each conversation."""
    escalations, conversations = tx.t.escalations, tx.t.conversations
    place = func.row_number().over(
        partition_by=escalations.c.conversation_id,
        order_by=(escalations.c.rank.desc(), escalations.c.opened_at, escalations.c.id),
    )
    ranked = (
        select(escalations, place.label("place"))
        .join(conversations, conversations.c.id == escalations.c.conversation_id)
        .where(_alive(tx), conversations.c.office == office)
        .subquery("ranked")
    )
    return select(ranked).where(ranked.c.place == 1).subquery("top")


async def _cards(tx: Tx, ids: Sequence[int]) -> dict[int, Card]:
    conversations, escalations = tx.t.conversations, tx.t.escalations
    wanted = ("id", "phone", "control", "owner", "opted_out", "quarantined")
    columns = [conversations.c[name] for name in wanted]
    cards = {}
    for row in await tx.all(select(*columns).where(conversations.c.id.in_(ids))):
        values = dict(row)
        cards[row["id"]] = Card(conversation_id=values.pop("id"), **values)
    tasks = select(escalations).where(and_(_alive(tx), escalations.c.conversation_id.in_(ids)))
    for row in await tx.all(tasks.order_by(escalations.c.rank.desc(), escalations.c.opened_at, escalations.c.id)):
        cards[row["conversation_id"]].tasks.append(_task(row))
    for conversation_id, people in (await people_of(tx, ids)).items():
        cards[conversation_id].people.extend(people)
    return cards


async def people_of(tx: Tx, conversation_ids: Sequence[int]) -> dict[int, list[Person]]:
    """The residents of each conversation whose care goes on; where none's does, the one whose care ended last."""
    cases = tx.t.cases
    found: dict[int, list[Person]] = {}
    for row in await tx.all(select(cases).where(cases.c.conversation_id.in_(conversation_ids)).order_by(cases.c.id)):
        found.setdefault(row["conversation_id"], []).append(_person(row))
    return {key: [p for p in people if p.state in OPEN_CASES] or people[-1:] for key, people in found.items()}


def _person(row: RowMapping) -> Person:
    birth_date = date.fromisoformat(row["birth_date"]) if row["birth_date"] else None
    return Person(
        row["id"], row["name"], row["kana"], birth_date, row["at_risk"], row["state"], row["program"]
    )  # fmt: skip


def _task(row: RowMapping) -> Task:
    return Task(
        row["id"], row["case_id"], Priority(row["priority"]), row["reason"], row["evidence"], row["times"],
        EscalationState(row["state"]), row["owner"], row["opened_at"],
    )  # fmt: skip


async def recently_called(tx: Tx, office: str, limit: int = 50) -> Sequence[RowMapping]:
    """The calls that were finished last, latest first, with phone and name."""
    calls, conversations, cases = tx.t.calls, tx.t.conversations, tx.t.cases
    query = (
        select(calls, conversations.c.phone, cases.c.name, cases.c.kana, cases.c.at_risk)
        .join(conversations, conversations.c.id == calls.c.conversation_id)
        .join(cases, cases.c.id == calls.c.case_id, isouter=True)
        .where(conversations.c.office == office, calls.c.state != "open")
        .order_by(calls.c.closed_at.desc(), calls.c.id.desc())
        .limit(limit)
    )
    return await tx.all(query)
