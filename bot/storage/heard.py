"""When a road was last heard of, and up to when it has been asked what we missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.domain.states import TextState

if TYPE_CHECKING:
    from datetime import datetime

    from bot.storage.database import Tx


async def note_heard(tx: Tx, road: str, now: datetime) -> None:
    """A request of this road was believed and taken."""
    await _note(tx, road, "received_at", now)


async def last_heard(tx: Tx, road: str) -> datetime | None:
    """When a request of this road was last believed, to the minute."""
    roads = tx.t.roads
    found: datetime | None = await tx.value(select(roads.c.received_at).where(roads.c.road == road))
    return found


async def note_looked_back(tx: Tx, road: str, until: datetime) -> None:
    """Whatever the road had to tell up to then is in the database."""
    await _note(tx, road, "looked_back_to", until)


async def looked_back_to(tx: Tx, road: str) -> datetime | None:
    """Up to when the road was asked; None: never."""
    roads = tx.t.roads
    found: datetime | None = await tx.value(select(roads.c.looked_back_to).where(roads.c.road == road))
    return found


async def open_texts(tx: Tx, road: str, since: datetime) -> list[str]:
    """Our references of texts that this road was given since then and that have no final result, the oldest first."""
    outbox, events = tx.t.outbox, tx.t.text_events
    went = events.c.at >= since, events.c.state == TextState.SUBMITTING, events.c.road == road
    still = outbox.c.road == road, outbox.c.state.in_((TextState.ACCEPTED, TextState.UNKNOWN))
    query = select(outbox.c.reference).join(events, events.c.outbox_id == outbox.c.id).where(*went, *still)
    return [
        row["reference"] for row in await tx.all(query.group_by(outbox.c.reference).order_by(func.min(events.c.at)))
    ]


async def _note(tx: Tx, road: str, column: str, at: datetime) -> None:
    roads = tx.t.roads
    new = {"road": road, "state": "up", "since": at, "code": "", "failures": 0, column: at}
    statement = tx.insert(roads).values(**new)
    await tx.run(statement.on_conflict_do_update(index_elements=["road"], set_={column: at}))
