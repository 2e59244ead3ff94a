"""Staff mark a reading as wrong: the reply goes to the review list without name or number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.corrections.labels import Labels, check_labels, labels_as_read
from bot.corrections.scrub import scrub
from bot.domain.errors import InvalidInput, NotFound, Refused
from bot.domain.reading import Context
from bot.domain.rereading import readable
from bot.storage.audit import note_action
from bot.storage.conversations import all_names, find_phone
from bot.storage.corrections import OPEN, find_mark, put_correction, put_mark, remove_mark, take_turns
from bot.storage.readings import StoredReply, find_reply

if TYPE_CHECKING:
    from bot.domain.clock import Clock
    from bot.domain.office import Office
    from bot.storage.bells import Bells
    from bot.storage.database import Database, Tx, Values


class Marking:
    """A mark changes no conversation; it can be taken back until a manager has decided."""

    def __init__(self, database: Database, office: Office, clock: Clock, bells: Bells) -> None:
        self._database = database
        self._office = office
        self._clock = clock
        self._bells = bells

    async def reply(self, conversation_id: int, reply_id: int) -> StoredReply:
        """A reply that was read; raises NotFound."""
        async with self._database.read() as tx:
            return await self._find(tx, conversation_id, reply_id)

    async def mark(self, conversation_id: int, reply_id: int, staff: str, wanted: Labels) -> None:
        """Put a reply on the review list with its right labels.

        Raises NotFound, Refused after a manager's decision, and InvalidInput where nothing differs from the reading.
        """
        now = self._clock.now()
        async with self._database.write() as tx:
            await take_turns(tx)
            reply = await self._find(tx, conversation_id, reply_id)
            await _undecided(tx, reply_id)
            if check_labels(wanted) == labels_as_read(reply.readings):
                raise InvalidInput(
                    "今の読み取りと同じです。正しい緊急度か用件を選んでください。",
                    "This is what was read. Choose what is right instead.",
                    field="priority",
                )
            mark_id = await put_mark(tx, (conversation_id, reply_id), wanted.priority[0], staff, now)
            await put_correction(tx, mark_id, await self._entry(tx, reply, wanted) | {"staff": staff, "at": now})
            await note_action(tx, staff, "reading_marked", conversation_id, now)
        self._bells.ring("live")

    async def unmark(self, conversation_id: int, reply_id: int, staff: str) -> None:
        """Take a mark back; raises Refused after a manager's decision, NotFound where there is none."""
        async with self._database.write() as tx:
            await take_turns(tx)
            await self._find(tx, conversation_id, reply_id)
            mark_id = await _undecided(tx, reply_id)
            if mark_id is None:
                raise NotFound("この返信には訂正がありません。", "This reply has no mark.")
            await remove_mark(tx, mark_id)
            await note_action(tx, staff, "reading_unmarked", conversation_id, self._clock.now())
        self._bells.ring("live")

    async def _find(self, tx: Tx, conversation_id: int, reply_id: int) -> StoredReply:
        reply = await find_reply(tx, self._office.code, conversation_id, reply_id)
        if reply is None or not reply.readings:
            raise NotFound("その返信はないか、まだ読み取られていません。", "No such reply, or it was not read yet.")
        return reply

    async def _entry(self, tx: Tx, reply: StoredReply, wanted: Labels) -> Values:
        """What the review list gets to see."""
        people = await all_names(tx, reply.conversation_id)
        scrubbed = scrub(readable(reply.text), people, [await find_phone(tx, reply.conversation_id)])
        context = reply.circumstances.context if reply.circumstances else Context.FREE
        return {
            "office": self._office.code, "text": scrubbed.text, "context": context,
            "language": "ja" if reply.language.startswith("ja") else reply.language,
            "reading": [{**reading, "who": []} for reading in scrubbed.moved(reply.readings)],
            "wanted": wanted.to_dict(), "version": reply.version,
        }  # fmt: skip


def wanted_labels(reply: StoredReply, **chosen: object) -> Labels:
    """The labels that a reply was read as, with what was chosen instead (values of None keep the reading's)."""
    changes = {name: value for name, value in chosen.items() if value is not None}
    return replace(labels_as_read(reply.readings), **changes)  # type: ignore[arg-type]  # fields of Labels


async def _undecided(tx: Tx, reply_id: int) -> int | None:
    mark = await find_mark(tx, reply_id)
    if mark is not None and mark["state"] != OPEN:
        raise Refused(
            "この訂正は管理者がもう判断したため、変えられません。",
            "A manager has decided on this already; it cannot be changed.",
        )
    return mark["id"] if mark else None
