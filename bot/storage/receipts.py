"""Receipts: found by the provider's id or by our reference, kept where they come too early, joined later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, or_, select, text, update

from bot.domain.messages import Reason, Receipt
from bot.domain.states import TextState
from bot.domain.text import clean_text
from bot.storage.spending import Charge, put_right
from bot.storage.text_events import TextEvent, add_text_events, fitting, known_events
from bot.storage.text_parts import FAILED, PartBook, TextRow, add_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx, Values

_LONGEST_ID = 120
_ALSO_KNOWN = "also_known"
"""State of a kept row that is no receipt: ``message_id`` is a further id of the text that ``reference`` names."""
_MOVING = {TextState.ACCEPTED, TextState.DELIVERED, TextState.UNDELIVERED, TextState.EXPIRED, TextState.REJECTED}


@dataclass(frozen=True, slots=True)
class Failure:
    """A text that failed just now; ``code`` is the provider's, ``reason`` a Reason or ""."""

    outbox_id: int
    code: str
    reason: str


async def apply_receipts(
    tx: Tx, road: str, receipts: Iterable[Receipt], now: datetime, *, known_too: bool = True
) -> list[Failure]:
    """Move texts up their lattice and write each receipt into the text's life; which texts failed just now.

    ``road``: whose ids these are. A receipt whose text is not there yet is kept. ``known_too=False``: one that is
    written down already, word for word, leaves nothing (a list of the last hours brings it again and again).
    """
    told = [_fitting(receipt) for receipt in receipts]
    await hold_back_others(tx, {name for receipt in told for name in (receipt.message_id, receipt.reference) if name})
    by_id = await _texts_by_id(tx, road, {receipt.message_id for receipt in told})
    by_reference = await _texts_by_reference(tx, {receipt.reference for receipt in told})
    texts = {item.id: item for item in (await _locked(tx, {*by_id.values(), *by_reference.values()}))}
    written = set() if known_too else await known_events(tx, list(texts))
    await _note_spoken_of(tx, road, told, by_reference, texts)
    parts = await PartBook.of(tx, road, list(texts))
    early, applied = [], _Applied(road)
    for receipt in told:
        found = by_reference.get(receipt.reference) or by_id.get(receipt.message_id)  # ids of roads come round again
        if found is None:
            early.append(receipt)
            continue
        said, takes_back = parts.of_whole(texts[found], receipt)
        if known_too or applied.event(found, said) not in written:
            applied.take(texts[found], said, takes_back=takes_back)
        if not known_too:
            written.add(applied.event(found, said))
    await parts.write(tx)
    await _write(tx, applied, now)
    await _keep_early(tx, road, early, now, known_too=known_too)
    return applied.failures


async def _note_spoken_of(
    tx: Tx, road: str, told: Sequence[Receipt], by_reference: Mapping[str, int], texts: Mapping[int, TextRow]
) -> None:
    """A road that speaks of a text, whatever it says, has taken it: where that was unknown, it is not sent again."""
    unknown = {
        receipt.reference: by_reference[receipt.reference] for receipt in told
        if receipt.state is TextState.UNKNOWN and receipt.reference in by_reference
        and texts[by_reference[receipt.reference]].state.rank < TextState.ACCEPTED.rank
    }  # fmt: skip
    await add_ids(tx, road, unknown, in_parts=False)


async def join_early(tx: Tx, road: str, names: Collection[str], now: datetime) -> list[Failure]:
    """Apply what was kept for texts of these ids or references, which are known from now on."""
    table, kept, failures = tx.t.receipts, [], []
    names = {_id(name) for name in names if name}
    while names:
        about = or_(table.c.message_id.in_(names), table.c.reference.in_(names))
        rows = await tx.all(select(table).where(table.c.road.in_((road, "")), about).order_by(table.c.id))
        if rows:
            await tx.run(delete(table).where(table.c.id.in_([row["id"] for row in rows])))
        further = {row["message_id"]: row["reference"] for row in rows if row["state"] == _ALSO_KNOWN}
        kept += [_receipt(row) for row in rows if row["state"] != _ALSO_KNOWN]
        names = await _name(tx, road, further)
    if kept:
        failures = await apply_receipts(tx, road, kept, now)
    return failures


