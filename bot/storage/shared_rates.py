"""Token buckets that several processes share, in Redis; nothing else of a text goes there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisError

from bot.storage.rates import Granted, Rates
from bot.storage.redis_link import open_redis

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from datetime import datetime
    from typing import Any

log = structlog.get_logger(__name__)

_LOST = (RedisError, OSError)
_PATIENCE_SECONDS = 0.5
_LEFT_ALONE_SECONDS = 2.0
"""A Redis that did not answer is asked again after so long: texts do not wait for it."""


class SharedRates(Rates):
    """Buckets of all processes, in Redis. Where Redis is away each process has its own until it is back."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._redis = open_redis(url)
        self._away_until = 0.0

    async def take(self, road: str, rate: float, burst: int, want: int, now: datetime) -> Granted:
        found = await self._asked(_TAKE, road, rate, burst, want, now.timestamp())
        if found is None:
            return await super().take(road, rate, burst, want, now)
        return Granted(int(found[0]), min(1.0, float(found[1])))

    async def give_back(self, road: str, burst: int, number: int, now: datetime) -> None:
        if await self._asked(_GIVE_BACK, road, burst, number, now.timestamp()) is None:
            await super().give_back(road, burst, number, now)

    async def close(self) -> None:
        await self._redis.aclose()

    async def _asked(self, script: str, road: str, *values: float) -> Any:  # noqa: ANN401  # what Redis answers
        now = asyncio.get_running_loop().time()
        if now < self._away_until:
            return None
        try:
            answer: Awaitable[Any] = self._redis.eval(script, 1, f"mimamori:rate:{road}", *map(str, values))
            async with asyncio.timeout(_PATIENCE_SECONDS):
                found = await answer
        except _LOST as error:
            log.warning("rates.redis_away", error=type(error).__name__)
            self._away_until = now + _LEFT_ALONE_SECONDS
            return None
        return found


_TAKE = """
local rate, burst, want, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(kept[1]) or burst, tonumber(kept[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local number = math.max(0, math.min(want, math.floor(tokens + 1e-6)))
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - number), 'at', string.format('%.6f', math.max(at, now)))
redis.call('EXPIRE', KEYS[1], 86400)
return {number, tostring(tokens - number)}
"""

_GIVE_BACK = """
local burst, number = tonumber(ARGV[1]), tonumber(ARGV[2])
local tokens = tonumber(redis.call('HGET', KEYS[1], 'tokens')) or burst
redis.call('HSET', KEYS[1], 'tokens', tostring(math.min(burst, tokens + number)))
if redis.call('HEXISTS', KEYS[1], 'at') == 0 then redis.call('HSET', KEYS[1], 'at', ARGV[3]) end
redis.call('EXPIRE', KEYS[1], 86400)
return 1
"""
