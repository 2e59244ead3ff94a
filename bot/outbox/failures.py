"""A text that did not arrive comes back in through the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.storage.inbox import add_for_conversation
from bot.storage.outbox import failed_texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.storage.database import Tx
    from bot.storage.receipts import Failure


async def tell_failures(tx: Tx, failures: Sequence[Failure], now: datetime) -> None:
    """One inbox row for each text that failed, with the first reason; told twice it is still one.

    That nobody knows is told by itself: what is found out later comes too.
    """
    if not failures:
        return
    texts = await failed_texts(tx, [failure.outbox_id for failure in failures])
    for failure in failures:
        text = texts[failure.outbox_id]
        payload = {
            "code": failure.code or "undelivered", "reason": failure.reason, "text_id": text.id, "key": text.key,
            "kind": text.kind, "step": text.step, "again": text.again,
            "first_at": text.first_at.isoformat() if text.first_at else None, "unknown": text.unknown,
        }  # fmt: skip
        name = f"{text.id}:unknown:{text.attempts}" if text.unknown else str(text.id)
        await add_for_conversation(tx, text.conversation_id, "delivery_failed", name, payload, now)
