"""``mimamori gateway try``: a sample request through verification and reading, and the request that would go out."""

from __future__ import annotations

import asyncio
import codecs
import importlib
import importlib.util
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import typer
from rich.text import Text

from bot.domain.errors import InvalidInput
from bot.domain.gateway import RefusedRequest, WebRequest
from bot.domain.messages import Outbound
from bot.domain.phone import parse_phone
from bot.gateways.hidden_secrets import HIDDEN, secrets_of, without_secrets
from bot.roads import show
from bot.roads.folder import one_account

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aiohttp.client_middlewares import ClientHandlerType

    from bot.gateways.base import BaseGateway
    from bot.settings import Settings

_NOT_SHOWN = {"accept", "accept-encoding", "user-agent", "host"}


class _NotSentError(aiohttp.ClientConnectionError):
    """Stops a request before it leaves."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as it would go out, without its secrets."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


async def try_request(
    settings: Settings, folder: Path | None, account: str, file: Path, at: datetime | None, peer: str
) -> bool:
    """Step by step; whether the request would be taken."""
    gateway, out = one_account(settings, folder, account), show.console()
    data = await asyncio.to_thread(sys.stdin.buffer.read if str(file) == "-" else file.read_bytes)
    asked, now = read_request(data, gateway.mine.public_url, peer), at or datetime.now(UTC)
    try:
        _explain(gateway, asked, now, out)
        await gateway.verify(asked, now)
        typer.echo("確認 verify: ✔")
        found = await gateway.parse(asked)
    except RefusedRequest as refusal:
        typer.echo(f"確認 verify: ✘ {refusal.code}: {refusal.ja}\n  {refusal.en}")
        if refusal.code == "stale":
            typer.echo("  届いた時刻を --at で渡せます / Give the moment at which it came with --at")
        return False
    except InvalidInput as error:
        typer.echo(f"読み取り parse: ✘ {error.field}: {error.ja}\n  {error.en}")
        return False
    finally:
        await gateway.close()
    for part in show.parsed(found, gateway.answer(asked, found)):
        out.print(part)
    return True


def _explain(gateway: BaseGateway[Any], asked: WebRequest, now: datetime, out: Any) -> None:  # noqa: ANN401  # rich's
    explainer = explainer_of(gateway.name)
    if explainer is not None:
        steps = show.table("ところ Place", "結果 Result", "誤り Fault")
        for step in explainer.explain_inbound(gateway.mine, asked, now):
            steps.add_row(Text(step.place), Text(step.gave), Text(step.fault))
        out.print(steps)


async def try_sending(settings: Settings, folder: Path | None, account: str, to: str, text: str) -> bool:
    """Show what sending would ask of the provider; whether there is something to show."""
    gateway, out = one_account(settings, folder, account), show.console()
    if gateway.abilities.standing or not gateway.abilities.sends:
        typer.echo(
            "この種類は HTTP の要求で送らないので、ここでは見せられません。check と send-test を使ってください。\n"
            "This kind sends by no HTTP request: use check and send-test."
        )
        return True
    shown = await outgoing(gateway, Outbound("sample0001", parse_phone(to), text))
    if not shown:
        typer.echo(
            "要求は作られません。この文か番号は送れません。 / No request is made: text or number cannot be sent."
        )
        return False
    typer.echo("送るときの要求(送っていません。秘密は … ) / The request that would go out; not sent, secrets are …\n")
    for item in shown:
        out.print(show.request(item))
    return True


def read_request(data: bytes, public_url: str, peer: str) -> WebRequest:
    """An HTTP request as a file holds it (``POST /webhook/… HTTP/1.1``, headers, an empty line, the body).

    The body is cut to Content-Length where that is told; else one new line at the file's end is not counted.
    """
    head, _, body = data.replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
    first, *lines = head.decode("utf-8", "replace").splitlines() or [""]
    words = first.split()
    if len(words) < 2 or not words[0].isalpha() or not words[1].startswith(("/", "http://", "https://")):
        raise InvalidInput(
            "ファイルの1行目は「POST /webhook/… HTTP/1.1」の形にしてください。",
            "The first line must look like “POST /webhook/… HTTP/1.1”.",
            field="request",
        )
    headers = {}
    for number, line in enumerate(lines, 2):
        name, colon, value = line.partition(":")
        if not colon:
            raise InvalidInput(
                f"ファイルの{number}行目がヘッダー(名前: 値)ではありません。",
                f"Line {number} is no header (name: value).",
                field="request",
            )
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "")
    body = body[: int(length)] if length.isdecimal() else body.removesuffix(b"\n").removesuffix(b"\r")
    url = words[1] if words[1].startswith("http") else public_url.rstrip("/") + words[1]
    return WebRequest(words[0].upper(), url, headers, body, peer)


def explainer_of(kind: str) -> Any:  # noqa: ANN401  # a module
    """The module that explains a gateway's own settings (``generic_explain``), where there is one."""
    name = f"bot.gateways.{kind}_explain"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


async def outgoing(gateway: BaseGateway[Any], text: Outbound) -> list[Shown]:
    """The requests that sending would make, up to the first that needs an answer; none of them leaves."""
    seen: list[Shown] = []
    secrets = list(secrets_of(gateway.mine))

    async def stop(request: aiohttp.ClientRequest, _handler: ClientHandlerType) -> aiohttp.ClientResponse:
        body = request.body if isinstance(request.body, bytes) else await request.body.as_bytes()
        seen.append(_shown(request, body, secrets))
        raise _NotSentError

    gateway._session = aiohttp.ClientSession(middlewares=(stop,))  # noqa: SLF001  # in the place of the one that sends
    try:
        await gateway.send(text)
    finally:
        await gateway.close()
    return seen


def _shown(request: aiohttp.ClientRequest, body: bytes, secrets: Sequence[str]) -> Shown:
    headers = {
        name: _header(name, value, secrets) for name, value in request.headers.items()
        if name.lower() not in _NOT_SHOWN
    }  # fmt: skip
    return Shown(
        request.method,
        without_secrets(str(request.url), secrets),
        headers,
        without_secrets(body.decode(_charset(request.headers.get("Content-Type", "")), "replace"), secrets),
    )


def _charset(content_type: str) -> str:
    """The one that is told and known, else UTF-8."""
    try:
        return codecs.lookup(content_type.partition("charset=")[2].strip('" ')).name
    except LookupError:
        return "utf-8"


def _header(name: str, value: str, secrets: Sequence[str]) -> str:
    """A credential is hidden whole: it may be made of a secret in ways that nobody can search for."""
    if name.lower() == "authorization":
        return f"{value.partition(' ')[0]} {HIDDEN}"
    return without_secrets(value, secrets)
