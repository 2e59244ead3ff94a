"""The inbox: everything that moves a conversation, in the order in which it came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, update

from bot.storage.conversations import ensure_conversations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.storage.database import Tx

BATCH = 50
"""Conversations in one transaction."""

_PER_CONVERSATION = 20


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something for the inbox. (gateway, account, message_id) make it unique; ``payload`` is JSON by ``kind``."""

    kind: str
    gateway: str
    account: str
    message_id: str
    phone: str
    payload: dict[str, Any]
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """An inbox row on its way through the worker."""

    id: int
    conversation_id: int
    kind: str
    payload: dict[str, Any]
    received_at: datetime
    attempts: int


async def add_arrivals(tx: Tx, office: str, arrivals: Sequence[Arrival], timezone: str, now: datetime) -> None:
    """Keep arrivals; one that is there already is kept once."""
    ids = await ensure_conversations(tx, office, {arrival.phone for arrival in arrivals}, timezone, now)
    rows = [
        {
            "conversation_id": ids[arrival.phone], "kind": arrival.kind, "gateway": arrival.gateway,
            "account": arrival.account, "message_id": arrival.message_id,
            "payload": json.dumps(arrival.payload, ensure_ascii=False),
            "raw": arrival.raw.decode("latin-1") if arrival.raw is not None else None,
            "received_at": now, "state": "new", "attempts": 0,
        }
        for arrival in arrivals
    ]  # fmt: skip
    await tx.run(tx.insert(tx.t.inbox).on_conflict_do_nothing(), rows)


async def add_for_conversation(
    tx: Tx, conversation_id: int, kind: str, message_id: str, payload: dict[str, Any], now: datetime
) -> int | None:
    """Keep an event of the house itself (timer, staff, roster); its id, None where it was there already."""
    statement = (
        tx.insert(tx.t.inbox)
        .values(
            conversation_id=conversation_id, kind=kind, gateway=f"mimamori-{kind}", account="", message_id=message_id,
            payload=json.dumps(payload, ensure_ascii=False), received_at=now, state="new", attempts=0,
        )
        .on_conflict_do_nothing()
        .returning(tx.t.inbox.c.id)
    )  # fmt: skip
    return (await tx.run(statement)).scalar()


async def claim(tx: Tx, conversation_ids: Sequence[int] | None = None) -> list[Item]:
    """New rows of up to BATCH conversations that nobody else works on, in order; their conversations are locked."""
    inbox, conversations = tx.t.inbox, tx.t.conversations
    if conversation_ids is None:
        oldest = select(inbox.c.conversation_id).where(inbox.c.state == "new").order_by(inbox.c.id).limit(BATCH * 4)
        conversation_ids = list(dict.fromkeys((await tx.run(oldest)).scalars()))[:BATCH]
    if not conversation_ids:
        return []
    lock = select(conversations.c.id).where(conversations.c.id.in_(conversation_ids)).order_by(conversations.c.id)
    locked = list((await tx.run(lock.with_for_update(skip_locked=True))).scalars())
    return await _new_items(tx, locked)


async def _new_items(tx: Tx, conversation_ids: Sequence[int]) -> list[Item]:
    inbox = tx.t.inbox
    columns = (
        inbox.c.id,
        inbox.c.conversation_id,
        inbox.c.kind,
        inbox.c.payload,
        inbox.c.received_at,
        inbox.c.attempts,
    )
    query = select(*columns).where(inbox.c.conversation_id.in_(conversation_ids), inbox.c.state == "new")
    items, taken = [], dict.fromkeys(conversation_ids, 0)
    for row in await tx.all(query.order_by(inbox.c.id).limit(BATCH * _PER_CONVERSATION)):
        taken[row["conversation_id"]] += 1
        if taken[row["conversation_id"]] <= _PER_CONVERSATION:
            items.append(Item(**{**row, "payload": json.loads(row["payload"])}))
    return items


@dataclass(slots=True)
class Handled:
    """How a row ended: ``handled``, ``refused`` (a person asked for what is not allowed) or ``dead``."""

    id: int
    state: str = "handled"
    note: str | None = None
    reading: str | None = None


async def mark_handled(tx: Tx, rows: Sequence[Handled], now: datetime) -> None:
    """Write the end of rows down."""
    inbox = tx.t.inbox
    values = [
        {"row_id": row.id, "state": row.state, "note": row.note, "reading": row.reading, "handled_at": now}
        for row in rows
    ]
    if values:
        statement = update(inbox).where(inbox.c.id == bindparam("row_id"))
        await tx.run(statement.values(attempts=inbox.c.attempts + 1), values)


async def state_of(tx: Tx, inbox_id: int) -> tuple[str, str | None]:
    """State and note of a row."""
    inbox = tx.t.inbox
    row = await tx.one(select(inbox.c.state, inbox.c.note).where(inbox.c.id == inbox_id))
    return (row["state"], row["note"]) if row else ("missing", None)


async def count_new(tx: Tx) -> int:
    inbox = tx.t.inbox
    return int(await tx.value(select(func.count()).select_from(inbox).where(inbox.c.state == "new")))
