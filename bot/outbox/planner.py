"""What becomes of the texts that are due: by which road each goes, and which must wait, in one pure pass."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from bot.domain.budget import Level
from bot.domain.messages import Reason
from bot.domain.states import TextState
from bot.outbox.limits import Ledger, Limits
from bot.outbox.router import Go, Never, Router, Standing, Wait, Wanted
from bot.storage.due import Due, End, Later, Plan, Take
from bot.storage.rates import Granted, Rates
from bot.storage.roads import begin_probe, road_states

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bot.domain.roads import RoadState
    from bot.gateways.account import Account
    from bot.storage.database import Tx
    from bot.storage.outbox import Claimed

log = structlog.get_logger(__name__)

AT_ONCE = 50
"""Texts that a road is given at the same time; no more are claimed, so that a claimed one is submitted at once."""

GIVE_UP = timedelta(hours=24)
"""A text that no road would take for so long has failed."""

_SOON = timedelta(seconds=1)


@dataclass(slots=True)
class _Room:
    """What a road can take in this round."""

    free: int
    granted: Granted
    down_until: datetime | None
    probing: bool
    waiting: int = 0
    used: int = 0


@dataclass(slots=True)
class Planner:
    """Plans a round: limits first, then roads, then what their rates allow."""

    router: Router
    rates: Rates
    limits: Limits
    _levels: dict[tuple[str, date], Level] = field(default_factory=dict)

    async def plan(self, tx: Tx, due: Sequence[Due], under_way: Collection[Claimed], now: datetime) -> Plan:
        """What to do with each of these texts; tokens that are not used are given back.

        ``under_way`` are the texts of this process that the roads have now.
        """
        plan = Plan()
        if not due:
            return plan
        ledger = Ledger(self.limits, now)
        reserved: Counter[str] = Counter()
        for claimed in under_way:
            reserved[claimed.office] += claimed.segments
        await ledger.open(tx, due, reserved)
        busy = Counter(claimed.road for claimed in under_way)
        rooms = await self._rooms(await road_states(tx), due, busy, now)
        for item in due:
            self._decide(item, plan, ledger, rooms, now)
        self._tell_levels(ledger, now)
        await self._begin_probes(tx, plan, rooms, now)
        for road, room in rooms.items():
            if room.granted.number > room.used:
                await self.rates.give_back(road, self._account(road).burst, room.granted.number - room.used, now)
        return plan

    async def _rooms(
        self, states: Mapping[str, RoadState], due: Sequence[Due], busy: Mapping[str | None, int], now: datetime
    ) -> dict[str, _Room]:
        wanted = Counter(road for item in due for road in self.router.fitting(_wanted(item)))
        rooms = {}
        for road, number in wanted.items():
            account, state = self._account(road), states.get(road)
            free = max(0, AT_ONCE - busy.get(road, 0))
            probing = state is not None and not state.is_up
            down_until = state.probe_at or now + _SOON if state and probing and not state.may_probe(now) else None
            want = 0 if down_until else min(1 if probing else free, number)
            granted = await self.rates.take(road, account.rate, account.burst, want, now)
            rooms[road] = _Room(free, granted, down_until, probing)
        return rooms

    def _decide(self, due: Due, plan: Plan, ledger: Ledger, rooms: Mapping[str, _Room], now: datetime) -> None:
        if not self.limits.may_text(due):
            plan.ends.append(End(due, TextState.CANCELLED, "not_on_roster"))
            return
        put_off = ledger.may_go(due)
        if put_off:
            self._wait(due, Wait(*put_off), plan, now)
            return
        choice = self.router.choose(_wanted(due), self._standings(due, rooms, now), now)
        if isinstance(choice, Go):
            rooms[choice.road].used += 1
            ledger.take(due)
            changed = choice.fitted.text if choice.fitted.text != due.text else None
            plan.takes.append(Take(due, choice.road, changed))
        elif isinstance(choice, Never):
            plan.ends.append(_never(due, choice))
        else:
            for road in self.router.fitting(_wanted(due))[:1]:
                rooms[road].waiting += 1
            self._wait(due, choice, plan, now)

    def _wait(self, due: Due, wait: Wait, plan: Plan, now: datetime) -> None:
        if now - due.created_at > GIVE_UP and (due.attempts or due.code in _WAITED):
            state = TextState.UNKNOWN if due.possible_duplicate else TextState.UNDELIVERED
            plan.ends.append(End(due, state, wait.code if due.code in _WAITED else due.code or wait.code, Reason.BUSY))
        else:
            plan.laters.append(Later(due, wait.until, wait.code, held=wait.code in _HELD))

    def _standings(self, due: Due, rooms: Mapping[str, _Room], now: datetime) -> dict[str, Standing]:
        """How roads do for this text; one that has just refused it is tried by another, where it can go elsewhere."""
        standings = {road: self._standing(road, room, now) for road, room in rooms.items()}
        room = rooms.get(due.road or "")
        if due.road and room and room.probing and len(self.router.fitting(_wanted(due))) > 1:
            standings[due.road] = Standing(down_until=now + _SOON)
        return standings

    def _standing(self, road: str, room: _Room, now: datetime) -> Standing:
        if room.down_until is not None:
            return Standing(down_until=room.down_until)
        if room.probing and room.used:
            return Standing(down_until=now + _SOON)
        if room.used < room.granted.number:
            return _OPEN
        if room.used >= room.free:
            return Standing(full_until=now + _SOON)
        missing = room.waiting + 1 - room.granted.left
        return Standing(full_until=now + timedelta(seconds=missing / self._account(road).rate))

    async def _begin_probes(self, tx: Tx, plan: Plan, rooms: Mapping[str, _Room], now: datetime) -> None:
        """Of the processes that would try a road that is down, one does."""
        for road in [road for road, room in rooms.items() if room.probing and room.used]:
            if not await begin_probe(tx, road, now):
                lost = [take for take in plan.takes if take.road == road]
                plan.takes = [take for take in plan.takes if take.road != road]
                plan.laters += [Later(take.due, now + _SOON, "road_down", held=True) for take in lost]
                rooms[road].used = 0

    def _tell_levels(self, ledger: Ledger, now: datetime) -> None:
        """Operators hear once when a budget is nearly used up, used up, or far beyond."""
        day = self.limits.day(now)
        for office in ledger.offices:
            level = ledger.level(office)
            if level is not self._levels.get((office, day), Level.FREE):
                self._levels = {key: old for key, old in self._levels.items() if key[1] == day}
                self._levels[office, day] = level
                log.warning("budget.level", office=office, level=level)

    def _account(self, road: str) -> Account:
        gateway: Any = self.router.gateways[road]
        account: Account = gateway.mine
        return account


def _wanted(due: Due) -> Wanted:
    only = due.road if due.possible_duplicate else None
    return Wanted(due.office, due.phone, due.kind, due.language, due.timezone, due.text, only, due.road)


def _never(due: Due, choice: Never) -> End:
    """A text that may have arrived by a road that is gone is not called rejected: a person decides."""
    state = TextState.UNKNOWN if due.possible_duplicate else TextState.REJECTED
    return End(due, state, choice.code, choice.reason)


_OPEN = Standing()
_HELD = frozenset({"road_down", "road_full"})
_WAITED = frozenset({"road_down", "road_full", "road_quiet", "quiet", "budget", "too_many"})
