"""``GET /sender``: which numbers our texts come from, and how to check one."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.domain.errors import InvalidInput
from bot.domain.phone import parse_phone
from bot.web.public.senders import senders_of
from bot.web.public.texts import TOGETHER, language_tag, languages

if TYPE_CHECKING:
    from bot.domain.office import Office
    from bot.gateways.base import BaseGateway

_HERE = Path(__file__).parent
_STYLE = _HERE / "style.css"
_PAGE_SECONDS = 300
_FOR_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class PublicPorts:
    """``roads`` tells the gateways in their order."""

    offices: Sequence[Office]
    roads: Callable[[], Iterable[BaseGateway[Any]]]


def setup(app: web.Application, ports: PublicPorts) -> None:
    """Add the routes."""
    views = _Views(ports)
    app.router.add_get("/sender", views.first)
    app.router.add_get("/sender/style.css", _style)
    app.router.add_get(r"/sender/{office:[a-z0-9-]{1,40}}", views.one)


class _Views:
    def __init__(self, ports: PublicPorts) -> None:
        self._ports = ports

    async def first(self, request: web.Request) -> web.StreamResponse:
        """The one office's page, or a list of the offices."""
        if len(self._ports.offices) == 1:
            return self._page(request, self._ports.offices[0])
        return _html("offices.html", offices=self._ports.offices)

    async def one(self, request: web.Request) -> web.StreamResponse:
        """An office's page."""
        for office in self._ports.offices:
            if office.code == request.match_info["office"]:
                return self._page(request, office)
        return _html("offices.html", status=404, offices=self._ports.offices)

    def _page(self, request: web.Request, office: Office) -> web.Response:
        asked = request.query.get("lang", "")
        codes = (asked,) if asked in languages() else TOGETHER
        sections = [_section(office, code) for code in codes]
        senders = senders_of(office.code, self._ports.roads())
        others = [(code, texts.name) for code, texts in languages().items() if code not in codes]
        return _html(
            "sender.html", sections=sections, senders=senders, others=others, office=office, together=TOGETHER,
            dialled=_dialled(office.phone), path=request.path,
        )  # fmt: skip


def _section(office: Office, code: str) -> dict[str, Any]:
    """A language's part of the page; the center has an English name for those who read no Japanese."""
    center, hours = office.name_and_hours(code if code.startswith("ja") else "en")
    return {"code": code, "tag": language_tag(code), "t": languages()[code].about(center), "hours": hours}


def _dialled(phone: str) -> str:
    """For a ``tel:`` link; as it stands where it is no number that a library knows."""
    try:
        return parse_phone(phone)
    except InvalidInput:
        return phone


def _html(template: str, *, status: int = 200, **values: object) -> web.Response:
    text = _environment().get_template(template).render(**values)
    headers = {"Cache-Control": f"public, max-age={_PAGE_SECONDS}"}
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)


@functools.cache
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    env.globals["style"] = f"/sender/style.css?v={hashlib.sha256(_STYLE.read_bytes()).hexdigest()[:12]}"
    return env


async def _style(_request: web.Request) -> web.StreamResponse:
    return web.FileResponse(_STYLE, headers={"Cache-Control": _FOR_A_YEAR})
