"""SMPP 3.4, spoken directly with a carrier's or an aggregator's SMSC (source: SMPP Protocol Specification v3.4, 1.2).

smpplib writes and reads the PDUs; the connection is asyncio streams and not smpplib's client. That client blocks, so it
would need a thread; it knows no window, no time-out of one submit and no answer that comes late, loses its place in
the stream when a read times out within a PDU, and logs whole PDUs, texts included.

What an answer means is in ``smpp_answers``. A submit without an answer (time-out, connection lost) is unknown and never
sent again from here; our reference cannot travel, so nobody can be asked. An answer that comes too late still tells
the id: it is handed on as a receipt by our reference. A throttled answer means later, and slows all texts down.

A long text goes out part by part, the next when the last one is taken. Where its first part is not taken for now,
nothing is; where a later one is not, it is tried again here for some seconds, and then the text is unknown. The
text has arrived when all parts have, and failed when one has (``smpp_series``).

A text from a phone is answered (deliver_sm_resp) when it is committed, else with ESME_RX_T_APPN, upon which the SMSC
keeps it and sends it again; with ESME_RX_P_APPN where it can never be kept.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from smpplib import consts

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities
from bot.domain.messages import Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.base import BaseGateway, refused
from bot.gateways.smpp_account import SmppAccount
from bot.gateways.smpp_answers import BIND_FAULTS, THROTTLED, code_of
from bot.gateways.smpp_answers import refused as refused_by
from bot.gateways.smpp_in import canonical_id
from bot.gateways.smpp_incoming import Incoming
from bot.gateways.smpp_link import Link, Pace
from bot.gateways.smpp_out import Fields, cut
from bot.gateways.smpp_series import Series, SeriesBook
from bot.gateways.smpp_session import BindRefused, Lost, NotSent, Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.domain.gateway import Deliver, WebRequest
    from bot.domain.messages import Inbound, Outbound
    from bot.gateways.smpp_pdu import Pdu

_LATER_PARTS_SECONDS = 30.0
"""For so long the rest of a text is tried again when the SMSC would not take it for now."""
_AGAIN_SECONDS = 0.2


class SmppGateway(BaseGateway[SmppAccount]):
    """A standing connection, or a pair of them, to one SMSC. ``run`` keeps it; without it nothing can be sent."""

    settings = SmppAccount
    abilities: ClassVar[Abilities] = Abilities(standing=True)

    def __init__(self, account: SmppAccount, chance: Callable[[], float] = random.random) -> None:
        super().__init__(account)
        self._series = SeriesBook()
        self._incoming = Incoming(account, self._series)
        self._pace = Pace()
        self._reference = int(chance() * 0xFFFF)
        kinds = ["transceiver"] if account.bind == "transceiver" else ["transmitter", "receiver"]
        incoming = self._incoming
        self._links = [Link(account, kind, chance, incoming.take, incoming.expect, incoming.back) for kind in kinds]

    # the standing role

    async def run(self, deliver: Deliver) -> None:
        """Keep the connection and hand on what comes, until cancelled; then let what is under way end, and unbind."""
        roles = [asyncio.create_task(role) for role in (self._incoming.run(deliver), *(x.keep() for x in self._links))]
        try:
            ended, _ = await asyncio.wait(roles, return_when=asyncio.FIRST_COMPLETED)
            for role in ended:
                role.result()
        finally:
            await self._incoming.finish()
            await asyncio.gather(*(link.leave() for link in self._links))
            for role in roles:
                role.cancel()
            await asyncio.gather(*roles, return_exceptions=True)

    # out

    async def send(self, text: Outbound) -> Submitted:
        self._reference = self._reference + 1 & 0xFFFF
        try:
            pieces = cut(text, self.mine, self._reference)
        except UnicodeEncodeError:
            return Submitted(Outcome.REJECTED, code="encoding", reason=Reason.BAD_TEXT)
        series = self._series.begin(len(pieces))
        whole = False
        try:
            first = await self._submit(pieces[0], series, text)
            if first.outcome is not Outcome.ACCEPTED:
                return first
            for piece in pieces[1:]:
                answer = await self._submit_rest(piece, series, text)
                if answer.outcome is not Outcome.ACCEPTED:
                    return _partly(answer, series)
            whole = True
        finally:
            self._series.end(series, whole=whole)
        segments = None if "message_payload" in pieces[0] else len(pieces)
        message_id = series.ids[0] if series.ids else None
        return Submitted(Outcome.ACCEPTED, message_id, segments=segments, also=tuple(series.ids[1:]))

    async def _submit_rest(self, piece: Fields, series: Series, text: Outbound) -> Submitted:
        """A later part: what is begun is brought to its end, over a new connection if need be."""
        until = asyncio.get_running_loop().time() + _LATER_PARTS_SECONDS
        while True:
            answer = await self._submit(piece, series, text)
            if answer.outcome is not Outcome.RETRY:
                return answer
            if asyncio.get_running_loop().time() > until:
                return Submitted(Outcome.UNKNOWN, code=f"part {answer.code}")
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _submit(self, piece: Fields, series: Series, text: Outbound) -> Submitted:
        link = self._links[0]
        session = await link.session()
        if session is None:
            return _not_bound(link)
        turn = await self._pace.turn()
        if turn is None:
            return Submitted(Outcome.RETRY, code="slowed_down", reason=Reason.BUSY)
        try:
            answer = await session.submit(piece, partial(self._answered, series, text))
        except NotSent as error:
            return Submitted(Outcome.RETRY, code=str(error), reason=Reason.BUSY)
        except TimeoutError:
            return Submitted(Outcome.UNKNOWN, code="no_answer")
        except Lost:
            return Submitted(Outcome.UNKNOWN, code="connection_lost")
        if answer.status == consts.SMPP_ESME_ROK and answer.command == "submit_sm_resp":
            self._pace.taken()
            return Submitted(Outcome.ACCEPTED)
        if answer.status in THROTTLED:
            self._pace.throttled(turn)
        return refused_by(answer.status, self.mine.statuses)

    def _answered(self, series: Series, text: Outbound, answer: Pdu, late: bool) -> None:  # noqa: FBT001  # a callback
        """Note the id before anything that comes after it in the stream is read."""
        if answer.command != "submit_sm_resp" or answer.status != consts.SMPP_ESME_ROK:
            return
        message_id = canonical_id(answer.text("message_id").strip(), self.mine.submit_ids)
        if message_id and not late:
            self._series.add(series, message_id)
        elif message_id and series.total == 1:
            self._incoming.tell(Receipt(message_id, TextState.ACCEPTED, "late_answer", reference=text.reference))

    # the account

    async def check(self) -> list[str]:
        """Bind once and leave, unless this process is bound; what is wrong in words."""
        mine = self.mine
        if all(link.is_bound for link in self._links):
            return []
        where = f"{mine.host}:{mine.port}"
        if mine.tls_ca and not await asyncio.to_thread(Path(mine.tls_ca).is_file):
            return [f"tls_caのファイル {mine.tls_ca} がありません。 / There is no file {mine.tls_ca} (tls_ca)."]
        try:
            session = await Session.open(mine, _not_now)
        except ssl.SSLError as error:
            why = error.reason or type(error).__name__
            return [f"{where} とのTLSが成立しません({why})。 / No TLS with {where} ({why})."]
        except (OSError, TimeoutError):
            return [
                f"{where} に接続できません。host・port・通信の許可を確かめてください。 / Cannot connect to {where}."
            ]
        try:
            await session.bind("transceiver" if mine.bind == "transceiver" else "transmitter")
            await session.leave()
        except BindRefused as error:
            return _bind_fault(error.status)
        except (Lost, TimeoutError):
            return [f"{where} がbindに答えません。 / {where} does not answer to the bind."]
        finally:
            session.drop("checked")
        return []

    # SMPP has no webhook

    async def verify(self, request: WebRequest, now: datetime) -> None:  # noqa: ARG002  # none can be believed
        raise refused("unsigned")

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:  # noqa: ARG002  # as above
        raise _no_webhook()

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:  # noqa: ARG002  # as above
        raise _no_webhook()


def _partly(answer: Submitted, series: Series) -> Submitted:
    """A later part was not taken, or nobody knows: of the text the first ones were."""
    if answer.outcome is not Outcome.UNKNOWN:
        return answer
    first = series.ids[0] if series.ids else None
    return replace(answer, message_id=first, also=tuple(series.ids[1:]), partly=True)


def _not_bound(link: Link) -> Submitted:
    if link.refused is not None:
        return Submitted(Outcome.RETRY, code=f"bind {code_of(link.refused)}", reason=Reason.ACCOUNT)
    return Submitted(Outcome.RETRY, code="not_bound", reason=Reason.BUSY)


def _not_now(session: Session, pdu: Pdu) -> None:
    """A text that comes during a check is kept by the SMSC."""
    session.answer_deliver(pdu, consts.SMPP_ESME_RX_T_APPN)


def _bind_fault(status: int) -> list[str]:
    """Why the SMSC let us not in. An account that is bound already (by the service that runs) is well."""
    if status == consts.SMPP_ESME_RALYBND:
        return []
    ja, en = BIND_FAULTS.get(status, ("理由はコードを見てください", "see the code"))
    code = code_of(status)
    return [f"SMSCが接続(bind)を断りました: {ja}({code})。 / The SMSC refused the bind: {en} ({code})."]


def _no_webhook() -> InvalidInput:
    return InvalidInput("SMPPはwebhookを使いません。", "SMPP has no webhook.", field="body")
