"""The way to Redis."""

from __future__ import annotations

from redis.asyncio import Redis


def open_redis(url: str) -> Redis:
    """A client whose patience is its caller's (``asyncio.timeout``).

    With a ``socket_timeout`` it would send by ``asyncio.wait_for``, which before Python 3.12 loses a cancellation that
    comes together with the end of the sending: who is to stop would then go on for ever.
    """
    return Redis.from_url(url, socket_timeout=None, socket_keepalive=True)
