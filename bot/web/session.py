"""Browser sessions, CSRF tokens and the security headers of every answer."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import TYPE_CHECKING

import aiohttp_session
from aiohttp import web
from aiohttp_session.cookie_storage import EncryptedCookieStorage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp_session import Session

SESSION_SECONDS = 12 * 60 * 60
CSRF_FIELD = "csrf"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Server": "mimamori",
}
_TRANSPORT = "max-age=31536000"


def setup_sessions(app: web.Application, key: bytes, *, secure: bool) -> None:
    """Encrypted cookies (``key``: 32 bytes) that scripts cannot read and that other sites' forms do not carry."""
    storage = EncryptedCookieStorage(
        key,
        cookie_name="__Host-mimamori" if secure else "mimamori",
        max_age=SESSION_SECONDS,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
    app.middlewares.append(aiohttp_session.session_middleware(storage))


def setup_security_headers(app: web.Application, *, secure: bool) -> None:
    """Every answer carries the headers, also static files and errors; nothing is kept by caches unless it says so."""

    async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(SECURITY_HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        if secure:
            response.headers.setdefault("Strict-Transport-Security", _TRANSPORT)

    app.on_response_prepare.append(add_headers)


async def begin_session(request: web.Request, account_id: int, epoch: int) -> None:
    """Sign an account in: a new session with a new token, whatever was there before."""
    session = await aiohttp_session.new_session(request)
    session["account"], session["epoch"] = account_id, epoch
    session["id"], session["since"] = secrets.token_urlsafe(16), int(time.time())
    session[CSRF_FIELD] = secrets.token_urlsafe(32)


async def end_session(request: web.Request, ended: EndedSessions) -> None:
    """Sign out; the cookie's old value is refused from now on, wherever it may be kept."""
    session = await aiohttp_session.get_session(request)
    ended.add(str(session.get("id", "")))
    fresh = await aiohttp_session.new_session(request)
    fresh[CSRF_FIELD] = secrets.token_urlsafe(32)


def csrf_token(session: Session) -> str:
    """The token that each form of this session carries."""
    if CSRF_FIELD not in session:
        session[CSRF_FIELD] = secrets.token_urlsafe(32)
    return str(session[CSRF_FIELD])


def csrf_matches(session: Session, form: Mapping[str, object]) -> bool:
    """Whether a form was made for this session."""
    expected, given = session.get(CSRF_FIELD), form.get(CSRF_FIELD)
    if not isinstance(expected, str) or not isinstance(given, str):
        return False
    return hmac.compare_digest(expected.encode(), given.encode())


def signed_in(session: Session, ended: EndedSessions) -> tuple[int, int] | None:
    """Account id and epoch of a session that is not over; None where nobody is signed in."""
    account, epoch, since = session.get("account"), session.get("epoch"), session.get("since")
    if not (isinstance(account, int) and isinstance(epoch, int) and isinstance(since, int)):
        return None
    if time.time() - since > SESSION_SECONDS or session.get("id") in ended:
        return None
    return account, epoch


class EndedSessions:
    """Ids of sessions that were signed out before their time, of this process."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def add(self, session_id: str) -> None:
        now = time.time()
        self._until = {known: until for known, until in self._until.items() if until > now}
        self._until[session_id] = now + SESSION_SECONDS

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._until
