"""The quarantine: requests that were not believed or could not be read, sealed, and capped for each account.

The cap: once it is reached, what goes first is what came before the account was last believed (random scans of better
times); then the rest, of the address that has sent most, oldest first. The first half that came since then always
stays: after a changed setting those are the texts of residents, and whoever floods comes later. So does the newest.
Where one must go, some more go with it, so that a flood does not look through all of them again and again.
Requests that proved where they came from and hold something unreadable go last.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from bot.domain.gateway import WebRequest
from bot.storage.heard import last_heard
from bot.storage.receipts import hold_back_others
from bot.storage.refused_texts import forget_texts, note_texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy.engine import RowMapping

    from bot.domain.messages import Inbound
    from bot.storage.database import Tx

MOST = 5_000
"""Held requests of one account: some days of replies."""
MOST_BYTES = 16_000_000
"""Their bytes together."""

MORE_GO = 50
"""One in so many goes at a time once the cap is reached."""

UNKNOWN = "unknown_account"
"""Code of requests for accounts that are not configured."""
MOST_UNKNOWN = 20
"""Such accounts at a time: who tries names fills no more."""

_PROVEN = frozenset({"malformed", "no_number"})
_COLUMNS = ("id", "gateway", "account", "at", "code", "size", "state", "decided_by", "decided_at")


@dataclass(frozen=True, slots=True)
class Refused:
    """A request in the quarantine, without its contents.

    ``code`` is one of RefusedRequest's, ``malformed``, ``no_number`` (a sender that is no telephone number),
    ``unknown_account`` (no such account is configured) or ``error`` (it could not be checked). ``state``: held,
    released (its texts are in the inbox), forced (as that, without being verified), dropped, or came (all its texts
    came by another request, which was believed; nobody decided).
    """

    id: int
    gateway: str
    account: str
    at: datetime
    code: str
    size: int
    state: str
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What was sealed: the request as it came, and the texts in it whose sender is no telephone number."""

    request: WebRequest
    texts: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RefusedSummary:
    """What is held of one account; ``codes`` counts by code."""

    gateway: str
    account: str
    held: int
    first_at: datetime
    last_at: datetime
    codes: dict[str, int]


async def keep_refused(
    tx: Tx, gateway: str, account: str, code: str, contents: Contents, now: datetime, ids: Collection[str] = ()
) -> bool:  # fmt: skip
    """Seal a request away; False where it is there already (a provider's retry brings the same again).

    ``ids`` are those of all that it brings, where these are texts: see ``settle_came``.
    """
    await hold_back_others(tx, {f"refused {gateway}/{account}"})
    request, table = contents.request, tx.t.refused_requests
    size = len(request.body) + len(request.url)
    identity = _identity(tx, contents)
    same = table.c.gateway == gateway, table.c.account == account, table.c.identity == identity, table.c.code == code
    if await tx.one(select(table.c.id).where(*same)) is not None:
        return False
    row = table.insert().values(
        gateway=gateway, account=account, at=now, code=code, request=_sealed(contents), size=size,
        source=_source(tx, request.peer), state="held", identity=identity,
    )  # fmt: skip
    refused_id = (await tx.run(row.returning(table.c.id))).scalar_one()
    await note_texts(tx, refused_id, gateway, account, ids)
    await _keep_to_the_cap(tx, gateway, account)
    return True


async def keep_unknown(tx: Tx, gateway: str, account: str, contents: Contents, now: datetime) -> bool:
    """As ``keep_refused``, for an account that is not configured; False also where too many such were named."""
    table = tx.t.refused_requests
    await hold_back_others(tx, {f"refused {UNKNOWN}"})
    held = table.c.state == "held", table.c.code == UNKNOWN
    rows = await tx.all(select(table.c.gateway, table.c.account).where(*held).distinct())
    named = {(row["gateway"], row["account"]) for row in rows}
    if (gateway, account) not in named and len(named) >= MOST_UNKNOWN:
        return False
    return await keep_refused(tx, gateway, account, UNKNOWN, contents, now)


async def list_refused(
    tx: Tx, *, gateway: str = "", account: str = "", state: str = "held", limit: int = 100
) -> list[Refused]:
    """Requests of that state, newest first; all accounts where none is named."""
    table = tx.t.refused_requests
    query = select(*(table.c[name] for name in _COLUMNS)).where(table.c.state == state)
    for column, value in ((table.c.gateway, gateway), (table.c.account, account)):
        query = query.where(column == value) if value else query
    return [Refused(**row) for row in await tx.all(query.order_by(table.c.id.desc()).limit(limit))]


async def find_refused(tx: Tx, refused_id: int) -> tuple[Refused, Contents] | None:
    """One request with its contents."""
    table = tx.t.refused_requests
    row = await tx.one(select(table).where(table.c.id == refused_id))
    return (Refused(**{name: row[name] for name in _COLUMNS}), _opened(row["request"])) if row else None


