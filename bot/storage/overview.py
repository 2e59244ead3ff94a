"""What programs are told about conversations: the demo's interface."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from bot.storage.outbox import due_texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx


async def count_left(tx: Tx, now: datetime) -> dict[str, int]:
    """What waits to be done at this moment, seen at one glance: due timers, new inbox rows, due texts."""
    due_timers = select(func.count()).where(text("timers.state = 'pending'"), tx.t.timers.c.due_at <= now)
    new_rows = select(func.count()).select_from(tx.t.inbox).where(text("inbox.state = 'new'"))
    columns = [part.scalar_subquery() for part in (due_timers, new_rows, due_texts(tx, now))]
    row = (await tx.run(select(*columns))).one()
    return dict(zip(("timers", "inbox", "outbox"), row, strict=True))


async def received_texts(tx: Tx, conversation_id: int) -> list[dict[str, Any]]:
    """Texts from that phone, oldest first (text, received_at, state)."""
    inbox = tx.t.inbox
    query = select(inbox.c.payload, inbox.c.received_at, inbox.c.state).where(
        inbox.c.conversation_id == conversation_id, inbox.c.kind == "reply"
    )
    rows = await tx.all(query.order_by(inbox.c.id))
    return [{**row, "text": json.loads(row["payload"])["text"]} for row in rows]


async def states_of_texts(tx: Tx, conversation_id: int) -> dict[str, str]:
    """State of each text to that phone by our reference."""
    outbox = tx.t.outbox
    query = select(outbox.c.reference, outbox.c.state).where(outbox.c.conversation_id == conversation_id)
    return {row["reference"]: row["state"] for row in await tx.all(query)}


async def reports_of(tx: Tx, conversation_id: int) -> Sequence[RowMapping]:
    """Reports of a conversation, oldest first."""
    reports = tx.t.reports
    query = select(reports).where(reports.c.conversation_id == conversation_id)
    return await tx.all(query.order_by(reports.c.local_date, reports.c.id))


async def escalations_of(tx: Tx, office: str, conversation_id: int | None) -> Sequence[RowMapping]:
    """Escalations (of one conversation, or all) with the phone, oldest first."""
    escalations, conversations = tx.t.escalations, tx.t.conversations
    query = (
        select(escalations, conversations.c.phone)
        .join(conversations, conversations.c.id == escalations.c.conversation_id)
        .where(conversations.c.office == office)
        .order_by(escalations.c.id)
    )
    if conversation_id is not None:
        query = query.where(escalations.c.conversation_id == conversation_id)
    return await tx.all(query)


async def phones(tx: Tx, office: str) -> Sequence[RowMapping]:
    """Every phone with the names behind it (phone, name, step), in order of arrival."""
    conversations, cases = tx.t.conversations, tx.t.cases
    query = (
        select(conversations.c.phone, conversations.c.step, conversations.c.control, cases.c.name)
        .join(cases, cases.c.conversation_id == conversations.c.id, isouter=True)
        .where(conversations.c.office == office)
        .order_by(conversations.c.id, cases.c.id)
    )
    return await tx.all(query)
