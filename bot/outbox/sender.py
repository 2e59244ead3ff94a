"""The sender: the claim is committed, then the gateway is called outside any transaction, then the outcome is kept."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.domain.errors import StorageUnavailable
from bot.domain.messages import Outcome, Reason, Submitted
from bot.domain.states import TextState
from bot.outbox.failures import tell_failures
from bot.outbox.fate import partly_taken, patience, unanswered
from bot.outbox.limits import Limits
from bot.outbox.outcomes import Told, record
from bot.outbox.planner import AT_ONCE, GIVE_UP, Planner
from bot.storage import outbox as rows
from bot.storage.bells import wait_for
from bot.storage.due import carry_out, find_due
from bot.storage.expiry import with_expiry
from bot.storage.outbox import NEVER, Claimed
from bot.storage.rates import Rates
from bot.storage.receipts import Failure
from bot.storage.settle import Settled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.domain.clock import Clock
    from bot.outbox.router import Router
    from bot.storage.bells import Bells
    from bot.storage.database import Database, Tx
    from bot.storage.due import Plan

log = structlog.get_logger(__name__)

_LOOKED_AT = 200
"""Due texts that are looked at in one round where there are several roads: some may wait for theirs."""

_IDLE_SECONDS = 1.0
_LAST_SECONDS = 2.0
_GATHER_SECONDS = 0.005
_BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 180, 600))


class Sender:
    """Takes due texts to their roads; any number of senders may share a database."""

    def __init__(  # the ports that a text on its way needs
        self,
        database: Database,
        router: Router,
        clock: Clock,
        bells: Bells,
        limits: Limits | None = None,
        rates: Rates | None = None,
    ) -> None:
        self._database = database
        self._router = router
        self._clock = clock
        self._bells = bells
        self._limits = limits or Limits()
        self._planner = Planner(router, rates or Rates(), self._limits)
        self._alone = False
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._done: list[Told] = []
        self._sending: dict[int, Claimed] = {}
        self._wake: list[datetime] = []

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
                        await wait_for(bell, self._idle_seconds())
            finally:
                await self._let_finish()

    async def step(self) -> int:
        """One round to its end: find out about unknown texts, send due ones; how many were dealt with."""
        handled = await self._round()
        while self._busy:
            await asyncio.wait(self._busy.values())
        return handled + await self._flush()

    def _idle_seconds(self) -> float:
        """Until a road has room again for a text that waits for it, at the longest a second."""
        now = self._clock.now()
        while self._wake and self._wake[0] <= now:
            heapq.heappop(self._wake)
        return min(_IDLE_SECONDS, (self._wake[0] - now).total_seconds()) if self._wake else _IDLE_SECONDS

    async def _round(self) -> int:
        """Write down what came back, and submit as much of what is due as fits; how many texts."""
        try:
            recorded = await self._flush()
            unknown, due = await self._claim()
        except StorageUnavailable as error:
            log.warning("outbox.storage_unavailable", error=error.en)
            return 0
        for claimed in unknown:
            self._busy[claimed.id] = asyncio.create_task(self._finish(claimed, self._find_out))
        for claimed in due:
            self._sending[claimed.id] = claimed
            self._busy[claimed.id] = asyncio.create_task(self._finish(claimed, self._submit))
        return recorded + len(unknown) + len(due)

    async def _finish(self, claimed: Claimed, act: Callable[[Claimed], Awaitable[Told]]) -> None:
        try:
            told = await act(claimed)
        except Exception as error:  # noqa: BLE001  # whatever a gateway does, nobody knows whether the text was taken
            unknown = Submitted(Outcome.UNKNOWN, code=type(error).__name__)
            told = self._told(claimed, unknown, asked=claimed.id not in self._sending)
        self._done.append(told)
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

    async def _claim(self) -> tuple[list[Claimed], list[Claimed]]:
        several = len(self._router.gateways) > 1
        held = [*self._busy, *(told.settled.id for told in self._done)]
        free = AT_ONCE * len(self._router.gateways) - len(held)
        if free <= 0:
            return [], []
        now = self._clock.now()
        async with self._database.write() as tx:
            await rows.expired_claims(tx, now, restarted=self._alone, held=held)
            await rows.cancel_forbidden(tx, now)
            unknown = await rows.claim_unknown(tx, free, now)
            due = await find_due(tx, max(free, _LOOKED_AT) if several else free - len(unknown), now)
            plan = await self._planner.plan(tx, due, self._sending.values(), now)
            claimed = await with_expiry(tx, await carry_out(tx, plan, now), now)
            told = await self._tell_ends(tx, plan, now)
        for later in plan.laters:
            heapq.heappush(self._wake, later.until)
        if told:
            self._bells.ring("inbox")
        return unknown, claimed

    async def _tell_ends(self, tx: Tx, plan: Plan, now: datetime) -> bool:
        """People hear of what will not be sent."""
        failed = [Failure(end.due.id, end.code, end.reason or "") for end in plan.ends]
        await tell_failures(tx, failed, now)
        for code in sorted({end.code for end in plan.ends}):
            log.error("outbox.not_sent", code=code, texts=sum(end.code == code for end in plan.ends))
        return bool(failed)

    async def _submit(self, claimed: Claimed) -> Told:
        gateway = self._router.gateway(claimed.road)
        if gateway is None:
            return self._lost(claimed)
        return self._told(claimed, await gateway.send(claimed.text), asked=False)

    async def _find_out(self, claimed: Claimed) -> Told:
        """Ask the road by which the text went; where it cannot be asked, see ``fate.unanswered``.

        What the road says never arrived there starts anew, by any road; one that is too busy to tell has not said so.
        """
        gateway = self._router.gateway(claimed.road)
        if gateway is None:
            return self._lost(claimed)
        answer = await gateway.ask(claimed.text, claimed.message_id)
        if answer is None:
            return Told(claimed, unanswered(claimed, self._clock.now()))
        if answer.outcome is Outcome.RETRY and answer.reason in {Reason.BUSY, Reason.ACCOUNT}:
            return self._told(claimed, Submitted(Outcome.UNKNOWN, code=answer.code), asked=True)
        if answer.outcome is Outcome.RETRY:  # it never arrived there: from the start, with the last check
            anew = Settled(
                claimed.id, claimed.attempts, TextState.QUEUED, code=answer.code, possible_duplicate=False,
                road=claimed.road, said="retry",
            )  # fmt: skip
            return Told(claimed, anew)
        return self._told(claimed, answer, asked=True)

    def _lost(self, claimed: Claimed) -> Told:
        """The account is gone: nobody can be asked, a person decides."""
        gone = Settled(claimed.id, claimed.attempts, TextState.UNKNOWN, code="road_gone", due_at=NEVER, to_call=True)
        return Told(claimed, gone)

    def _told(self, claimed: Claimed, submitted: Submitted, *, asked: bool) -> Told:
        state, due, reason = _STATES[submitted.outcome], None, submitted.reason
        if submitted.partly:
            return Told(claimed, partly_taken(claimed, submitted), None if asked else submitted)
        if state in {TextState.QUEUED, TextState.UNKNOWN}:
            if self._clock.now() - claimed.created_at > GIVE_UP:
                return self._given_up(claimed, submitted, asked=asked)
            if state is TextState.QUEUED or claimed.attempts > 1:  # the first time the gateway is asked at once
                due = self._later(claimed)
            if due and state is TextState.UNKNOWN and not asked:
                due = min(due, self._clock.now() + patience(claimed))
        settled = Settled(
            claimed.id, claimed.attempts, state, submitted.message_id, submitted.code, due, None, claimed.road, reason,
            submitted.segments, submitted.price, submitted.also,
            said="" if asked and submitted.outcome is Outcome.UNKNOWN else submitted.outcome,
        )  # fmt: skip
        return Told(claimed, settled, None if asked else submitted)

    def _given_up(self, claimed: Claimed, submitted: Submitted, *, asked: bool) -> Told:
        """Nothing more is tried and somebody calls; only what certainly never went out is called undelivered."""
        told = None if asked else submitted
        if submitted.outcome is Outcome.RETRY and not claimed.may_have_gone:
            settled = Settled(
                claimed.id, claimed.attempts, TextState.UNDELIVERED, code=submitted.code, road=claimed.road,
                reason=submitted.reason, said=submitted.outcome,
            )  # fmt: skip
        else:
            settled = Settled(
                claimed.id, claimed.attempts, TextState.UNKNOWN, submitted.message_id, "unknown", NEVER,
                road=claimed.road, reason=Reason.OTHER, also=submitted.also, said=TextState.UNKNOWN, to_call=True,
            )  # fmt: skip
        return Told(claimed, settled, told)

    def _later(self, claimed: Claimed) -> datetime:
        return self._clock.now() + _BACKOFF[min(claimed.attempts, len(_BACKOFF)) - 1]

    async def _record(self, results: Sequence[Told]) -> None:
        if not results:
            return
        async with self._database.write() as tx:
            failed = await record(tx, results, self._router, self._limits, self._clock.now())
            await tell_failures(tx, failed, self._clock.now())
        for told in results:
            self._sending.pop(told.claimed.id, None)
        if failed:
            self._bells.ring("inbox")
        self._bells.ring("live")


_STATES = {
    Outcome.ACCEPTED: TextState.ACCEPTED,
    Outcome.REJECTED: TextState.REJECTED,
    Outcome.RETRY: TextState.QUEUED,
    Outcome.UNKNOWN: TextState.UNKNOWN,
}
