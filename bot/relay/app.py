"""The relay's doors: one for providers, who are answered when their request is on disk, and one for the inside."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from bot.domain.errors import InvalidInput
from bot.domain.gateway import WebRequest
from bot.gateways.relay_seal import InsidePublic, Kept, RelayKey, pack
from bot.gateways.relay_wire import ACK, FETCH, NONCE_HEADER, SIGNATURE_HEADER, Ack, question, sign_head

if TYPE_CHECKING:
    from bot.domain.clock import Clock
    from bot.domain.gateway import Answer
    from bot.relay.settings import Address, RelaySettings
    from bot.relay.store import RelayStore

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LONGEST_WAIT = 60.0
_MOST_RECORDS, _MOST_BYTES = 200, 8_000_000
_NONCE_SECONDS = 300
_LARGEST_QUESTION = 2_000_000


class Nonces:
    """Words that the inside signs once, so that no overheard question can be asked again.

    A word carries its own end and a code that only this process makes; only used ones are remembered, so that nobody
    can push out others' words by asking for many.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used: dict[str, float] = {}

    def new(self) -> str:
        word = f"{int(time.monotonic()) + _NONCE_SECONDS}.{secrets.token_hex(8)}"
        return f"{word}.{self._code(word)}"

    def is_good(self, nonce: str) -> bool:
        """Whether it was made here, its time is not over, and it was not used."""
        word, _, code = nonce.rpartition(".")
        end = word.partition(".")[0]
        made_here = hmac.compare_digest(code.encode(), self._code(word).encode())
        return made_here and int(end) > time.monotonic() and nonce not in self._used

    def use(self, nonce: str) -> None:
        now = time.monotonic()
        self._used = {word: until for word, until in self._used.items() if until > now}
        self._used[nonce] = now + _NONCE_SECONDS

    def _code(self, word: str) -> str:
        return hmac.digest(self._key, word.encode(), hashlib.sha256).hex()


class Rate:
    """A token bucket."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._left, self._at = self._burst, time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._left, self._at = min(self._burst, self._left + (now - self._at) * self._rate), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(frozen=True, slots=True)
class _Door:
    """One account's addresses: its path, and what may stand behind it. ``answers`` by what stands behind."""

    address: Address
    answers: Mapping[str, Answer]
    rate: Rate

    def answer(self, method: str, behind: str) -> Answer:
        """What to say there; raises web.HTTPException where nobody would take it inside."""
        gateway = self.address.gateway
        if gateway.doors and behind not in gateway.doors:
            raise web.HTTPNotFound
        if method not in gateway.methods:
            raise web.HTTPMethodNotAllowed(method, gateway.methods)
        return self.answers.get(behind, self.answers[""])


