"""What the console needs from the house."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from bot.corrections import Corrections
    from bot.domain.clock import Clock
    from bot.domain.office import Office
    from bot.escalations.desk import Desk
    from bot.residents.roster import Roster
    from bot.scripts.library import Reloaded, ScriptLibrary
    from bot.storage.database import Database


def _no_reloads() -> Sequence[Reloaded]:
    return ()


@dataclass(frozen=True, slots=True)
class ConsolePorts:
    """``session_key`` has 32 bytes. ``reloads`` tells what became of each changed script, oldest first."""

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
    reloads: Callable[[], Sequence[Reloaded]] = _no_reloads


PORTS: web.AppKey[ConsolePorts] = web.AppKey("console_ports", ConsolePorts)
