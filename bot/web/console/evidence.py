"""The evidence sheet of a conversation: a page that can be printed, and the same as a PDF."""

from __future__ import annotations

import asyncio
import functools
import json
from typing import TYPE_CHECKING, NamedTuple

from aiohttp import web

from bot.storage.accounts import names_by_login
from bot.storage.audit import note_action
from bot.storage.conversations import load_conversations
from bot.storage.evidence import load_evidence
from bot.web.console.pages import HERE
from bot.web.console.sheet import Printing, Sheet, sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import typst

    from bot.storage.evidence import Row
    from bot.web.console.access import Visit

_TEMPLATE = HERE / "typst" / "evidence.typ"
_JAPANESE_FONTS = (
    "Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "Source Han Sans", "BIZ UDPGothic", "BIZ UDGothic",
    "IPAexGothic", "IPAPGothic", "IPAGothic", "TakaoPGothic", "TakaoGothic", "VL PGothic", "VL Gothic", "M PLUS 1p",
    "M PLUS 1", "Hiragino Sans", "Hiragino Kaku Gothic ProN", "Yu Gothic", "Meiryo", "MS PGothic", "MS Gothic",
    "Noto Serif CJK JP", "Noto Serif JP", "Source Han Serif JP", "IPAexMincho", "IPAMincho", "Hiragino Mincho ProN",
    "Yu Mincho", "MS Mincho",
)  # fmt: skip
_NO_FONT = {
    "kind": "bad",
    "ja": "このサーバーに日本語のフォントがないため、PDFを作れません。このページをブラウザーで印刷してください。"
    "運用担当者へ: fonts-noto-cjk(Debian・Ubuntu)などを入れて、起動し直してください。",
    "en": "No PDF: this server has no Japanese font. Print this page with your browser. Operators: install one, for "
    "example fonts-noto-cjk (Debian, Ubuntu), and restart.",
}


class _Asked(NamedTuple):
    """``case_id`` is None for everybody on the phone."""

    case_id: int | None
    replies: bool


async def show(visit: Visit) -> web.StreamResponse:
    """The sheet as a page; that it was opened is noted."""
    return await _page(visit, "evidence_viewed")


async def pdf(visit: Visit) -> web.StreamResponse:
    """The sheet as a PDF, its name without any name or number; that it was made is noted."""
    fonts = await asyncio.to_thread(_fonts)
    if not japanese_fonts(fonts):
        return await _page(visit, "evidence_viewed", status=503)
    made, _ = await _sheet(visit, "evidence_printed")
    body = await asyncio.to_thread(as_pdf, made, fonts)
    name = f"mimamori-evidence-{made.conversation}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type="application/pdf", headers=headers)


def as_pdf(made: Sheet, fonts: typst.Fonts) -> bytes:
    """The sheet as pages; what it says is handed over as data, never as part of the template."""
    import typst  # noqa: PLC0415  # 7 MB that a server needs only once somebody prints

    inputs = {"sheet": json.dumps({**made.as_data(), "fonts": japanese_fonts(fonts)}, ensure_ascii=False)}
    done = typst.compile(_TEMPLATE.read_bytes(), font_paths=fonts, sys_inputs=inputs)
    if not isinstance(done, bytes):
        raise TypeError
    return done


def japanese_fonts(fonts: typst.Fonts) -> list[str]:
    """Those of the system that have Japanese letters, the best first."""
    there = set(fonts.families())
    return [name for name in _JAPANESE_FONTS if name in there]


@functools.cache
def _fonts() -> typst.Fonts:
    """The system's fonts and those of the typst wheel (which has no Japanese ones); finding them takes a second."""
    import typst  # noqa: PLC0415  # see as_pdf

    return typst.Fonts()


async def _page(visit: Visit, action: str, status: int = 200) -> web.StreamResponse:
    made, cases = await _sheet(visit, action)
    message = None if japanese_fonts(await asyncio.to_thread(_fonts)) else _NO_FONT
    asked = _asked(visit.request.query)
    return await visit.page("evidence.html", status=status, sheet=made, cases=cases, asked=asked, message=message)


async def _sheet(visit: Visit, action: str) -> tuple[Sheet, Sequence[Row]]:
    """The sheet and the cases of the phone; 404 where the office has no such conversation.

    Nothing is handed out that was not noted.
    """
    ports, asked, conversation_id = visit.ports, _asked(visit.request.query), visit.number("id")
    async with ports.database.read() as tx:
        conversation = (await load_conversations(tx, [conversation_id])).get(conversation_id)
        if conversation is None or conversation.office != ports.office.code:
            raise web.HTTPNotFound
        evidence = await load_evidence(tx, conversation_id)
        staff = await names_by_login(tx)
    if asked.case_id is not None and asked.case_id not in {row["id"] for row in evidence.cases}:
        raise web.HTTPNotFound
    async with ports.database.write() as tx:
        await note_action(tx, visit.who.login, action, conversation_id, visit.now)
    by = f"{visit.who.name}({visit.who.login})"
    printing = Printing(ports.office.name, ports.office.phone, by, visit.now, asked.case_id, asked.replies)
    return sheet(conversation, evidence, staff, printing), evidence.cases


def _asked(query: Mapping[str, str]) -> _Asked:
    case = query.get("case", "")
    if case and not (case.isascii() and case.isdecimal() and len(case) <= 15):
        raise web.HTTPNotFound
    return _Asked(int(case) if case else None, query.get("replies") == "1")
