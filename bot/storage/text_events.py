"""The life of each text: a row for each thing that was done with it or said of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import literal, select

from bot.domain.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.storage.database import Tx

_LONGEST = {"state": 12, "road": 80, "code": 60, "reason": 20, "price": 20, "carrier": 40}
_MOST_SEGMENTS = 1_000


@dataclass(frozen=True, slots=True)
class TextEvent:
    """One thing about one text. ``state`` is a TextState or another word of ours; ``said_at`` the carrier's time.

    ``code`` is the provider's own word, ``price`` its charge with the currency ("3.30 JPY").
    """

    outbox_id: int
    state: str
    road: str
    code: str = ""
    reason: str = ""
    said_at: datetime | None = None
    segments: int | None = None
    price: str = ""
    carrier: str = ""


def fitting(event: TextEvent) -> TextEvent:
    """The event as the table can hold it: cut to length, nothing that a database refuses."""
    words = {name: clean_text(str(getattr(event, name)))[:most] for name, most in _LONGEST.items()}
    said_at = event.said_at if event.said_at is not None and event.said_at.tzinfo else None
    segments = event.segments if event.segments is not None and 0 <= event.segments <= _MOST_SEGMENTS else None
    return TextEvent(event.outbox_id, said_at=said_at, segments=segments, **words)


async def add_text_events(tx: Tx, events: Sequence[TextEvent], now: datetime) -> None:
    """Write events down; rows are only ever added."""
    if events:
        await tx.run(tx.t.text_events.insert(), [{**asdict(fitting(event)), "at": now} for event in events])


async def add_queued_events(tx: Tx, causes: Collection[int]) -> None:
    """The lives of new texts begin; ``causes`` are the inbox rows that they come from."""
    outbox = tx.t.outbox
    empty = (literal(""),) * 4
    begun = select(outbox.c.id, outbox.c.created_at, outbox.c.state, *empty).where(outbox.c.cause.in_(causes))
    names = ["outbox_id", "at", "state", "road", "code", "reason", "price", "carrier"]
    await tx.run(tx.t.text_events.insert().from_select(names, begun.add_columns(literal(""))))


async def known_events(tx: Tx, outbox_ids: Sequence[int]) -> set[TextEvent]:
    """What is written down of these texts already, without the moment of writing."""
    table = tx.t.text_events
    names = ("outbox_id", "state", "road", "code", "reason", "said_at", "segments", "price", "carrier")
    rows = await tx.all(select(*(table.c[name] for name in names)).where(table.c.outbox_id.in_(outbox_ids)))
    return {TextEvent(**row) for row in rows}
