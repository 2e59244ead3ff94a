"""What the console needs from the house."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from bot.corrections import Corrections
    from bot.domain.clock import Clock
    from bot.domain.office import Office
    from bot.escalations.desk import Desk
    from bot.gateways.base import BaseGateway
    from bot.outbox.limits import Limits
    from bot.outbox.router import Router
    from bot.residents.roster import Roster
    from bot.scripts.library import Reloaded, ScriptLibrary
    from bot.storage.database import Database
    from bot.web.webhook.quarantine import Quarantine


def _no_reloads() -> Sequence[Reloaded]:
    return ()


@dataclass(frozen=True, slots=True)
class RoadPorts:
    """What the pages about roads need besides."""

    router: Router
    quarantine: Quarantine
    limits: Limits


@dataclass(frozen=True, slots=True)
class ConsolePorts:
    """``session_key`` has 32 bytes. ``reloads`` tells what became of each changed script, oldest first.

    ``gateways`` are the accounts at providers.
    """

    database: Database
    desk: Desk
    roster: Roster
    library: ScriptLibrary
    office: Office
    clock: Clock
    demo: bool
    session_key: bytes
    secure_cookies: bool
    corrections: Corrections
    roads: RoadPorts
    reloads: Callable[[], Sequence[Reloaded]] = _no_reloads
    gateways: Callable[[], Iterable[BaseGateway[Any]]] = tuple


PORTS: web.AppKey[ConsolePorts] = web.AppKey("console_ports", ConsolePorts)