async def remember_ids(tx: Tx, road: str, ids: Mapping[str, int], now: datetime) -> list[Failure]:
    """From now on these ids of the road mean these texts (outbox ids); what came too early for them is joined."""
    ids = {_id(name): outbox_id for name, outbox_id in ids.items() if name}
    await hold_back_others(tx, ids)
    await add_ids(tx, road, ids, in_parts=True)
    await _not_yet_whole(tx, road, set(ids.values()), now)
    return await join_early(tx, road, list(ids), now)


async def _not_yet_whole(tx: Tx, road: str, outbox_ids: Collection[int], now: datetime) -> None:
    """The answer names the parts only now: a text is on its way again whose first one was taken for the whole."""
    parts, applied = await PartBook.of(tx, road, outbox_ids), _Applied(road)
    for text_row in await _locked(tx, outbox_ids):
        missing = parts.missing(text_row.id) if text_row.state is TextState.DELIVERED else ""
        if missing:
            applied.put(text_row, Receipt("", TextState.ACCEPTED, missing))
    await _write(tx, applied, now)


async def map_ids(tx: Tx, road: str, ids: Mapping[str, str], now: datetime) -> list[Failure]:
    """Further ids of the provider for texts that we know by another id or by our reference.

    A map that comes before the id that it speaks of is kept until that id is known.
    """
    ids = {_id(further): _id(known) for further, known in ids.items() if further and known}
    await hold_back_others(tx, {*ids, *ids.values()})
    joined = await _name(tx, road, ids)
    rows = [
        {**_early_row(road, Receipt(further, TextState.UNKNOWN, reference=known), now), "state": _ALSO_KNOWN}
        for further, known in ids.items()
        if further not in joined
    ]
    if rows:
        await tx.run(tx.t.receipts.insert(), rows)
    return await join_early(tx, road, joined, now)


async def forget_early(tx: Tx, before: datetime) -> int:
    """Drop kept receipts that no text ever came for; how many."""
    result = await tx.run(delete(tx.t.receipts).where(tx.t.receipts.c.at < before))
    return int(result.rowcount)


async def hold_back_others(tx: Tx, names: Collection[str]) -> None:
    """A receipt and the outcome that it belongs to, written at the same time, would not see each other.

    ``names`` are ids and references; until the transaction ends nobody else writes about them.
    """
    if tx.is_postgres and names:
        keys = sorted(int.from_bytes(sha256(name.encode()).digest()[:8], signed=True) for name in names)
        await tx.run(_LOCK, [{"keys": keys}])


_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


class _Applied:
    """What receipts change, in their order."""

    def __init__(self, road: str) -> None:
        self.road = road
        self.updates: list[Values] = []
        self.events: list[TextEvent] = []
        self.failures: list[Failure] = []

    def event(self, outbox_id: int, receipt: Receipt) -> TextEvent:
        return fitting(
            TextEvent(
                outbox_id, receipt.state, self.road, receipt.code, receipt.reason or "", receipt.at, receipt.segments,
                receipt.price, receipt.carrier,
            )
        )  # fmt: skip

    def take(self, about: TextRow, receipt: Receipt, *, takes_back: bool) -> None:
        """``takes_back``: of a text that has arrived as far as was known another part has not."""
        if self._moves(about, receipt.state, takes_back=takes_back):
            self.put(about, receipt)
        else:
            self.events.append(self.event(about.id, receipt))

    def put(self, about: TextRow, receipt: Receipt) -> None:
        """The text is what the receipt says, from now on."""
        self.events.append(self.event(about.id, receipt))
        about.state = receipt.state
        code, reason = receipt.code[:60], receipt.reason
        self.updates.append({"row_id": about.id, "new_state": receipt.state, "new_code": code, "new_reason": reason})
        if receipt.state in FAILED:
            self.failures.append(Failure(about.id, code, reason or ""))

    def _moves(self, about: TextRow, state: TextState, *, takes_back: bool) -> bool:
        """Only upwards; of a road that the text has left meanwhile, only that it arrived counts."""
        left = about.road not in {None, self.road} and state is not TextState.DELIVERED
        upwards = state.rank > about.state.rank or (takes_back and about.state is TextState.DELIVERED)
        return state in _MOVING and upwards and not left


