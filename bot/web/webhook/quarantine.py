"""What people do with refused requests: look, release (the request is verified and taken once more), or drop.

Used by the console and by ``mimamori gateway``. Everything here can be called by several people at once; a request that
two release enters once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from bot.domain.errors import InvalidInput, NotFound, Refused
from bot.domain.gateway import NotActed, Parsed, RefusedRequest, road_of
from bot.inbox.incoming import sort_texts
from bot.storage import refused as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.clock import Clock
    from bot.domain.gateway import WebRequest
    from bot.gateways.base import BaseGateway
    from bot.storage.database import Database, Tx
    from bot.storage.refused import Contents, RefusedSummary
    from bot.web.webhook.reception import Reception, Taken

log = structlog.get_logger(__name__)


class Quarantine:
    """``gateways`` by (kind, account), with the settings of now."""

    def __init__(
        self,
        database: Database,
        gateways: Mapping[tuple[str, str], BaseGateway[Any]],
        reception: Reception,
        clock: Clock,
    ) -> None:
        self._database = database
        self._gateways = gateways
        self._reception = reception
        self._clock = clock

    async def summary(self) -> list[RefusedSummary]:
        """What is held, for each account that has anything held; [] is the good state."""
        async with self._database.read() as tx:
            return await rows.refused_summary(tx)

    async def list(
        self, gateway: str = "", account: str = "", *, state: str = "held", limit: int = 100
    ) -> list[rows.Refused]:
        """Requests of one account, or of all, newest first, without their contents."""
        async with self._database.read() as tx:
            return await rows.list_refused(tx, gateway=gateway, account=account, state=state, limit=limit)

    async def show(self, refused_id: int) -> tuple[rows.Refused, Contents]:
        """A request with its contents, which hold words and numbers of residents; raises NotFound."""
        async with self._database.read() as tx:
            found = await rows.find_refused(tx, refused_id)
        if found is None:
            raise NotFound("その要求はありません。", "There is no such request.")
        return found

    async def release(self, refused_id: int, staff: str, *, force: bool = False) -> Taken:
        """Verify the request by today's settings, as of when it came, and take what it brings.

        ``force``: a person vouches for it, and it is not verified. Raises RefusedRequest or InvalidInput where it is
        still not believed or read, NotActed where what it asks for failed (it stays held), Refused where somebody has
        decided already, NotFound.
        """
        found, contents = await self.show(refused_id)
        if found.state != "held":
            raise _decided()
        if not contents.request.method:
            raise _nobody_to_answer()
        gateway = self._gateway(found)
        request = _from_outside(gateway, contents.request) if found.code == rows.UNKNOWN else contents.request
        if not force:
            await gateway.verify(request, found.at)
        parsed = await self._parsed(gateway, refused_id, request)
        if found.code == "no_number" and sort_texts(found.gateway, found.account, parsed.texts).nameless:
            raise _nobody_to_answer()
        if not force:
            await gateway.act(request)
        elif parsed == Parsed():
            raise _nothing_to_force()
        taken = await self._take(gateway, parsed, request, found, staff, force=force)
        log.info("webhook.released", road=road_of(gateway), texts=taken.texts, receipts=taken.receipts, forced=force)
        return taken

    async def release_all(self, gateway: str, account: str, staff: str) -> tuple[int, int]:
        """Release what is believed now, the oldest first; how many requests were taken, and how many stay held."""
        held = await self.list(gateway, account, limit=rows.MOST)
        released = 0
        for item in reversed(held):
            try:
                await self.release(item.id, staff)
            except (RefusedRequest, InvalidInput, NotActed, Refused, NotFound):
                continue
            released += 1
        return released, len(held) - released

    async def drop(self, refused_id: int, staff: str) -> None:
        """Nothing in it is wanted. Raises NotFound, or Refused where somebody has decided already."""
        await self.show(refused_id)
        async with self._database.write() as tx:
            if not await rows.decide(tx, refused_id, "dropped", staff, self._clock.now()):
                raise _decided()

    def _gateway(self, found: rows.Refused) -> BaseGateway[Any]:
        gateway = self._gateways.get((found.gateway, found.account))
        if gateway is None:
            raise NotFound(
                f"アカウント {found.gateway}/{found.account} は、いまは設定されていません。",
                f"There is no account {found.gateway}/{found.account} now.",
            )
        return gateway

    async def _parsed(self, gateway: BaseGateway[Any], refused_id: int, request: WebRequest) -> Parsed:
        try:
            return await gateway.parse(request)
        except InvalidInput:
            async with self._database.write() as tx:
                await rows.recode(tx, refused_id, "malformed")
            raise

    async def _take(
        self, gateway: BaseGateway[Any], parsed: Parsed, request: WebRequest, found: rows.Refused, staff: str,
        *, force: bool,
    ) -> Taken:  # fmt: skip
        """All that it brings, and the decision, in one transaction."""

        async def decide(tx: Tx) -> None:
            if not await rows.decide(tx, found.id, "forced" if force else "released", staff, self._clock.now()):
                raise _decided()

        return await self._reception.take(gateway, parsed, request, known_too=False, came_at=found.at, also=decide)


def _nothing_to_force() -> Refused:
    return Refused(
        "返信も配信結果もないので、確かめずに受け取るものがありません。設定を直してから受け取るか、不要にしてください。",
        "It holds no text and no receipt, so there is nothing to take unverified. Mend the setting first, or drop it.",
    )


def _from_outside(gateway: BaseGateway[Any], request: WebRequest) -> WebRequest:
    """With the address that the provider knows, which nobody could tell when the account was unknown."""
    if not gateway.mine.public_url:
        return request
    target = request.url.partition("://")[2].partition("/")[2]  # byte for byte: it may be signed
    return replace(request, url=f"{gateway.mine.public_url.rstrip('/')}/{target}")


def _decided() -> Refused:
    return Refused("この要求は、もう処理されています。", "Somebody has dealt with this request already.")


def _nobody_to_answer() -> InvalidInput:
    return InvalidInput(
        "差出人が電話番号ではないので、受信箱に入れられません。内容を読んで、不要にしてください。",
        "The sender is no telephone number, so it cannot enter the inbox. Read it and drop it.",
        field="from",
    )
