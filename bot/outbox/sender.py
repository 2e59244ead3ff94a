"""The sender: the claim is committed, then the gateway is called outside any transaction, then the outcome is kept."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StorageUnavailable
from bot.domain.gateway import road_of
from bot.domain.messages import Outcome, Submitted
from bot.domain.states import TextState
from bot.outbox.failures import tell_failures
from bot.storage import outbox as rows
from bot.storage.bells import wait_for
from bot.storage.outbox import NEVER, Claimed, Settled
from bot.storage.receipts import Failure, join_early

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.domain.clock import Clock
    from bot.domain.gateway import Gateway
    from bot.storage.bells import Bells
    from bot.storage.database import Database

log = structlog.get_logger(__name__)

AT_ONCE = 50
"""Texts that are submitted at the same time; no more are claimed, so that a claimed one is submitted at once."""

GIVE_UP = timedelta(hours=24)
"""A text that the gateway would not take for so long has failed."""

_IDLE_SECONDS = 1.0
_LAST_SECONDS = 2.0
_GATHER_SECONDS = 0.005
_BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 180, 600))


class Sender:
    """Takes due texts to the gateway; any number of senders may share a database."""

    def __init__(self, database: Database, gateway: Gateway, clock: Clock, bells: Bells) -> None:
        self._database = database
        self._gateway = gateway
        self._clock = clock
        self._bells = bells
        self._alone = False
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._done: list[Settled] = []

    async def run(self, *, only_process: bool) -> None:
        """Send until cancelled; a slow text holds up no other.

        ``only_process``: nobody else sends, so claims that this process does not hold (of an earlier life, or from
        before an outage) are void at once.
        """
        self._alone = only_process
        with self._bells.listen("outbox") as bell:
            try:
                while True:
                    await asyncio.sleep(_GATHER_SECONDS if self._busy else 0)  # let answers of the same moment join
                    bell.clear()
                    if not await self._round():
                        await wait_for(bell, _IDLE_SECONDS)
            finally:
                await self._let_finish()

    async def step(self) -> int:
        """One round to its end: find out about unknown texts, send due ones; how many were dealt with."""
        handled = await self._round()
        while self._busy:
            await asyncio.wait(self._busy.values())
        return handled + await self._flush()

    async def _round(self) -> int:
        """Write down what came back, and submit as much of what is due as fits; how many texts."""
        try:
            recorded = await self._flush()
            unknown, due = await self._claim(AT_ONCE - len(self._busy))
        except StorageUnavailable as error:
            log.warning("outbox.storage_unavailable", error=error.en)
            return 0
        for claimed in unknown:
            self._busy[claimed.id] = asyncio.create_task(self._finish(claimed, self._find_out))
        for claimed in due:
            self._busy[claimed.id] = asyncio.create_task(self._finish(claimed, self._submit))
        return recorded + len(unknown) + len(due)

    async def _finish(self, claimed: Claimed, act: Callable[[Claimed], Awaitable[Settled]]) -> None:
        try:
            settled = await act(claimed)
        except Exception as error:  # noqa: BLE001  # whatever a gateway does, nobody knows whether the text was taken
            settled = Settled(claimed.id, claimed.attempts, TextState.UNKNOWN, code=type(error).__name__)
        self._done.append(settled)
        del self._busy[claimed.id]
        self._bells.ring("outbox")

    async def _flush(self) -> int:
        """Record outcomes; those that the database cannot take now are kept for the next round."""
        done, self._done = self._done, []
        try:
            await self._record(done)
        except StorageUnavailable:
            self._done = [*done, *self._done]
            raise
        return len(done)

    async def _let_finish(self) -> None:
        """At the end a moment for what is under way; the rest is found out about at the next start."""
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=_LAST_SECONDS)
        for task in self._busy.values():
            task.cancel()
        with contextlib.suppress(StorageUnavailable):
            await self._flush()

    async def _claim(self, free: int = AT_ONCE) -> tuple[list[Claimed], list[Claimed]]:
        if free <= 0:
            return [], []
        now, held = self._clock.now(), [*self._busy, *(settled.id for settled in self._done)]
        async with self._database.write() as tx:
            await rows.expired_claims(tx, now, restarted=self._alone, held=held)
            await rows.cancel_forbidden(tx, now)
            unknown = await rows.claim_unknown(tx, free, now)
            return unknown, await rows.claim_due(tx, free - len(unknown), now)

    async def _submit(self, claimed: Claimed, *, duplicate: bool = False) -> Settled:
        submitted = await self._gateway.send(claimed.text)
        return self._settled(claimed, submitted, duplicate=duplicate)

    async def _find_out(self, claimed: Claimed) -> Settled:
        answer = await self._gateway.ask(claimed.text, None)
        if answer is None and claimed.resend:
            return await self._submit(claimed, duplicate=True)
        if answer is None:
            return Settled(claimed.id, claimed.attempts, TextState.UNKNOWN, code="unknown", due_at=NEVER)
        if answer.outcome is Outcome.RETRY:  # it never arrived there: from the start, with the last check
            return Settled(claimed.id, claimed.attempts, TextState.QUEUED, code=answer.code)
        return self._settled(claimed, answer, duplicate=False)

    def _settled(self, claimed: Claimed, submitted: Submitted, *, duplicate: bool) -> Settled:
        state, due = _STATES[submitted.outcome], None
        if state in {TextState.QUEUED, TextState.UNKNOWN}:
            if self._clock.now() - claimed.created_at > GIVE_UP:
                state = TextState.UNDELIVERED
            elif state is TextState.QUEUED or claimed.attempts > 1:  # the first time the gateway is asked at once
                due = self._later(claimed)
        return Settled(
            claimed.id, claimed.attempts, state, submitted.message_id, submitted.code, due, possible_duplicate=duplicate
        )

    def _later(self, claimed: Claimed) -> datetime:
        return self._clock.now() + _BACKOFF[min(claimed.attempts, len(_BACKOFF)) - 1]

    async def _record(self, results: Sequence[Settled]) -> None:
        if not results:
            return
        now = self._clock.now()
        failures = {TextState.REJECTED, TextState.UNDELIVERED}
        failed = [Failure(item.id, item.code, "") for item in results if item.state in failures]
        message_ids = [item.message_id for item in results if item.message_id]
        async with self._database.write() as tx:
            await rows.settle(tx, results, now)
            failed += await join_early(tx, road_of(self._gateway), message_ids, now)
            await tell_failures(tx, failed, now)
        if failed:
            self._bells.ring("inbox")
        self._bells.ring("live")


_STATES = {
    Outcome.ACCEPTED: TextState.ACCEPTED,
    Outcome.REJECTED: TextState.REJECTED,
    Outcome.RETRY: TextState.QUEUED,
    Outcome.UNKNOWN: TextState.UNKNOWN,
}
