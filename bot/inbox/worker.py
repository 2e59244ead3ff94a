"""The worker: claims what is new, advances each conversation, and writes it all in one transaction."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import MimamoriError, StorageUnavailable
from bot.domain.reading import Priority
from bot.domain.rereading import readings_json
from bot.domain.states import OPEN_CASES, Language
from bot.engine.advance import advance
from bot.engine.effects import Escalated
from bot.engine.events import Enrolled, Replied
from bot.inbox import flood
from bot.inbox.apply import apply_effects
from bot.inbox.events import circumstances_of, event_of
from bot.storage.bells import wait_for
from bot.storage.changes import Changes, load_changes, write_changes
from bot.storage.conversations import load_conversations, save_conversations
from bot.storage.inbox import Handled, Item, claim, count_replies, mark_handled
from bot.storage.scripts import find_version

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from bot.domain.clock import Clock
    from bot.domain.office import Office
    from bot.reading.reader import Reader
    from bot.scripts.bundle import ScriptBundle
    from bot.scripts.library import ScriptLibrary
    from bot.storage.bells import Bells
    from bot.storage.conversations import Conversation
    from bot.storage.database import Database, Tx

log = structlog.get_logger(__name__)
_REPORTS_BACK = timedelta(days=2)
_IDLE_SECONDS = 1.0


class Worker:
    """Takes inbox rows to their end; as many workers as one likes may run against one database."""

    def __init__(  # the ports that a turn needs
        self,
        database: Database,
        library: ScriptLibrary,
        reader: Reader,
        office: Office,
        clock: Clock,
        bells: Bells,
        default_program: str,
    ) -> None:
        self._database = database
        self._library = library
        self._reader = reader
        self._office = office
        self._clock = clock
        self._bells = bells
        self._default_program = default_program
        self._trying: list[int] = []

    async def run(self) -> None:
        """Work until cancelled; sleep while there is nothing to do."""
        with self._bells.listen("inbox") as bell:
            while True:
                bell.clear()
                if not await self.step():
                    await wait_for(bell, _IDLE_SECONDS)

    async def step(self) -> int:
        """One batch; the number of rows that came to their end. A database that is away is waited for."""
        try:
            return await self._batch_or_one_by_one()
        except StorageUnavailable as error:
            log.warning("inbox.storage_unavailable", error=error.en)
            return 0

    async def _batch_or_one_by_one(self) -> int:
        try:
            return await self._batch(None)
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  # one poisoned row must not hold up the others
            log.warning("inbox.batch_failed", error=type(error).__name__)
        return await self._one_by_one()

    async def _batch(self, only: Sequence[int] | None, most: int | None = None) -> int:
        async with self._database.write() as tx:
            items = (await claim(tx, only))[:most]
            self._trying = [item.id for item in items]
            if items:
                await self._handle(tx, items)
        if items:
            self._bells.ring("outbox")
            self._bells.ring("timers")
            self._bells.ring("handled")
            self._bells.ring("live")
            await asyncio.sleep(0)
        return len(items)

    async def _one_by_one(self) -> int:
        async with self._database.read() as tx:
            waiting = list(dict.fromkeys(item.conversation_id for item in await claim(tx)))
        done = 0
        for conversation_id in waiting:
            try:
                done += await self._batch([conversation_id], most=1)
            except StorageUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  # whatever it is, a person must see the text
                log.error("inbox.dead_letter", error=type(error).__name__)
                done += await self._bury(conversation_id, self._trying)
        return done

    async def _bury(self, conversation_id: int, failed: Sequence[int]) -> int:
        """These rows of the conversation cannot be handled: dead letter, and a person reads them."""
        async with self._database.write() as tx:
            items = [item for item in await claim(tx, [conversation_id]) if item.id in failed]
            for item in items:
                changes = await load_changes(tx, [conversation_id], self._today(), self._clock.now())
                changes.escalate(conversation_id, Escalated(Priority.URGENT, "unreadable", None, ""))
                await write_changes(tx, changes)
                await mark_handled(tx, [Handled(item.id, "dead", "unreadable")], self._clock.now())
        self._bells.ring("handled")
        return len(items)

    def _today(self) -> date:
        """The first day whose reports can still change."""
        return (self._clock.now() - _REPORTS_BACK).date()

    async def _handle(self, tx: Tx, items: Sequence[Item]) -> None:
        """Read, advance and write the rows of some conversations, each conversation's in order."""
        now = self._clock.now()
        ids = list(dict.fromkeys(item.conversation_id for item in items))
        conversations = await load_conversations(tx, ids)
        await self._know_versions(tx, list(conversations.values()))
        changes = await load_changes(tx, ids, self._today(), now)
        counts = await count_replies(tx, ids, now - flood.WITHIN)
        floods = {conversation_id for conversation_id, number in counts.items() if number >= flood.MANY}
        handled = [self._turn(item, conversations[item.conversation_id], changes, floods) for item in items]
        await write_changes(tx, changes)
        await save_conversations(tx, list(conversations.values()), now)
        await mark_handled(tx, handled, now)

    async def _know_versions(self, tx: Tx, conversations: Sequence[Conversation]) -> None:
        """A version that another process took is read from the database once."""
        pinned = {(item.program, item.version) for item in conversations if item.program and item.version}
        for program, version in pinned:
            if self._library.knows(str(program), str(version)):
                continue
            sources = await find_version(tx, str(program), str(version))
            if sources is not None:
                self._library.add_stored(str(program), str(version), dict(sources))

    def _turn(self, item: Item, conversation: Conversation, changes: Changes, floods: Collection[int]) -> Handled:
        if item.kind == "enrolled":
            self._pin(conversation, item.payload["case_id"])
        bundle = self._bundle(conversation)
        event = event_of(item, conversation, bundle.script, self._reader)
        if isinstance(event, Enrolled) and not _others_in_care(conversation, item.payload["case_id"]):
            conversation.session.language = Language(item.payload["language"])
        handled = Handled(item.id)
        if isinstance(event, Replied):
            handled.reading = readings_json(event.parts)
            handled.circumstances = circumstances_of(conversation, bundle.script).to_json()
        try:
            limits = self._office.quiet, self._office.an_hour
            session, effects = advance(bundle.script, conversation.session, event, changes.now, *limits)
        except MimamoriError as refusal:
            return Handled(item.id, "refused", f"{refusal.field or ''}\n{refusal.ja}\n{refusal.en}")
        conversation.session = session
        if item.conversation_id in floods and isinstance(event, Replied):
            effects = flood.gathered(changes, item.conversation_id, effects)
        apply_effects(changes, conversation, bundle, self._office, item.id, effects)
        return handled

    def _pin(self, conversation: Conversation, case_id: int) -> None:
        """A conversation that begins takes the current version of its first case's program, and keeps it."""
        if conversation.program is None or not _others_in_care(conversation, case_id):
            case = next(case for case in conversation.cases if case.id == case_id)
            conversation.program = case.program
            conversation.version = self._library.current(case.program).version

    def _bundle(self, conversation: Conversation) -> ScriptBundle:
        """The pinned script; for a number outside the roster the default program's."""
        if conversation.program is None or conversation.version is None:
            return self._library.current(self._default_program)
        programs = {case.id: case.program for case in conversation.cases}
        for member in conversation.session.members:
            if programs[member.case_id] != conversation.program:
                member.program = self._library.current(programs[member.case_id]).script.program
        return self._library.get(conversation.program, conversation.version)


def _others_in_care(conversation: Conversation, case_id: int) -> bool:
    """Whether somebody else on this phone is being looked after."""
    return any(member.case_id != case_id for member in conversation.session.in_state(*OPEN_CASES))