async def refused_summary(tx: Tx) -> list[RefusedSummary]:
    """Each account of which something is held, for the console's banner and for the page of the roads."""
    table = tx.t.refused_requests
    keys = table.c.gateway, table.c.account
    told = func.count().label("number"), func.min(table.c.at).label("first"), func.max(table.c.at).label("last")
    query = select(*keys, table.c.code, *told).where(table.c.state == "held").group_by(*keys, table.c.code)
    by_account: dict[tuple[str, str], list[RowMapping]] = defaultdict(list)
    for row in await tx.all(query.order_by(*keys, table.c.code)):
        by_account[row["gateway"], row["account"]].append(row)
    return [
        RefusedSummary(
            gateway, account, sum(row["number"] for row in rows), min(row["first"] for row in rows),
            max(row["last"] for row in rows), {row["code"]: row["number"] for row in rows},
        )
        for (gateway, account), rows in by_account.items()
    ]  # fmt: skip


async def decide(tx: Tx, refused_id: int, state: str, staff: str, now: datetime) -> bool:
    """Give a held request its end (see ``Refused``); False where somebody has decided already."""
    table = tx.t.refused_requests
    held = table.c.id == refused_id, table.c.state == "held"
    done = await tx.run(update(table).where(*held).values(state=state, decided_by=staff, decided_at=now))
    await forget_texts(tx, table.c.id == refused_id)
    return bool(done.rowcount)


async def recode(tx: Tx, refused_id: int, code: str) -> None:
    """The request is held for another reason from now on."""
    table = tx.t.refused_requests
    await tx.run(update(table).where(table.c.id == refused_id).values(code=code))


async def forget_decided(tx: Tx, before: datetime) -> None:
    """Drop what was decided long ago."""
    table = tx.t.refused_requests
    await tx.run(delete(table).where(table.c.state != "held", table.c.decided_at < before))


async def _keep_to_the_cap(tx: Tx, gateway: str, account: str) -> None:
    table = tx.t.refused_requests
    columns = table.c.id, table.c.at, table.c.code, table.c.size, table.c.source
    mine = table.c.gateway == gateway, table.c.account == account, table.c.state == "held"
    sums = select(func.count().label("number"), func.coalesce(func.sum(table.c.size), 0).label("size"))
    held = await tx.one(sums.select_from(table).where(*mine))
    if held is None or (held["number"] <= MOST and held["size"] <= MOST_BYTES):
        return
    rows = await tx.all(select(*columns).where(*mine).order_by(table.c.id))
    going = _dispensable(rows, await last_heard(tx, f"{gateway}/{account}"))
    number, size, gone = len(rows), sum(row["size"] for row in rows), list[int]()
    most, most_bytes = MOST - MOST // MORE_GO, MOST_BYTES - MOST_BYTES // MORE_GO
    while (number > most or size > most_bytes) and (row := next(going, None)) is not None:
        number, size = number - 1, size - row["size"]
        gone.append(row["id"])
    await forget_texts(tx, table.c.id.in_(gone))
    await tx.run(delete(table).where(table.c.id.in_(gone)))


def _dispensable(rows: Sequence[RowMapping], believed: datetime | None) -> Iterator[RowMapping]:
    """What may go, in the order in which it goes (see above)."""
    *others, _newest = rows
    proven = [row for row in others if row["code"] in _PROVEN]
    doubtful = [row for row in others if row["code"] not in _PROVEN]
    yield from (row for row in doubtful if believed is not None and row["at"] <= believed)
    first, size = 0, 0
    rest: list[RowMapping] = []
    for row in doubtful:
        if believed is not None and row["at"] <= believed:
            continue
        if first < MOST // 2 and size + row["size"] <= MOST_BYTES // 2 and not rest:
            first, size = first + 1, size + row["size"]
        else:
            rest.append(row)
    yield from _loudest_first(rest)
    yield from proven


def _loudest_first(rows: Sequence[RowMapping]) -> Iterator[RowMapping]:
    """Each time the oldest of the address of which most are left."""
    of: dict[str, deque[RowMapping]] = defaultdict(deque)
    for row in rows:
        of[row["source"]].append(row)
    while of:
        source = max(of, key=lambda name: len(of[name]))
        yield of[source].popleft()
        if not of[source]:
            del of[source]


def _source(tx: Tx, peer: str) -> str:
    """A keyed hash of the address; one network of IPv6 is one source."""
    try:
        address = ip_address(peer)
        network = peer if address.version == 4 else str(ip_network(f"{peer.partition('%')[0]}/64", strict=False))
    except ValueError:
        network = peer
    return tx.keyring.lookup(f"source {network}").hex()[:16]


def _identity(tx: Tx, contents: Contents) -> str:
    """The same for the same request; headers do not count, signatures and times stand there."""
    request = contents.request
    told = [request.method, request.url, request.body.hex(), contents.texts]
    return tx.keyring.lookup(f"refused {json.dumps(told)}").hex()[:32]


def _sealed(contents: Contents) -> str:
    request = contents.request
    body = base64.b64encode(request.body).decode("ascii")
    told = {
        "method": request.method, "url": request.url, "headers": dict(request.headers), "body": body,
        "peer": request.peer, "texts": contents.texts,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False)


def _opened(sealed: str) -> Contents:
    told: dict[str, Any] = json.loads(sealed)
    body = base64.b64decode(told["body"])
    request = WebRequest(told["method"], told["url"], told["headers"], body, told["peer"])
    return Contents(request, told["texts"])


def nameless(request: WebRequest, texts: Sequence[Inbound]) -> Contents:
    """A request together with those of its texts that nobody can be answered for."""
    told = [
        {"message_id": text.message_id, "sender": text.sender, "recipient": text.recipient, "text": text.text}
        for text in texts
    ]
    return Contents(request, told)
