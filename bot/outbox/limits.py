"""Limits on what is sent, whatever the road: who may be texted, how often, and for how much a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from bot.domain.budget import Budget, Level, Spent, stops
from bot.domain.hourly import AN_HOUR, HOUR, may_go_at
from bot.domain.quiet import QuietHours
from bot.domain.states import TextKind
from bot.storage.due import SentTo, sent_since
from bot.storage.spending import is_lifted, spent

if TYPE_CHECKING:
    from bot.storage.database import Tx
    from bot.storage.due import Due

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """``an_hour``: texts to one number. ``staff``: numbers (E.164) that are texted though they are on no roster."""

    an_hour: int = AN_HOUR
    staff: frozenset[str] = frozenset()
    budget: Budget = field(default_factory=Budget)
    timezone: str = "Asia/Tokyo"
    quiet: QuietHours = field(default_factory=QuietHours)

    def may_text(self, due: Due) -> bool:
        """Residents in care and staff are texted; who was in care by people and in answer; nobody else.

        But whoever tells of a danger is told to call 119.
        """
        if due.in_care or due.phone in self.staff:
            return True
        if due.was_in_care:
            return due.answers or due.kind == TextKind.STAFF
        return due.answers and due.kind == TextKind.EMERGENCY

    def day(self, now: datetime) -> date:
        """The day that a text of this moment is counted on."""
        return now.astimezone(ZoneInfo(self.timezone)).date()

    def tomorrow(self, now: datetime) -> datetime:
        """When the next day's budget begins to be used by what the program starts."""
        zone = ZoneInfo(self.timezone)
        midnight = datetime.combine(self.day(now) + timedelta(days=1), datetime.min.time(), zone)
        return self.quiet.next_allowed(midnight, self.timezone)


class Ledger:
    """The limits in one round: what was sent before it, and what this round adds."""

    def __init__(self, limits: Limits, now: datetime) -> None:
        self._limits = limits
        self._now = now
        self._sent: dict[int, SentTo] = {}
        self._spent: dict[str, dict[str, Spent]] = {}
        self._lifted: dict[str, bool] = {}

    async def open(self, tx: Tx, due: Sequence[Due], under_way: Mapping[str, int]) -> None:
        """Read what these texts are weighed against; ``under_way``: segments by office that are not booked yet."""
        if due:
            self._sent = await sent_since(tx, [item.conversation_id for item in due], self._now - HOUR)
        budget, day = self._limits.budget, self._limits.day(self._now)
        if budget.segments or budget.money:
            for office in sorted({item.office for item in due}):
                self._spent[office] = await spent(tx, office, day)
                self._lifted[office] = await is_lifted(tx, office, day)
                self._reserve(office, under_way.get(office, 0))

    def may_go(self, due: Due) -> tuple[datetime, str] | None:
        """None, or until when the text waits and why (``too_many`` to this number, ``quiet`` hours, ``budget``)."""
        sent, guidance = self._sent.get(due.conversation_id, _NOTHING), due.kind == TextKind.EMERGENCY
        free_at = may_go_at(sent.at, sent.guided, self._limits.an_hour, self._now, guidance=guidance)
        if free_at > self._now:
            return free_at, "too_many"
        if due.kind == TextKind.SCHEDULED:
            morning = self._limits.quiet.next_allowed(self._now, due.timezone)
            if morning > self._now:
                return morning, "quiet"
        if due.office in self._spent and stops(self.level(due.office), due.kind):
            return self._limits.tomorrow(self._now), "budget"
        return None

    def level(self, office: str) -> Level:
        """Where an office's day stands."""
        return self._limits.budget.level(self._spent.get(office, {}), lifted=self._lifted.get(office, False))

    @property
    def offices(self) -> list[str]:
        """Those whose budget was looked at."""
        return list(self._spent)

    def take(self, due: Due) -> None:
        """The text goes."""
        sent = self._sent.setdefault(due.conversation_id, SentTo())
        sent.add(self._now, guidance=due.kind == TextKind.EMERGENCY)
        if due.office in self._spent:
            self._reserve(due.office, due.segments)

    def _reserve(self, office: str, segments: int) -> None:
        found = self._spent[office]
        old = found.get(_RESERVED, Spent())
        found[_RESERVED] = Spent(old.texts, old.segments + segments, old.millis)


_NOTHING = SentTo()

_RESERVED = ""
"""Currency of what is reserved in this round: only its segments count."""
