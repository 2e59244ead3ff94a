"""Marks of wrong readings, and the review list that they go to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text, update

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx, Values

OPEN, ACCEPTED, DECLINED = "open", "accepted", "declined"
_OPEN = text("corrections.state = 'open'")
"""The condition of the partial index, word by word: SQLite uses it only where it stands in the query."""
_TURNS = 5_062_023  # any number that nobody else locks


async def find_mark(tx: Tx, reply_id: int) -> Values | None:
    """The mark of a reply, if it has one."""
    marks = tx.t.reading_marks
    row = await tx.one(select(marks).where(marks.c.inbox_id == reply_id))
    return dict(row) if row else None


async def wanted_of(tx: Tx, mark_id: int) -> Any:  # noqa: ANN401  # JSON is anything
    """The labels that a mark asks for; None once they are an example."""
    corrections = tx.t.corrections
    wanted = await tx.value(select(corrections.c.wanted).where(corrections.c.mark_id == mark_id))
    return json.loads(wanted) if wanted else None


async def put_mark(tx: Tx, reply: tuple[int, int], priority: str, staff: str, now: datetime) -> int:
    """Mark a reply (its conversation and its id), or change the mark that it has; the mark's id."""
    marks = tx.t.reading_marks
    values = {"priority": priority, "staff": staff, "at": now, "changed_at": now, "state": OPEN}
    statement = tx.insert(marks).values(conversation_id=reply[0], inbox_id=reply[1], **values)
    statement = statement.on_conflict_do_update(index_elements=["inbox_id"], set_=values)
    return int((await tx.run(statement.returning(marks.c.id))).scalar_one())


async def put_correction(tx: Tx, mark_id: int, entry: Values) -> None:
    """An entry of the review list for a mark, instead of the one that it had. ``reading``, ``wanted``: JSON values."""
    corrections = tx.t.corrections
    await tx.run(corrections.delete().where(corrections.c.mark_id == mark_id))
    sealed = {name: json.dumps(entry[name], ensure_ascii=False) for name in ("reading", "wanted")}
    await tx.run(corrections.insert(), [{**entry, **sealed, "mark_id": mark_id, "state": OPEN}])


async def remove_mark(tx: Tx, mark_id: int) -> None:
    """Take a mark back, and its entry with it."""
    marks, corrections = tx.t.reading_marks, tx.t.corrections
    await tx.run(corrections.delete().where(corrections.c.mark_id == mark_id))
    await tx.run(marks.delete().where(marks.c.id == mark_id))


async def take_turns(tx: Tx) -> None:
    """Of several processes one at a time marks or decides: examples go to one file, and what is decided stays so."""
    if tx.is_postgres:
        await tx.run(select(func.pg_advisory_xact_lock(_TURNS)))


async def find_correction(tx: Tx, office: str, entry_id: int, *, lock: bool) -> Values | None:
    """One entry with ``reading`` and ``wanted`` parsed; ``lock`` it until the transaction ends."""
    corrections = tx.t.corrections
    query = select(corrections).where(corrections.c.id == entry_id, corrections.c.office == office)
    row = await tx.one(query.with_for_update() if lock else query)
    return _parsed(row) if row else None


async def open_corrections(tx: Tx, office: str, limit: int, offset: int = 0) -> list[Values]:
    """Entries that nobody has decided, oldest first."""
    corrections = tx.t.corrections
    query = select(corrections).where(_OPEN, corrections.c.office == office).order_by(corrections.c.id)
    return [_parsed(row) for row in await tx.all(query.limit(limit).offset(offset))]


async def decided_corrections(tx: Tx, office: str, limit: int) -> list[Values]:
    """Entries that were decided, latest first."""
    corrections = tx.t.corrections
    query = select(corrections).where(corrections.c.office == office, corrections.c.decided_at.is_not(None))
    query = query.order_by(corrections.c.decided_at.desc(), corrections.c.id.desc())
    return [_parsed(row) for row in await tx.all(query.limit(limit))]


async def open_correction_count(tx: Tx, office: str) -> int:
    """How many entries wait for a manager."""
    corrections = tx.t.corrections
    query = select(func.count()).select_from(corrections).where(_OPEN, corrections.c.office == office)
    return int(await tx.value(query))


async def example_ids(tx: Tx) -> Sequence[str]:
    """Ids that examples of ours have got."""
    corrections = tx.t.corrections
    query = select(corrections.c.example_id).where(corrections.c.example_id.is_not(None))
    return list((await tx.run(query)).scalars())


async def decide(tx: Tx, entry: Values, state: str, **values: Any) -> None:  # noqa: ANN401  # columns of any type
    """End the review of an entry, or open it again; its mark tells the staff. An example forgets its mark."""
    corrections, marks = tx.t.corrections, tx.t.reading_marks
    if "wanted" in values:
        values["wanted"] = json.dumps(values["wanted"], ensure_ascii=False)
    mark = {"state": state, "changed_at": values.pop("changed_at"), "reason": values.get("reason")}
    await tx.run(update(marks).where(marks.c.id == entry["mark_id"]).values(mark))
    if state == ACCEPTED:
        values["mark_id"] = None
    await tx.run(update(corrections).where(corrections.c.id == entry["id"]).values(state=state, **values))


def _parsed(row: RowMapping) -> Values:
    return {**row, "reading": json.loads(row["reading"]), "wanted": json.loads(row["wanted"])}
