"""Token buckets: how many texts a road may take now, counted in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_ROUNDING = 1e-6
"""A token that lacks so little is whole: moments are rounded to microseconds."""


@dataclass(frozen=True, slots=True)
class Granted:
    """So many texts may go now; ``left`` (0 to 1) is how far the next token has grown where none is over."""

    number: int
    left: float


class Rates:
    """Buckets of this process. Each holds ``burst`` tokens and fills at ``rate`` a second; a text takes one."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, datetime]] = {}

    async def take(self, road: str, rate: float, burst: int, want: int, now: datetime) -> Granted:
        """Up to ``want`` tokens; those that are not used are given back."""
        tokens, at = self._buckets.get(road, (float(burst), now))
        tokens = min(float(burst), tokens + max(0.0, (now - at).total_seconds()) * rate)
        number = max(0, min(want, int(tokens + _ROUNDING)))
        self._buckets[road] = tokens - number, max(at, now)
        return Granted(number, min(1.0, tokens - number))

    async def give_back(self, road: str, burst: int, number: int, now: datetime) -> None:
        """Tokens that were not used; a negative number are such as were used without asking."""
        tokens, at = self._buckets.get(road, (float(burst), now))
        self._buckets[road] = min(float(burst), tokens + number), at

    async def close(self) -> None:
        """Nothing is held."""
