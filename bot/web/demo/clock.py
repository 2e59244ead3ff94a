"""A clock that can be moved forward and that survives a restart."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from pathlib import Path

_STARTS_AT = time(10, 0)


class DemoClock:
    """Runs like the machine's clock, some time ahead of it; can be held still while moments pass one by one.

    A new demo begins at ten in the morning, so that it is never met in its quiet hours.
    """

    def __init__(self, file: Path, timezone: str) -> None:
        self._file = file
        self._held: datetime | None = None
        self._ahead = timedelta()
        stored = self._stored()
        if stored is not None:
            self._ahead = stored
        else:
            here = datetime.now(ZoneInfo(timezone))
            self.run_from(datetime.combine(here.date(), _STARTS_AT, here.tzinfo))

    def now(self) -> datetime:
        return self._held or datetime.now(UTC) + self._ahead

    def hold(self, moment: datetime) -> None:
        """Stand still at that moment (never earlier than now once the demo runs)."""
        self._held = moment.astimezone(UTC)

    def run_from(self, moment: datetime) -> None:
        """Run on from that moment, also after a restart."""
        self._ahead = moment.astimezone(UTC) - datetime.now(UTC)
        self._held = None
        fresh = self._file.with_suffix(".new")
        with contextlib.suppress(OSError):  # a full disk: the clock is right until the next start
            fresh.write_text(json.dumps({"ahead_seconds": self._ahead.total_seconds()}))
            fresh.replace(self._file)

    def _stored(self) -> timedelta | None:
        try:
            return timedelta(seconds=float(json.loads(self._file.read_text())["ahead_seconds"]))
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return None
