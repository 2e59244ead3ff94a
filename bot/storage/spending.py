"""What texts cost: booked when a text is taken, put right when the provider says what it charged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select, update

from bot.domain.budget import Budget, Level, Spent, parse_price
from bot.storage.audit import note_action

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.storage.database import Tx


@dataclass(frozen=True, slots=True)
class Booking:
    """What one text costs its office on a day; ``millis`` are thousandths of the currency's unit."""

    outbox_id: int
    office: str
    day: date
    segments: int
    millis: int
    currency: str

    def __str__(self) -> str:
        return f"{self.day.isoformat()} {self.segments} {self.millis} {self.currency}"


@dataclass(frozen=True, slots=True)
class Charge:
    """What a provider says of a text later: segments (None: it does not say) and ``3.30 JPY`` ("": the same)."""

    outbox_id: int
    segments: int | None
    price: str


async def spent(tx: Tx, office: str, day: date) -> dict[str, Spent]:
    """What an office's day has cost so far, by currency."""
    table = tx.t.spending
    rows = await tx.all(select(table).where(table.c.office == office, table.c.day == day))
    return {row["currency"]: Spent(row["texts"], row["segments"], row["millis"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an office's day stands; ``share``: how much of the budget is used, 1.0 is all."""

    level: Level
    share: float
    spent: Mapping[str, Spent]


async def standing(tx: Tx, office: str, budget: Budget, day: date) -> Standing:
    """How much of its budget an office has used on a day, and whether a person lifted it."""
    found = await spent(tx, office, day)
    lifted = await is_lifted(tx, office, day)
    return Standing(budget.level(found, lifted=lifted), budget.share(found), found)


async def book(tx: Tx, bookings: Sequence[Booking]) -> None:
    """Count texts that were taken; one that was counted before counts anew."""
    old = await _booked(tx, [item.outbox_id for item in bookings])
    await _count(tx, bookings, list(old.values()))
    await _note(tx, bookings)


async def put_right(tx: Tx, charges: Sequence[Charge]) -> None:
    """Count what was really charged instead of what was reckoned; for texts that were never counted nothing.

    Of a text with several ids each receipt tells of a part, so there the reckoning stands.
    """
    charges = [charge for charge in charges if charge.price or charge.segments is not None]
    if not charges:
        return
    old = await _booked(tx, [charge.outbox_id for charge in charges])
    parted = await _in_parts(tx, list(old))
    latest = {charge.outbox_id: charge for charge in charges if charge.outbox_id in old.keys() - parted}
    new = [_charged(old[outbox_id], charge) for outbox_id, charge in latest.items()]
    changed = [item for item in new if item != old[item.outbox_id]]
    await _count(tx, changed, [old[item.outbox_id] for item in changed])
    await _note(tx, changed)


async def lift(tx: Tx, office: str, day: date, staff: str, now: datetime) -> None:
    """A person lets the office's texts of that day go whatever they cost."""
    statement = tx.insert(tx.t.meta).values(key=_key(office), value=day.isoformat())
    changed = {"value": statement.excluded.value}
    await tx.run(statement.on_conflict_do_update(index_elements=["key"], set_=changed))
    await note_action(tx, staff, "budget_lifted", None, now)


async def is_lifted(tx: Tx, office: str, day: date) -> bool:
    table = tx.t.meta
    found = await tx.value(select(table.c.value).where(table.c.key == _key(office)))
    return bool(found == day.isoformat())


def _key(office: str) -> str:
    return f"lifted:{office}"[:40]


def _charged(old: Booking, charge: Charge) -> Booking:
    segments = old.segments if charge.segments is None else charge.segments
    price = parse_price(charge.price)
    millis, currency = price or (old.millis, old.currency)
    return Booking(old.outbox_id, old.office, old.day, segments, millis, currency)


async def _in_parts(tx: Tx, outbox_ids: Sequence[int]) -> set[int]:
    ids = tx.t.text_ids
    query = select(ids.c.outbox_id).where(ids.c.outbox_id.in_(outbox_ids)).group_by(ids.c.outbox_id)
    return {row["outbox_id"] for row in await tx.all(query.having(func.count() > 1))}


async def _booked(tx: Tx, outbox_ids: Sequence[int]) -> dict[int, Booking]:
    outbox, conversations = tx.t.outbox, tx.t.conversations
    query = (
        select(outbox.c.id, outbox.c.booked, conversations.c.office)
        .join(conversations, conversations.c.id == outbox.c.conversation_id)
        .where(outbox.c.id.in_(outbox_ids), outbox.c.booked.is_not(None))
    )
    return {row["id"]: _parsed(row["id"], row["office"], row["booked"]) for row in await tx.all(query)}


def _parsed(outbox_id: int, office: str, booked: str) -> Booking:
    day, segments, millis, currency = booked.split(" ")
    return Booking(outbox_id, office, date.fromisoformat(day), int(segments), int(millis), currency)


async def _count(tx: Tx, more: Iterable[Booking], less: Iterable[Booking]) -> None:
    """Add and take away, with one statement for each office, day and currency in a fixed order."""
    sums: dict[tuple[str, date, str], Counter[str]] = {}
    for sign, bookings in ((1, more), (-1, less)):
        for item in bookings:
            found = sums.setdefault((item.office, item.day, item.currency), Counter())
            found.update(texts=sign, segments=sign * item.segments, millis=sign * item.millis)
    rows = [
        {"office": office, "day": day, "currency": currency, **{name: found[name] for name in _COUNTED}}
        for (office, day, currency), found in sorted(sums.items())
    ]
    if rows:
        statement = tx.insert(tx.t.spending)
        added = {name: tx.t.spending.c[name] + statement.excluded[name] for name in _COUNTED}
        await tx.run(statement.on_conflict_do_update(index_elements=["office", "day", "currency"], set_=added), rows)


_COUNTED = ("texts", "segments", "millis")


async def _note(tx: Tx, bookings: Iterable[Booking]) -> None:
    rows = [{"row_id": item.outbox_id, "now_booked": str(item)} for item in bookings]
    if rows:
        outbox = tx.t.outbox
        await tx.run(
            update(outbox).where(outbox.c.id == bindparam("row_id")).values(booked=bindparam("now_booked")), rows
        )
