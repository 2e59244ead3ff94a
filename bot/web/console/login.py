"""Signing in and out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aiohttp import web

from bot.storage.accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from bot.storage.audit import note_action
from bot.web.console.accounts import LONGEST_PASSWORD, verify
from bot.web.session import begin_session, end_session

if TYPE_CHECKING:
    from bot.storage.accounts import Account
    from bot.web.console.access import Guard, Visit
    from bot.web.console.throttle import LoginThrottle

_HOME = "/console/"
_LONGEST_LOGIN = 60


class LoginViews:
    """The login page and its form, and the logout button."""

    def __init__(self, guard: Guard, throttle: LoginThrottle) -> None:
        self._guard = guard
        self._throttle = throttle

    async def form(self, visit: Visit) -> web.StreamResponse:
        """The page; whoever is signed in goes on to where they wanted to."""
        target = safe_target(visit.request.query.get("next", _HOME))
        if visit.account:
            raise web.HTTPSeeOther(target)
        return await self._page(visit, target)

    async def sign_in(self, visit: Visit) -> web.StreamResponse:
        """Check the password, unless this login was tried too often of late."""
        login = visit.form.get("login", "").strip().lower()[:_LONGEST_LOGIN]
        password = visit.form.get("password", "")[: LONGEST_PASSWORD + 1]
        target = safe_target(visit.form.get("next", _HOME))
        address = visit.request.remote or ""
        wait = math.ceil(self._throttle.wait(login, address).total_seconds())
        if wait:
            return await self._too_often(visit, target, login, wait)
        self._throttle.failed(login, address)
        account = await verify(visit.ports.database, login, password)
        if account is None:
            error = {"kind": "bad", "ja": "ログイン名かパスワードが違います。", "en": "Wrong login or password."}
            return await self._page(visit, target, login=login, message=error, status=403)
        self._throttle.succeeded(login, address)
        await self._begin(visit, account)
        raise web.HTTPSeeOther(target)

    async def sign_out(self, visit: Visit) -> web.StreamResponse:
        await end_session(visit.request, self._guard.ended)
        raise web.HTTPSeeOther("/console/login")

    async def _begin(self, visit: Visit, account: Account) -> None:
        async with visit.ports.database.write() as tx:
            await note_action(tx, account.login, "signed_in", None, visit.now)
        await begin_session(visit.request, account.id, account.session_epoch)

    async def _too_often(self, visit: Visit, target: str, login: str, wait: int) -> web.Response:
        message = {
            "kind": "bad",
            "ja": f"続けて間違えたため、あと{wait}秒お待ちください。",
            "en": f"Too many tries. Wait {wait} seconds.",
        }
        response = await self._page(visit, target, login=login, message=message, status=429)
        response.headers["Retry-After"] = str(wait)
        return response

    @staticmethod
    async def _page(
        visit: Visit, target: str, *, login: str = "", message: dict[str, str] | None = None, status: int = 200
    ) -> web.Response:
        demo_accounts = DEMO_ACCOUNTS if visit.ports.demo else ()
        return await visit.page(
            "login.html", status=status, target=target, login=login, message=message,
            demo_accounts=demo_accounts, demo_password=DEMO_PASSWORD,
        )  # fmt: skip


def safe_target(path: str) -> str:
    """A page of the console, never another site; the queue where it is anything else."""
    plain = path.startswith(_HOME) and "\\" not in path and "//" not in path and path.isprintable()
    return path if plain and not path.startswith("/console/log") else _HOME
