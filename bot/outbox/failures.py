"""A text that did not arrive comes back in through the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.storage.inbox import add_for_conversation
from bot.storage.outbox import conversation_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.storage.database import Tx
    from bot.storage.receipts import Failure


async def tell_failures(tx: Tx, failures: Sequence[Failure], now: datetime) -> None:
    """One inbox row for each text that failed, with the first reason; told twice it is still one."""
    if not failures:
        return
    conversations = await conversation_of(tx, [failure.outbox_id for failure in failures])
    for failure in failures:
        about = conversations[failure.outbox_id]
        payload = {"code": failure.code or "undelivered", "reason": failure.reason}
        await add_for_conversation(tx, about, "delivery_failed", str(failure.outbox_id), payload, now)
