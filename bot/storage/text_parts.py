"""Texts that a road cut into parts, each with an id and receipts of its own: when the whole has arrived."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select, update

from bot.domain.states import TextState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.domain.messages import Receipt
    from bot.storage.database import Tx


async def add_ids(tx: Tx, road: str, ids: Mapping[str, int], *, in_parts: bool) -> None:
    """From now on these ids of the road mean these texts (outbox ids).

    ``in_parts``: several ids of one text are those of its parts; else they are names of the whole.
    """
    together: dict[int, list[str]] = defaultdict(list)
    for name, outbox_id in sorted(ids.items()):
        together[outbox_id].append(name)
    rows = [
        {"road": road, "message_id": name, "outbox_id": outbox_id, "arrived": False,
         "series": names[0] if in_parts and len(names) > 1 else None}
        for outbox_id, names in together.items() for name in names
    ]  # fmt: skip
    if rows:
        await tx.run(tx.insert(tx.t.text_ids).on_conflict_do_nothing(), sorted(rows, key=lambda row: row["message_id"]))


class PartBook:
    """The parts of the texts that some receipts are about: which have arrived, by series and id."""

    def __init__(self, road: str) -> None:
        self._road = road
        self._series: dict[str, tuple[int, str]] = {}
        self._arrived: dict[tuple[int, str], dict[str, bool]] = defaultdict(dict)
        self._new: set[str] = set()

    @classmethod
    async def of(cls, tx: Tx, road: str, message_ids: Collection[str]) -> PartBook:
        """Read them; the texts are locked already."""
        book, ids = cls(road), tx.t.text_ids
        named = ids.c.road == road, ids.c.message_id.in_([name for name in message_ids if name])
        about = select(ids.c.outbox_id, ids.c.series).where(*named, ids.c.series.is_not(None)).distinct()
        series = [and_(ids.c.outbox_id == row["outbox_id"], ids.c.series == row["series"])
                  for row in await tx.all(about)]  # fmt: skip
        for row in await tx.all(select(ids).where(ids.c.road == road, or_(*series))) if series else ():
            key = row["outbox_id"], row["series"]
            book._series[row["message_id"]] = key
            book._arrived[key][row["message_id"]] = row["arrived"]
        return book

    def of_whole(self, receipt: Receipt) -> Receipt:
        """What a part's receipt says of the text: on its way until the last part has arrived; else the same."""
        key = self._series.get(receipt.message_id)
        if key is None or receipt.state is not TextState.DELIVERED:
            return receipt
        parts = self._arrived[key]
        if not parts[receipt.message_id]:
            self._new.add(receipt.message_id)
            parts[receipt.message_id] = True
        if all(parts.values()):
            return receipt
        return replace(receipt, state=TextState.ACCEPTED, code=f"{receipt.code} {sum(parts.values())}/{len(parts)}")

    async def write(self, tx: Tx) -> None:
        """Keep which have arrived."""
        ids = tx.t.text_ids
        if self._new:
            which = ids.c.road == self._road, ids.c.message_id.in_(self._new)
            await tx.run(update(ids).where(*which).values(arrived=True))
