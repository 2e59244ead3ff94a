"""What the tables of all gateways share: a case with everything expected, and a provider that answers as told.

A provider's table is a list of cases in ``tests/gateways/test_<kind>.py``, from its public examples::

    CASES = [
        Case("a text", post(BODY, headers), texts=[Inbound(...)]),
        Case("no signature", post(BODY), refused="unsigned"),
    ]

    @pytest.mark.parametrize("case", CASES, ids=str)
    async def test_what_comes_in(case):
        await case.check(gateway)

What it answers to our texts is a table of its own words; what is the same for all is here (``BY_STATUS``, ``Trying``)::

    ANSWERS = {"opted out": (says(400, b"..."), never("21610", Reason.OPTED_OUT))} | BY_STATUS
    outcome = Trying(make, "url")
"""

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Parsed, RefusedRequest, WebRequest
from bot.domain.messages import Inbound, Outbound, Outcome, Reason, Receipt, Submitted
from bot.gateways.registry import gateway_class

NOW, AN_HOUR = datetime(2026, 11, 20, 3, 0, tzinfo=UTC), timedelta(hours=1)
TEXT = Outbound("ref0001", "+819012345678", "こんにちは")
OUTSIDE = "https://sms.example.jp"


def make_gateway(kind, **given):
    """The gateway of a kind with settings as its TOML file would hold them; secrets are ``env:`` or ``file:``."""
    found = gateway_class(kind)
    data = {"kind": kind, "account": "main", "sender": "+815012345678", "public_url": OUTSIDE, **given}
    return found(found.settings.model_validate(data))


def post(url, body=b"", headers=None, *, method="POST", peer="203.0.113.7"):
    """A request as a provider makes it; ``url`` is whole or the end of our own address."""
    whole = url if url.startswith("http") else OUTSIDE + url
    return WebRequest(method, whole, {name.lower(): value for name, value in (headers or {}).items()}, body, peer)


@dataclass
class Case:
    """A request and everything expected of it: what it brings, or the code of its refusal, or the field at fault."""

    label: str
    request: WebRequest
    texts: list[Inbound] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    refused: str = ""
    invalid: str = ""
    answer: bytes | None = None
    now: datetime = NOW

    def __str__(self):
        return self.label

    async def check(self, gateway):
        if self.refused:
            with pytest.raises(RefusedRequest) as refusal:
                await gateway.verify(self.request, self.now)
            assert refusal.value.code == self.refused
            return
        await gateway.verify(self.request, self.now)
        before = _memory(gateway)
        parsed = await self._read(gateway)
        assert _memory(gateway) == before, "reading changes nothing"
        if self.answer is not None and parsed is not None:
            assert gateway.answer(self.request, parsed).body == self.answer

    async def _read(self, gateway):
        if self.invalid:
            with pytest.raises(InvalidInput) as error:
                await gateway.parse(self.request)
            assert error.value.field == self.invalid
            return None
        parsed = await gateway.parse(self.request)
        assert parsed == Parsed(tuple(self.texts), tuple(self.receipts), self.ids)
        return parsed


def _memory(gateway):
    """What a gateway remembers from request to request."""
    kept = dict | set | list | str | int | bool
    return {name: repr(value) for name, value in vars(gateway).items() if isinstance(value, kept)}


class Provider:
    """Answers every request with ``answer`` (a handler or a prepared response); ``seen`` are the requests it got."""

    def __init__(self, answer):
        self.answer = answer
        self.seen = []

    async def handle(self, request):
        self.seen.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        return await self.answer(request) if callable(self.answer) else self.answer


@contextlib.asynccontextmanager
async def provider(answer):
    """A provider on loopback; yields (its address without a slash at the end, the Provider)."""
    there, app = Provider(answer), web.Application()
    app.router.add_route("*", "/{path:.*}", there.handle)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/"), there
    finally:
        await server.close()


def sends(gateway):
    """What most tests do with a gateway."""
    return gateway.send(TEXT)


class Trying:
    """What a gateway makes of its provider's answers.

    ``outcome = Trying(make, "url")``: ``make(**settings)`` gives the gateway, the settings named take the provider's
    address; ``(result, seen) = await outcome(answer)`` then are what it made of the answer, and the requests it sent.
    """

    def __init__(self, make, *addresses):
        self.make, self.addresses = make, addresses

    async def __call__(self, answer, act=sends, make=None, **given):
        async with provider(answer) as (url, there):
            gateway = (make or self.make)(**{**dict.fromkeys(self.addresses, url), **given})
            try:
                return await act(gateway), there.seen
            finally:
                await gateway.close()

    async def broken(self, answer, make=None):
        """After a broken answer (``BROKEN``) nobody knows, whatever was asked."""
        assert (await self(answer, make=make))[0].outcome is Outcome.UNKNOWN
        abilities = (make or self.make)().abilities
        if abilities.can_ask:
            asked, _ = await self(answer, lambda gateway: gateway.ask(TEXT, None), make)
            assert asked.outcome is Outcome.UNKNOWN
        if abilities.can_look_back and not abilities.looks_up:
            assert (await self(answer, lambda gateway: gateway.look_back(NOW - AN_HOUR), make))[0] is None

    async def nobody_there(self, port):
        """Where nobody listens, nothing was taken: later; and an earlier text stays unknown."""
        gateway = self.make(**dict.fromkeys(self.addresses, f"http://127.0.0.1:{port}"))
        try:
            assert await gateway.send(TEXT) == later("no_connection", Reason.BUSY)
            if gateway.abilities.can_ask:
                assert (await gateway.ask(TEXT, None)).outcome is Outcome.UNKNOWN
        finally:
            await gateway.close()


def never(code, reason):
    """Rejected for good."""
    return Submitted(Outcome.REJECTED, code=code, reason=reason)


def later(code, reason):
    """Not taken, to be tried again."""
    return Submitted(Outcome.RETRY, code=code, reason=reason)


def unknown(code):
    """Nobody knows whether it was taken."""
    return Submitted(Outcome.UNKNOWN, code=code)


def says(status, body=b"{}", content_type="application/json"):
    """A handler that always answers so."""

    async def handler(_request):
        return web.Response(status=status, body=body, content_type=content_type)

    return handler


async def reset(request):
    """The connection breaks before any answer."""
    request.transport.abort()
    return web.Response()


async def half_an_answer(request):
    """The connection breaks in the middle of the answer."""
    response = web.StreamResponse(headers={"Content-Length": "100", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"id": "c')
    request.transport.abort()
    return response


async def no_http(request):
    """Something else listens there."""
    request.transport.write(b"hello?\r\n\r\n")
    request.transport.close()
    return web.Response()


BY_STATUS = {
    **{f"{code} alone": (says(code, b""), later(str(code), Reason.ACCOUNT)) for code in (401, 402, 403)},
    "429 alone": (says(429, b""), later("429", Reason.BUSY)),
    **{f"{code} alone": (says(code, b"<html>", "text/html"), unknown(str(code))) for code in (302, 500, 502, 504)},
}
"""What statuses mean that come without a word of the provider (a proxy's, for example), the same for all."""

BROKEN = {"reset": reset, "half an answer": half_an_answer, "no HTTP": no_http}
"""After any of these nobody knows whether the text was taken."""
