"""Timers: moments at which something falls due for a conversation."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text, update

if TYPE_CHECKING:
    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx, Values


_PENDING = text("timers.state = 'pending'")
"""The condition of the partial index, word by word: SQLite uses it only where it stands in the query."""


async def fell_due(tx: Tx, limit: int, now: datetime) -> int:
    """Turn due timers into inbox rows, in order of their times; how many."""
    timers = tx.t.timers
    query = (
        select(timers)
        .where(_PENDING, timers.c.due_at <= now)
        .order_by(timers.c.due_at, timers.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await tx.all(query)
    if rows:
        await tx.run(tx.insert(tx.t.inbox).on_conflict_do_nothing(), [_inbox_row(row, now) for row in rows])
        await tx.run(update(timers).where(timers.c.id.in_([row["id"] for row in rows])).values(state="fallen"))
    return len(rows)


def _inbox_row(row: RowMapping, now: datetime) -> Values:
    payload = {"name": row["name"], "local_date": row["local_date"].isoformat(), "case_id": row["case_id"]}
    return {
        "conversation_id": row["conversation_id"], "kind": "timer", "gateway": "mimamori-timer", "account": "",
        "message_id": f"{row['id']}:{row['settings']}", "payload": json.dumps(payload), "received_at": now,
        "state": "new", "attempts": 0,
    }  # fmt: skip


async def next_due(tx: Tx) -> datetime | None:
    """When the next timer falls."""
    timers = tx.t.timers
    due: datetime | None = await tx.value(select(func.min(timers.c.due_at)).where(_PENDING))
    return due


async def count_due(tx: Tx, now: datetime) -> int:
    timers = tx.t.timers
    query = select(func.count()).select_from(timers).where(_PENDING, timers.c.due_at <= now)
    return int(await tx.value(query))
