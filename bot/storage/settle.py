"""Outcomes of submissions, written down; refused where the claim has passed to somebody else meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select, update

from bot.domain.messages import Reason
from bot.domain.states import TextState
from bot.storage.receipts import Failure, hold_back_others, remember_ids
from bot.storage.text_events import TextEvent, add_text_events

if TYPE_CHECKING:
    from bot.storage.database import Tx, Values

_FAILED = {TextState.REJECTED, TextState.UNDELIVERED}


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a claimed text.

    ``due_at`` is set where it is to be tried again later; None leaves it, and so its place before newer texts.
    ``also`` are further ids of it, ``said`` is what its life tells ("" nothing). ``possible_duplicate``: None leaves it
    as it is. ``to_call``: somebody calls, though nobody knows whether it failed.
    """

    id: int
    attempts: int
    state: TextState
    message_id: str | None = None
    code: str = ""
    due_at: datetime | None = None
    possible_duplicate: bool | None = None
    road: str | None = None
    reason: Reason | None = None
    segments: int | None = None
    price: str = ""
    also: tuple[str, ...] = ()
    said: str = ""
    to_call: bool = False


async def settle(tx: Tx, results: Sequence[Settled], now: datetime) -> tuple[list[Settled], list[Failure]]:
    """Write outcomes down: which of them counted, and which texts failed by them.

    A receipt that came before the outcome stands; the outcome then adds only its ids (``remember``).
    """
    await hold_back_others(tx, {name for item in results for name in _names(item)})
    before = await _held(tx, results)
    counted = [item for item in results if item.id in before]
    moved = [item for item in counted if before[item.id].rank < TextState.ACCEPTED.rank]
    await _write(tx, moved, now)
    await add_text_events(tx, [_event(item) for item in counted if item.said], now)
    failed = [item for item in moved if item.state in _FAILED or item.to_call]
    return counted, [Failure(item.id, item.code[:60], item.reason or "") for item in failed]


async def remember(tx: Tx, counted: Sequence[Settled], now: datetime) -> list[Failure]:
    """The ids under which roads tell of these texts; which of them had failed by what was said of them before."""
    failures: list[Failure] = []
    for road in sorted({item.road or "" for item in counted}):
        ids = {name: item.id for item in counted if (item.road or "") == road for name in _names(item)}
        if ids:
            failures += await remember_ids(tx, road, ids, now)
    return failures


def _names(item: Settled) -> list[str]:
    return [name for name in (item.message_id, *item.also) if name]


async def _held(tx: Tx, results: Sequence[Settled]) -> dict[int, TextState]:
    """The states of those texts whose claim is still the one that the outcome belongs to."""
    outbox, attempts = tx.t.outbox, {item.id: item.attempts for item in results}
    query = select(outbox.c.id, outbox.c.state, outbox.c.attempts).where(outbox.c.id.in_(list(attempts)))
    rows = await tx.all(query.order_by(outbox.c.id).with_for_update())
    return {row["id"]: TextState(row["state"]) for row in rows if row["attempts"] == attempts[row["id"]]}


async def _write(tx: Tx, results: Sequence[Settled], now: datetime) -> None:
    outbox = tx.t.outbox
    rows: list[Values] = [
        {
            "row_id": item.id, "new_state": item.state, "new_message_id": item.message_id, "new_code": item.code[:60],
            "new_due": item.due_at, "new_reason": item.reason,
            "duplicate": item.possible_duplicate,
        }
        for item in results
    ]  # fmt: skip
    if rows:
        values = {
            "state": bindparam("new_state"),
            "message_id": func.coalesce(bindparam("new_message_id"), outbox.c.message_id),
            "code": bindparam("new_code"),
            "reason": bindparam("new_reason"),
            "due_at": func.coalesce(bindparam("new_due", type_=outbox.c.due_at.type), outbox.c.due_at),
            "possible_duplicate": func.coalesce(
                bindparam("duplicate", type_=outbox.c.possible_duplicate.type), outbox.c.possible_duplicate
            ),
            "settled_at": now,
        }
        await tx.run(update(outbox).where(outbox.c.id == bindparam("row_id")).values(**values), rows)


def _event(item: Settled) -> TextEvent:
    return TextEvent(
        item.id, item.said, item.road or "", item.code, item.reason or "", None, item.segments, item.price
    )  # fmt: skip
