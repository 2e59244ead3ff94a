"""The aiohttp application: what every door has in common."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bot.domain.errors import InvalidInput, MimamoriError, NotFound, Refused, StorageUnavailable
from bot.domain.gateway import NotActed, RefusedRequest
from bot.residents.roster import InvalidResident

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_JSON_DOORS = ("/webhook/", "/demo/api/")
_DEMO_DOORS = ("/demo", "/webhook/sandbox")
_LOCAL = ("127.0.0.1", "::1")
_LOCAL_NAMES = ("127.0.0.1", "::1", "localhost")


def make_app(max_request_bytes: int) -> web.Application:
    """An application whose JSON doors answer every error as JSON; pages add their own middlewares."""
    app = web.Application(client_max_size=max_request_bytes, middlewares=[_json_errors])
    app.router.add_get("/healthz", _healthy)
    return app


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The demo's doors do not open to other machines, nor to other sites in this machine's browser."""
    if request.path.startswith(_DEMO_DOORS) and (request.remote not in _LOCAL or _is_foreign(request)):
        raise web.HTTPForbidden(text="demo: loopback only")
    return await handler(request)


def _is_foreign(request: web.Request) -> bool:
    """Whether another site in this machine's browser asks (also by a name that it has pointed at this machine)."""
    origin = request.headers.get("Origin")
    hosts = [request.url.host, *([urlsplit(origin).hostname] if origin else [])]
    cross = request.headers.get("Sec-Fetch-Site") == "cross-site"
    return cross or any(host not in _LOCAL_NAMES for host in hosts)


async def _healthy(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


@web.middleware
async def _json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not request.path.startswith(_JSON_DOORS):
        return await handler(request)
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _problem(error.status, str(error.reason), str(error.reason))
    except MimamoriError as error:
        return _told(error)
    except Exception as error:  # noqa: BLE001  # whoever calls gets an id, never a trace
        incident = uuid.uuid4().hex[:12]
        log.error("web.failed", incident=incident, error=type(error).__name__)
        return _problem(500, f"内部エラー({incident})", f"Internal error ({incident})")


def _told(error: MimamoriError) -> web.Response:
    if isinstance(error, InvalidResident):
        fields = {name: {"ja": item.ja, "en": item.en} for name, item in error.fields.items()}
        return web.json_response({"error": error.en, "error_ja": error.ja, "fields": fields}, status=422)
    status = _STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, RefusedRequest) and error.code == "credentials":
        status = HTTPStatus.UNAUTHORIZED
    return _problem(status, error.ja, error.en, error.field)


_STATUS = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    NotFound: HTTPStatus.NOT_FOUND,
    Refused: HTTPStatus.CONFLICT,
    RefusedRequest: HTTPStatus.FORBIDDEN,
    NotActed: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def _problem(status: int, japanese: str, english: str, field: str | None = None) -> web.Response:
    body = {"error": english, "error_ja": japanese, **({"field": field} if field else {})}
    return web.json_response(body, status=status, headers=_HEADERS.get(status))


_HEADERS: dict[int, dict[str, str]] = {
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "5"},
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'Basic realm="mimamori"'},  # some providers log in only when asked
}
