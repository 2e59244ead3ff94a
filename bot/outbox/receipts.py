"""Delivery receipts, gathered like arriving texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.outbox.failures import tell_failures
from bot.storage.outbox import apply_receipts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.clock import Clock
    from bot.domain.messages import Receipt
    from bot.storage.bells import Bells
    from bot.storage.database import Database


async def keep_receipts(database: Database, receipts: Sequence[Receipt], clock: Clock, bells: Bells) -> None:
    """Commit receipts; what failed goes to the call list by way of the inbox."""
    now = clock.now()
    async with database.write() as tx:
        failed = await apply_receipts(tx, receipts, now)
        await tell_failures(tx, failed, now)
    if failed:
        bells.ring("inbox")
    bells.ring("live")
