"""The queue of escalations: the first page of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.storage.accounts import names_by_login
from bot.storage.queue import CARDS, queue_cards, queue_counts

if TYPE_CHECKING:
    from aiohttp import web

    from bot.web.console.access import Visit

VIEWS = ("all", "open", "mine")


async def show(visit: Visit) -> web.StreamResponse:
    """The page: all cards, those that nobody has taken, or one's own."""
    return await visit.page("queue.html", **await _values(visit))


async def live(visit: Visit) -> web.StreamResponse:
    """The cards alone."""
    return visit.fragment("queue_live.html", **await _values(visit))


async def _values(visit: Visit) -> dict[str, Any]:
    chosen = visit.request.query.get("view", "all")
    chosen = chosen if chosen in VIEWS else "all"
    office = visit.ports.office.code
    async with visit.ports.database.read() as tx:
        counts = await queue_counts(tx, office)
        owner = visit.who.login if chosen == "mine" else None
        cards = await queue_cards(tx, office, owner=owner, unowned=chosen == "open")
        staff = await names_by_login(tx)
    return {"cards": cards, "waiting": counts, "staff": staff, "chosen": chosen, "views": VIEWS, "most": CARDS}
