"""``POST /webhook/{gateway}/{account}`` and ``…/receipts``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from bot.domain.errors import InvalidInput, NotFound
from bot.domain.gateway import WebRequest, road_of
from bot.domain.phone import parse_phone
from bot.domain.text import clean_text, is_clean
from bot.outbox.receipts import keep_receipts
from bot.storage.inbox import Arrival

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.clock import Clock
    from bot.domain.gateway import Answer, Gateway
    from bot.domain.messages import Inbound
    from bot.inbox.intake import Intake
    from bot.storage.bells import Bells
    from bot.storage.database import Database


_NUMBER = re.compile(r"^\+?[0-9() .-]+$")


@dataclass(frozen=True, slots=True)
class WebhookPorts:
    """``gateways`` by (name, account)."""

    gateways: Mapping[tuple[str, str], Gateway]
    intake: Intake
    database: Database
    clock: Clock
    bells: Bells


def setup(app: web.Application, ports: WebhookPorts) -> None:
    """Add the routes. Errors become JSON by the application's error middleware."""
    views = _Webhooks(ports)
    app.router.add_post("/webhook/{gateway}/{account}", views.text)
    app.router.add_post("/webhook/{gateway}/{account}/receipts", views.receipts)


class _Webhooks:
    def __init__(self, ports: WebhookPorts) -> None:
        self._ports = ports

    async def text(self, request: web.Request) -> web.Response:
        """200 only after the commit."""
        gateway = self._gateway(request)
        asked = await _asked(request)
        parsed = await gateway.parse(asked)
        for inbound in parsed.texts:
            await self._ports.intake.keep(_arrival(gateway.name, gateway.account, inbound))
        return _answered(gateway.answer(asked, parsed))

    async def receipts(self, request: web.Request) -> web.Response:
        gateway = self._gateway(request)
        asked = await _asked(request)
        parsed = await gateway.parse(asked)
        await keep_receipts(
            self._ports.database, road_of(gateway), parsed.receipts, self._ports.clock, self._ports.bells
        )
        return _answered(gateway.answer(asked, parsed))

    def _gateway(self, request: web.Request) -> Gateway:
        key = (request.match_info["gateway"], request.match_info["account"])
        if key not in self._ports.gateways:
            raise NotFound("そのゲートウェイは設定されていません。", "There is no such gateway.")
        return self._ports.gateways[key]


async def _asked(request: web.Request) -> WebRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return WebRequest(request.method, str(request.url), headers, await request.read(), request.remote or "")


def _answered(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)


def _arrival(gateway: str, account: str, inbound: Inbound) -> Arrival:
    if not _NUMBER.match(inbound.sender):
        raise InvalidInput("fromは電話番号です。", "from must be a telephone number.", field="from")
    if not inbound.recipient.strip() or not is_clean(inbound.recipient):
        raise InvalidInput("toは必須の文字列です。", "to is required and must be plain text.", field="to")
    try:
        phone = parse_phone(inbound.sender)
    except InvalidInput as error:
        raise InvalidInput(error.ja, error.en, field="from") from None
    payload = {"text": clean_text(inbound.text), "to": inbound.recipient}
    message_id = clean_text(inbound.message_id)
    return Arrival("reply", gateway, account, message_id, phone, payload, inbound.raw)
