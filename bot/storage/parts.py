"""Pieces of long texts, kept until all are there. Whichever comes last, wherever, the text enters the inbox once."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, delete, func, select, tuple_, update

from bot.domain.text import DAMAGE, clean_text
from bot.storage.inbox import Arrival
from bot.storage.receipts import hold_back_others

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx
    from bot.storage.keys import Keyring

WAIT = timedelta(minutes=10)
"""How long the other pieces are waited for; then what is there goes in, marked as damaged."""
LOOK = timedelta(seconds=15)
"""How long a piece waits for the others until it is read for danger by itself."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a long text: ``number`` of ``total``; ``payload`` is that of the whole text but for its ``text``."""

    gateway: str
    account: str
    message_id: str
    phone: str
    reference: str
    number: int
    total: int
    payload: dict[str, Any]
    raw: bytes

    def series(self, keyring: Keyring) -> str:
        """The name of the text that it is a piece of."""
        whole = (self.gateway, self.account, self.phone, self.payload["to"], self.reference, str(self.total))
        return keyring.lookup("\0".join(whole)).hex()[:40]


@dataclass(frozen=True, slots=True)
class Series:
    """Pieces that are there of one text whose others are not, in their order."""

    name: str
    rows: Sequence[RowMapping]

    @property
    def whole(self) -> bool:
        return len(self.rows) == int(self.rows[0]["total"])

    @property
    def told(self) -> bool:
        """Whether all of them are in the inbox already, for the danger in them."""
        return all(row["state"] == "told" for row in self.rows)

    def arrival(self, message_id: str | None = None) -> Arrival:
        """The text as far as it is there, under the id of its first piece; a gap stands for each missing one."""
        first, payloads = self.rows[0], {row["number"]: json.loads(row["payload"]) for row in self.rows}
        texts = [payloads[at]["text"] if at in payloads else DAMAGE for at in range(1, first["total"] + 1)]
        rest = {name: value for name, value in payloads[first["number"]].items() if name not in {"text", "phone"}}
        if any(payload.get("damaged") for payload in payloads.values()):
            rest["damaged"] = True
        phone, raw = payloads[first["number"]]["phone"], "\n".join(row["raw"] or "" for row in self.rows)
        return Arrival(
            "reply", first["gateway"], first["account"], first["message_id"] if message_id is None else message_id,
            phone, {"text": clean_text("".join(texts)), **rest}, raw.encode("latin-1"),
        )  # fmt: skip


async def take_pieces(tx: Tx, pieces: Sequence[Piece], now: datetime) -> list[Arrival]:
    """Keep pieces; the texts that they complete. A piece that is delivered again changes nothing."""
    await hold_back_others(tx, {piece.series(tx.keyring) for piece in pieces})
    return [arrival for piece in pieces for arrival in await _take(tx, piece, now)]


async def _take(tx: Tx, piece: Piece, now: datetime) -> list[Arrival]:
    name = piece.series(tx.keyring)
    if await _is_known(tx, piece, name, now):
        return []
    before, ended = await _waiting(tx, name), []
    if before and any(row["number"] == piece.number for row in before.rows):
        ended.append(before.arrival())  # the phone counts anew: what is missing of the older text will not come
        await mark(tx, before, "done")
    values = {
        "gateway": piece.gateway, "account": piece.account, "series": name, "number": piece.number,
        "total": piece.total, "message_id": piece.message_id, "raw": piece.raw.decode("latin-1"), "received_at": now,
        "payload": json.dumps({**piece.payload, "phone": piece.phone}, ensure_ascii=False), "state": "waiting",
    }  # fmt: skip
    await tx.run(tx.t.parts.insert().values(**values))
    series = await _waiting(tx, name)
    if series and series.whole:
        ended.append(series.arrival())
        await mark(tx, series, "done")
    return ended


async def _is_known(tx: Tx, piece: Piece, name: str, now: datetime) -> bool:
    """Whether it came before: under its id, or, of late, word for word."""
    parts = tx.t.parts
    same = parts.c.gateway == piece.gateway, parts.c.account == piece.account, parts.c.number == piece.number
    query = select(parts).where(*same, parts.c.series.in_((name, _done(name))))
    for row in await tx.all(query):
        if piece.message_id and row["message_id"] == piece.message_id:
            return True
        if row["received_at"] > now - WAIT and json.loads(row["payload"])["text"] == piece.payload["text"]:
            return True
    return False


async def without_known_pieces(tx: Tx, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Texts that are no piece which came before: a provider's list may give pieces as texts of their own.

    One that says more than the piece, while others are awaited, is the whole text and stays.
    """
    parts = tx.t.parts
    names = {(each.gateway, each.account, each.message_id) for each in arrivals if each.message_id}
    if not names:
        return list(arrivals)
    query = select(parts).where(tuple_(parts.c.gateway, parts.c.account, parts.c.message_id).in_(sorted(names)))
    longest: dict[tuple[str, str, str], float] = {}
    for row in await tx.all(query):
        said = math.inf if row["state"] == "done" else len(clean_text(json.loads(row["payload"])["text"]))
        name = row["gateway"], row["account"], row["message_id"]
        longest[name] = max(said, longest.get(name, 0))
    return [
        each
        for each in arrivals
        if len(each.payload.get("text", "")) > longest.get((each.gateway, each.account, each.message_id), -1)
    ]


async def _waiting(tx: Tx, name: str) -> Series | None:
    parts = tx.t.parts
    rows = await tx.all(select(parts).where(parts.c.series == name).order_by(parts.c.number))
    return Series(name, rows) if rows else None


def _done(name: str) -> str:
    return f"done:{name}"


async def due_series(tx: Tx, now: datetime) -> list[str]:
    """Texts whose missing pieces were waited for long enough, and those whose pieces nobody has read yet."""
    parts = tx.t.parts
    unread = func.min(case((parts.c.state == "waiting", parts.c.received_at)))
    late = func.min(parts.c.received_at) <= now - WAIT
    open_ones = parts.c.state.in_(("waiting", "looked", "told"))
    query = select(parts.c.series).where(open_ones).group_by(parts.c.series)
    return list((await tx.run(query.having(late | (unread <= now - LOOK)))).scalars())


async def held_series(tx: Tx, names: Collection[str]) -> list[Series]:
    """These texts as they stand; nobody else adds pieces to them until the transaction ends."""
    await hold_back_others(tx, names)
    found = [await _waiting(tx, name) for name in sorted(names)]
    return [series for series in found if series]


async def mark(tx: Tx, series: Series, state: str) -> None:
    """What became of pieces (see the table); the name of a series that is done is free for the next one."""
    parts = tx.t.parts
    values = {"state": state}
    if state == "done":
        values["series"] = _done(series.name)
        await tx.run(delete(parts).where(parts.c.series == _done(series.name)))
    await tx.run(update(parts).where(parts.c.id.in_([row["id"] for row in series.rows])).values(**values))


async def forget_pieces(tx: Tx, before: datetime) -> None:
    """Drop pieces whose text is in the inbox since long: they will not be delivered again."""
    parts = tx.t.parts
    await tx.run(delete(parts).where(parts.c.state == "done", parts.c.received_at < before))
