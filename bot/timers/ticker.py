"""The ticker: looks for due timers and puts them into the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StorageUnavailable
from bot.storage.bells import wait_for
from bot.storage.timers import count_due, fell_due

if TYPE_CHECKING:
    from bot.domain.clock import Clock
    from bot.storage.bells import Bells
    from bot.storage.database import Database

log = structlog.get_logger(__name__)

BATCH = 500
_LOOK_EVERY_SECONDS = 1.0


class Ticker:
    """Looks every second; any number of tickers may share a database."""

    def __init__(self, database: Database, clock: Clock, bells: Bells) -> None:
        self._database = database
        self._clock = clock
        self._bells = bells

    async def run(self) -> None:
        """Look until cancelled; the bell wakes it when timers or the clock have been set."""
        with self._bells.listen("timers") as bell:
            while True:
                bell.clear()
                if not await self.step():
                    await wait_for(bell, _LOOK_EVERY_SECONDS)

    async def step(self) -> int:
        """One look; how many timers fell."""
        try:
            async with self._database.read() as tx:
                if not await count_due(tx, self._clock.now()):
                    return 0
            async with self._database.write() as tx:
                fallen = await fell_due(tx, BATCH, self._clock.now())
        except StorageUnavailable as error:
            log.warning("timers.storage_unavailable", error=error.en)
            return 0
        if fallen:
            self._bells.ring("inbox")
        return fallen
