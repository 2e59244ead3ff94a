"""How a road does: up, down after several failures in a row, and one text at a time to see whether it is up again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FAILURES = 3
"""So many in a row, and the road is down: other texts take the next one, or wait."""

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 180, 300))
"""How long a road that is down is left alone, the longer the more often it was tried in vain."""

PROBE = timedelta(seconds=30)
"""How long the one text that tries a road may take before another one tries."""


class Standing(StrEnum):
    UP = "up"
    DOWN = "down"
    PROBING = "probing"


@dataclass(frozen=True, slots=True)
class RoadState:
    """``since``: when it came up or went down; ``failures`` in a row, ``code`` of the last one."""

    road: str
    state: Standing
    since: datetime
    code: str = ""
    failures: int = 0
    sent_at: datetime | None = None
    probe_at: datetime | None = None

    @property
    def is_up(self) -> bool:
        return self.state is Standing.UP

    def may_probe(self, now: datetime) -> bool:
        """Whether one text may see now whether a road that is down is up again."""
        return not self.is_up and (self.probe_at is None or self.probe_at <= now)

    def worked(self, now: datetime, *, sent: bool) -> RoadState:
        """The provider answered to a text; ``sent``: it took it."""
        up = self if self.is_up else replace(self, state=Standing.UP, since=now, probe_at=None)
        return replace(up, failures=0, code="" if sent else up.code, sent_at=now if sent else up.sent_at)

    def failed(self, code: str, now: datetime) -> RoadState:
        """A text was not taken, or nobody knows. Of a road that is down only the failure of a probe counts."""
        if self.state is Standing.DOWN:
            return replace(self, code=code)
        failures = (
            min(self.failures + 1, FAILURES + len(PAUSES)) if self.state is Standing.PROBING else self.failures + 1
        )
        if failures < FAILURES:
            return replace(self, failures=failures, code=code)
        pause = PAUSES[min(failures - FAILURES, len(PAUSES) - 1)]
        since = now if self.is_up else self.since
        return replace(self, state=Standing.DOWN, since=since, failures=failures, code=code, probe_at=now + pause)
