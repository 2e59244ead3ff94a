"""Whatever a road brings is committed at once: texts, pieces, receipts, ids, and texts that nobody can answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StorageUnavailable
from bot.domain.gateway import WebRequest, road_of
from bot.inbox.incoming import sort_texts
from bot.inbox.intake import Delivery, Intake
from bot.outbox.receipts import take_receipts
from bot.storage.heard import note_heard
from bot.storage.refused import Contents, keep_refused, keep_unknown, nameless

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.domain.clock import Clock
    from bot.domain.gateway import Gateway, Parsed
    from bot.storage.bells import Bells
    from bot.storage.database import Database, Tx

log = structlog.get_logger(__name__)
_HEARD_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """How much was committed; ``nameless`` texts came from no telephone number and are in the quarantine."""

    texts: int
    receipts: int
    nameless: int


class Reception:
    """The one way in for all roads, whether they knock, keep a connection or are asked."""

    def __init__(self, intake: Intake, database: Database, clock: Clock, bells: Bells) -> None:
        self._intake = intake
        self._database = database
        self._clock = clock
        self._bells = bells
        self._heard: dict[str, datetime] = {}

    async def take(
        self,
        gateway: Gateway,
        parsed: Parsed,
        request: WebRequest | None = None,
        *,
        known_too: bool = True,
        came_at: datetime | None = None,
        also: Callable[[Tx], Awaitable[None]] | None = None,
    ) -> Taken:
        """Commit all of it, and what ``also`` writes, in one transaction; raises what the database raised.

        ``request`` brought it (None: no request did), at ``came_at`` where that was not just now: texts enter the
        inbox at this moment all the same, since what was done with a conversation goes by that order, and keep the
        other in their payload, for people. ``known_too``: see ``apply_receipts``.
        """
        road, found = road_of(gateway), sort_texts(gateway.name, gateway.account, parsed.texts, came_at)

        async def write(tx: Tx) -> None:
            now = self._clock.now()
            if also is not None:
                await also(tx)
            await take_receipts(tx, road, parsed.receipts, parsed.ids, now, known_too=known_too)
            if found.nameless:
                whole = request or WebRequest("", "", {}, b"\n".join(text.raw for text in found.nameless))
                held = nameless(whole, found.nameless)
                await keep_refused(tx, gateway.name, gateway.account, "no_number", held, now)

        beside = also is not None or parsed.receipts or parsed.ids or found.nameless
        if found.arrivals or found.pieces or beside:
            await self._intake.keep_all(Delivery(found.arrivals, found.pieces, write if beside else None))
        if found.nameless:
            log.warning("webhook.no_number", road=road, texts=len(found.nameless))
        await self._note_heard(road)
        return Taken(len(found.arrivals) + len(found.pieces), len(parsed.receipts), len(found.nameless))

    async def refuse(self, gateway: Gateway, code: str, request: WebRequest, at: datetime | None = None) -> None:
        """Keep a request that was not believed, or could not be read; raises what the database raised.

        ``at``: when it came, where that was not just now.
        """
        ids = await _ids_of_texts(gateway, request)
        async with self._database.write() as tx:
            await keep_refused(tx, gateway.name, gateway.account, code, Contents(request), at or self._clock.now(), ids)
        log.warning("webhook.refused", road=road_of(gateway), code=code)
        self._bells.ring("live")

    async def keep_unknown(self, kind: str, account: str, request: WebRequest) -> None:
        """Keep a request for an account that no file describes; raises what the database raised."""
        async with self._database.write() as tx:
            await keep_unknown(tx, kind, account, Contents(request), self._clock.now())
        self._bells.ring("live")

    async def _note_heard(self, road: str) -> None:
        """Now and then is enough; without it nothing is lost."""
        now = self._clock.now()
        if road in self._heard and now - self._heard[road] < _HEARD_EVERY:
            return
        self._heard[road] = now
        try:
            async with self._database.write() as tx:
                await note_heard(tx, road, now)
        except StorageUnavailable as error:
            log.warning("webhook.storage_unavailable", error=error.en)


async def _ids_of_texts(gateway: Gateway, request: WebRequest) -> list[str]:
    """The ids of all that a request brings, where these are texts; [] for anything else, and what cannot be read.

    Nobody has to believe it for that: should the same texts come by a request that is believed, this one is settled.
    """
    try:
        parsed = await gateway.parse(request)
    except Exception:  # noqa: BLE001  # whatever is wrong with it: it was refused anyway
        return []
    found = sort_texts(gateway.name, gateway.account, parsed.texts)
    ids = [item.message_id for item in found.arrivals] + [item.message_id for item in found.pieces]
    return [] if parsed.receipts or parsed.ids or found.nameless or not all(ids) else ids
