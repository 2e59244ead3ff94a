"""Telnyx's Messaging API v2.

Source: Telnyx's developer documentation, "Receiving Webhooks for Messaging", "Send a message", "Messaging Error Code
Reference". Our reference travels in the address of the webhook, which Telnyx repeats inside what it signs.
"""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, field_validator

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Parsed
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.text import DAMAGE
from bot.gateways import telnyx_codes
from bot.gateways.account import Account, Secret
from bot.gateways.base import LONGEST_ID, BaseGateway, by_status, needed, needed_id, read_object, refused
from bot.gateways.http_auth import bearer
from bot.gateways.reading_values import count, epoch, inner, moment, price

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Outbound

_TOLERANCE = timedelta(seconds=300)
_ARRIVED, _STATES = "message.received", frozenset({"message.sent", "message.finalized"})
_REFUSED = "Telnyxが認証を断りました。api_keyを確かめてください。 / Telnyx refuses the API key: check api_key."
_NOT_SEEN = "Telnyxのアカウントを確かめられません({code})。 / The account at Telnyx could not be looked at ({code})."


class TelnyxAccount(Account):
    api_key: Secret = Field(description="API key (v2)")
    public_key: str = Field(description="Public key of the account (base64): checks what comes in")
    public_key_other: str = Field(default="", description="The second public key, while one takes the other's place")
    messaging_profile: str = Field(default="", description="Id of a messaging profile, to send by its numbers")
    api: str = Field(default="https://api.telnyx.com", pattern=r"^https?://", description="Address of Telnyx's API")

    @field_validator("public_key", "public_key_other")
    @classmethod
    def _is_a_key(cls, text: str) -> str:
        if text:
            _public_key(text)
        return text

    @field_validator("public_key")
    @classmethod
    def _is_there(cls, text: str) -> str:
        if not text:
            raise ValueError("the public key is needed")
        return text

    @property
    def keys(self) -> list[Ed25519PublicKey]:
        return [_public_key(text) for text in (self.public_key, self.public_key_other) if text]


def _public_key(text: str) -> Ed25519PublicKey:
    """Raises ValueError for anything but 32 bytes in base64."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise ValueError("the public key is 32 bytes in base64, as the portal shows it") from None


class TelnyxGateway(BaseGateway[TelnyxAccount]):
    """Telnyx tells what became of a text only by its own id, so an unknown submission cannot be asked about."""

    settings = TelnyxAccount
    abilities: ClassVar[Abilities] = Abilities()
    methods: ClassVar[tuple[str, ...]] = ("POST",)

    async def verify(self, request: WebRequest, now: datetime) -> None:
        given, stamp = request.header("telnyx-signature-ed25519"), request.header("telnyx-timestamp")
        if not given or not stamp:
            raise refused("unsigned")
        try:
            signature = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            raise refused("signature") from None
        signed = stamp.encode(errors="replace") + b"|" + request.body
        if not any(_fits(key, signature, signed) for key in self.mine.keys):
            raise refused("signature")
        at = epoch(stamp) if stamp.isascii() and stamp.isdigit() else None
        if at is None or abs(now - at) > _TOLERANCE:
            raise refused("stale")

    async def parse(self, request: WebRequest) -> Parsed:
        """By its type; events of anything but texts bring nothing."""
        kind = needed(_event(request), "event_type")
        if kind == _ARRIVED:
            return Parsed(texts=tuple(self.parse_inbound(request)))
        if kind in _STATES:
            return Parsed(receipts=tuple(self.parse_receipts(request)))
        return Parsed()

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        """A text; pictures are not fetched, a text with one is marked for staff."""
        told = _payload(request)
        media = told.get("media")
        has_media = isinstance(media, list) and bool(media)
        text = told.get("text")
        if not isinstance(text, str) and not has_media:
            raise InvalidInput("textは必須です。", "text is required.", field="text")
        return [
            Inbound(
                needed_id(told, "id"),
                needed(inner(told, "from"), "phone_number"),
                needed(_recipient(told), "phone_number"),
                str(text or "") or (DAMAGE if has_media else ""),
                request.body,
                sent_at=moment(told.get("received_at")) or moment(_event(request).get("occurred_at")),
                damaged=has_media,
            )
        ]

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        told = _payload(request)
        recipient, cost = _recipient(told), inner(told, "cost")
        status, error = needed(recipient, "status"), _first_code(told.get("errors"))
        state, reason = telnyx_codes.final_state(status, error)
        address = parse_qs(urlsplit(str(told.get("webhook_url") or "")).query)
        return [
            Receipt(
                needed_id(told, "id"),
                state,
                (error or status)[:60],
                address.get("reference", [""])[0][:LONGEST_ID],
                reason,
                moment(told.get("completed_at")) or moment(_event(request).get("occurred_at")),
                count(told.get("parts")),
                price(cost.get("amount"), cost.get("currency")),
                str(recipient.get("carrier") or "")[:40],
            )
        ]

    async def send(self, text: Outbound) -> Submitted:
        profile = self.mine.messaging_profile
        told = {
            "to": text.recipient,
            "text": text.text,
            "type": "SMS",
            **({"messaging_profile_id": profile} if profile else {}),
            **({} if profile and self.mine.sender.startswith("+") else {"from": self.mine.sender}),
        }
        if self.mine.public_url:
            told["webhook_url"] = f"{self.mine.receipts_url}?reference={quote(text.reference, safe='')}"
        return await self.submit(f"{self._base}/messages", _taken, json=told, headers=self._auth)

    async def check(self) -> list[str]:
        """Asks for the balance, which sends nothing."""
        answer = await self.submit(f"{self._base}/balance", _answered, method="GET", headers=self._auth)
        if answer.outcome is Outcome.ACCEPTED:
            return []
        return [_REFUSED if answer.reason is Reason.ACCOUNT else _NOT_SEEN.format(code=answer.code)]

    @property
    def _base(self) -> str:
        return f"{self.mine.api.rstrip('/')}/v2"

    @property
    def _auth(self) -> dict[str, str]:
        return bearer(self.mine.api_key.get_secret_value())


def _fits(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _event(request: WebRequest) -> dict[str, Any]:
    return _object(read_object(request.body), "data")


def _payload(request: WebRequest) -> dict[str, Any]:
    return _object(_event(request), "payload")


def _object(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    if not isinstance(value, dict):
        raise InvalidInput(f"{name}は必須です。", f"{name} must be an object.", field=name)
    return value


def _recipient(told: dict[str, Any]) -> dict[str, Any]:
    """Texts have one recipient; of a group's message the first is the number that it was told to."""
    value = told.get("to")
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        raise InvalidInput("toは必須です。", "to must be a list of recipients.", field="to")
    return value[0]


def _first_code(errors: object) -> str:
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str(errors[0].get("code") or "")
    return ""


def _taken(status: int, body: bytes) -> Submitted:
    if status == HTTPStatus.OK:
        told = _object(read_object(body), "data")
        cost = inner(told, "cost")
        charged = price(cost.get("amount"), cost.get("currency"))
        return Submitted(Outcome.ACCEPTED, needed_id(told, "id"), segments=count(told.get("parts")), price=charged)
    code = _first_code(read_object(body).get("errors")) if body.startswith(b"{") else ""
    known = telnyx_codes.meaning(code)
    return Submitted(known[0], code=code, reason=known[1]) if known else by_status(status, code)


def _answered(status: int, body: bytes) -> Submitted:  # noqa: ARG001  # that it answers is enough
    return Submitted(Outcome.ACCEPTED) if status == HTTPStatus.OK else by_status(status)
