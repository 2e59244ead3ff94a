"""The call list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx


async def note_attempt(tx: Tx, call_id: int, staff: str, outcome: str, note: str, now: datetime) -> None:
    row = {"call_id": call_id, "at": now, "staff": staff, "outcome": outcome, "note": note}
    await tx.run(tx.t.call_attempts.insert(), [row])


async def close_call(tx: Tx, call_id: int, outcome: str, now: datetime) -> None:
    calls = tx.t.calls
    await tx.run(update(calls).where(calls.c.id == call_id).values(state="done", closed_at=now, outcome=outcome))


async def find_call(tx: Tx, call_id: int) -> RowMapping | None:
    """One call, if it is there."""
    return await tx.one(select(tx.t.calls).where(tx.t.calls.c.id == call_id))


async def call_list(tx: Tx, office: str, *, only_open: bool = False) -> Sequence[RowMapping]:
    """Calls with the conversation's phone: the open ones first, among them the high ones, then by due time."""
    calls, conversations, cases = tx.t.calls, tx.t.conversations, tx.t.cases
    query = (
        select(calls, conversations.c.phone, cases.c.name, cases.c.kana, cases.c.at_risk)
        .join(conversations, conversations.c.id == calls.c.conversation_id)
        .join(cases, cases.c.id == calls.c.case_id, isouter=True)
        .where(conversations.c.office == office)
        .order_by(calls.c.state.desc(), calls.c.high.desc(), calls.c.due_at, calls.c.id)
    )
    if only_open:
        query = query.where(calls.c.state == "open")
    return await tx.all(query)


async def attempts_of(tx: Tx, call_ids: Sequence[int]) -> Sequence[RowMapping]:
    """Attempts of some calls, oldest first."""
    attempts = tx.t.call_attempts
    return await tx.all(select(attempts).where(attempts.c.call_id.in_(call_ids)).order_by(attempts.c.id))
