"""One connection to the SMSC: binding, requests and their answers by sequence number, enquire_link, unbind."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smpplib import consts

from bot.gateways.smpp_pdu import HEADER, LONGEST, BrokenPdu, Pdu, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.gateways.smpp_account import SmppAccount

_LAST_SECONDS = 2.0
_LAST_SEQUENCE = 0x7FFF_FFFF
_MOST_WAITING = 5000

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Lost(Exception):
    """The connection is no more; nobody knows what became of requests without an answer. ``args[0]`` says why."""


class NotSent(Exception):
    """The request was not written; the SMSC cannot have it."""


class BindRefused(Exception):
    """The SMSC does not let us in."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class _Waiting:
    """A request without its answer; ``answered`` is called as soon as the answer is read, be it ever so late."""

    command: str
    future: asyncio.Future[Pdu]
    answered: Callable[[Pdu, bool], None] | None = None
    late: bool = False


class Session:
    """A connection that is open: ``bind`` first, then ``serve`` until it is lost."""

    def __init__(self, account: SmppAccount, streams: Streams, came: Callable[[Session, Pdu], None]) -> None:
        self._mine = account
        self._reader, self._writer = streams
        self._came = came
        self._waiting: dict[int, _Waiting] = {}
        self._sequence = 0
        self._window = asyncio.Semaphore(account.window)
        self._heard = asyncio.get_running_loop().time()
        self._unconfirmed: deque[tuple[int, bytes]] = deque()
        self._leaving = False
        self._why = ""
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, account: SmppAccount, came: Callable[[Session, Pdu], None]) -> Session:
        """Connect; raises OSError (ssl.SSLError among them) and TimeoutError."""
        context = ssl.create_default_context(cafile=account.tls_ca or None) if account.tls else None
        async with asyncio.timeout(account.answer_seconds):
            return cls(account, await asyncio.open_connection(account.host, account.port, ssl=context), came)

    async def bind(self, kind: str) -> None:
        """``kind`` is transceiver, transmitter or receiver; raises BindRefused, Lost or TimeoutError."""
        try:
            answer = await self.request(f"bind_{kind}", **self._credentials())
        except NotSent as error:
            raise Lost(str(error)) from None
        if answer.status != consts.SMPP_ESME_ROK:
            raise BindRefused(answer.status)

    async def serve(self) -> str:
        """Keep the connection alive until it is lost; why."""
        asking = asyncio.create_task(self._ask_when_silent())
        try:
            await asyncio.wait({self._reading})
        finally:
            asking.cancel()
        return self._why

    async def request(
        self, command: str, answered: Callable[[Pdu, bool], None] | None = None, **fields: Any  # noqa: ANN401
    ) -> Pdu:  # fmt: skip
        """Send a request and wait for its answer; raises NotSent, Lost, or TimeoutError where none came in time."""
        if self._why:
            raise NotSent("no connection")
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        waiting = _Waiting(command, asyncio.get_running_loop().create_future(), answered)
        self._write(encode(command, self._sequence, **fields))
        self._waiting[self._sequence] = waiting
        while len(self._waiting) > _MOST_WAITING:  # far more than the window: the oldest will not be answered any more
            del self._waiting[next(iter(self._waiting))]
        try:
            async with asyncio.timeout(self._mine.answer_seconds):
                with contextlib.suppress(ConnectionError):  # the reader learns of it
                    await self._writer.drain()
                return await waiting.future
        finally:
            waiting.late = True

    async def submit(self, fields: dict[str, Any], answered: Callable[[Pdu, bool], None]) -> Pdu:
        """Send a submit_sm when the window has room; raises as ``request``."""
        try:
            async with asyncio.timeout(self._mine.answer_seconds):
                await self._window.acquire()
        except TimeoutError:
            raise NotSent("window full") from None
        try:
            if self._leaving:
                raise NotSent("leaving")
            return await self.request("submit_sm", answered, **fields)
        finally:
            self._window.release()

    def answer_deliver(self, pdu: Pdu, status: int, digest: bytes = b"") -> bool:
        """Answer a deliver_sm; False where the connection is gone. ``digest`` names one that is committed."""
        if self._why:
            return False
        self._write(encode("deliver_sm_resp", pdu.sequence, status))
        if digest:
            self._unconfirmed.append((self._sequence, digest))
        return True

    @property
    def is_gone(self) -> bool:
        return bool(self._why)

    def unconfirmed(self) -> list[bytes]:
        """Digests of what was answered without a sign that the SMSC has read the answer."""
        return [digest for _, digest in self._unconfirmed]

    async def leave(self) -> None:
        """Let answers come, then unbind and close."""
        self._leaving = True
        if outstanding := [item.future for item in self._waiting.values() if not item.late]:
            await asyncio.wait(outstanding, timeout=_LAST_SECONDS)
        with contextlib.suppress(NotSent, Lost, TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await self.request("unbind")
        self.drop("left", politely=True)
        await asyncio.wait({self._reading}, timeout=_LAST_SECONDS)
        self._writer.transport.abort()

    def drop(self, why: str, *, politely: bool = False) -> None:
        """Close at once; who waits for an answer is told that there will be none.

        ``politely``: what is written already may still go out, which a dead peer could hold up for ever.
        """
        if self._why:
            return
        self._why = why
        self._writer.close() if politely else self._writer.transport.abort()
        for waiting in self._waiting.values():
            if not waiting.future.done():
                waiting.future.set_exception(Lost(why))
        self._waiting.clear()

    def _credentials(self) -> dict[str, Any]:
        mine = self._mine
        return {
            "system_id": mine.system_id, "password": mine.password.get_secret_value(), "system_type": mine.system_type,
            "interface_version": mine.interface_version, "addr_ton": mine.addr_ton, "addr_npi": mine.addr_npi,
            "address_range": mine.address_range,
        }  # fmt: skip

    def _write(self, octets: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(octets)

    async def _ask_when_silent(self) -> None:
        """Ask the SMSC for a sign of life where nothing was heard for a while; without one the connection is dead."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(max(0.0, self._heard + self._mine.enquire_seconds - loop.time()))
            if loop.time() - self._heard < self._mine.enquire_seconds:
                continue
            try:
                await self.request("enquire_link")
            except TimeoutError:
                self.drop("enquire_link unanswered")
            except (NotSent, Lost):
                return

    # reading

    async def _read(self) -> None:
        try:
            while not self._why:
                self._take(await self._next())
        except (asyncio.IncompleteReadError, OSError) as error:
            self.drop(type(error).__name__)
        except Lost as error:
            self.drop(str(error), politely=True)
        finally:
            self.drop("cannot read")

    async def _next(self) -> bytes:
        head = await self._reader.readexactly(4)
        length = int.from_bytes(head)
        if not HEADER <= length <= LONGEST:
            self._write(encode("generic_nack", 0, consts.SMPP_ESME_RINVCMDLEN))
            raise Lost("garbage")  # nobody knows where the next PDU begins
        raw = head + await self._reader.readexactly(length - 4)
        self._heard = asyncio.get_running_loop().time()
        return raw

    def _take(self, raw: bytes) -> None:
        try:
            pdu = decode(raw)
        except BrokenPdu as error:
            self._refuse(error)
            return
        if pdu.command == "generic_nack" or pdu.command.endswith("_resp"):
            self._answer(pdu)
        elif pdu.command == "deliver_sm":
            self._came(self, pdu)
        elif pdu.command == "enquire_link":
            self._write(encode("enquire_link_resp", pdu.sequence))
        elif pdu.command == "unbind":
            self._write(encode("unbind_resp", pdu.sequence))
            raise Lost("unbound by the SMSC")
        elif pdu.command != "alert_notification":
            self._write(encode("generic_nack", pdu.sequence, consts.SMPP_ESME_RINVCMDID))

    def _refuse(self, error: BrokenPdu) -> None:
        if error.command == "deliver_sm":
            self._write(encode("deliver_sm_resp", error.sequence, error.status))
        elif not error.is_response:
            self._write(encode("generic_nack", error.sequence, error.status))
        elif (waiting := self._waiting.pop(error.sequence, None)) and not waiting.future.done():
            waiting.future.set_exception(Lost("unreadable answer"))

    def _answer(self, pdu: Pdu) -> None:
        waiting = self._waiting.get(pdu.sequence)
        if waiting is None or pdu.command not in {"generic_nack", f"{waiting.command}_resp"}:
            return
        del self._waiting[pdu.sequence]
        while self._unconfirmed and self._unconfirmed[0][0] < pdu.sequence:  # what we wrote before was read there
            self._unconfirmed.popleft()
        if waiting.answered is not None:
            waiting.answered(pdu, waiting.late)
        if not waiting.future.done():
            waiting.future.set_result(pdu)
