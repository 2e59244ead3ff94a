"""Texts that a road cut into parts, each with an id and receipts of its own: when the whole has arrived."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from bot.domain.states import TextState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.domain.messages import Receipt
    from bot.storage.database import Tx, Values

FAILED = frozenset({TextState.UNDELIVERED, TextState.EXPIRED, TextState.REJECTED})

_TOLD = ""
"""Series of ids that no answer named: receipts did, found by our reference. Nobody knows how many will come."""

REST = ".rest"
"""In the name of the parts that a road did not take: the text is not with it, whatever becomes of the others."""

_NAMELESS = ".?"
"""Ends the name under which receipts without any id are remembered."""


@dataclass(slots=True)
class TextRow:
    """A text that receipts are about, as it stands after those that were applied so far.

    ``segments`` are ours, ``message_id`` the road's id of the whole, or of its first part.
    """

    id: int
    state: TextState
    road: str | None
    reference: str
    segments: int
    message_id: str | None


@dataclass(slots=True)
class _Part:
    """One id; ``series`` None is a name of the whole, _TOLD that of a part that only receipts have told of."""

    series: str | None
    arrived: bool
    stored: bool = True
    changed: bool = False


async def add_ids(tx: Tx, road: str, ids: Mapping[str, int], *, in_parts: bool) -> None:
    """From now on these ids of the road mean these texts (outbox ids).

    ``in_parts``: several ids of one text are those of its parts; else they are names of the whole. What receipts told
    of an id before stands.
    """
    together: dict[int, list[str]] = defaultdict(list)
    for name, outbox_id in sorted(ids.items()):
        together[outbox_id].append(name)
    rows: list[Values] = [
        {"road": road, "message_id": name, "outbox_id": outbox_id, "arrived": False,
         "series": names[0] if in_parts and len(names) > 1 else None}
        for outbox_id, names in together.items() for name in names
    ]  # fmt: skip
    if rows:
        table, statement = tx.t.text_ids, tx.insert(tx.t.text_ids)
        named_now = (table.c.series == _TOLD) & (table.c.outbox_id == statement.excluded.outbox_id)
        named = {"series": statement.excluded.series}
        statement = statement.on_conflict_do_update(index_elements=["road", "message_id"], set_=named, where=named_now)
        await tx.run(statement, sorted(rows, key=lambda row: str(row["message_id"])))


class PartBook:
    """The ids of the texts that some receipts are about: whose parts they are, and which have arrived."""

    def __init__(self, road: str) -> None:
        self._road = road
        self._parts: dict[int, dict[str, _Part]] = defaultdict(dict)

    @classmethod
    async def of(cls, tx: Tx, road: str, outbox_ids: Collection[int]) -> PartBook:
        """Read them; the texts are locked already."""
        book, ids = cls(road), tx.t.text_ids
        mine = ids.c.road == road, ids.c.outbox_id.in_(outbox_ids)
        for row in await tx.all(select(ids).where(*mine)) if outbox_ids else ():
            book._parts[row["outbox_id"]][row["message_id"]] = _Part(row["series"], row["arrived"])
        return book

    def missing(self, outbox_id: int) -> str:
        """``1/2``: how many of the parts that the answer named have arrived; "" where all have, or none was named."""
        parts = [part for part in self._parts[outbox_id].values() if part.series]
        arrived = sum(part.arrived for part in parts)
        return f"{arrived}/{len(parts)}" if arrived < len(parts) else ""

    def of_whole(self, text: TextRow, receipt: Receipt) -> tuple[Receipt, bool]:
        """What a receipt says of the text, and whether it takes back that the text has arrived.

        A part that arrived is on its way with the text until the last one has; one that failed fails the text. Where
        the answer named no parts, those count that receipts have told of so far: the worst of them is the text's.
        """
        parts = self._parts[text.id]
        part = parts.get(receipt.message_id)
        if part is not None and part.series:
            said = self._arrived(text, receipt, part, part.series)
            rest = any(name.startswith(text.reference + REST) and other.series == part.series
                       for name, other in parts.items())  # fmt: skip
            return (replace(said, state=TextState.UNKNOWN) if rest and said.state not in FAILED else said), False
        if part is not None and part.series is None:
            return receipt, False
        if any(other.series for other in parts.values()):
            return self._on_its_way(text, receipt), False
        name = receipt.message_id or text.message_id
        if text.segments == 1 or (name and name == text.message_id):
            return receipt, False
        return self._told_of(text, receipt)

    def _arrived(self, text: TextRow, receipt: Receipt, part: _Part, series: str) -> Receipt:
        if receipt.state is not TextState.DELIVERED:
            return receipt
        part.changed |= not part.arrived
        part.arrived = True
        together = [other for other in self._parts[text.id].values() if other.series == series]
        number = sum(other.arrived for other in together)
        if number == len(together):
            return receipt
        return replace(receipt, state=TextState.ACCEPTED, code=f"{receipt.code} {number}/{len(together)}")

    def _on_its_way(self, text: TextRow, receipt: Receipt) -> Receipt:
        """Of some part, nobody knows which: it cannot be the one that was missing."""
        if receipt.state is not TextState.DELIVERED:
            return receipt
        return replace(receipt, state=TextState.ACCEPTED, code=f"{receipt.code} ?/{len(self._parts[text.id])}")

    def _told_of(self, text: TextRow, receipt: Receipt) -> tuple[Receipt, bool]:
        if receipt.state is not TextState.DELIVERED and receipt.state not in FAILED:
            return receipt, False
        parts, name = self._parts[text.id], receipt.message_id or text.reference + _NAMELESS
        fresh, nameless = name not in parts, not receipt.message_id
        part = parts.setdefault(name, _Part(_TOLD, arrived=False, stored=False, changed=True))
        if receipt.state is TextState.DELIVERED:
            failed_before = nameless and not fresh and not part.arrived  # perhaps another part
            said = receipt if failed_before else self._arrived(text, receipt, part, _TOLD)
            return (self._on_its_way(text, said) if failed_before else said), False
        takes_back = nameless or not part.arrived
        if nameless:
            part.changed, part.arrived = True, False
        return receipt, takes_back

    async def write(self, tx: Tx) -> None:
        """Keep which have arrived, and which ids were new."""
        ids = tx.t.text_ids
        rows: list[Values] = []
        changed: list[Values] = []
        for outbox_id, parts in self._parts.items():
            for name, part in parts.items():
                if part.changed and part.stored:
                    changed.append({"by": self._road, "name": name, "is_there": part.arrived})
                elif part.changed:
                    rows.append({"road": self._road, "message_id": name, "outbox_id": outbox_id,
                                 "series": part.series, "arrived": part.arrived})  # fmt: skip
        if rows:
            in_order = sorted(rows, key=lambda row: str(row["message_id"]))
            await tx.run(tx.insert(ids).on_conflict_do_nothing(), in_order)
        if changed:
            which = ids.c.road == bindparam("by"), ids.c.message_id == bindparam("name")
            await tx.run(update(ids).where(*which).values(arrived=bindparam("is_there")), changed)
