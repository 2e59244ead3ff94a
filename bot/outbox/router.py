"""Which road a text takes: by office, number, kind, language and order, by how each road does, and by its characters.

Pure: the same text, roads and standings lead to the same choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.domain.charset import Fitted, fit
from bot.domain.gateway import road_of
from bot.domain.messages import Reason
from bot.domain.quiet import QuietHours
from bot.domain.states import TextKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.gateways.account import Account
    from bot.gateways.base import BaseGateway

_COUNTRY = "+81"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text that looks for its road. ``phone`` is E.164.

    ``only`` is the road that it must take: its outcome there is unknown, or a person chose it. ``avoid``: the road
    that did not take it just now.
    """

    office: str
    phone: str
    kind: str
    language: str
    timezone: str
    text: str
    only: str | None = None
    avoid: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a road does now: ``down_until`` is when it may be tried again, ``full_until`` when its rate has room."""

    down_until: datetime | None = None
    full_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """Take this road, with the text as it is written for it."""

    road: str
    fitted: Fitted


@dataclass(frozen=True, slots=True)
class Wait:
    """No road just now. ``code``: ``road_quiet`` (the road's quiet hours), ``road_down`` or ``road_full``."""

    until: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Never:
    """No road will ever take it. ``code``: ``no_road``, ``road_gone``, ``characters`` or ``too_long``."""

    code: str
    reason: Reason


Choice = Go | Wait | Never


class Router:
    """The roads of an installation, by their order."""

    def __init__(self, gateways: Iterable[BaseGateway[Any]]) -> None:
        sending = (gateway for gateway in gateways if gateway.abilities.sends)
        ordered = sorted(sending, key=lambda gateway: (gateway.mine.order, gateway.account))
        self.gateways: Mapping[str, BaseGateway[Any]] = {road_of(gateway): gateway for gateway in ordered}

    def gateway(self, road: str | None) -> BaseGateway[Any] | None:
        """The gateway of a road; texts from before roads had names went by the only one that there was."""
        if road is None and len(self.gateways) == 1:
            return next(iter(self.gateways.values()))
        return self.gateways.get(road or "")

    def fitting(self, wanted: Wanted) -> list[str]:
        """The roads that may take the text, in their order; one that did not take an emergency comes last."""
        if wanted.only is not None:
            return [wanted.only] if wanted.only in self.gateways else []
        roads = [road for road, gateway in self.gateways.items() if takes(gateway.mine, wanted)]
        if wanted.kind == TextKind.EMERGENCY and wanted.avoid in roads:
            roads.sort(key=lambda road: road == wanted.avoid)
        return roads

    def choose(self, wanted: Wanted, standings: Mapping[str, Standing], now: datetime) -> Choice:
        """The first road that fits, carries the text, is up and has room; else what to wait for."""
        roads = self.fitting(wanted)
        if not roads:
            return Never("road_gone" if wanted.only else "no_road", Reason.ACCOUNT)
        carrying = {road: fitted for road in roads if (fitted := self.carried(road, wanted.text)) is not None}
        if not carrying:
            return Never(self._flaw(roads, wanted.text), Reason.BAD_TEXT)
        waits: list[Wait] = []
        for road, fitted in carrying.items():
            wait = _wait(self.gateways[road].mine, wanted, standings.get(road, _UP), now)
            if wait is None:
                return Go(road, fitted)
            waits.append(wait)
            patient = not self.gateways[road].mine.overflow and wanted.kind != TextKind.EMERGENCY
            if wait.code == "road_full" and patient:
                break
        return min(waits, key=lambda wait: wait.until)

    def carried(self, road: str, text: str) -> Fitted | None:
        """The text as that road carries it; None where it would break, or is too long."""
        gateway = self.gateways[road]
        fitted = fit(text, gateway.mine.charset)
        if not fitted.survives or (fitted.changes and not gateway.mine.rewrite):
            return None
        return fitted if gateway.length(fitted.text) <= gateway.mine.longest else None

    def problems(self, wanted: Wanted) -> tuple[str, ...]:
        """Characters that the first road for such a text lacks and that nobody may rewrite."""
        roads = self.fitting(wanted)
        return fit(wanted.text, self.gateways[roads[0]].mine.charset).problems if roads else ()

    def _flaw(self, roads: Sequence[str], text: str) -> str:
        """Why none of them carries it."""
        lengths = ((self.gateways[road], fit(text, self.gateways[road].mine.charset)) for road in roads)
        broken = all(not fitted.survives or fitted.changes for _, fitted in lengths)
        return "characters" if broken else "too_long"


def takes(account: Account, wanted: Wanted) -> bool:
    """Whether the operator lets such a text take the road."""
    return (
        (not account.offices or wanted.office in account.offices)
        and (not account.kinds or wanted.kind in account.kinds)
        and (not account.languages or wanted.language in account.languages)
        and (not account.prefixes or wanted.phone.startswith(tuple(_international(account.prefixes))))
    )


def road_quiet_until(account: Account, timezone: str, now: datetime) -> datetime:
    """The end of the road's quiet hours, or now."""
    if account.quiet_from is None or account.quiet_until is None:
        return now
    return QuietHours(account.quiet_from, account.quiet_until).next_allowed(now, timezone)


def _wait(account: Account, wanted: Wanted, standing: Standing, now: datetime) -> Wait | None:
    if wanted.kind == TextKind.SCHEDULED:
        quiet = road_quiet_until(account, wanted.timezone, now)
        if quiet > now:
            return Wait(quiet, "road_quiet")
    if standing.down_until is not None:
        return Wait(max(standing.down_until, now + _A_MOMENT), "road_down")
    if standing.full_until is not None:
        return Wait(max(standing.full_until, now + _A_MOMENT), "road_full")
    return None


def _international(prefixes: Iterable[str]) -> Iterator[str]:
    """``090`` and ``8190`` as ``+8190``."""
    for prefix in prefixes:
        digits = prefix.removeprefix("+")
        yield f"{_COUNTRY}{digits[1:]}" if digits.startswith("0") else f"+{digits}"


_UP = Standing()
_A_MOMENT = timedelta(milliseconds=1)
