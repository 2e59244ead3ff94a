"""What was sent just now: a provider's lists may lag, so that "not listed" does not yet mean "never arrived"."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.domain.messages import Outcome, Submitted

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60
_MOST = 10_000


class RecentSends:
    """Our references with the time of their last attempt in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: dict[str, float] = {}

    def note(self, reference: str) -> None:
        """An attempt begins."""
        self._at.pop(reference, None)
        self._at[reference] = self._clock()
        if len(self._at) > _MOST:
            self._at.pop(next(iter(self._at)))

    def judged(self, reference: str, answer: Submitted) -> Submitted:
        """``answer`` of a look-up; one that would send again (RETRY) waits for a minute after the attempt."""
        began = self._at.get(reference)
        if answer.outcome is Outcome.RETRY and began is not None and self._clock() - began < SECONDS:
            return Submitted(Outcome.UNKNOWN, code="not_yet")
        return answer
