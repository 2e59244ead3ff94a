"""For managers: which version of each program runs, for how many, and what the last change led to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.storage.timeline import versions_in_use

if TYPE_CHECKING:
    from aiohttp import web

    from bot.web.console.access import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """Programs by name; an earlier version is listed as long as a conversation runs on it."""
    library = visit.ports.library
    async with visit.ports.database.read() as tx:
        in_use = await versions_in_use(tx, visit.ports.office.code)
    running: dict[str, dict[str, int]] = {}
    for program, version, number in in_use:
        running.setdefault(program, {})[version] = number
    outcomes = {outcome.program: outcome for outcome in visit.ports.reloads()}
    bundles = [library.current(name) for name in library.programs()]
    return await visit.page("programs.html", bundles=bundles, running=running, outcomes=outcomes)
