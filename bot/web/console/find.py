"""Finding a conversation by the telephone number that a person calls from; the number stays out of every address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from bot.domain.errors import InvalidInput
from bot.domain.phone import parse_phone
from bot.storage.conversations import find_conversation

if TYPE_CHECKING:
    from bot.web.console.access import Visit


async def find(visit: Visit) -> web.StreamResponse:
    """Go to the conversation with that number; else back to the queue with a sentence."""
    try:
        phone = parse_phone(visit.form.get("phone", ""))
    except InvalidInput as error:
        visit.say("bad", error.ja, error.en)
        raise web.HTTPSeeOther("/console/") from None
    async with visit.ports.database.read() as tx:
        conversation_id = await find_conversation(tx, visit.ports.office.code, phone)
    if conversation_id is None:
        visit.say("bad", "その番号とのやりとりはありません。", "There is no conversation with that number.")
        raise web.HTTPSeeOther("/console/")
    raise web.HTTPSeeOther(f"/console/conversations/{conversation_id}")
