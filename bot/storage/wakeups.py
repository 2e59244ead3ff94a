"""Bells that ring in every process by way of Redis; without Redis the others find their work by polling."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisError

from bot.storage.bells import Bells, run_together
from bot.storage.redis_link import open_redis

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = structlog.get_logger(__name__)

CHANNEL = "mimamori:bells"
_RETRY_SECONDS = 1.0
_PATIENCE_SECONDS = 5.0
_LOST = (RedisError, OSError)


class SharedBells(Bells):
    """Rings here at once and elsewhere through Redis; nothing but the bell's name goes there."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._rung: set[str] = set()
        self._some_rung = asyncio.Event()

    def ring(self, name: str) -> None:
        super().ring(name)
        self._rung.add(name)
        self._some_rung.set()

    async def run(self) -> None:
        """Carry bells to and from Redis until cancelled; a Redis that is away is waited for."""
        while True:
            try:
                async with open_redis(self._url) as redis:
                    await run_together(self._hear(redis), self._tell(redis))
            except _LOST as error:
                log.warning("bells.redis_away", error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _hear(self, redis: Redis) -> None:
        async with redis.pubsub() as channel:
            await channel.subscribe(CHANNEL)
            async for message in channel.listen():
                if message["type"] == "message":
                    with contextlib.suppress(UnicodeDecodeError):
                        super().ring(message["data"].decode())

    async def _tell(self, redis: Redis) -> None:
        while True:
            await self._some_rung.wait()
            self._some_rung.clear()
            names, self._rung = self._rung, set()
            async with asyncio.timeout(_PATIENCE_SECONDS):
                for name in names:
                    await redis.publish(CHANNEL, name)
