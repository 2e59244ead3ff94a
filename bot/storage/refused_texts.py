"""Held requests whose texts came by another one: a provider's retry, with a signature that is believed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, or_, select, update

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from bot.storage.database import Tx


async def note_texts(tx: Tx, refused_id: int, gateway: str, account: str, message_ids: Collection[str]) -> None:
    """The gateway's ids of the texts in a request that is held now, as the inbox would have them."""
    told = {"refused_id": refused_id, "gateway": gateway, "account": account}
    if message_ids:
        await tx.run(tx.t.refused_texts.insert(), [{**told, "message_id": name} for name in sorted(set(message_ids))])


async def settle_came(tx: Tx, now: datetime) -> int:
    """Settle held requests whose texts are all in the inbox (or wait there in pieces); how many."""
    table, texts = tx.t.refused_requests, tx.t.refused_texts
    noted = exists().where(texts.c.refused_id == table.c.id)
    missing = exists().where(texts.c.refused_id == table.c.id, ~_is_there(tx))
    query = select(table.c.id).where(table.c.state == "held", noted, ~missing)
    ids = [row["id"] for row in await tx.all(query)]
    if ids:
        held = table.c.id.in_(ids), table.c.state == "held"
        await tx.run(update(table).where(*held).values(state="came", decided_by=None, decided_at=now))
        await forget_texts(tx, table.c.id.in_(ids))
    return len(ids)


async def forget_texts(tx: Tx, which: ColumnElement[bool]) -> None:
    """Of requests that are not held any more, or will be deleted."""
    ids = select(tx.t.refused_requests.c.id).where(which)
    await tx.run(delete(tx.t.refused_texts).where(tx.t.refused_texts.c.refused_id.in_(ids)))


def _is_there(tx: Tx) -> ColumnElement[bool]:
    texts, inbox, parts = tx.t.refused_texts, tx.t.inbox, tx.t.parts
    return or_(
        *(
            exists().where(
                table.c.gateway == texts.c.gateway,
                table.c.account == texts.c.account,
                table.c.message_id == texts.c.message_id,
            )
            for table in (inbox, parts)
        )
    )
