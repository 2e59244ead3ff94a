"""What submissions led to: the text's state and life, how its road does, what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.domain.budget import parse_price
from bot.domain.messages import Outcome, Reason, Submitted
from bot.domain.sms import sms_length
from bot.storage.due import release_held
from bot.storage.outbox import Claimed
from bot.storage.roads import lock_roads, save_road
from bot.storage.settle import Settled, remember, settle
from bot.storage.spending import Booking, book

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.outbox.limits import Limits
    from bot.outbox.router import Router
    from bot.storage.database import Tx
    from bot.storage.receipts import Failure

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """The end of one round of a text; ``submitted`` is what the road said, None where it was only asked."""

    claimed: Claimed
    settled: Settled
    submitted: Submitted | None = None


async def record(tx: Tx, results: Sequence[Told], router: Router, limits: Limits, now: datetime) -> list[Failure]:
    """Write it all down in this transaction; which texts failed."""
    counted, failures = await settle(tx, [told.settled for told in results], now)
    ids = {item.id for item in counted}
    taken = [told for told in results if told.settled.id in ids and told.settled.said == Outcome.ACCEPTED]
    await book(tx, [booking for told in taken if (booking := _booking(told, router, limits, now))])
    failures += await remember(tx, counted, now)
    await _note_roads(tx, results, now)
    return failures


def _booking(told: Told, router: Router, limits: Limits, now: datetime) -> Booking | None:
    """What the provider charges, or what the account's price makes of the segments."""
    gateway = router.gateway(told.claimed.road)
    if gateway is None:
        return None
    said, account = told.settled, gateway.mine
    segments = said.segments or sms_length(told.claimed.text.text).segments
    millis, currency = parse_price(said.price) or (int(account.price * 1000) * segments, account.currency)
    return Booking(told.claimed.id, told.claimed.office, limits.day(now), segments, millis, currency)


async def _note_roads(tx: Tx, results: Sequence[Told], now: datetime) -> None:
    """Each road is as well as its last submissions; one that is up again is waited for by nobody."""
    told = [(item.claimed.road, item.submitted) for item in results if item.claimed.road and item.submitted]
    if not told:
        return
    before = await lock_roads(tx, {road for road, _ in told}, now)
    states = dict(before)
    for road, submitted in told:
        if works(submitted):
            states[road] = states[road].worked(now, sent=submitted.outcome is Outcome.ACCEPTED)
        elif fails(submitted):
            states[road] = states[road].failed(submitted.code, now)
    for road, state in states.items():
        if state != before[road]:
            await save_road(tx, state)
        if state.is_up != before[road].is_up:
            log.warning("road.up" if state.is_up else "road.down", road=road, code=state.code)
    if any(state.is_up and not before[road].is_up for road, state in states.items()):
        await release_held(tx, now)


def works(submitted: Submitted) -> bool:
    """Whether the provider dealt with the text, whatever it thought of it."""
    return submitted.outcome in {Outcome.ACCEPTED, Outcome.REJECTED}


def fails(submitted: Submitted) -> bool:
    """Whether the road is at fault: no connection, too busy, our account, or no answer that says anything."""
    busy = submitted.reason in {None, Reason.BUSY, Reason.ACCOUNT}
    return submitted.outcome is Outcome.UNKNOWN or (submitted.outcome is Outcome.RETRY and busy)
