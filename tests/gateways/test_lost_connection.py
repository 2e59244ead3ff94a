"""A provider that took the request and hangs up before it answers: nobody knows, and it is not asked again."""

import asyncio
import contextlib
import re

import pytest

from bot.domain.messages import Outcome
from tests.gateways.kit import TEXT, make_gateway

KANNEL = {"username": "u", "password": "env:GIVEN", "key": "env:GIVEN"}
ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 24\r\n\r\n0: Accepted for delivery"


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("GIVEN", "k" * 32)


@contextlib.asynccontextmanager
async def hanging_up(answered):
    """A server's address and the requests that it got: it answers so many, then takes one and closes."""
    came = []

    async def serve(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                await reader.readexactly(int(length[1]) if length else 0)
                came.append(head)
                if len(came) > answered:
                    break
                writer.write(ANSWER)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/send", came


def generic(url, method):
    answers = [{"status": ["2xx"], "means": "accepted"}]
    send = {"url": url, "method": method, "body": "{{ text }}", "answers": answers}
    return make_gateway("generic", proof={"kind": "bearer", "token": "env:GIVEN"}, send=send)


MAKERS = {
    "kannel get": lambda url: make_gateway("kannel", sendsms_url=url, method="get", **KANNEL),
    "kannel post": lambda url: make_gateway("kannel", sendsms_url=url, method="post", **KANNEL),
    "generic GET": lambda url: generic(url, "GET"),
    "generic PUT": lambda url: generic(url, "PUT"),
    "generic POST": lambda url: generic(url, "POST"),
}


@pytest.mark.parametrize("answered", [0, 1], ids=["a new connection", "a connection that was kept"])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
async def test_a_text_whose_connection_is_lost_is_unknown_and_not_sent_twice(make, answered):
    async with hanging_up(answered) as (url, came):
        gateway = make(url)
        for _ in range(answered):
            assert (await gateway.send(TEXT)).outcome is Outcome.ACCEPTED
        lost = await gateway.send(TEXT)
        await gateway.close()
    assert (lost.outcome, len(came)) == (Outcome.UNKNOWN, answered + 1)


async def test_a_server_that_is_not_there_took_nothing():
    async with hanging_up(0) as (url, came):
        pass
    gateway = MAKERS["kannel get"](url)
    refused = await gateway.send(TEXT)
    await gateway.close()
    assert (refused.outcome, refused.code, came) == (Outcome.RETRY, "no_connection", [])
