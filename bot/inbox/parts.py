"""Pieces of long texts whose others do not come: read for danger soon, and taken as they are in the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StorageUnavailable
from bot.domain.reading import Context, Priority
from bot.domain.rereading import readable
from bot.storage.bells import wait_for
from bot.storage.inbox import add_arrivals
from bot.storage.parts import WAIT, Series, due_series, forget_pieces, held_series, mark
from bot.storage.receipts import forget_early
from bot.storage.refused import forget_decided
from bot.storage.refused_texts import settle_came

if TYPE_CHECKING:
    from bot.domain.clock import Clock
    from bot.domain.office import Office
    from bot.reading.reader import Reader
    from bot.storage.bells import Bells
    from bot.storage.database import Database, Tx
    from bot.storage.inbox import Arrival

log = structlog.get_logger(__name__)

_LOOK_EVERY_SECONDS = 2.0
_SETTLE_EVERY = timedelta(minutes=1)
_TIDY_EVERY = timedelta(hours=1)
_PIECES_KEPT = timedelta(days=4)  # longer than a provider may deliver one again, or list it
_RECEIPTS_KEPT = timedelta(days=30)
_DECIDED_KEPT = timedelta(days=30)


class PartsKeeper:
    """Any number of them may share a database."""

    def __init__(self, database: Database, reader: Reader, office: Office, clock: Clock, bells: Bells) -> None:
        self._database = database
        self._reader = reader
        self._office = office
        self._clock = clock
        self._bells = bells
        self._tidied: datetime | None = None
        self._settled: datetime | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        with self._bells.listen("timers") as bell:  # also rung where the clock was moved
            while True:
                bell.clear()
                await self.step()
                await wait_for(bell, _LOOK_EVERY_SECONDS)

    async def step(self) -> int:
        """One look; how many texts entered the inbox."""
        try:
            return await self._look()
        except StorageUnavailable as error:
            log.warning("parts.storage_unavailable", error=error.en)
            return 0

    async def _look(self) -> int:
        now = self._clock.now()
        await self._tidy(now)
        await self._settle(now)
        async with self._database.read() as tx:
            names = await due_series(tx, now)
        if not names:
            return 0
        async with self._database.write() as tx:
            arrivals = [await self._decided(tx, series, now) for series in await held_series(tx, names)]
            entering = [arrival for arrival in arrivals if arrival is not None]
            await add_arrivals(tx, self._office.code, entering, self._office.timezone, now)
        if entering:
            self._bells.ring("inbox")
        return len(entering)

    async def _decided(self, tx: Tx, series: Series, now: datetime) -> Arrival | None:
        """What enters the inbox now: at the end of the wait all of it, before that only what tells of danger."""
        if min(row["received_at"] for row in series.rows) <= now - WAIT:
            await mark(tx, series, "done")
            return None if series.told else series.arrival()
        newest = max(row["id"] for row in series.rows)
        so_far = series.arrival(f"part:{series.name}:{newest}")
        grave = self._reader.read(readable(so_far.payload["text"]), Context.FREE).priority.rank >= Priority.URGENT.rank
        await mark(tx, series, "told" if grave else "looked")
        return so_far if grave else None

    async def _settle(self, now: datetime) -> None:
        """Each minute: held requests whose texts came by another one need nobody."""
        if self._settled is not None and now - self._settled < _SETTLE_EVERY:
            return
        async with self._database.write() as tx:
            settled = await settle_came(tx, now)
        self._settled = now
        if settled:
            log.info("webhook.came_again", requests=settled)
            self._bells.ring("live")

    async def _tidy(self, now: datetime) -> None:
        """Now and then: forget what nobody will ask for again."""
        if self._tidied is not None and now - self._tidied < _TIDY_EVERY:
            return
        async with self._database.write() as tx:
            await forget_pieces(tx, now - _PIECES_KEPT)
            await forget_early(tx, now - _RECEIPTS_KEPT)
            await forget_decided(tx, now - _DECIDED_KEPT)
        self._tidied = now
