"""One reply: what was read and why, reading it again, and marking the reading as wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.corrections.labels import INTENTS, PRIORITIES, Labels, labels_as_read
from bot.domain.errors import MimamoriError
from bot.domain.reading import Priority
from bot.storage.accounts import names_by_login
from bot.storage.audit import note_action
from bot.storage.corrections import find_mark, wanted_of
from bot.storage.timeline import cases_of
from bot.web.console.access import Visit, told
from bot.web.console.conversation import note_view
from bot.web.console.labels import TOLD, groups_of_signs, labels_of_form, sign_words
from bot.web.console.marks import Piece, Read, pieces, reads
from bot.web.console.timeline import marked, members_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.storage.readings import StoredReply


async def show(visit: Visit) -> web.StreamResponse:
    """The reply with its reading and the form of its right labels."""
    reply = await _reply(visit)
    await note_view(visit, reply.conversation_id)
    async with visit.ports.database.read() as tx:
        row = await find_mark(tx, reply.id)
        wanted = await wanted_of(tx, row["id"]) if row else None
    return await _page(visit, reply, Labels.from_dict(wanted) if wanted else labels_as_read(reply.readings))


async def again(visit: Visit) -> web.StreamResponse:
    """The reply read again, with the rules that read it and with today's."""
    reply = await _reply(visit)
    reread = await visit.ports.corrections.rereader.again(reply)
    async with visit.ports.database.write() as tx:
        await note_action(tx, visit.who.login, "reading_reread", reply.conversation_id, visit.now)
    shown = {name: await _shown(visit, reply, readings)
             for name, readings in (("stored", reply.readings), ("kept", reread.kept), ("today", reread.today))
             if readings is not None}  # fmt: skip
    return await visit.page("reply_again.html", reply=reply, reread=reread, shown=shown)


async def mark(visit: Visit) -> web.StreamResponse:
    """Send the reply to the review list with its right labels."""
    reply = await _reply(visit)
    start = labels_as_read(reply.readings)
    wanted = labels_of_form(visit.form, start)
    try:
        await visit.ports.corrections.marking.mark(reply.conversation_id, reply.id, visit.who.login, wanted)
    except MimamoriError as error:
        return await _page(visit, reply, wanted, error)
    visit.say("good", *_marked_words(start, wanted))
    raise web.HTTPSeeOther(f"/console/conversations/{reply.conversation_id}#in-{reply.id}")


async def unmark(visit: Visit) -> web.StreamResponse:
    """Take the mark back."""
    conversation_id, reply_id = visit.number("id"), visit.number("reply")
    try:
        await visit.ports.corrections.marking.unmark(conversation_id, reply_id, visit.who.login)
    except MimamoriError as error:
        visit.say("bad", error.ja, error.en)
    else:
        visit.say("good", "訂正を取り消しました。", "The correction is taken back.")
    raise web.HTTPSeeOther(f"/console/conversations/{conversation_id}#in-{reply_id}")


def _marked_words(start: Labels, wanted: Labels) -> tuple[str, str]:
    graver = Priority(wanted.priority[0]).rank > Priority(start.priority[0]).rank
    if graver:
        return (
            "訂正を送りました。会話は変わっていません。急ぐときは「引き継ぐ」を押して、すぐ電話してください。",
            "Sent for review. The conversation has not changed: take over and call if it is urgent.",
        )
    return "訂正を送りました。会話は変わっていません。", "Sent for review. The conversation has not changed."


async def _reply(visit: Visit) -> StoredReply:
    return await visit.ports.corrections.marking.reply(visit.number("id"), visit.number("reply"))


async def _shown(
    visit: Visit, reply: StoredReply, readings: Sequence[Mapping[str, Any]]
) -> tuple[list[Piece], list[Read]]:
    """The text with its marks, and the readings in words."""
    async with visit.ports.database.read() as tx:
        names = members_at(await cases_of(tx, reply.conversation_id), reply.received_at)
    symptoms = {code: words.ja for code, words in sign_words(visit.ports.library).items()}
    return pieces(reply.text, readings, symptoms), reads(reply.text, readings, symptoms, names)


async def _page(
    visit: Visit, reply: StoredReply, labels: Labels, error: MimamoriError | None = None
) -> web.StreamResponse:
    async with visit.ports.database.read() as tx:
        row, staff = await find_mark(tx, reply.id), await names_by_login(tx)
    read = labels_as_read(reply.readings)
    cut, readings = await _shown(visit, reply, reply.readings)
    return await visit.page(
        "reply.html", status=409 if error else 200, reply=reply, pieces=cut, reads=readings, labels=labels,
        read_labels=read, mark=marked(row, Priority(read.priority[0]), staff), error=told(error) if error else None,
        field=error.field if error else None, **form_values(visit, labels),
    )  # fmt: skip


def form_values(visit: Visit, labels: Labels) -> dict[str, Any]:
    """What the form of labels is made of."""
    return {
        "priorities": PRIORITIES, "intents": INTENTS, "told": TOLD,
        "signs": groups_of_signs(labels), "sign_words": sign_words(visit.ports.library),
    }  # fmt: skip
