"""Guessing passwords must become slow: each failure of a login from an address doubles the wait for the next try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.clock import Clock

FREE_TRIES = 4
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=15)
FORGET_AFTER = timedelta(hours=1)
_MOST_KEYS = 10_000


@dataclass(slots=True)
class _Tries:
    failed: int
    last: datetime


class LoginThrottle:
    """Counts failures by login and address, in this process's memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: dict[tuple[str, str], _Tries] = {}

    def wait(self, login: str, address: str) -> timedelta:
        """How long this login must wait before it may be tried from this address again."""
        tries = self._tries.get((login, address))
        if tries is None or tries.failed < FREE_TRIES:
            return timedelta()
        pause = min(FIRST_WAIT * 2 ** min(tries.failed - FREE_TRIES, 20), LONGEST_WAIT)
        over: datetime = tries.last + pause
        return max(over - self._clock.now(), timedelta())

    def failed(self, login: str, address: str) -> None:
        """Count one try; called before the password is looked at, so that tries at once count too."""
        now = self._clock.now()
        tries = self._tries.get((login, address))
        if tries is None or now - tries.last > FORGET_AFTER:
            self._make_room(now)
            tries = self._tries[login, address] = _Tries(0, now)
        tries.failed, tries.last = tries.failed + 1, now

    def succeeded(self, login: str, address: str) -> None:
        self._tries.pop((login, address), None)

    def _make_room(self, now: datetime) -> None:
        if len(self._tries) >= _MOST_KEYS:
            fresh = {key: tries for key, tries in self._tries.items() if now - tries.last <= LONGEST_WAIT}
            self._tries = fresh if len(fresh) < _MOST_KEYS else {}
