"""Moves the demo's clock: everything that falls due on the way happens, in order, each at its own time."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.errors import InvalidInput
from bot.storage import outbox, timers
from bot.storage.bells import wait_for
from bot.storage.overview import count_left

if TYPE_CHECKING:
    from datetime import datetime

    from bot.storage.bells import Bells
    from bot.storage.database import Database
    from bot.web.demo.carrier import Carrier
    from bot.web.demo.clock import DemoClock

SETTLE_SECONDS = 10.0
LONGEST_ADVANCE = timedelta(days=366)
_LOOK_EVERY_SECONDS = 0.05
_ROUNDS_AT_ONE_MOMENT = 3
_DURATION = re.compile(
    r"(?:(?P<days>\d{1,6})d)?(?:(?P<hours>\d{1,6})h)?(?:(?P<minutes>\d{1,6})m)?(?:(?P<seconds>\d{1,8})s)?", re.ASCII
)


class Clockwork:
    """Knows when everything has come to rest."""

    def __init__(self, database: Database, clock: DemoClock, bells: Bells, carrier: Carrier) -> None:
        self._database = database
        self._clock = clock
        self._bells = bells
        self._carrier = carrier
        self._moving = asyncio.Lock()

    async def settle(self) -> dict[str, int]:
        """Wait until nothing is to be done now (ten seconds at most); what is left."""
        deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
        with self._bells.listen("live") as bell:
            self._wake()
            while any((left := await self._left()).values()) and asyncio.get_running_loop().time() < deadline:
                await wait_for(bell, _LOOK_EVERY_SECONDS)
                bell.clear()
        return left

    async def advance(self, by: timedelta) -> datetime:
        """Move the clock; the moment that it shows then."""
        async with self._moving:
            target = self._clock.now() + by
            try:
                await self.pass_until(target)
            finally:
                self._clock.run_from(target)
            self._wake()
            await self.settle()
            return self._clock.now()

    async def pass_until(self, target: datetime) -> None:
        """Hold the clock and stop at each moment at which something falls due; at the end it stands at ``target``."""
        self._clock.hold(self._clock.now())
        await self.settle()
        stuck = 0
        while (due := await self._next_due()) is not None and due <= target:
            stuck = stuck + 1 if due <= self._clock.now() else 0
            if stuck >= _ROUNDS_AT_ONE_MOMENT:
                break
            self._clock.hold(max(due, self._clock.now()))
            self._wake()
            await self.settle()
        self._clock.hold(target)

    async def _next_due(self) -> datetime | None:
        async with self._database.read() as tx:
            moments = [await timers.next_due(tx), await outbox.next_due(tx)]
        return min((moment for moment in moments if moment), default=None)

    async def _left(self) -> dict[str, int]:
        receipts = self._carrier.pending
        now = self._clock.now()
        async with self._database.read() as tx:
            left = await count_left(tx, now)
        return {**left, "receipts": max(receipts, self._carrier.pending)}

    def _wake(self) -> None:
        for bell in ("timers", "inbox", "outbox"):
            self._bells.ring(bell)


def parse_duration(text: object) -> timedelta:
    """``15h30m``, ``2d``, ``90m`` … up to 366 days; raises InvalidInput."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) and text else None
    if match:
        parts = {unit: int(number) for unit, number in match.groupdict().items() if number}
        duration = timedelta(**parts)
        if timedelta(0) < duration <= LONGEST_ADVANCE:
            return duration
    raise InvalidInput(
        "時間は 15h30m のように書きます(d・h・m・s、最長366日)。",
        "Write a duration like 15h30m (d, h, m, s; 366 days at most).",
        field="advance",
    )
