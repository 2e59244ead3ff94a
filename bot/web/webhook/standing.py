"""Roads that bring texts by themselves: a kept connection, a watched folder, an address that is polled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from bot.domain.gateway import road_of
from bot.storage.bells import run_together

if TYPE_CHECKING:
    from bot.domain.gateway import Gateway, Parsed, Receive
    from bot.web.webhook.reception import Reception

log = structlog.get_logger(__name__)

SHORTEST_SECONDS = 1.0
LONGEST_SECONDS = 60.0


async def keep_standing(
    gateway: Gateway, reception: Reception, *, receive: Receive | None = None, shortest: float = SHORTEST_SECONDS
) -> None:
    """Run the gateway until cancelled; where it ends or fails, again after a pause that grows up to a minute.

    ``receive`` takes what it fetches for other accounts.
    """
    loop, pause = asyncio.get_running_loop(), shortest

    async def deliver(parsed: Parsed) -> None:
        await reception.take(gateway, parsed, known_too=not gateway.abilities.repeats)

    while True:
        began = loop.time()
        try:
            await run_together(gateway.run(deliver), *([] if receive is None else [gateway.fetch(receive)]))
        except Exception as error:  # noqa: BLE001  # whatever it is, the road is tried again
            log.error("gateway.run_failed", road=road_of(gateway), error=type(error).__name__)
        if loop.time() - began > LONGEST_SECONDS:
            pause = shortest
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_SECONDS)
