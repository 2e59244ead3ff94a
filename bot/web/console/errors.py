"""Errors of pages in words: what happened, what to do, and an id; never a trace, never personal data."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.domain.errors import InvalidInput, MimamoriError, NotFound, Refused, StorageUnavailable
from bot.web.console.pages import environment
from bot.web.session import CSRF_FIELD

if TYPE_CHECKING:
    from bot.web.console.access import Handler

log = structlog.get_logger(__name__)
_JSON_DOORS = ("/webhook/", "/demo/api/")
_STATUS = {InvalidInput: 400, NotFound: 404, Refused: 409, StorageUnavailable: 503}

Sentence = tuple[str, str]
_UNKNOWN: tuple[Sentence, Sentence] = (
    ("このご依頼は受け付けられませんでした", "This request cannot be taken"),
    ("前のページに戻って、もう一度お試しください。", "Go back and try again."),
)
_WORDS: dict[int, tuple[Sentence, Sentence]] = {
    400: _UNKNOWN,
    403: (
        ("このページを開く権限がありません", "You may not open this page"),
        ("必要なときは、システム管理者に権限を頼んでください。", "Ask an administrator if you need it."),
    ),
    404: (
        ("ページが見つかりません", "Page not found"),
        ("アドレスを確かめるか、対応待ちの一覧から開き直してください。", "Check the address, or start from the queue."),
    ),
    405: (
        ("この操作はここではできません", "This cannot be done here"),
        ("ページを開き直し、ボタンから操作してください。", "Open the page again and use its buttons."),
    ),
    409: (
        ("今の状態では、その操作はできません", "The present state does not allow this"),
        ("画面を開き直して、状態を確かめてください。", "Open the page again and look at its state."),
    ),
    413: (
        ("送られた内容が大きすぎます", "Too much was sent"),
        ("本文を短くして、もう一度お試しください。", "Shorten the text and try again."),
    ),
    500: (
        ("システムの中で問題が起きました", "Something went wrong inside"),
        ("操作が済んでいるか、開き直して確かめてください。続くときは下の番号をシステム管理者に伝えてください。",
         "Open the page again to see whether it was done. If this goes on, tell an administrator the id below."),
    ),
    503: (
        ("いまデータベースを使えません", "The database cannot be used now"),
        ("届いたSMSは失われません。少し待って開き直してください。", "No text is lost. Wait, then reopen the page."),
    ),
}  # fmt: skip
_CSRF: tuple[Sentence, Sentence] = (
    ("フォームの有効期限が切れました", "This form has expired"),
    ("操作は行われていません。前のページを開き直して、もう一度お試しください。",
     "Nothing was done. Open the page again and retry."),
)  # fmt: skip


@web.middleware
async def error_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Pages for every error; the JSON doors answer for themselves."""
    if request.path.startswith(_JSON_DOORS):
        return await handler(request)
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _http(error)
    except MimamoriError as error:
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        return _page(status, (_WORDS[status][0], (error.ja, error.en)), _logged(error, request, status))
    except Exception as error:  # noqa: BLE001  # a person gets words and an id, whatever it is
        return _page(500, _WORDS[500], _logged(error, request, 500))


def _http(error: web.HTTPException) -> web.Response:
    words = _CSRF if error.status == 403 and error.reason == CSRF_FIELD else _WORDS.get(error.status, _UNKNOWN)
    response = _page(error.status, words, None)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _page(status: int, words: tuple[Sentence, Sentence], incident: str | None) -> web.Response:
    title, advice = words
    html = environment().get_template("error.html").render(status=status, title=title, advice=advice, incident=incident)
    headers = {"Retry-After": "5"} if status == 503 else None
    return web.Response(text=html, content_type="text/html", status=status, headers=headers)


def _logged(error: Exception, request: web.Request, status: int) -> str | None:
    """Note an incident; the log gets the kind of error and where it arose, never its words."""
    if status < 500:
        return None
    incident = uuid.uuid4().hex[:12]
    resource = request.match_info.route.resource
    log.error(
        "console.failed",
        incident=incident,
        error=type(error).__name__,
        at=_place(error),
        page=resource.canonical if resource else None,
    )
    return incident


def _place(error: Exception) -> str:
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
