"""How the roads do, for the people who watch over them: what was said in the last hour, what waits, what is held."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from bot.storage.outbox import waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.storage.database import Tx

FAILED = ("rejected", "undelivered", "expired", "unknown", "retry")
"""What counts as an error of a road in a text's life."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What was said of texts, and how often; ``state`` is one of FAILED."""

    state: str
    code: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class RoadView:
    """One road. ``state`` is "unused" where nothing was sent by it nor came from it; ``hour`` counts errors by state.

    ``under_way``: texts that it has taken up and not answered, or of which nobody knows.
    """

    road: str
    state: str
    since: datetime | None = None
    code: str = ""
    failures: int = 0
    sent_at: datetime | None = None
    received_at: datetime | None = None
    probe_at: datetime | None = None
    hour: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    under_way: int = 0
    sent: int = 0
    """Texts that it took in the last hour: a receipt may say so of one once more."""

    @property
    def failed(self) -> int:
        """Errors of the last hour."""
        return sum(self.hour.get(state, 0) for state in FAILED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Texts that wait: ``due`` for nothing but their turn, ``later`` for their hour, ``held`` by why (our codes)."""

    due: int = 0
    later: int = 0
    held: dict[str, int] = field(default_factory=dict)


async def road_views(tx: Tx, since: datetime) -> dict[str, RoadView]:
    """Every road of which anything is known, with what was said from ``since`` on."""
    table = tx.t.roads
    rows = {row["road"]: row for row in await tx.all(select(table))}
    hour, faults = await _said(tx, since)
    taken, busy = await _taken(tx, since), await _under_way(tx)
    views = {}
    for road in sorted({*rows, *hour, *taken, *busy}):
        row = rows.get(road)
        known = {name: row[name] for name in _COLUMNS} if row else {"state": "unused"}
        views[road] = RoadView(
            road, **known, hour=dict(hour[road]), faults=faults[road], under_way=busy.get(road, 0),
            sent=taken.get(road, 0),
        )  # fmt: skip
    return views


_COLUMNS = ("state", "since", "code", "failures", "sent_at", "received_at", "probe_at")


async def _said(tx: Tx, since: datetime) -> tuple[dict[str, Counter[str]], dict[str, list[Fault]]]:
    events = tx.t.text_events
    names = (events.c.road, events.c.state, events.c.code, events.c.reason)
    wrong = events.c.at >= since, events.c.road != "", events.c.state.in_(FAILED)
    query = select(*names, func.count().label("number")).where(*wrong)
    hour: dict[str, Counter[str]] = defaultdict(Counter)
    faults: dict[str, list[Fault]] = defaultdict(list)
    for row in await tx.all(query.group_by(*names).order_by(func.count().desc(), *names)):
        hour[row["road"]][row["state"]] += row["number"]
        faults[row["road"]].append(Fault(row["state"], row["code"], row["reason"], row["number"]))
    return hour, faults


async def _taken(tx: Tx, since: datetime) -> dict[str, int]:
    events = tx.t.text_events
    number = func.count(events.c.outbox_id.distinct()).label("number")
    taken = events.c.at >= since, events.c.road != "", events.c.state == "accepted"
    query = select(events.c.road, number).where(*taken).group_by(events.c.road)
    return {row["road"]: row["number"] for row in await tx.all(query)}


async def _under_way(tx: Tx) -> dict[str, int]:
    outbox = tx.t.outbox
    query = (
        select(outbox.c.road, func.count().label("number"))
        .where(waiting(), outbox.c.state.in_(("submitting", "unknown")), outbox.c.road.is_not(None))
        .group_by(outbox.c.road)
    )
    return {row["road"]: row["number"] for row in await tx.all(query)}


async def waiting_texts(tx: Tx, now: datetime) -> Waiting:
    """The queue at this moment."""
    outbox = tx.t.outbox
    is_due = case((outbox.c.due_at <= now, 1), else_=0).label("is_due")
    code = func.coalesce(outbox.c.code, "").label("why")
    query = (
        select(is_due, code, func.count().label("number"))
        .where(waiting(), outbox.c.state == "queued")
        .group_by(is_due, code)
    )
    due = later = 0
    held: Counter[str] = Counter()
    for row in await tx.all(query):
        if row["why"] in _HELD:
            held[row["why"]] += row["number"]
        elif row["is_due"]:
            due += row["number"]
        else:
            later += row["number"]
    return Waiting(due, later, dict(held))


_HELD = frozenset({"road_down", "road_full", "road_quiet", "budget", "too_many"})


@dataclass(frozen=True, slots=True)
class Said:
    """A receipt that belongs to no text of a conversation."""

    state: str
    code: str
    reason: str
    at: datetime
    segments: int | None
    price: str
    carrier: str


async def receipts_of(tx: Tx, road: str, reference: str, message_ids: Sequence[str]) -> list[Said]:
    """What was said of a text that was sent outside the outbox (a test), in the order in which it came."""
    receipts, names = tx.t.receipts, {reference, *message_ids}
    further = select(receipts.c.message_id).where(
        receipts.c.state == _ALSO_KNOWN, receipts.c.reference.in_(names), receipts.c.road.in_((road, ""))
    )
    names |= set((await tx.run(further)).scalars())
    query = (
        select(*(receipts.c[name] for name in Said.__slots__))
        .where(or_(receipts.c.reference.in_(names), receipts.c.message_id.in_(names)))
        .where(receipts.c.road.in_((road, "")), receipts.c.state != _ALSO_KNOWN)
        .order_by(receipts.c.id)
    )
    return [Said(**row) for row in await tx.all(query)]


_ALSO_KNOWN = "also_known"
"""State of a row that tells a further id; see receipts.py."""


async def roads_down(tx: Tx, roads: Sequence[str]) -> list[str]:
    """Which of these roads do not take texts now."""
    table = tx.t.roads
    query = select(table.c.road).where(table.c.road.in_(list(roads)), table.c.state != "up").order_by(table.c.road)
    return list((await tx.run(query)).scalars())


async def count_held(tx: Tx) -> int:
    """Requests that nobody has decided about."""
    table = tx.t.refused_requests
    return int(await tx.value(select(func.count()).select_from(table).where(table.c.state == "held")))
