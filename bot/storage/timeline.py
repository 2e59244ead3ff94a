"""Everything that is known of one conversation, for the people who look after it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from bot.domain.states import OPEN_CASES, EscalationState
from bot.storage.evidence import events_of, newest_event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Column, Select, Table

    from bot.storage.database import Tx

Row = dict[str, Any]
LATEST = 120
"""Texts and events that a page shows unless all are asked for."""

_TELLING = {
    "conversations": ("updated_at", "epoch"),
    "cases": ("id", "ended_at"),
    "inbox": ("id", "handled_at"),
    "outbox": ("id", "settled_at", "submitted_at"),
    "escalations": ("id", "closed_at", "times"),
    "calls": ("id", "closed_at"),
    "consents": ("id",),
    "reports": ("id", "at"),
    "reading_marks": ("id", "changed_at"),
}
"""Tables of a conversation with the columns whose greatest value rises with every change that is shown."""
_INBOX = ("id", "kind", "payload", "received_at", "state", "handled_at", "reading")
_OUTBOX = (
    "id", "case_id", "cause", "number", "step", "text_key", "kind", "text", "segments", "state", "due_at", "code",
    "possible_duplicate", "author", "created_at", "submitted_at", "settled_at", "road", "reason", "written",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class History:
    """Rows as mappings, oldest first; ``payload`` and ``reading`` are parsed; ``shortened``: there are more.

    ``events`` are those of each outbox row, by its id.
    """

    inbox: Sequence[Row]
    outbox: Sequence[Row]
    consents: Sequence[Row]
    escalations: Sequence[Row]
    calls: Sequence[Row]
    attempts: Sequence[Row]
    cases: Sequence[Row]
    reports: Sequence[Row]
    marks: Sequence[Row]
    events: Mapping[int, Sequence[Row]]
    shortened: bool


async def load_history(tx: Tx, conversation_id: int, *, everything: bool = False) -> History:
    """The latest LATEST rows each of inbox and outbox (or everything), and all the rest."""
    limit = None if everything else LATEST + 1
    inbox = await _latest(tx, tx.t.inbox, _INBOX, conversation_id, limit)
    outbox = await _latest(tx, tx.t.outbox, _OUTBOX, conversation_id, limit)
    shortened = not everything and max(len(inbox), len(outbox)) > LATEST
    if shortened:
        inbox, outbox = inbox[-LATEST:], outbox[-LATEST:]
    calls = await _of(tx, tx.t.calls, conversation_id)
    attempts = tx.t.call_attempts
    made = select(attempts).where(attempts.c.call_id.in_([call["id"] for call in calls])).order_by(attempts.c.id)
    return History(
        inbox=[_parsed(row) for row in inbox],
        outbox=outbox,
        consents=await _of(tx, tx.t.consents, conversation_id),
        escalations=await _of(tx, tx.t.escalations, conversation_id),
        calls=calls,
        attempts=_rows(await tx.all(made)),
        cases=await _of(tx, tx.t.cases, conversation_id),
        reports=await _of(tx, tx.t.reports, conversation_id),
        marks=await _of(tx, tx.t.reading_marks, conversation_id),
        events=await events_of(tx, conversation_id, outbox[0]["id"] if outbox else 0),
        shortened=shortened,
    )


async def fingerprint(tx: Tx, conversation_id: int) -> str:
    """Changes whenever anything of the conversation's history changes; opens no sealed column."""
    parts: list[object] = [await newest_event(tx, conversation_id)]
    for table, names in _TELLING.items():
        rows = getattr(tx.t, table)
        columns = [func.count(), *(func.max(rows.c[name]) for name in names)]
        if "state" in rows.c:
            columns += [func.min(rows.c.state), func.max(rows.c.state)]
        parts.extend((await tx.run(select(*columns).where(_about(rows) == conversation_id))).one())
    return sha256(repr(parts).encode()).hexdigest()[:20]


async def versions_in_use(tx: Tx, office: str) -> list[tuple[str, str, int]]:
    """Program, script version and the number of conversations with open cases that run on it."""
    conversations, cases = tx.t.conversations, tx.t.cases
    key = (conversations.c.program, conversations.c.script_version)
    open_case = select(cases.c.id).where(cases.c.conversation_id == conversations.c.id, cases.c.state.in_(OPEN_CASES))
    query = (
        select(*key, func.count().label("number"))
        .where(conversations.c.office == office, conversations.c.program.is_not(None), open_case.exists())
        .group_by(*key)
        .order_by(*key)
    )
    return [(row["program"], row["script_version"], int(row["number"])) for row in await tx.all(query)]


async def office_call(tx: Tx, call_id: int, office: str) -> Row | None:
    """One call of this office."""
    calls, conversations = tx.t.calls, tx.t.conversations
    query = select(calls).join(conversations, conversations.c.id == calls.c.conversation_id)
    row = await tx.one(query.where(calls.c.id == call_id, conversations.c.office == office))
    return dict(row) if row else None


async def open_tasks(tx: Tx, conversation_id: int) -> int:
    """How many escalations of a conversation are not closed."""
    escalations = tx.t.escalations
    alive = (escalations.c.conversation_id == conversation_id, escalations.c.state != EscalationState.CLOSED)
    return int(await tx.value(select(func.count()).select_from(escalations).where(*alive)))


async def cases_of(tx: Tx, conversation_id: int) -> list[Row]:
    """Everybody who was ever enrolled on this phone, in that order."""
    return await _of(tx, tx.t.cases, conversation_id)


def _about(table: Table) -> Column[Any]:
    return table.c.id if table.name == "conversations" else table.c.conversation_id


async def _latest(tx: Tx, table: Table, columns: Sequence[str], conversation_id: int, limit: int | None) -> list[Row]:
    query: Select[Any] = select(*(table.c[name] for name in columns)).where(table.c.conversation_id == conversation_id)
    return _rows(await tx.all(query.order_by(table.c.id.desc()).limit(limit)))[::-1]


async def _of(tx: Tx, table: Table, conversation_id: int) -> list[Row]:
    return _rows(await tx.all(select(table).where(table.c.conversation_id == conversation_id).order_by(table.c.id)))


def _rows(rows: Sequence[Mapping[Any, Any]]) -> list[Row]:
    return [dict(row) for row in rows]


def _parsed(row: Row) -> Row:
    reading = json.loads(row["reading"]) if row["reading"] else []
    return {**row, "payload": json.loads(row["payload"]), "reading": reading}
