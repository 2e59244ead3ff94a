"""What the SMSC delivers, handed on in its order and answered only when it is committed."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import structlog
from smpplib import consts

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Parsed
from bot.domain.messages import Inbound, Receipt
from bot.gateways.smpp_in import NoReceipt, read_deliver
from bot.gateways.smpp_pdu import HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.domain.gateway import Deliver
    from bot.gateways.smpp_account import SmppAccount
    from bot.gateways.smpp_pdu import Pdu
    from bot.gateways.smpp_series import SeriesBook
    from bot.gateways.smpp_session import Session

log = structlog.get_logger(__name__)

AT_ONCE = 50
_MOST_WAITING = 1000
_EXPECTED_SECONDS = 60.0
"""After a bind the SMSC sends again what it saw no answer to; later the same octets are the same words said again."""
_LAST_SECONDS = 2.0


@dataclass(slots=True, eq=False)
class _Item:
    """One thing to hand on; without a session nobody waits for an answer."""

    what: Inbound | Receipt
    session: Session | None = None
    pdu: Pdu | None = None
    digest: bytes = b""

    def answer(self, status: int, digest: bytes = b"") -> bool:
        return self.session is None or self.pdu is None or self.session.answer_deliver(self.pdu, status, digest)


class Incoming:
    """A queue between the connections and ``deliver``.

    A deliver_sm that was committed and answered, but whose answer the SMSC may never have read, comes again when the
    connection is back. It is known by its octets, for a minute from then on, once, and answered without being handed
    on again; so is one whose first copy still waits to be committed. What comes again after a restart of this process
    is handed on again, without an id, so that the intake can see a possible duplicate.
    """

    def __init__(self, account: SmppAccount, series: SeriesBook, clock: Callable[[], float] = time.monotonic) -> None:
        self._mine = account
        self._series = series
        self._clock = clock
        self._queue: asyncio.Queue[_Item] = asyncio.Queue()
        self._pending: set[_Item] = set()
        self._holding: set[asyncio.Task[None]] = set()
        self._expected: Counter[bytes] = Counter()
        self._expected_until = math.inf
        self._closing = False

    def take(self, session: Session, pdu: Pdu) -> None:
        """A deliver_sm, as it is read."""
        digest = _digest(pdu)
        if self._closing or len(self._pending) >= _MOST_WAITING:
            session.answer_deliver(pdu, consts.SMPP_ESME_RX_T_APPN)
        elif self._is_committed(digest):
            log.info("smpp.came_again", account=self._mine.account)
            session.answer_deliver(pdu, consts.SMPP_ESME_ROK, digest)
        elif first := next((item for item in self._pending if item.digest == digest and _is_gone(item)), None):
            first.session, first.pdu = session, pdu
        else:
            self._take_new(session, pdu, digest)

    def tell(self, receipt: Receipt) -> None:
        """Hand on something that nobody waits for."""
        self._put(_Item(receipt))

    def expect(self, digests: Iterable[bytes]) -> None:
        """The connection is gone; these are committed, and may come again when it is back."""
        self._forget_old()
        self._expected.update(digests)
        self._expected_until = math.inf

    def back(self) -> None:
        """The connection is there again."""
        self._expected_until = self._clock() + _EXPECTED_SECONDS

    async def run(self, deliver: Deliver) -> None:
        """Hand on until cancelled."""
        self._closing = False
        while True:
            items = [await self._queue.get()]
            while len(items) < AT_ONCE and not self._queue.empty():
                items.append(self._queue.get_nowait())
            try:
                await self._hand_on(items, deliver)
            finally:
                for item in items:
                    self._pending.discard(item)
                    self._queue.task_done()

    async def finish(self) -> None:
        """Take no more, and let what is there be committed."""
        self._closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await asyncio.gather(*self._holding)
                await self._queue.join()

    def _put(self, item: _Item) -> None:
        self._pending.add(item)
        self._queue.put_nowait(item)

    def _take_new(self, session: Session, pdu: Pdu, digest: bytes) -> None:
        try:
            item = _Item(read_deliver(pdu, self._mine), session, pdu, digest)
        except NoReceipt:
            log.error("smpp.receipt_of_nothing", account=self._mine.account, octets=len(pdu.raw))
            session.answer_deliver(pdu, consts.SMPP_ESME_ROK)
            return
        if isinstance(item.what, Receipt) and self._series.is_early(item.what):
            self._pending.add(item)
            task = asyncio.create_task(self._hold(item))
            self._holding.add(task)
            task.add_done_callback(self._holding.discard)
        else:
            self._put(item)

    async def _hold(self, item: _Item) -> None:
        """A receipt may overtake the answer that says whose it is."""
        await self._series.settle(self._mine.answer_seconds)
        self._put(item)

    def _is_committed(self, digest: bytes) -> bool:
        self._forget_old()
        if not self._expected.get(digest):
            return False
        self._expected -= Counter((digest,))
        return True

    def _forget_old(self) -> None:
        if self._clock() > self._expected_until:
            self._expected.clear()

    async def _hand_on(self, items: list[_Item], deliver: Deliver) -> None:
        """All in one commit; where that fails, each by itself, so that one cannot hold up the rest."""
        try:
            await deliver(self._parsed(items))
        except Exception as error:  # noqa: BLE001  # whatever it was, it is not committed: the SMSC keeps it
            if len(items) > 1:
                for item in items:
                    await self._hand_on([item], deliver)
                return
            final = isinstance(error, InvalidInput) and not error.retryable
            items[0].answer(consts.SMPP_ESME_RX_P_APPN if final else consts.SMPP_ESME_RX_T_APPN)
            log.warning("smpp.not_kept", account=self._mine.account, error=type(error).__name__, final=final)
            return
        for item in items:
            if not item.answer(consts.SMPP_ESME_ROK, item.digest):
                self._expected[item.digest] += 1

    def _parsed(self, items: list[_Item]) -> Parsed:
        texts = [item.what for item in items if isinstance(item.what, Inbound)]
        receipts = [self._series.of_whole(item.what) for item in items if isinstance(item.what, Receipt)]
        return Parsed(tuple(texts), tuple(receipts))


def _digest(pdu: Pdu) -> bytes:
    """What is the same when the SMSC sends something again: all but the header with its sequence number."""
    return sha256(pdu.raw[HEADER:]).digest()


def _is_gone(item: _Item) -> bool:
    return item.session is not None and item.session.is_gone
