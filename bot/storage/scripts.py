"""Script versions that conversations are pinned to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx


async def keep_version(tx: Tx, program: str, version: str, sources: Mapping[str, str], now: datetime) -> None:
    """Keep a version's sources (once)."""
    row = {"program": program, "version": version, "sources": dict(sources), "taken_at": now}
    await tx.run(tx.insert(tx.t.script_versions).on_conflict_do_nothing(), [row])


async def used_versions(tx: Tx) -> Sequence[RowMapping]:
    """The versions that some conversation is pinned to (program, version, sources)."""
    versions, conversations = tx.t.script_versions, tx.t.conversations
    used = select(conversations.c.program, conversations.c.script_version).distinct().subquery()
    query = select(versions).join(
        used, (used.c.program == versions.c.program) & (used.c.script_version == versions.c.version)
    )
    return await tx.all(query)


async def conversations_by_version(tx: Tx) -> Sequence[RowMapping]:
    """How many conversations run on each version (program, script_version, number)."""
    table = tx.t.conversations
    columns = (table.c.program, table.c.script_version)
    query = select(*columns, func.count().label("number")).where(table.c.program.is_not(None)).group_by(*columns)
    return await tx.all(query)
