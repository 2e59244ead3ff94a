"""The inside of the relay: fetches what it keeps by asking outwards alone, and hands each request to its own account.

Nobody connects to the inside. Each request is opened, judged as of the moment at which the relay got it, committed (or
put into the quarantine), and only then acknowledged; the relay removes what is acknowledged. See ``relay_wire.py``
and ``bot/relay`` for the other side.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import aiohttp
import structlog
from pydantic import Field, field_validator

from bot.domain.errors import InvalidInput, MimamoriError, NotFound, StorageUnavailable
from bot.domain.gateway import Abilities, Trouble
from bot.domain.messages import Inbound, Outbound, Outcome, Reason, Receipt, Submitted
from bot.gateways.account import Account, Secret
from bot.gateways.base import BaseGateway, read_object, refused
from bot.gateways.durable_files import held_if_free, make_folder, write_whole
from bot.gateways.relay_seal import InsideKeys, InsidePublic, RelayPublic, unpack
from bot.gateways.relay_state import Notice, Odd, State
from bot.gateways.relay_wire import (
    ACK,
    FETCH,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    Ack,
    Record,
    decoded,
    question,
    read_head,
    read_record,
    record_hash,
)

if TYPE_CHECKING:
    from bot.domain.gateway import Receive, WebRequest
    from bot.gateways.relay_seal import Kept

log = structlog.get_logger(__name__)
_ATTEMPTS = 10
_ASIDE_EVERY_SECONDS = 600
_NOTICES_TOLD = timedelta(days=7)


class RelayAccount(Account):
    sender: str = Field(default="relay", pattern=r"^[0-9A-Za-z]{3,15}$", description="Not used: nothing is sent here")
    url: str = Field(pattern=r"^https?://", description="Address of the relay")
    key: Secret = Field(description="Content of inside.key: opens what the relay sealed")
    relay: str = Field(description="Content of relay.pub: whose records are believed")
    folder: Path = Field(description="Folder for what is known of the relay, and for what had to be put aside")
    wait_seconds: float = Field(default=25, ge=0, le=60, description="How long one question may wait for an answer")
    retry_seconds: float = Field(default=5, gt=0, le=600, description="Wait after the relay or the database was away")

    @field_validator("url")
    @classmethod
    def _https(cls, url: str) -> str:
        local = urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
        if not url.startswith("https://") and not local:
            raise ValueError("must be https://")
        return url.rstrip("/")


_AWAY_TOLD_AFTER = timedelta(minutes=1)
_AWAY = (
    "中継につながりません。そのあいだの返信は中継に預けられていて、つながると届きます。",
    "The relay cannot be reached. Replies are kept there meanwhile, and come once it can.",
)


class RelayGateway(BaseGateway[RelayAccount]):
    """Fetches for others; nothing is sent on it, and it has no webhook."""

    settings = RelayAccount
    abilities: ClassVar[Abilities] = Abilities(two_way=False, receipts=False, standing=True, sends=False)
    methods: ClassVar[tuple[str, ...]] = ()  # nobody calls here

    def __init__(self, account: RelayAccount) -> None:
        super().__init__(account)
        self._keys, self._relay = InsideKeys(account.key.get_secret_value()), RelayPublic(account.relay)
        self._file, self._aside = account.folder / "state.json", account.folder / "aside"
        self._own = InsidePublic(self._keys.public)
        self._nonce, self._attempts = "", Counter[str]()
        self._away_since: datetime | None = None

    async def verify(self, request: WebRequest, now: datetime) -> None:  # noqa: ARG002  # nothing proves it
        raise refused("unsigned")

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:  # noqa: ARG002  # as above
        raise InvalidInput("中継に受け口はありません。", "The relay has no webhook.", field="body")

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:  # noqa: ARG002  # as above
        raise InvalidInput("中継に受け口はありません。", "The relay has no webhook.", field="body")

    async def send(self, text: Outbound) -> Submitted:  # noqa: ARG002  # whatever it is
        return Submitted(Outcome.RETRY, code="relay_never_sends", reason=Reason.ACCOUNT)

    async def fetch(self, receive: Receive) -> None:
        """Fetch until cancelled; a relay or database that is away is asked again."""
        await asyncio.to_thread(make_folder, self.mine.folder)
        loop, tried = asyncio.get_running_loop(), float("-inf")
        while True:
            if loop.time() - tried > _ASIDE_EVERY_SECONDS:
                await self.retry_aside(receive)
                tried = loop.time()
            try:
                rest = await self.step(receive, wait=self.mine.wait_seconds)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError, LookupError, MimamoriError) as error:
                log.warning("relay.away", account=self.account, error=type(error).__name__)
                self._away_since, rest = self._away_since or self.clock.now(), 1
            else:
                self._away_since = None
            if rest:
                await asyncio.sleep(self.mine.retry_seconds)

    async def step(self, receive: Receive, *, wait: float = 0) -> int:
        """One fetch: take what waits, acknowledge it; how many are still there afterwards. Raises what went wrong.

        Another process that fetches with the same folder is not disturbed: then nothing is done.
        """
        await asyncio.to_thread(make_folder, self.mine.folder)
        with held_if_free(self.mine.folder / "lock") as mine:
            return await self._step(receive, wait) if mine else 1

    async def _step(self, receive: Receive, wait: float) -> int:
        state = await asyncio.to_thread(State.load, self._file)
        nonce = secrets.token_hex(16)
        answer = await self._ask(FETCH, {"after": state.seq, "wait": wait, "nonce": nonce}, wait)
        store, seq, newest = read_head(answer.get("head"), self._relay, nonce)
        if store != state.store:
            if state.store:  # numbers begin anew; what was asked for with the old ones comes again, whole
                self._notice(state, Odd("new_store", 0, 0))
            begun, state = bool(state.store), State(store=store, notices=state.notices)
            if begun:
                await asyncio.to_thread(state.save, self._file)
                return 0
        items = [(int(name), decoded(data)) for name, data in answer["records"]]
        acks, rest = await self._take(items, self._acked(answer, store), state, receive, min(int(answer["upto"]), seq))
        if state.seq == seq and state.hash not in {"", newest}:
            self._notice(state, Odd("chain", seq, seq))
            state.hash = newest
        await asyncio.to_thread(state.save, self._file)
        if acks:
            await self._ask(ACK, {"acks": [ack.as_list() for ack in acks]})
        return rest

    async def _take(
        self, items: list[tuple[int, bytes]], acked: dict[int, str], state: State, receive: Receive, upto: int
    ) -> tuple[list[Ack], int]:
        """Look through what came, hand it on in order; what to acknowledge, and how much was not new or must wait."""
        read = {record_hash(data): (name, data, self._read(data)) for name, data in items}
        found: dict[int, Record] = {}
        for name, _, record in read.values():
            if record is None:
                acked.setdefault(name, "")  # told as changed, not as missing too
            elif record.store == state.store:
                found[record.seq] = record
                if record.seq != name:
                    self._notice(state, Odd("reordered", record.seq, record.seq))
        safe, before = set[str](), set(state.handled)
        for odd in state.look(found, acked, upto):
            self._notice(state, odd)
        try:
            for key, (name, data, record) in sorted(read.items(), key=_by_number):
                if key in before or await self._hand_on(name, record, data, state, receive):
                    safe.add(key)
        except StorageUnavailable as error:
            log.warning("relay.storage_unavailable", account=self.account, error=error.en)
        state.handled |= safe
        names = [(name, record_hash(data)) for name, data in items]
        acks = [Ack.make(self._keys, state.store, name, key) for name, key in names if key in safe]
        return acks, len(items) - len(safe - before)

    def _read(self, data: bytes) -> Record | None:
        try:
            return read_record(data, self._relay)
        except InvalidInput:
            return None

    def _acked(self, answer: dict[str, Any], store: str) -> dict[int, str]:
        """What another inside of ours has taken: only what was signed with our own key counts."""
        acks = [Ack.from_list(item) for item in answer["acked"]]
        return {ack.name: ack.hash for ack in acks if ack.is_from(self._own, store)}

    async def _hand_on(self, name: int, record: Record | None, data: bytes, state: State, receive: Receive) -> bool:
        """Whether it is safe here: committed, in the quarantine, or put aside. Raises StorageUnavailable."""
        what = "tampered"
        if record is not None:
            try:
                kept = unpack(self._keys.open(record.box))
            except InvalidInput:
                what = "unreadable"
            else:
                what = await self._received(kept, record, receive)
        if what == "later":
            return False
        if what:
            await self._put_aside(state, what, name, data)
        return True

    async def _received(self, kept: Kept, record: Record, receive: Receive) -> str:
        """Nothing where the request was taken, else ``later``, or why it must be put aside."""
        try:
            await receive(kept.kind, kept.account, kept.request, kept.at)
        except StorageUnavailable:
            raise
        except NotFound:
            return "unknown_account"
        except Exception as error:  # noqa: BLE001  # the next request must not wait for this one for ever
            log.error("relay.not_taken", account=self.account, error=type(error).__name__)
            self._attempts[record.hash] += 1
            return "later" if self._attempts[record.hash] < _ATTEMPTS else "failed"
        return ""

    async def retry_aside(self, receive: Receive) -> None:
        """Try again what had to be put aside: a setting may have been mended. What was changed stays there."""
        folder = self._aside
        for path in sorted(folder.glob("*.sealed")) if folder.is_dir() else []:
            try:
                record = read_record(await asyncio.to_thread(path.read_bytes), self._relay)
                kept = unpack(self._keys.open(record.box))
                await receive(kept.kind, kept.account, kept.request, kept.at)
            except Exception as error:  # noqa: BLE001  # it stays where it is, whatever the reason
                log.warning("relay.still_aside", account=self.account, error=type(error).__name__)
            else:
                path.unlink()

    async def _put_aside(self, state: State, what: str, seq: int, data: bytes) -> None:
        """Keep a record as it came, sealed, where nobody but the inside can open it."""
        await asyncio.to_thread(make_folder, self._aside)
        name = f"{state.store}-{seq:015}-{record_hash(data)[:16]}.sealed"
        await asyncio.to_thread(write_whole, self._aside / name, data)
        self._notice(state, Odd(what, seq, seq))

    def _notice(self, state: State, odd: Odd) -> None:
        state.notice(odd, self.clock.now())
        log.error("relay.noticed", account=self.account, what=odd.what, first=odd.first, last=odd.last)

    async def _ask(self, path: str, told: dict[str, Any], wait: float = 0) -> dict[str, Any]:
        """Ask the relay a signed question; once more where its word was too old. Raises what went wrong."""
        body = json.dumps(told).encode()
        timeout = aiohttp.ClientTimeout(total=wait + 60, connect=10)
        for _ in range(2):
            signature = self._keys.sign(question(path, self._nonce, body))
            headers = {NONCE_HEADER: self._nonce, SIGNATURE_HEADER: signature, "Content-Type": "application/json"}
            async with self.http().post(
                self.mine.url + path, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                self._nonce = answer.headers.get(NONCE_HEADER, "")
                if answer.status == HTTPStatus.OK:
                    return read_object(await answer.read())
                if answer.status != HTTPStatus.UNAUTHORIZED:
                    raise InvalidInput(
                        f"中継が {answer.status} と答えました。", f"The relay answered {answer.status}.", field="url"
                    )
        raise InvalidInput(
            "中継が私たちの署名を認めません。中継の inside が、この key の inside.pub か確かめてください。",
            "The relay does not know our signature: is its setting inside the inside.pub of this key?", field="key",
        )  # fmt: skip

    async def check(self) -> list[str]:
        """Asks the relay (nothing is taken), and tells what was not in order in the last seven days."""
        found: list[str] = []
        nonce = secrets.token_hex(16)
        try:
            answer = await self._ask(FETCH, {"after": 0, "wait": 0, "nonce": nonce})
            read_head(answer.get("head"), self._relay, nonce)
        except MimamoriError as error:
            found.append(f"{error.ja} / {error.en}")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            name = type(error).__name__
            found.append(f"中継につながりません({name})。 / The relay cannot be reached ({name}).")
        return found + [" / ".join(notice.words) for notice in await self._notices()]

    async def _notices(self) -> list[Notice]:
        """Of the last seven days, the oldest first."""
        since = (self.clock.now() - _NOTICES_TOLD).astimezone(UTC).isoformat()
        state = await asyncio.to_thread(State.load, self._file)
        return [notice for notice in state.notices if notice.at >= since]

    async def troubles(self) -> list[Trouble]:
        """Disorder at the relay in the last seven days, and that it cannot be reached by this process."""
        found = [Trouble(*notice.words, datetime.fromisoformat(notice.at)) for notice in await self._notices()]
        away = self._away_since
        if away is not None and self.clock.now() - away >= _AWAY_TOLD_AFTER:
            found.append(Trouble(*_AWAY, away))
        return sorted(found, key=lambda trouble: trouble.at, reverse=True)


def _by_number(item: tuple[str, tuple[int, bytes, Record | None]]) -> tuple[int, int]:
    """In the order in which the requests came; what cannot be read stands where it lay."""
    _, (name, _, record) = item
    return (record.seq if record is not None else name), name