async def _write(tx: Tx, applied: _Applied, now: datetime) -> None:
    outbox = tx.t.outbox
    if applied.updates:
        statement = update(outbox).where(outbox.c.id == bindparam("row_id"))
        values: Values = {
            "state": bindparam("new_state"),
            "code": bindparam("new_code"),
            "reason": bindparam("new_reason"),
        }
        await tx.run(statement.values(**values, settled_at=now), applied.updates)
    await add_text_events(tx, applied.events, now)
    await put_right(tx, [Charge(event.outbox_id, event.segments, event.price) for event in applied.events])


async def _texts_by_id(tx: Tx, road: str, message_ids: Collection[str]) -> dict[str, int]:
    """Outbox ids by the road's ids. Texts from before roads had names are found by their id alone."""
    message_ids = [name for name in message_ids if name]
    if not message_ids:
        return {}
    ids, outbox = tx.t.text_ids, tx.t.outbox
    mine = or_(outbox.c.road == road, outbox.c.road.is_(None))
    own = select(outbox.c.message_id, outbox.c.id).where(outbox.c.message_id.in_(message_ids), mine)
    told = select(ids.c.message_id, ids.c.outbox_id).where(ids.c.road == road, ids.c.message_id.in_(message_ids))
    found = {row["message_id"]: row["id"] for row in await tx.all(own.order_by(outbox.c.road.desc()))}
    return found | {row["message_id"]: row["outbox_id"] for row in await tx.all(told)}


async def _texts_by_reference(tx: Tx, references: Collection[str]) -> dict[str, int]:
    references = [name for name in references if name]
    if not references:
        return {}
    outbox = tx.t.outbox
    query = select(outbox.c.reference, outbox.c.id).where(outbox.c.reference.in_(references))
    return {row["reference"]: row["id"] for row in await tx.all(query)}


async def _locked(tx: Tx, outbox_ids: Collection[int]) -> list[TextRow]:
    outbox = tx.t.outbox
    names = ("id", "state", "road", "reference", "segments", "message_id")
    query = select(*(outbox.c[name] for name in names)).where(outbox.c.id.in_(outbox_ids))
    rows = await tx.all(query.order_by(outbox.c.id).with_for_update()) if outbox_ids else []
    return [TextRow(**{**row, "state": TextState(row["state"])}) for row in rows]


async def _name(tx: Tx, road: str, ids: Mapping[str, str]) -> set[str]:
    """Note further ids of texts that are known; which of them could be noted."""
    known = await _texts_by_id(tx, road, set(ids.values())) | await _texts_by_reference(tx, set(ids.values()))
    found = {further: known[name] for further, name in ids.items() if name in known}
    await add_ids(tx, road, found, in_parts=False)
    return set(found)


async def _keep_early(tx: Tx, road: str, early: Sequence[Receipt], now: datetime, *, known_too: bool) -> None:
    rows = [_early_row(road, receipt, now) for receipt in early]
    if rows and not known_too:
        table = tx.t.receipts
        names = [row["message_id"] for row in rows]
        kept = await tx.all(select(table).where(table.c.road == road, table.c.message_id.in_(names)))
        rows = [row for row in rows if row not in [{**{key: old[key] for key in row}, "at": now} for old in kept]]
    if rows:
        await tx.run(tx.t.receipts.insert(), rows)


def _early_row(road: str, receipt: Receipt, now: datetime) -> Values:
    event = _Applied(road).event(0, receipt)
    return {
        "road": road, "message_id": receipt.message_id, "reference": receipt.reference, "state": event.state,
        "code": event.code, "reason": event.reason, "at": now, "said_at": event.said_at, "segments": event.segments,
        "price": event.price, "carrier": event.carrier,
    }  # fmt: skip


def _receipt(row: RowMapping) -> Receipt:
    return Receipt(
        row["message_id"], TextState(row["state"]), row["code"], row["reference"],
        Reason(row["reason"]) if row["reason"] else None, row["said_at"], row["segments"], row["price"], row["carrier"],
    )  # fmt: skip


def _fitting(receipt: Receipt) -> Receipt:
    code = clean_text(receipt.code)
    return replace(receipt, message_id=_id(receipt.message_id), reference=_id(receipt.reference), code=code)


def _id(name: str) -> str:
    return clean_text(name)[:_LONGEST_ID]
