"""``/webhook/{kind}/{account}`` and whatever address behind it a provider was given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from bot.domain.errors import InvalidInput, MimamoriError, NotFound, StorageUnavailable
from bot.domain.gateway import RefusedRequest, WebRequest, road_of
from bot.gateways.registry import kinds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from ipaddress import IPv4Network, IPv6Network

    from bot.domain.clock import Clock
    from bot.domain.gateway import Answer
    from bot.gateways.base import BaseGateway
    from bot.web.webhook.reception import Reception

log = structlog.get_logger(__name__)
_NAME = re.compile(r"[a-z0-9-]{1,40}")
_TOLD_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class WebhookPorts:
    """``gateways`` by (kind, account); ``proxies`` are believed when they say who asked."""

    gateways: Mapping[tuple[str, str], BaseGateway[Any]]
    reception: Reception
    clock: Clock
    proxies: Sequence[IPv4Network | IPv6Network] = field(default=())


def setup(app: web.Application, ports: WebhookPorts) -> None:
    """Add the routes. Errors become JSON by the application's error middleware."""
    views = _Webhooks(ports)
    for path in ("/webhook/{kind}/{account}", "/webhook/{kind}/{account}/{rest:.*}"):
        app.router.add_post(path, views.receive)
        app.router.add_get(path, views.receive, allow_head=False)


class _Webhooks:
    def __init__(self, ports: WebhookPorts) -> None:
        self._ports = ports
        self._kinds = frozenset(kinds())
        self._told: datetime | None = None

    async def receive(self, request: web.Request) -> web.Response:
        """Verify, read, commit; only then the provider is told that it was received."""
        gateway = await self._gateway(request)
        asked = await _asked(request, gateway.mine.public_url, self._ports.proxies)
        await self._verify(gateway, asked)
        try:
            parsed = await gateway.parse(asked)
        except StorageUnavailable:
            raise
        except Exception:  # whatever is wrong with it: it is the provider's, and a person can look at it
            await self._ports.reception.refuse(gateway, "malformed", asked)
            raise
        await self._ports.reception.take(gateway, parsed, asked)
        await gateway.act(asked)
        return _answered(gateway.answer(asked, parsed))

    async def _verify(self, gateway: BaseGateway[Any], asked: WebRequest) -> None:
        """Raises RefusedRequest; what could not be checked just now may come again."""
        try:
            await gateway.verify(asked, self._ports.clock.now())
        except RefusedRequest as refusal:
            await self._ports.reception.refuse(gateway, refusal.code, asked)
            raise
        except InvalidInput:
            await self._ports.reception.refuse(gateway, "error", asked)
            raise
        except MimamoriError:
            raise
        except Exception as error:
            log.error("webhook.not_checked", road=road_of(gateway), error=type(error).__name__)
            await self._ports.reception.refuse(gateway, "error", asked)
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"}) from error

    async def _gateway(self, request: web.Request) -> BaseGateway[Any]:
        kind, account = request.match_info["kind"], request.match_info["account"]
        gateway = self._ports.gateways.get((kind, account))
        if gateway is None:
            await self._keep_unknown(kind, account, request)
            raise NotFound("そのゲートウェイは設定されていません。", "There is no such gateway.")
        if request.match_info.get("rest", "") not in gateway.doors and gateway.doors:
            raise NotFound("そのアドレスはありません。", "There is no such address.")
        if request.method not in gateway.methods:
            raise web.HTTPMethodNotAllowed(request.method, gateway.methods)
        return gateway

    async def _keep_unknown(self, kind: str, account: str, request: web.Request) -> None:
        """A provider with a wrong name in its address may not send it again; what scanners try is not kept."""
        now, known = self._ports.clock.now(), kind in self._kinds and _NAME.fullmatch(account) is not None
        if self._told is None or now - self._told >= _TOLD_EVERY:
            self._told = now
            told = {name: value for name, value in (("kind", kind), ("account", account)) if _NAME.fullmatch(value)}
            log.warning("webhook.unknown_account", kept=known, **told)
        if known:
            asked = await _asked(request, "", self._ports.proxies)
            await self._ports.reception.keep_unknown(kind, account, asked)


async def _asked(
    request: web.Request, public_url: str, proxies: Sequence[IPv4Network | IPv6Network]
) -> WebRequest:  # fmt: skip
    """The request as its sender made it: the address byte for byte, since it may be signed."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        name = name.lower()  # noqa: PLW2901  # names of headers mean the same in every spelling
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    target = request.raw_path
    if not target.startswith("/"):  # the absolute form: http://host/path
        target = "/" + target.partition("://")[2].partition("/")[2]
    outside = public_url.rstrip("/") or f"{request.scheme}://{request.host}"
    peer = peer_of(request.remote or "", headers.get("x-forwarded-for", ""), proxies)
    return WebRequest(request.method, outside + target, headers, await request.read(), peer)


def peer_of(remote: str, forwarded_for: str, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """Who asked: the other end, or, where that is a proxy of ours, the last one in its list that is none."""
    peer = remote
    for name in reversed([part.strip() for part in forwarded_for.split(",") if part.strip()]):
        if not _is_in(peer, proxies):
            break
        peer = name
    return peer


def _is_in(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False


def _answered(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
