"""Until when texts mean something: the daily question and its reminders are void when the next one is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.domain.states import TextKind
from bot.storage.outbox import Claimed

if TYPE_CHECKING:
    from bot.storage.database import Tx


async def with_expiry(tx: Tx, claimed: Sequence[Claimed], now: datetime) -> list[Claimed]:
    """These texts, each with the time from which on it means nothing, where it has one."""
    outbox, timers = tx.t.outbox, tx.t.timers
    query = (
        select(outbox.c.id, func.min(timers.c.due_at, type_=timers.c.due_at.type).label("end"))
        .join(timers, timers.c.conversation_id == outbox.c.conversation_id)
        .where(
            outbox.c.id.in_([item.id for item in claimed]),
            outbox.c.kind == TextKind.SCHEDULED,
            outbox.c.step == "daily",
            timers.c.name == "check",
            timers.c.state == "pending",
            timers.c.due_at > now,
        )
        .group_by(outbox.c.id)
    )
    ends = {row["id"]: row["end"] for row in await tx.all(query)} if claimed else {}
    return [replace(item, text=replace(item.text, expires_at=ends.get(item.id))) for item in claimed]
