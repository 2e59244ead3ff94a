"""Durable intake: what arrives within a few milliseconds is committed together, then everybody is answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.storage.inbox import Arrival, add_arrivals

if TYPE_CHECKING:
    from bot.domain.clock import Clock
    from bot.domain.office import Office
    from bot.storage.bells import Bells
    from bot.storage.database import Database

MOST = 500
"""Arrivals in one transaction."""

Waiting = tuple[Arrival, asyncio.Future[None]]


class Intake:
    """``keep`` returns after the commit, or raises what the database raised; then nothing was kept."""

    def __init__(self, database: Database, office: Office, clock: Clock, bells: Bells) -> None:
        self._database = database
        self._office = office
        self._clock = clock
        self._bells = bells
        self._queue: list[Waiting] = []
        self._running: asyncio.Task[None] | None = None

    async def keep(self, arrival: Arrival) -> None:
        """Commit one arrival (with whatever else arrives meanwhile)."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((arrival, done))
        if self._running is None:
            self._running = asyncio.create_task(self._commit_all())
        await done

    async def _commit_all(self) -> None:
        await asyncio.sleep(0)  # let requests of the same moment join
        try:
            while self._queue:
                batch, self._queue = self._queue[:MOST], self._queue[MOST:]
                await self._commit(batch)
        finally:
            self._running = None

    async def _commit(self, batch: list[Waiting]) -> None:
        try:
            async with self._database.write() as tx:
                arrivals = [arrival for arrival, _ in batch]
                await add_arrivals(tx, self._office.code, arrivals, self._office.timezone, self._clock.now())
        except Exception as error:  # noqa: BLE001  # each waiting request is told, and none was kept
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)
        self._bells.ring("inbox")
