"""The database's clock: on several machines one clock must decide what is due."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text

from bot.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    from bot.storage.database import Database

log = structlog.get_logger(__name__)
_EVERY_SECONDS = 60.0


class DatabaseClock:
    """The clock of this machine, set right by PostgreSQL's once a minute."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    async def set_by(self, database: Database) -> None:
        """Measure how far this machine's clock is off (to half of the round trip)."""
        async with database.read() as tx:
            before = datetime.now(UTC)
            told: datetime = await tx.value(text("SELECT clock_timestamp()"))
            self._ahead = told - (before + (datetime.now(UTC) - before) / 2)

    async def run(self, database: Database) -> None:
        """Keep it right until cancelled."""
        while True:
            try:
                await self.set_by(database)
            except StorageUnavailable as error:
                log.warning("clock.storage_unavailable", error=error.en)
            await asyncio.sleep(_EVERY_SECONDS)
