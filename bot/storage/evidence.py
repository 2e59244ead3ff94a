"""What became of each text to a phone, as it was written down at the time: for the timeline and for evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from bot.storage.database import Tx

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows as mappings, oldest first: texts out with their events by outbox id, replies (``payload`` is parsed)."""

    texts: Sequence[Row]
    events: dict[int, list[Row]]
    replies: Sequence[Row]
    consents: Sequence[Row]
    cases: Sequence[Row]


async def load_evidence(tx: Tx, conversation_id: int) -> Evidence:
    """Everything that was sent to a phone and what came back; nothing is left out."""
    inbox = tx.t.inbox
    replies = select(
        inbox.c.id, inbox.c.gateway, inbox.c.account, inbox.c.message_id, inbox.c.payload, inbox.c.received_at
    ).where(inbox.c.conversation_id == conversation_id, inbox.c.kind == "reply")
    return Evidence(
        texts=await _of(tx, tx.t.outbox, conversation_id),
        events=await events_of(tx, conversation_id),
        replies=[{**row, "payload": json.loads(row["payload"])} for row in await tx.all(replies.order_by(inbox.c.id))],
        consents=await _of(tx, tx.t.consents, conversation_id),
        cases=await _of(tx, tx.t.cases, conversation_id),
    )


async def events_of(tx: Tx, conversation_id: int, first: int = 0) -> dict[int, list[Row]]:
    """Outbox id -> its events, oldest first, in one query; of texts from the id ``first`` on."""
    events, outbox = tx.t.text_events, tx.t.outbox
    query = (
        select(events)
        .join(outbox, outbox.c.id == events.c.outbox_id)
        .where(outbox.c.conversation_id == conversation_id, outbox.c.id >= first)
        .order_by(events.c.id)
    )
    found: dict[int, list[Row]] = {}
    for row in await tx.all(query):
        found.setdefault(row["outbox_id"], []).append(dict(row))
    return found


async def newest_event(tx: Tx, conversation_id: int) -> int:
    """The id of the last thing that was said of any text of a conversation; 0 where nothing was."""
    events, outbox = tx.t.text_events, tx.t.outbox
    joined = events.join(outbox, and_(outbox.c.id == events.c.outbox_id, outbox.c.conversation_id == conversation_id))
    return int(await tx.value(select(func.max(events.c.id)).select_from(joined)) or 0)


async def _of(tx: Tx, table: Table, conversation_id: int) -> list[Row]:
    query = select(table).where(table.c.conversation_id == conversation_id).order_by(table.c.id)
    return [dict(row) for row in await tx.all(query)]
