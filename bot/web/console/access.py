"""Who may see what: every page goes through the guard, which hands the view a visit."""

from __future__ import annotations

import secrets
import unicodedata
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiohttp_session
from aiohttp import web
from aiohttp_session import Session

from bot.storage.accounts import Account, Role, find_account
from bot.storage.corrections import open_correction_count
from bot.storage.queue import open_call_count, queue_counts
from bot.web.console.pages import environment
from bot.web.console.ports import ConsolePorts
from bot.web.console.road_alarms import road_alarms
from bot.web.session import CSRF_FIELD, EndedSessions, csrf_matches, csrf_token, signed_in

if TYPE_CHECKING:
    from bot.domain.errors import MimamoriError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_REMEMBERED = 20_000


@dataclass(slots=True)
class Visit:
    """One request of a person; ``form`` holds the text fields of a POST whose token was right."""

    request: web.Request
    ports: ConsolePorts
    session: Session
    account: Account | None
    form: Mapping[str, str]
    now: datetime

    @property
    def who(self) -> Account:
        """The account that is signed in."""
        if self.account is None:
            raise web.HTTPUnauthorized
        return self.account

    @property
    def today(self) -> date:
        """The local date of the office."""
        return self.now.astimezone(ZoneInfo(self.ports.office.timezone)).date()

    def number(self, name: str) -> int:
        """A number in the address; 404 where it is too long to be an id."""
        text = self.request.match_info[name]
        if len(text) > 15:
            raise web.HTTPNotFound
        return int(text)

    def say(self, kind: str, ja: str, en: str) -> None:
        """Show a sentence on the next page; ``kind`` is good or bad."""
        self.session["flash"] = {"kind": kind, "ja": ja, "en": en}

    async def page(self, template: str, *, status: int = 200, **values: object) -> web.Response:
        """A whole page, with what its frame needs."""
        frame: dict[str, object] = {"counts": {}, "calls_open": 0, "corrections_open": 0, "alarms": None}
        frame["hand_offs"] = any(gateway.name == "csvfolder" for gateway in self.ports.gateways())
        if self.account:
            async with self.ports.database.read() as tx:
                frame["counts"] = await queue_counts(tx, self.ports.office.code)
                manages = self.account.may(Role.MANAGER)
                frame["alarms"] = await road_alarms(tx, self.ports, self.now, manages=manages)
                frame["calls_open"] = await open_call_count(tx, self.ports.office.code)
                if manages:
                    frame["corrections_open"] = await open_correction_count(tx, self.ports.office.code)
        frame["flash"] = self.session.pop("flash", None) if "flash" in self.session else None
        return web.Response(text=self.html(template, **frame, **values), content_type="text/html", status=status)

    def html(self, template: str, **values: object) -> str:
        """One template, filled in."""
        office = self.ports.office
        return environment().get_template(template).render(
            account=self.account, csrf=csrf_token(self.session), now=self.now, today=self.today, office=office,
            tz=office.timezone, demo=self.ports.demo, path=self.request.path, roles=list(Role), **values,
        )  # fmt: skip

    def fragment(self, template: str, **values: object) -> web.Response:
        """The part of a page that is fetched again and again."""
        return web.Response(text=self.html(template, **values), content_type="text/html")


View = Callable[[Visit], Awaitable[web.StreamResponse]]


class Guard:
    """Wraps views: signed in, allowed, and forms that were made for this session."""

    def __init__(self, ports: ConsolePorts) -> None:
        self.ports = ports
        self.ended = EndedSessions()

    def anyone(self, view: View) -> Handler:
        """A view that needs no account."""

        async def handler(request: web.Request) -> web.StreamResponse:
            return await view(await self._visit(request))

        return handler

    def only(self, role: Role, view: View) -> Handler:
        """A view for accounts that may do what ``role`` may."""

        async def handler(request: web.Request) -> web.StreamResponse:
            visit = await self._visit(request)
            if visit.account is None:
                return self._to_login(request)
            if not visit.account.may(role):
                raise web.HTTPForbidden(reason="role")
            return await view(visit)

        return handler

    def upload(self, role: Role, view: View) -> Handler:
        """As ``only``, for a form with a file, which the view reads (``upload.py``): its form is empty."""

        async def handler(request: web.Request) -> web.StreamResponse:
            visit = await self._visit(request, with_form=False)
            if visit.account is None:
                return self._to_login(request)
            if not visit.account.may(role):
                raise web.HTTPForbidden(reason="role")
            return await view(visit)

        return handler

    async def _visit(self, request: web.Request, *, with_form: bool = True) -> Visit:
        session = await aiohttp_session.get_session(request)
        account = await self._account(session)
        form = await _checked_form(request, session) if with_form and request.method == "POST" else {}
        return Visit(request, self.ports, session, account, form, self.ports.clock.now())

    async def _account(self, session: Session) -> Account | None:
        found = signed_in(session, self.ended)
        if found is None:
            return None
        async with self.ports.database.read() as tx:
            account = await find_account(tx, found[0])
        current = account is not None and account.active and account.session_epoch == found[1]
        return account if current else None

    @staticmethod
    def _to_login(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/live"):
            return web.Response(status=401, text="")
        target = quote(request.path) if request.method == "GET" else "/console/"
        raise web.HTTPSeeOther(f"/console/login?next={target}")


async def _checked_form(request: web.Request, session: Session) -> Mapping[str, str]:
    """The text fields of a form; 403 where it was not made for this session."""
    if request.content_type != "application/x-www-form-urlencoded":  # the console has no other forms
        raise web.HTTPBadRequest
    try:
        fields = await request.post()
    except (LookupError, ValueError):  # an unknown encoding, or not in it
        raise web.HTTPBadRequest from None
    form = {name: _clean(value) for name, value in fields.items() if isinstance(value, str)}
    if not csrf_matches(session, form):
        raise web.HTTPForbidden(reason=CSRF_FIELD)
    return form


def _clean(value: str) -> str:
    """Without control characters and broken surrogates, which no field of ours is meant to hold; new lines stay."""
    return "".join(char for char in value if char in "\n\r\t" or unicodedata.category(char) not in {"Cc", "Cs"})


class Once:
    """Tokens of confirmation pages: what was confirmed is done once, however often the button is pressed."""

    def __init__(self) -> None:
        self._used: deque[str] = deque(maxlen=_REMEMBERED)

    @staticmethod
    def token() -> str:
        return secrets.token_urlsafe(12)

    def use(self, token: str) -> bool:
        """True at the first use."""
        if not token or token in self._used:
            return False
        self._used.append(token)
        return True


def told(error: MimamoriError) -> dict[str, str]:
    """An error as a message of a page."""
    return {"kind": "bad", "ja": error.ja, "en": error.en}
