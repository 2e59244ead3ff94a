"""Requests that something outside kept for an account of ours (the relay): taken as at the account's own webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from bot.domain.errors import InvalidInput, MimamoriError, NotFound, StorageUnavailable
from bot.domain.gateway import RefusedRequest, road_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.gateway import Parsed, WebRequest
    from bot.gateways.base import BaseGateway
    from bot.web.webhook.reception import Reception

log = structlog.get_logger(__name__)


class Forwarded:
    """``gateways`` by (kind, account)."""

    def __init__(self, gateways: Mapping[tuple[str, str], BaseGateway[Any]], reception: Reception) -> None:
        self._gateways = gateways
        self._reception = reception

    async def receive(self, kind: str, account: str, request: WebRequest, at: datetime) -> None:
        """Verify as of ``at``, read, commit; what is refused or cannot be read is in the quarantine afterwards.

        Nobody sends it again: so it returns only when the request is safe. Raises NotFound where there is no such
        account, and what the database raised.
        """
        gateway = self._gateways.get((kind, account))
        if gateway is None:
            raise NotFound("そのゲートウェイは設定されていません。", "There is no such gateway.")
        parsed = await self._read(gateway, request, at)
        if parsed is not None:
            await self._reception.take(gateway, parsed, request, came_at=at)
            await gateway.act(request)
            gateway.answer(request, parsed)  # some remember there what they have taken

    async def _read(self, gateway: BaseGateway[Any], request: WebRequest, at: datetime) -> Parsed | None:
        """None where the request is in the quarantine now."""
        try:
            await gateway.verify(request, at)
        except RefusedRequest as refusal:
            await self._reception.refuse(gateway, refusal.code, request, at)
            return None
        except InvalidInput:
            await self._reception.refuse(gateway, "error", request, at)
            return None
        except MimamoriError:  # it could not be checked just now: again later
            raise
        except Exception as error:  # noqa: BLE001  # the quarantine is for whatever cannot be checked
            log.error("webhook.not_checked", road=road_of(gateway), error=type(error).__name__)
            await self._reception.refuse(gateway, "error", request, at)
            return None
        try:
            return await gateway.parse(request)
        except StorageUnavailable:
            raise
        except Exception:  # noqa: BLE001  # whatever is wrong with it: a person can look at it
            await self._reception.refuse(gateway, "malformed", request, at)
            return None
