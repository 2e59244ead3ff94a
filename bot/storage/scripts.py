"""Script versions that conversations are pinned to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx


async def keep_version(tx: Tx, program: str, version: str, sources: Mapping[str, str], now: datetime) -> None:
    """Keep a version's sources (once)."""
    row = {"program": program, "version": version, "sources": dict(sources), "taken_at": now}
    await tx.run(tx.insert(tx.t.script_versions).on_conflict_do_nothing(), [row])


async def find_version(tx: Tx, program: str, version: str) -> Mapping[str, str] | None:
    """The sources of a version, if it is stored."""
    table = tx.t.script_versions
    which = (table.c.program == program) & (table.c.version == version)
    sources: Mapping[str, str] | None = await tx.value(select(table.c.sources).where(which))
    return sources


async def used_versions(tx: Tx) -> Sequence[RowMapping]:
    """The versions that some conversation is pinned to (program, version, sources)."""
    versions, conversations = tx.t.script_versions, tx.t.conversations
    used = select(conversations.c.program, conversations.c.script_version).distinct().subquery()
    query = select(versions).join(
        used, (used.c.program == versions.c.program) & (used.c.script_version == versions.c.version)
    )
    return await tx.all(query)
