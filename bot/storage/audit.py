"""Who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bot.storage.database import Tx


async def note_action(tx: Tx, staff: str, action: str, conversation_id: int | None, now: datetime) -> None:
    """Write one action of a person down (``action`` is a code; no personal data)."""
    row = {"at": now, "staff": staff, "action": action, "conversation_id": conversation_id}
    await tx.run(tx.t.audit.insert(), [row])
