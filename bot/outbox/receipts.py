"""Delivery receipts on their way to the texts that they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.outbox.failures import tell_failures
from bot.storage.receipts import apply_receipts, map_ids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.domain.clock import Clock
    from bot.domain.messages import Receipt
    from bot.storage.bells import Bells
    from bot.storage.database import Database, Tx


async def take_receipts(
    tx: Tx, road: str, receipts: Sequence[Receipt], ids: Mapping[str, str], now: datetime, *, known_too: bool = True
) -> bool:
    """Receipts and further ids of one road, in this transaction; whether something failed.

    What failed goes to the call list by way of the inbox. ``known_too``: see ``apply_receipts``.
    """
    failed = await map_ids(tx, road, ids, now) if ids else []
    if receipts:
        failed += await apply_receipts(tx, road, receipts, now, known_too=known_too)
    await tell_failures(tx, failed, now)
    return bool(failed)


async def keep_receipts(database: Database, road: str, receipts: Sequence[Receipt], clock: Clock, bells: Bells) -> None:
    """Commit receipts of one road."""
    async with database.write() as tx:
        failed = await take_receipts(tx, road, receipts, {}, clock.now())
    if failed:
        bells.ring("inbox")
    bells.ring("live")
