"""What everybody in the console is told of roads: one is down or in disorder, requests were refused, no budget left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.budget import Level
from bot.domain.gateway import road_of
from bot.storage.road_view import count_held, roads_down
from bot.storage.spending import is_lifted, spent

if TYPE_CHECKING:
    from bot.domain.budget import Spent
    from bot.storage.database import Tx
    from bot.web.console.ports import ConsolePorts


_TROUBLE_TOLD = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Alarms:
    """``down`` are roads, ``held`` requests; ``level`` is where today's budget stands.

    ``troubled`` are roads that noticed disorder by themselves in the last 72 hours (a weekend). ``manages``: whoever
    looks may do something about a budget that is nearly used up.
    """

    down: list[str]
    held: int
    level: Level
    troubled: list[str]
    manages: bool = False

    @property
    def any(self) -> bool:
        return bool(self.down or self.held or self.stops or self.nearly or self.troubled)

    @property
    def nearly(self) -> bool:
        """Whether to warn that today's budget is nearly used up."""
        return self.manages and self.level is Level.WARNED

    @property
    def stops(self) -> bool:
        """Whether texts wait for tomorrow's budget."""
        return self.level in {Level.USED_UP, Level.CEILING}


async def road_alarms(tx: Tx, ports: ConsolePorts, now: datetime, *, manages: bool) -> Alarms:
    """Of the roads that are configured now; ``manages``: for a manager or an administrator."""
    down = await roads_down(tx, [road_of(gateway) for gateway in ports.gateways()])
    level, _ = await budget_level(tx, ports, now)
    return Alarms(down, await count_held(tx), level, await _troubled(ports), manages=manages)


async def _troubled(ports: ConsolePorts) -> list[str]:
    """By each gateway's own clock."""
    found = [(gateway, await gateway.troubles()) for gateway in ports.gateways()]
    return [road_of(gateway) for gateway, told in found if told and told[0].at >= gateway.clock.now() - _TROUBLE_TOLD]


async def budget_level(tx: Tx, ports: ConsolePorts, now: datetime) -> tuple[Level, dict[str, Spent]]:
    """Where the office's day stands, and what it has cost so far by currency."""
    limits, office = ports.roads.limits, ports.office.code
    day = limits.day(now)
    costs = await spent(tx, office, day)
    return limits.budget.level(costs, lifted=await is_lifted(tx, office, day)), costs
