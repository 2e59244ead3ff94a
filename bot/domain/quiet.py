"""Quiet hours: when the program does not text of its own accord."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``start`` (inclusive) to ``end`` (exclusive) of local time; equal times mean no quiet hours."""

    start: time = time(21, 0)
    end: time = time(8, 0)

    def next_allowed(self, moment: datetime, timezone: str) -> datetime:
        """``moment`` itself, or the end of the quiet hours that it falls into."""
        local = moment.astimezone(ZoneInfo(timezone))
        if not self._quiet(local.time()):
            return moment
        day = local.date() + timedelta(days=1 if local.time() >= self.end else 0)
        return datetime.combine(day, self.end, ZoneInfo(timezone))

    def _quiet(self, clock: time) -> bool:
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end