class RelayApp:
    """The application; the store is open already."""

    def __init__(self, settings: RelaySettings, store: RelayStore, key: RelayKey, clock: Clock) -> None:
        self._settings, self._store, self._key, self._clock = settings, store, key, clock
        self._inside = InsidePublic(settings.inside)
        self._nonces = Nonces()
        self._doors = self._make_doors()
        largest = max(settings.most_bytes, _LARGEST_QUESTION)
        self.app = web.Application(client_max_size=largest, middlewares=[_plain_errors])
        self.app.router.add_get("/healthz", _healthy)
        self.app.router.add_post(FETCH, self._fetch)
        self.app.router.add_post(ACK, self._acknowledge)
        self.app.router.add_route("*", "/{path:.*}", self._take)

    def _make_doors(self) -> dict[str, _Door]:
        doors: dict[str, _Door] = {}
        for address in self._settings.address:
            base = self._settings.public_url + address.path
            answers = {"": address.answer_at(base), "receipts": address.answer_at(f"{base}/receipts")}
            doors[address.path] = _Door(address, answers, Rate(self._settings.rate, self._settings.burst))
        return doors

    async def _take(self, request: web.Request) -> web.StreamResponse:
        """A provider's request: sealed, on disk, then answered."""
        target = request.raw_path
        if not target.startswith("/"):  # the absolute form: http://host/path
            target = "/" + target.partition("://")[2].partition("/")[2]
        path = target.partition("?")[0]
        found = next((door for base, door in self._doors.items() if path == base or path.startswith(f"{base}/")), None)
        if found is None:
            raise web.HTTPNotFound
        answer = found.answer(request.method, path.removeprefix(found.address.path).removeprefix("/"))
        if not found.rate.take():
            raise web.HTTPTooManyRequests(headers={"Retry-After": "5"})
        body = await self._body(request)
        asked = WebRequest(
            request.method, self._settings.public_url + target, _headers(request), body, self._peer(request)
        )
        at = self._clock.now()
        box = self._inside.seal(pack(Kept(found.address.kind, found.address.account, at, asked)))
        try:
            await self._store.put(at, box)
        except OSError as error:
            log.error("relay.not_kept", errno=error.errno)
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"}) from None
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)

    async def _body(self, request: web.Request) -> bytes:
        most = self._settings.most_bytes
        body = await request.read() if (request.content_length or 0) <= most else bytes(most + 1)
        if len(body) > most:
            raise web.HTTPRequestEntityTooLarge(most, len(body))
        return body

    def _peer(self, request: web.Request) -> str:
        told = request.headers.get("X-Forwarded-For", "") if self._settings.behind_proxy else ""
        return told.rpartition(",")[2].strip() or request.remote or ""

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        """What waits; where nothing does, the answer comes when something arrives, or after ``wait`` seconds."""
        told = await self._question(request, FETCH)
        after, wait, nonce = told.get("after"), told.get("wait", 0), told.get("nonce")
        if not isinstance(nonce, str) or not isinstance(wait, int | float) or not isinstance(after, int):
            raise web.HTTPBadRequest
        if not self._store.has_news(after):
            await self._something(min(max(float(wait), 0.0), LONGEST_WAIT))
        portion = await asyncio.to_thread(self._store.fetch, after, _MOST_RECORDS, _MOST_BYTES)
        return self._answered({
            "head": sign_head(self._key, self._store.id, portion.seq, portion.hash, nonce),
            "upto": portion.upto,
            "records": [[name, base64.b64encode(data).decode()] for name, data in portion.records],
            "acked": [ack.as_list() for ack in portion.acks],
        })  # fmt: skip

    async def _something(self, seconds: float) -> None:
        self._store.arrived.clear()
        try:
            await asyncio.wait_for(self._store.arrived.wait(), seconds)
        except TimeoutError:
            return

    async def _acknowledge(self, request: web.Request) -> web.StreamResponse:
        told = await self._question(request, ACK)
        items = told.get("acks")
        try:
            acks = [Ack.from_list(item) for item in items] if isinstance(items, list) else []
        except InvalidInput:
            raise web.HTTPBadRequest from None
        return self._answered({"removed": await asyncio.to_thread(self._store.acknowledge, acks)})

    async def _question(self, request: web.Request, path: str) -> dict[str, Any]:
        """What the inside asks; 401 with a fresh word to sign for anybody else."""
        body = await request.read()
        nonce, signature = request.headers.get(NONCE_HEADER, ""), request.headers.get(SIGNATURE_HEADER, "")
        if not self._nonces.is_good(nonce) or not self._inside.signed(question(path, nonce, body), signature):
            raise web.HTTPUnauthorized(headers={NONCE_HEADER: self._nonces.new()})
        self._nonces.use(nonce)
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise web.HTTPBadRequest
        return told

    def _answered(self, told: dict[str, Any]) -> web.Response:
        return web.json_response(told, headers={NONCE_HEADER: self._nonces.new()})


def _headers(request: web.Request) -> dict[str, str]:
    """With lower-case names; several of one name are joined, as HTTP allows."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


async def _healthy(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


@web.middleware
async def _plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A few words for every error, without anything of the request; the log gets the kind of the error alone."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        keep = {name: error.headers[name] for name in ("Retry-After", "Allow", NONCE_HEADER) if name in error.headers}
        return web.json_response({"error": error.reason}, status=error.status, headers=keep)
    except Exception as error:  # noqa: BLE001  # the provider tries again; words of an error may hold a text
        log.error("relay.failed", error=type(error).__name__)
        return web.json_response({"error": "not kept"}, status=503, headers={"Retry-After": "30"})
