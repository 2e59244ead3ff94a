"""What was sent just now: a provider's lists may lag, so that "not listed" does not yet mean "never arrived".

A text that another process sent, or this one before it was started again, may have been sent just now as well. And a
list of the last hours says nothing about a text that may have gone out before them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bot.domain.messages import Outcome, Submitted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from bot.domain.messages import Outbound

SECONDS = 60
NOT_CERTAIN = Submitted(Outcome.UNKNOWN, code="not_certain")
_MOST = 10_000


def within(text: Outbound, now: datetime, kept: timedelta) -> bool:
    """Whether a list of the last ``kept`` reaches back to the text's attempt; no where that is not known."""
    return text.submitted_at is not None and now - text.submitted_at < kept


class RecentSends:
    """Our references with the time of their last attempt in this process, or of the first question about them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: dict[str, float] = {}

    def note(self, reference: str) -> None:
        """An attempt begins."""
        self._at.pop(reference, None)
        self._began(reference)

    def judged(self, reference: str, answer: Submitted) -> Submitted:
        """``answer`` of a look-up; one that would send again (RETRY) waits for a minute after the attempt.

        After the first question, where no attempt is known here.
        """
        if answer.outcome is not Outcome.RETRY:
            return answer
        if self._clock() - self._began(reference) < SECONDS:
            return Submitted(Outcome.UNKNOWN, code="not_yet")
        del self._at[reference]  # the next attempt may be another process's
        return answer

    def _began(self, reference: str) -> float:
        began = self._at.setdefault(reference, self._clock())
        if len(self._at) > _MOST:
            self._at.pop(next(iter(self._at)))
        return began
