"""Infobip: batches of texts and receipts in JSON; our reference as its messageId and as callbackData.

Source: Infobip's public documentation ("Send SMS message" 3 and 2, "Receive outbound SMS message report", "Receive
inbound SMS messages", "Logs and Status Reports", "Manage your subscriptions"). Reports are given once only, so what was
missed is read from the logs (48 hours, 1000 at a time, so in windows of time that are small enough). Webhooks can carry
basic or OAuth credentials or an HMAC; the header of the HMAC is not public and therefore a setting of ``proof``.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Parsed, road_of
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways import generic_proofs
from bot.gateways.account import Account, Secret
from bot.gateways.base import BaseGateway, by_status, needed, needed_id, read_object, refused
from bot.gateways.generic_incoming import names_of
from bot.gateways.generic_settings import Proof
from bot.gateways.infobip_codes import DUPLICATE, REJECTIONS, code_of, reason_of, state_of
from bot.gateways.number_forms import is_same, with_plus, without_plus
from bot.gateways.reading_values import count, inner, moment, objects, price
from bot.gateways.recent_sends import NOT_CERTAIN, RecentSends, within
from bot.gateways.record_lists import Records, in_windows, readable, tell_cut_short

if TYPE_CHECKING:
    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Outbound

_SEND = {3: "/sms/3/messages", 2: "/sms/2/text/advanced"}
_LOGS = {3: "/sms/3/logs", 2: "/sms/1/logs"}
_INBOX = "/sms/1/inbox/logs"
_MOST = 1000
_MOST_REMEMBERED = 10_000
_NEVER = "never_arrived"
_LONGEST_VALIDITY = 48 * 3600  # seconds; also what Infobip does by itself
_KEPT = timedelta(hours=47)
"""How far back the logs surely reach (48 hours)."""


class InfobipAccount(Account):
    url: str = Field(pattern=r"^https?://", description="The account's own address (https://xxxxx.api.infobip.com)")
    api_key: Secret = Field(description="API key")
    own_callback: bool = Field(default=True, description="Tell each text where its receipts go")
    version: Literal[3, 2] = Field(default=3, description="Version of the SMS API")
    proof: Proof = Field(description="What the subscription's notification profile has: basic, bearer, hmac …")


class InfobipGateway(BaseGateway[InfobipAccount]):
    settings = InfobipAccount
    abilities: ClassVar[Abilities] = Abilities(can_ask=True, can_look_back=True)

    def __init__(self, account: InfobipAccount) -> None:
        super().__init__(account)
        self._tries: dict[str, int] = {}
        self._recent = RecentSends()

    async def verify(self, request: WebRequest, now: datetime) -> None:
        try:
            generic_proofs.verify(self.mine.proof, request, names_of(request, self.mine.sender), now)
        except ValueError:  # a template of the proof that cannot read this request
            raise refused("signature") from None

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        return [_text(item, request.body) for item in _results(request.body)]

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        return [_receipt(item) for item in _results(request.body)]

    async def send(self, text: Outbound) -> Submitted:
        self._recent.note(text.reference)
        answer = await self.submit(
            f"{self._base}{_SEND[self.mine.version]}", _taken, json=self._message(text), headers=self._headers
        )
        return self._noted(text, answer)

    def _message(self, text: Outbound) -> dict[str, Any]:
        to = {"to": without_plus(text.recipient), "messageId": self._id(text)}
        sender, receipts = without_plus(self.mine.sender), self.mine.receipts_url
        wanted = self.mine.own_callback and bool(self.mine.public_url)
        minutes = (self.seconds_left(text, 60, _LONGEST_VALIDITY) or 0) // 60
        if self.mine.version == 2:
            old = {"from": sender, "destinations": [to], "text": text.text, "callbackData": text.reference}
            told = {"notifyUrl": receipts, "notifyContentType": "application/json", "intermediateReport": True}
            until = {"validityPeriod": minutes} if minutes else {}
            return {"messages": [old | until | (told if wanted else {})]}
        delivery = {"url": receipts, "intermediateReport": True, "contentType": "application/json"}
        webhooks = {"callbackData": text.reference} | ({"delivery": delivery} if wanted else {})
        message = {"sender": sender, "destinations": [to], "content": {"text": text.text}, "webhooks": webhooks}
        if minutes:
            message["options"] = {"validityPeriod": {"amount": minutes, "timeUnit": "MINUTES"}}
        return {"messages": [message]}

    def _id(self, text: Outbound) -> str:
        """The same at each attempt whose outcome is open; another one once an attempt was surely not taken."""
        tries = self._tries.get(text.reference, 0)
        return text.reference if not tries else f"{text.reference}-{tries + 1}"

    def _noted(self, text: Outbound, answer: Submitted) -> Submitted:
        if answer.outcome is Outcome.RETRY and answer.code in REJECTIONS:
            self._tries[text.reference] = self._tries.pop(text.reference, 0) + 1
            if len(self._tries) > _MOST_REMEMBERED:
                self._tries.pop(next(iter(self._tries)))
        return answer

    @property
    def _base(self) -> str:
        return self.mine.url.rstrip("/")

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"App {self.mine.api_key.get_secret_value()}", "Accept": "application/json"}

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:
        """The log of our messageId; a text that has none, or was rejected there for the moment, never went out."""
        answer = await self.submit(
            f"{self._base}{_LOGS[self.mine.version]}", _logged, method="GET",
            params={"messageId": message_id or self._id(text)}, headers=self._headers,
        )  # fmt: skip
        if answer.outcome is Outcome.RETRY and answer.code not in REJECTIONS and answer.code != _NEVER:
            return Submitted(Outcome.UNKNOWN, code=answer.code)
        if answer.code == _NEVER:
            known = within(text, self.clock.now(), _KEPT)
            return self._recent.judged(text.reference, answer) if known else NOT_CERTAIN
        noted = self._noted(text, answer)
        return replace(noted, reason=None) if noted.outcome is Outcome.RETRY else noted

    async def look_back(self, since: datetime) -> Parsed | None:
        """From the logs, which give the same again and again; the reports of the API are given once."""
        return await self.asked(lambda: self._logs(since))

    async def _logs(self, since: datetime) -> Parsed:
        sent, sent_until = await self._all(_LOGS[self.mine.version], "sent", since)
        came, came_until = await self._all(_INBOX, "received", since)
        ours = [item for item in came if is_same(str(item.get("to") or ""), self.mine.sender)]  # it may have others
        until = min((at for at in (sent_until, came_until) if at is not None), default=None)
        if until is not None:
            tell_cut_short(road_of(self), until)
        texts, receipts = readable(_record, ours, road_of(self)), readable(_receipt, sent, road_of(self))
        return Parsed(texts, receipts, until=until)

    async def _all(self, path: str, name: str, since: datetime) -> tuple[Records, datetime | None]:
        async def ask(first: datetime, last: datetime) -> Records:
            when = {f"{name}Since": _iso(first), f"{name}Until": _iso(last)}
            return await self._got(path, {**when, "limit": str(_MOST)})

        return await in_windows(ask, since, self.clock.now(), _MOST)

    async def _got(self, path: str, params: dict[str, str]) -> Records:
        async with self.http().get(f"{self._base}{path}", params=params, headers=self._headers) as answer:
            answer.raise_for_status()
            return _results(await answer.read())

    async def check(self) -> list[str]:
        """Reads one line of the log: address and key are tried, and nothing is sent."""
        answer = await self.submit(
            f"{self._base}{_LOGS[self.mine.version]}",
            _logged,
            method="GET",
            params={"limit": "1"},
            headers=self._headers,
        )
        if answer.outcome is not Outcome.UNKNOWN and answer.reason not in {Reason.ACCOUNT, Reason.BUSY}:
            return []
        told = (
            f"Infobipに問い合わせできません({answer.code})。urlとapi_keyを確かめてください。"
            f" / Infobip cannot be asked ({answer.code}): check url and api_key."
        )
        return [told]


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _results(body: bytes) -> Records:
    return objects(read_object(body).get("results"), "results")


def _record(item: dict[str, Any]) -> Inbound:
    return _text(item, json.dumps(item).encode())


def _text(item: dict[str, Any], raw: bytes) -> Inbound:
    """``text`` is everything that was written; ``cleanText`` lacks the keyword."""
    return Inbound(
        needed_id(item, "messageId"),
        with_plus(needed(item, "from")),
        with_plus(needed(item, "to")),
        needed(item, "text"),
        raw,
        sent_at=moment(item.get("receivedAt")),
    )


def _receipt(item: dict[str, Any]) -> Receipt:
    status, error, cost = inner(item, "status"), inner(item, "error"), inner(item, "price")
    state, segments = state_of(status), count(item.get("smsCount")) or count(item.get("messageCount"))
    return Receipt(
        needed_id(item, "messageId"),
        state,
        code_of(item),
        reference=str(item.get("callbackData") or ""),
        reason=reason_of(state, status, error),
        at=moment(item.get("doneAt")) or moment(item.get("sentAt")),
        segments=segments,
        price=price(cost.get("pricePerMessage"), cost.get("currency"), segments or 1),
        carrier=str(item.get("mccMnc") or "")[:40],
    )


def _taken(status: int, body: bytes) -> Submitted:
    if status == HTTPStatus.OK:
        return _one(objects(read_object(body).get("messages"), "messages")[0])
    code = _error_code(status, body)
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return Submitted(Outcome.REJECTED, code=code, reason=Reason.OTHER)
    found = by_status(status)
    return Submitted(found.outcome, code=code, reason=found.reason)


def _one(item: dict[str, Any]) -> Submitted:
    """By the status of the message; a rejection is known by its id."""
    status = inner(item, "status")
    state, number = state_of(status), str(status.get("id") or "")
    if state is TextState.REJECTED and number in REJECTIONS:
        outcome, reason = REJECTIONS[number]
        return Submitted(outcome, code=number, reason=reason)
    if number == DUPLICATE or state in {TextState.REJECTED, TextState.UNKNOWN}:
        return Submitted(Outcome.UNKNOWN, code=number or "no_status")
    if state is TextState.UNDELIVERED:
        return Submitted(Outcome.REJECTED, code=number, reason=Reason.OTHER)
    return Submitted(Outcome.ACCEPTED, needed_id(item, "messageId"), segments=count(item.get("smsCount")))


def _logged(status: int, body: bytes) -> Submitted:
    """Whatever became of it later, a text in the log was taken, unless the platform itself rejected it."""
    if status != HTTPStatus.OK:
        return _unknown(status, body)
    found = _results(body)
    if not found:
        return Submitted(Outcome.RETRY, code=_NEVER)
    answer = _one(found[0])
    undelivered = state_of(inner(found[0], "status")) is TextState.UNDELIVERED
    return Submitted(Outcome.ACCEPTED, needed_id(found[0], "messageId")) if undelivered else answer


def _unknown(status: int, body: bytes) -> Submitted:
    reason = by_status(status).reason
    return Submitted(Outcome.UNKNOWN, code=_error_code(status, body), reason=reason)


def _error_code(status: int, body: bytes) -> str:
    """``errorCode`` of version 3, ``requestError.serviceException.messageId`` of older ones."""
    try:
        data = read_object(body)
    except InvalidInput:
        return str(status)
    old = inner(inner(data, "requestError"), "serviceException").get("messageId")
    return str(data.get("errorCode") or old or status)[:60]
