"""A text that did not arrive comes back in through the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.storage.inbox import add_for_conversation
from bot.storage.outbox import conversation_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.storage.database import Tx


async def tell_failures(tx: Tx, outbox_ids: Sequence[int], now: datetime) -> None:
    """One inbox row for each text that failed; told twice it is still one."""
    if not outbox_ids:
        return
    for outbox_id, conversation_id in (await conversation_of(tx, outbox_ids)).items():
        await add_for_conversation(tx, conversation_id, "delivery_failed", str(outbox_id), {"code": "undelivered"}, now)
