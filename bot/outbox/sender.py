"""The sender: the claim is committed, then the gateway is called outside any transaction, then the outcome is kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StorageUnavailable
from bot.domain.messages import Outcome, Submitted
from bot.domain.states import TextState
from bot.outbox.failures import tell_failures
from bot.storage import outbox as rows
from bot.storage.bells import wait_for
from bot.storage.outbox import Claimed, Settled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.clock import Clock
    from bot.domain.messages import Gateway
    from bot.storage.bells import Bells
    from bot.storage.database import Database

log = structlog.get_logger(__name__)

AT_ONCE = 50
"""Texts that are submitted at the same time; no more are claimed, so that a claimed one is submitted at once."""

GIVE_UP = timedelta(hours=24)
"""A text that the gateway would not take for so long has failed."""

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_IDLE_SECONDS = 1.0
_BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 180, 600))


class Sender:
    """Takes due texts to the gateway; any number of senders may share a database."""

    def __init__(self, database: Database, gateway: Gateway, clock: Clock, bells: Bells) -> None:
        self._database = database
        self._gateway = gateway
        self._clock = clock
        self._bells = bells

    async def run(self, *, only_process: bool) -> None:
        """Send until cancelled. ``only_process``: nobody else sends, so claims of an earlier life are void at once."""
        if only_process:
            await self._rescue()
        with self._bells.listen("outbox") as bell:
            while True:
                bell.clear()
                if not await self.step():
                    await wait_for(bell, _IDLE_SECONDS)

    async def step(self) -> int:
        """One round: find out about unknown texts, send due ones; how many were dealt with."""
        try:
            unknown, due = await self._claim()
            results = await asyncio.gather(*map(self._find_out, unknown), *map(self._submit, due))
            await self._record(results)
        except StorageUnavailable as error:
            log.warning("outbox.storage_unavailable", error=error.en)
            return 0
        return len(results)

    async def _claim(self) -> tuple[list[Claimed], list[Claimed]]:
        now = self._clock.now()
        async with self._database.write() as tx:
            await rows.expired_claims(tx, now)
            await rows.cancel_forbidden(tx, now)
            unknown = await rows.claim_unknown(tx, AT_ONCE, now)
            return unknown, await rows.claim_due(tx, AT_ONCE - len(unknown), now)

    async def _rescue(self) -> None:
        try:
            async with self._database.write() as tx:
                await rows.expired_claims(tx, self._clock.now(), restarted=True)
        except StorageUnavailable as error:
            log.warning("outbox.storage_unavailable", error=error.en)

    async def _submit(self, claimed: Claimed, *, duplicate: bool = False) -> Settled:
        submitted = await self._gateway.send(claimed.text)
        return self._settled(claimed, submitted, duplicate=duplicate)

    async def _find_out(self, claimed: Claimed) -> Settled:
        answer = await self._gateway.ask(claimed.text.reference)
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
        failed = [item.id for item in results if item.state in {TextState.REJECTED, TextState.UNDELIVERED}]
        message_ids = [item.message_id for item in results if item.message_id]
        async with self._database.write() as tx:
            await rows.settle(tx, results, now)
            failed += await rows.join_early_receipts(tx, message_ids, now)
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
