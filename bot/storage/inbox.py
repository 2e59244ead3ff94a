"""The inbox: everything that moves a conversation, in the order in which it came."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import LargeBinary, and_, bindparam, func, select, text, type_coerce, update

from bot.storage.conversations import ensure_conversations
from bot.storage.receipts import hold_back_others

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.storage.database import Tx
    from bot.storage.keys import Keyring

BATCH = 50
"""Conversations in one transaction."""

SAME_TEXT = timedelta(minutes=10)
"""A text without an id that says what its sender said so recently may be the same one, delivered twice."""

_SAID_LATELY = 500  # opened to compare them; a flood is longer, and marked as one
_PER_CONVERSATION = 20
_NEW = text("inbox.state = 'new'")
"""The condition of the partial indexes, word by word: SQLite uses them only where it stands in the query."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something for the inbox. (gateway, account, message_id) make it unique; ``payload`` is JSON by ``kind``.

    ``message_id`` "": the gateway gives none, so every copy is kept.
    """

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
    received_at: datetime
    attempts: int
    sealed: bytes
    keyring: Keyring

    @property
    def payload(self) -> dict[str, Any]:
        """What arrived; opened only here, so that a damaged row concerns nobody but itself."""
        found: dict[str, Any] = json.loads(self.keyring.open(self.sealed))
        return found


async def add_arrivals(tx: Tx, office: str, arrivals: Sequence[Arrival], timezone: str, now: datetime) -> None:
    """Keep arrivals; one that is there already is kept once."""
    if not arrivals:
        return
    ids = await ensure_conversations(tx, office, {arrival.phone for arrival in arrivals}, timezone, now)
    arrivals = await _with_ids(tx, ids, arrivals, now)
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


async def _with_ids(
    tx: Tx, conversations: Mapping[str, int], arrivals: Sequence[Arrival], now: datetime
) -> Sequence[Arrival]:
    """Ids of our own for texts without one; a second copy is marked for staff."""
    phones = {arrival.phone for arrival in arrivals if not arrival.message_id}
    if not phones:
        return arrivals
    await hold_back_others(tx, {f"texts of {conversations[phone]}" for phone in phones})
    said = await _said_lately(tx, [conversations[phone] for phone in phones], now)
    named = []
    for arrival in arrivals:
        words = conversations[arrival.phone], arrival.payload.get("text")
        if not arrival.message_id:
            again = {"possible_duplicate": True} if words in said else {}
            arrival = replace(arrival, message_id=f"~{uuid4().hex}", payload={**arrival.payload, **again})  # noqa: PLW2901  # it is the same text
        said.add(words)
        named.append(arrival)
    return named


async def _said_lately(tx: Tx, conversation_ids: Sequence[int], now: datetime) -> set[tuple[int, str | None]]:
    inbox = tx.t.inbox
    lately = inbox.c.kind == "reply", inbox.c.received_at > now - SAME_TEXT
    query = select(inbox.c.conversation_id, inbox.c.payload).where(
        inbox.c.conversation_id.in_(conversation_ids), *lately
    )
    rows = await tx.all(query.order_by(inbox.c.id.desc()).limit(_SAID_LATELY))
    return {(row["conversation_id"], json.loads(row["payload"])["text"]) for row in rows}


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
    conversations = tx.t.conversations
    if conversation_ids is None:
        conversation_ids = await _waiting_longest(tx)
    for at in range(0, len(conversation_ids), BATCH):
        some = conversations.c.id.in_(conversation_ids[at : at + BATCH])
        lock = (
            select(conversations.c.id)
            .where(some)
            .order_by(conversations.c.id)
            .with_for_update(skip_locked=True, key_share=True)
        )
        locked = list((await tx.run(lock)).scalars())
        if locked:  # else somebody else works on all of these
            return await _new_items(tx, locked)
    return []


async def _waiting_longest(tx: Tx) -> list[int]:
    """Conversations with new rows, those of the oldest rows first."""
    inbox = tx.t.inbox
    new = select(inbox.c.conversation_id).where(_NEW).limit(BATCH * 4)
    rows = list((await tx.run(new.order_by(inbox.c.id))).scalars())
    found = list(dict.fromkeys(rows))
    if len(rows) == BATCH * 4 and len(found) < BATCH:  # a flood from a few numbers: look behind it
        found = list((await tx.run(new.group_by(inbox.c.conversation_id).order_by(func.min(inbox.c.id)))).scalars())
    return found


async def _new_items(tx: Tx, conversation_ids: Sequence[int]) -> list[Item]:
    """The first new rows of each conversation."""
    inbox = tx.t.inbox
    place = func.row_number().over(partition_by=inbox.c.conversation_id, order_by=inbox.c.id).label("place")
    new = inbox.c.conversation_id.in_(conversation_ids), _NEW
    first = select(inbox.c.id, place).where(*new).subquery("first")
    columns = (inbox.c.id, inbox.c.conversation_id, inbox.c.kind, inbox.c.received_at, inbox.c.attempts)
    query = (
        select(*columns, type_coerce(inbox.c.payload, LargeBinary).label("sealed"))
        .join(first, and_(first.c.id == inbox.c.id, first.c.place <= _PER_CONVERSATION))
        .order_by(inbox.c.id)
    )
    return [Item(**row, keyring=tx.keyring) for row in await tx.all(query)]


@dataclass(slots=True)
class Handled:
    """How a row ended: ``handled``, ``refused`` (a person asked for what is not allowed) or ``dead``."""

    id: int
    state: str = "handled"
    note: str | None = None
    reading: str | None = None
    circumstances: str | None = None


async def mark_handled(tx: Tx, rows: Sequence[Handled], now: datetime) -> None:
    """Write the end of rows down."""
    inbox = tx.t.inbox
    values = [
        {
            "row_id": row.id, "state": row.state, "note": row.note, "reading": row.reading,
            "circumstances": row.circumstances, "handled_at": now,
        }
        for row in rows
    ]  # fmt: skip
    if values:
        statement = update(inbox).where(inbox.c.id == bindparam("row_id"))
        await tx.run(statement.values(attempts=inbox.c.attempts + 1), values)


async def state_of(tx: Tx, inbox_id: int) -> tuple[str, str | None]:
    """State and note of a row."""
    inbox = tx.t.inbox
    row = await tx.one(select(inbox.c.state, inbox.c.note).where(inbox.c.id == inbox_id))
    return (row["state"], row["note"]) if row else ("missing", None)


async def count_replies(tx: Tx, conversation_ids: Sequence[int], since: datetime) -> dict[int, int]:
    """How many texts came from each of these numbers since then; those without any are left out."""
    inbox = tx.t.inbox
    lately = inbox.c.conversation_id.in_(conversation_ids), inbox.c.kind == "reply", inbox.c.received_at > since
    query = select(inbox.c.conversation_id, func.count().label("number")).where(*lately)
    return {row["conversation_id"]: row["number"] for row in await tx.all(query.group_by(inbox.c.conversation_id))}


async def count_new(tx: Tx) -> int:
    inbox = tx.t.inbox
    return int(await tx.value(select(func.count()).select_from(inbox).where(_NEW)))
