"""Durable intake: what arrives within a few milliseconds is committed together, then everybody is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StorageUnavailable
from bot.storage.database import Tx
from bot.storage.inbox import Arrival, add_arrivals
from bot.storage.parts import Piece, take_pieces, without_known_pieces

if TYPE_CHECKING:
    from bot.domain.clock import Clock
    from bot.domain.office import Office
    from bot.storage.bells import Bells
    from bot.storage.database import Database

log = structlog.get_logger(__name__)

MOST = 500
"""Texts in one transaction, unless a single request brings more."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one request brought: all of it is committed, or nothing. ``also`` writes what is no text."""

    arrivals: Sequence[Arrival] = ()
    pieces: Sequence[Piece] = ()
    also: Callable[[Tx], Awaitable[None]] | None = None

    @property
    def size(self) -> int:
        return max(1, len(self.arrivals) + len(self.pieces))


Waiting = tuple[Delivery, asyncio.Future[None]]


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
        await self.keep_all(Delivery([arrival]))

    async def keep_all(self, delivery: Delivery) -> None:
        """Commit all that a request brought (with whatever else arrives meanwhile)."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((delivery, done))
        if self._running is None:
            self._running = asyncio.create_task(self._commit_all())
        await done

    async def _commit_all(self) -> None:
        await asyncio.sleep(0)  # let requests of the same moment join
        try:
            while self._queue:
                await self._commit(self._next())
        finally:
            self._running = None

    def _next(self) -> list[Waiting]:
        batch, size = [self._queue.pop(0)], 0
        while self._queue and (size := size + batch[-1][0].size) < MOST:
            batch.append(self._queue.pop(0))
        return batch

    async def _commit(self, batch: list[Waiting]) -> None:
        try:
            async with self._database.write() as tx:
                await self._write(tx, [delivery for delivery, _ in batch])
        except Exception as error:  # noqa: BLE001  # each waiting request is told, and none was kept
            if len(batch) > 1 and not isinstance(error, StorageUnavailable):
                log.warning("intake.batch_failed", error=type(error).__name__)
                for waiting in batch:  # one request's fault is not the others'
                    await self._commit([waiting])
                return
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)
        for bell in ("inbox", "live"):
            self._bells.ring(bell)

    async def _write(self, tx: Tx, deliveries: Sequence[Delivery]) -> None:
        now = self._clock.now()
        pieces = [piece for delivery in deliveries for piece in delivery.pieces]
        arrivals = [arrival for delivery in deliveries for arrival in delivery.arrivals]
        joined = await take_pieces(tx, pieces, now) if pieces else []
        arrivals = await without_known_pieces(tx, arrivals) + joined
        await add_arrivals(tx, self._office.code, arrivals, self._office.timezone, now)
        for delivery in deliveries:
            if delivery.also is not None:
                await delivery.also(tx)
