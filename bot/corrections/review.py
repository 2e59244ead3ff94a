"""Managers decide on marked readings: an accepted one becomes a labelled example."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.corrections.labels import CONTEXTS, LANGUAGES, LONGEST_TEXT, Labels, check_labels
from bot.domain.errors import InvalidInput, NotFound, Refused
from bot.domain.text import is_clean
from bot.storage.audit import note_action
from bot.storage.corrections import (
    ACCEPTED,
    DECLINED,
    OPEN,
    decide,
    decided_corrections,
    example_ids,
    find_correction,
    open_correction_count,
    open_corrections,
    take_turns,
)

if TYPE_CHECKING:
    from bot.corrections.examples import Examples
    from bot.domain.clock import Clock
    from bot.domain.office import Office
    from bot.storage.bells import Bells
    from bot.storage.database import Database, Tx, Values

PAGE = 50
"""Entries on one page of the list."""
LONGEST_REASON = 300
_LATEST = 20


@dataclass(frozen=True, slots=True)
class Example:
    """What a manager makes of an entry."""

    text: str
    language: str
    context: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class Waiting:
    """One page of the review list, and what was decided last."""

    entries: list[Values]
    decided: list[Values]
    total: int
    page: int
    pages: int


class Review:
    """The review list of one office."""

    def __init__(self, database: Database, office: Office, clock: Clock, bells: Bells, examples: Examples) -> None:
        self._database = database
        self._office = office
        self._clock = clock
        self._bells = bells
        self._examples = examples

    async def waiting(self, page: int) -> Waiting:
        """Page ``page`` (from 1; the last one where there are fewer)."""
        async with self._database.read() as tx:
            total = await open_correction_count(tx, self._office.code)
            pages = max(-(-total // PAGE), 1)
            page = min(max(page, 1), pages)
            entries = await open_corrections(tx, self._office.code, PAGE, (page - 1) * PAGE)
            decided = await decided_corrections(tx, self._office.code, _LATEST)
        return Waiting(entries, decided, total, page, pages)

    async def entry(self, entry_id: int) -> Values:
        """One entry, decided or not; raises NotFound."""
        async with self._database.read() as tx:
            return await self._find(tx, entry_id, lock=False)

    async def accept(self, entry_id: int, staff: str, example: Example) -> str:
        """Make it a labelled example; its id.

        The line is written before the decision is committed: cut off between the two, the entry is still open, and
        accepting it again finds the line there. Raises InvalidInput, ExamplesUnwritable, and Refused where it was
        decided already or the same text is an example with other labels.
        """
        _check(example)
        now = self._clock.now()
        async with self._database.write() as tx:
            entry = await self._undecided(tx, entry_id)
            taken = await example_ids(tx)
            example_id = await asyncio.to_thread(
                self._examples.add, example.labels, example.language, example.context, example.text, taken
            )
            await decide(
                tx, entry, ACCEPTED, changed_at=now, decided_at=now, decided_by=staff, example_id=example_id,
                text=example.text, language=example.language, context=example.context, wanted=example.labels.to_dict(),
            )  # fmt: skip
            await note_action(tx, staff, "correction_accepted", None, now)
        self._bells.ring("live")
        return example_id

    async def decline(self, entry_id: int, staff: str, reason: str) -> None:
        """End an entry without an example; the reason is shown to the colleague who marked the reading."""
        if not reason or len(reason) > LONGEST_REASON or not is_clean(reason):
            raise InvalidInput(
                f"見送る理由を{LONGEST_REASON}文字までで書いてください。",
                f"Give a reason of up to {LONGEST_REASON} characters.",
                field="reason",
            )
        now = self._clock.now()
        async with self._database.write() as tx:
            entry = await self._undecided(tx, entry_id)
            await decide(tx, entry, DECLINED, changed_at=now, decided_at=now, decided_by=staff, reason=reason)
            await note_action(tx, staff, "correction_declined", None, now)
        self._bells.ring("live")

    async def reopen(self, entry_id: int, staff: str) -> None:
        """Take a refusal back."""
        now = self._clock.now()
        async with self._database.write() as tx:
            await take_turns(tx)
            entry = await self._find(tx, entry_id)
            if entry["state"] != DECLINED:
                raise Refused("見送ったものだけを戻せます。", "Only what was declined can be opened again.")
            await decide(tx, entry, OPEN, changed_at=now, decided_at=None, decided_by=None, reason=None)
            await note_action(tx, staff, "correction_reopened", None, now)
        self._bells.ring("live")

    async def _undecided(self, tx: Tx, entry_id: int) -> Values:
        await take_turns(tx)
        entry = await self._find(tx, entry_id)
        if entry["state"] != OPEN:
            raise Refused("この訂正はもう判断されています。", "This has been decided already.")
        return entry

    async def _find(self, tx: Tx, entry_id: int, *, lock: bool = True) -> Values:
        entry = await find_correction(tx, self._office.code, entry_id, lock=lock)
        if entry is None:
            raise NotFound(
                "その訂正はありません。取り消されたのかもしれません。", "No such entry; it may have been undone."
            )
        return entry


def _check(example: Example) -> None:
    check_labels(example.labels)
    if not example.text.strip() or len(example.text) > LONGEST_TEXT or not is_clean(example.text):
        raise InvalidInput(
            f"本文を{LONGEST_TEXT}文字までで入力してください。",
            f"The text must have 1 to {LONGEST_TEXT} characters.",
            field="text",
        )
    if example.context not in CONTEXTS or example.language not in LANGUAGES:
        raise InvalidInput(
            "直前の質問とことばを選んでください。", "Choose the question and the language.", field="context"
        )
