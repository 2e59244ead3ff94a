"""The reconciler: roads that can be asked are asked again and again what came in that no webhook brought."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StorageUnavailable
from bot.domain.gateway import road_of
from bot.storage.heard import looked_back_to, note_looked_back, open_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain.clock import Clock
    from bot.domain.gateway import Gateway
    from bot.storage.database import Database
    from bot.web.webhook.reception import Reception

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=10)
"""How often each road is asked."""
AGAIN = timedelta(minutes=1)
"""How soon after a question that was not answered, or whose list was too long for one look."""
OVERLAP = timedelta(hours=1)
"""Asked about once more: lists of providers run behind."""
FIRST = timedelta(hours=6)
"""How far the first question goes back."""
FARTHEST = timedelta(hours=72)
_LOOK_EVERY_SECONDS = 5.0


class LookBack:
    """Any number of processes may ask; a text that is known enters once."""

    def __init__(self, gateways: Iterable[Gateway], reception: Reception, database: Database, clock: Clock) -> None:
        self._gateways = [gateway for gateway in gateways if gateway.abilities.can_look_back]
        self._reception = reception
        self._database = database
        self._clock = clock
        self._next: dict[str, datetime] = {}
        self._from: dict[str, datetime] = {}  # roads whose list was too long for one look: where it goes on

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.step()
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def step(self) -> int:
        """Ask every road whose time it is; how many were asked."""
        now = self._clock.now()
        due = [gateway for gateway in self._gateways if self._next.get(road_of(gateway), now) <= now]
        await asyncio.gather(*(self._ask(gateway, now) for gateway in due))
        return len(due)

    async def _ask(self, gateway: Gateway, now: datetime) -> None:
        road = road_of(gateway)
        self._next[road] = now + AGAIN
        try:
            if await self._asked(gateway, road, now):
                self._next[road] = now + EVERY
        except StorageUnavailable as error:
            log.warning("lookback.storage_unavailable", road=road, error=error.en)
        except Exception as error:  # noqa: BLE001  # one road's fault is not the others'
            log.error("lookback.failed", road=road, error=type(error).__name__)

    async def _asked(self, gateway: Gateway, road: str, now: datetime) -> bool:
        async with self._database.read() as tx:
            last = await looked_back_to(tx, road)
            looks_up = gateway.abilities.looks_up
            references = await open_texts(tx, road, now - FARTHEST) if looks_up else []
        since = max(last - OVERLAP, now - FARTHEST) if last is not None else now - FIRST
        if looks_up:
            parsed = await gateway.look_up(references)
        else:
            parsed = await gateway.look_back(self._from.get(road, since))
        if parsed is None:
            return False
        noted = partial(note_looked_back, road=road, until=parsed.until or now)
        await self._reception.take(gateway, parsed, known_too=False, also=noted)
        self._from.pop(road, None)
        if parsed.until is not None:
            self._from[road] = parsed.until
        return parsed.until is None
