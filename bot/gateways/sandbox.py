"""The sandbox carrier's gateway: plain JSON over HTTP, no signature, loopback only.

Inbound: ``{"id", "from", "to", "text"}``. Receipts: ``[{"id", "status": "delivered" | "undelivered"}]``.
Sending: ``POST {url}/messages {"reference", "to", "text"}`` -> 200 ``{"id"}``; 503 means "not taken, later";
400 means "never". ``GET {url}/messages/{reference}`` tells what became of a submission (404: it never arrived).
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities
from bot.domain.messages import Inbound, Outbound, Outcome, Reason, Receipt, Submitted
from bot.domain.phone import parse_phone
from bot.domain.states import TextState
from bot.gateways.account import Account
from bot.gateways.base import LONGEST_ID, BaseGateway, read_json, read_object

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.gateway import WebRequest

_RECEIPTS = {"delivered": (TextState.DELIVERED, None), "undelivered": (TextState.UNDELIVERED, Reason.OTHER)}
_ANSWERS = {
    HTTPStatus.SERVICE_UNAVAILABLE: (Outcome.RETRY, Reason.BUSY),
    HTTPStatus.TOO_MANY_REQUESTS: (Outcome.RETRY, Reason.BUSY),
    HTTPStatus.BAD_REQUEST: (Outcome.REJECTED, Reason.OTHER),
}


_DIALLED = re.compile(r"\+?[0-9() .-]+")
_CANNOT_ASK = Submitted(Outcome.UNKNOWN, code="cannot_ask")


class SandboxAccount(Account):
    url: str = Field(description="Address of the simulated carrier")


class SandboxGateway(BaseGateway[SandboxAccount]):
    """Talks to the simulated carrier of the demo and of the tests."""

    settings = SandboxAccount
    abilities: ClassVar[Abilities] = Abilities(can_ask=True)
    methods: ClassVar[tuple[str, ...]] = ("POST",)
    doors: ClassVar[tuple[str, ...]] = ("", "receipts")

    @classmethod
    def at(cls, url: str, sender: str = "+815000000000") -> SandboxGateway:
        """The demo's account."""
        return cls(
            SandboxAccount(kind="sandbox", account="demo", sender=sender, url=url.rstrip("/"), rate=1000, burst=10_000)
        )

    async def verify(self, request: WebRequest, now: datetime) -> None:
        """Nothing is signed: it is on loopback alone."""

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        data = read_object(request.body)
        return [Inbound(_id(data), _number(data), _text(data, "to"), _text(data, "text"), request.body)]

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        data = read_json(request.body)
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            raise _malformed("body", "配信結果の配列を送ってください。", "Send a list of receipts.")
        return [_receipt(item) for item in data]

    async def send(self, text: Outbound) -> Submitted:
        data = {"reference": text.reference, "to": text.recipient, "text": text.text}
        return await self.submit(f"{self.mine.url}/messages", _taken, json=data)

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:  # noqa: ARG002  # ours is enough
        """The carrier remembers by our reference; a submission that it never saw can be sent again safely."""
        answer = await self.submit(f"{self.mine.url}/messages/{text.reference}", _remembered, method="GET")
        return answer if answer.message_id or answer.code == "never_arrived" else _CANNOT_ASK


def _taken(status: int, body: bytes) -> Submitted:
    if status == HTTPStatus.OK:
        return Submitted(Outcome.ACCEPTED, _given_id(read_object(body)))
    outcome, reason = _ANSWERS.get(status, (Outcome.UNKNOWN, None))  # type: ignore[call-overload]  # a status is a number
    return Submitted(outcome, code=str(status), reason=reason)


def _remembered(status: int, body: bytes) -> Submitted:
    if status == HTTPStatus.NOT_FOUND:
        return Submitted(Outcome.RETRY, code="never_arrived")
    if status == HTTPStatus.OK:
        return Submitted(Outcome.ACCEPTED, _given_id(read_object(body)))
    return _CANNOT_ASK


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise _malformed(name, f"{name}は必須の文字列です。", f"{name} is required and must be a string.")
    return value


def _id(data: dict[str, Any]) -> str:
    value = _text(data, "id")
    if not value.strip() or len(value) > LONGEST_ID or not value.isprintable():
        raise _malformed("id", "idは表示できる1〜120文字です。", "The id has 1 to 120 printable characters.")
    return value


def _number(data: dict[str, Any]) -> str:
    """Its phones have numbers, all of them."""
    value = _text(data, "from")
    try:
        parse_phone(value if _DIALLED.fullmatch(value) else "")
    except InvalidInput as error:
        raise _malformed("from", error.ja, error.en) from None
    return value


def _given_id(data: dict[str, Any]) -> str:
    """The carrier's name for a text; ValueError where its answer has none."""
    value = data["id"]
    if not isinstance(value, str | int) or not str(value).strip() or len(str(value)) > LONGEST_ID:
        raise ValueError(value)
    return str(value)


def _receipt(item: dict[str, Any]) -> Receipt:
    status, message_id = _text(item, "status"), _id(item)
    if status not in _RECEIPTS:
        raise _malformed(
            "status", "statusは delivered か undelivered です。", "The status is delivered or undelivered."
        )
    state, reason = _RECEIPTS[status]
    return Receipt(message_id, state, status, reason=reason)


def _malformed(field: str, japanese: str, english: str) -> InvalidInput:
    return InvalidInput(japanese, english, field=field)
