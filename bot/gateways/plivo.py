"""Plivo: signed webhooks (V3 and V2) and its message API.

Source: Plivo's public documentation ("Signature validation", "Incoming message parameters", "Message object", "Error
codes", "API response") and its library (plivo.utils). V3 is made over the address, every parameter and a nonce; V2,
which the messaging pages describe, over the address without its query and the nonce alone: there a nonce is believed
with one body only. Prices are in US dollars.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import Field

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Answer, Parsed, road_of
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.account import Account, Secret
from bot.gateways.base import LONGEST_ID, BaseGateway, by_status, needed, needed_id, read_form, read_object, refused
from bot.gateways.number_forms import with_plus
from bot.gateways.reading_values import count, moment, objects, price
from bot.gateways.record_lists import readable, tell_cut_short
from bot.gateways.web_proofs import basic_header

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Outbound

_MOST_NONCES = 10_000
_PAGE, _PAGES = 20, 100
_STATES = {
    "queued": (TextState.ACCEPTED, None),
    "sent": (TextState.ACCEPTED, None),
    "delivered": (TextState.DELIVERED, None),
    "undelivered": (TextState.UNDELIVERED, Reason.OTHER),
    "failed": (TextState.UNDELIVERED, Reason.OTHER),
    "rejected": (TextState.REJECTED, Reason.OTHER),
}
_NO_ERROR = {"", "0", "000"}
_ERRORS = {
    "10": Reason.BAD_TEXT,  # invalid message
    "20": Reason.BUSY,  # network error, temporary
    "30": Reason.FILTERED,  # spam detected
    "40": Reason.BAD_SENDER,  # invalid source number
    "50": Reason.NO_SUCH_NUMBER,  # invalid destination number
    "60": Reason.OTHER,  # loop detected
    "70": Reason.NO_SUCH_NUMBER,  # destination permanently unavailable
    "80": Reason.ABSENT,  # destination temporarily unavailable
    "90": Reason.OTHER,  # no route available
    "100": Reason.FILTERED,  # prohibited by carrier
    "110": Reason.BAD_TEXT,  # message too long
    "200": Reason.OPTED_OUT,  # blocked by STOP from the destination
    "300": Reason.BUSY,  # failed to dispatch
    "420": Reason.EXPIRED,  # message expired
    "900": Reason.ACCOUNT,  # insufficient credit
    "910": Reason.ACCOUNT,  # account disabled
    "1000": Reason.OTHER,  # unknown error
}
_CREDIT = "insufficient credit"
_BLAMED = {"dst": Reason.NO_SUCH_NUMBER, "src": Reason.BAD_SENDER, "text": Reason.BAD_TEXT}


class PlivoAccount(Account):
    public_url: str = Field(pattern=r"^https?://", description="Address of this installation; signatures are over it")
    url: str = Field(default="https://api.plivo.com", pattern=r"^https?://", description="Address of the API")
    auth_id: str = Field(pattern=r"^[0-9A-Za-z]+$", description="Auth ID")
    auth_token: Secret = Field(description="Auth Token; webhooks are signed with it")
    main_token: Secret | None = Field(default=None, description="Auth Token of the main account, for a subaccount")
    signature: Literal["any", "v3", "v2"] = Field(default="any", description="Signatures that are believed")


class PlivoGateway(BaseGateway[PlivoAccount]):
    settings = PlivoAccount
    abilities: ClassVar[Abilities] = Abilities(can_look_back=True)

    def __init__(self, account: PlivoAccount) -> None:
        super().__init__(account)
        self._nonces: dict[str, bytes] = {}

    async def verify(self, request: WebRequest, now: datetime) -> None:  # noqa: ARG002  # nothing here carries a time
        """V3 where it came and is believed, else V2; no V3 may be passed over for a V2 that proves less."""
        if self.mine.signature != "v2" and _signatures(request, "v3"):
            self._check(request, "v3", signed_v3(request))
        elif self.mine.signature != "v3" and _signatures(request, "v2"):
            self._check(request, "v2", _without_query(request.url))
            self._check_nonce(request)
        else:
            raise refused("unsigned")

    def _check(self, request: WebRequest, version: str, signed: str) -> None:
        nonce = request.header(f"x-plivo-signature-{version}-nonce")
        if not nonce:
            raise refused("unsigned")
        message = f"{signed}.{nonce}" if version == "v3" else f"{signed}{nonce}"
        tokens = [token for token in (self.mine.auth_token, self.mine.main_token) if token is not None]
        expected = [_hmac(token.get_secret_value(), message) for token in tokens]
        given = _signatures(request, version)
        if not any(hmac.compare_digest(one, other) for one in given for other in expected):
            raise refused("signature")

    def _check_nonce(self, request: WebRequest) -> None:
        """The same request may come again; the same nonce with other parameters may not."""
        nonce, body = request.header("x-plivo-signature-v2-nonce"), f"{request.url}\n".encode() + request.body
        seen = self._nonces.setdefault(nonce, hashlib.sha256(body).digest())
        if len(self._nonces) > _MOST_NONCES:
            self._nonces.pop(next(iter(self._nonces)))
        if not hmac.compare_digest(seen, hashlib.sha256(body).digest()):
            raise refused("replayed")

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        told = _fields(request)
        sender, recipient = with_plus(needed(told, "From")), with_plus(needed(told, "To"))
        return [Inbound(needed_id(told, "MessageUUID"), sender, recipient, needed(told, "Text"), request.body)]

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        told = _fields(request)
        status, error = told.get("Status") or needed(told, "status"), told.get("ErrorCode", "")
        state, reason = _meaning(status, error)
        return [
            Receipt(
                needed_id({"MessageUUID": told.get("ParentMessageUUID") or told.get("MessageUUID")}, "MessageUUID"),
                state,
                _code(status, error),
                reference=dict(parse_qsl(urlsplit(request.url).query)).get("reference", ""),
                reason=reason,
                at=moment(told.get("DeliveryReportTime")) or moment(told.get("SentTime")),
                segments=count(told.get("Units")),
                price=price(told.get("TotalAmount") or None, "USD"),
            )
        ]

    def answer(self, request: WebRequest, parsed: Parsed) -> Answer:  # noqa: ARG002  # always the same
        """An incoming text is answered in XML; an empty response sends nothing back."""
        return Answer(body=b"<Response></Response>", content_type="application/xml")

    async def send(self, text: Outbound) -> Submitted:
        data = {
            "src": self.mine.sender,
            "dst": text.recipient,
            "text": text.text,
            "url": f"{self.mine.receipts_url}?{urlencode({'reference': text.reference})}",
            "method": "POST",
        }
        return await self.submit(self._messages, _taken, json=data, headers=self._headers)

    @property
    def _messages(self) -> str:
        return f"{self.mine.url.rstrip('/')}/v1/Account/{self.mine.auth_id}/Message/"

    @property
    def _headers(self) -> dict[str, str]:
        return basic_header(self.mine.auth_id, self.mine.auth_token)

    async def look_back(self, since: datetime) -> Parsed | None:
        """What became of our texts; the list does not hold the words of incoming ones."""
        return await self.asked(lambda: self._pages(since))

    async def _pages(self, since: datetime) -> Parsed:
        receipts: list[Receipt] = []
        given = {
            "message_direction": "outbound",
            "message_time__gte": f"{since:%Y-%m-%d %H:%M:%S}",
            "limit": str(_PAGE),
        }
        for page in range(_PAGES):
            params = given | {"offset": str(page * _PAGE)}
            async with self.http().get(self._messages, params=params, headers=self._headers) as answer:
                answer.raise_for_status()
                found = objects(read_object(await answer.read()).get("objects"), "objects")
            receipts += readable(_listed, found, road_of(self))
            if len(found) < _PAGE:
                break
        else:
            tell_cut_short(road_of(self))
        return Parsed(receipts=tuple(receipts))

    async def check(self) -> list[str]:
        """Asks for one text of the list: address, id and token are tried, and nothing is sent."""
        answer = await self.submit(
            self._messages, _is_listed, method="GET", params={"limit": "1"}, headers=self._headers
        )
        if answer.outcome is Outcome.ACCEPTED:
            return []
        told = (
            f"Plivoに問い合わせできません({answer.code})。auth_idとauth_tokenを確かめてください。"
            f" / Plivo cannot be asked ({answer.code}): check auth_id and auth_token."
        )
        return [told]


def _signatures(request: WebRequest, version: str) -> list[str]:
    """Of the account and of its main account, each perhaps several after a comma."""
    given = [request.header(f"x-plivo-signature-{kind}{version}") for kind in ("", "ma-")]
    return [one.strip() for value in given for one in value.split(",") if one.strip()]


def _hmac(token: str, message: str) -> str:
    return base64.b64encode(hmac.digest(token.encode(), message.encode("utf-8", "surrogatepass"), "sha256")).decode()


def _without_query(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))


def signed_v3(request: WebRequest) -> str:
    """The address with its parameters in order, then those of the body; names and values without anything between."""
    query = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
    asked = "&".join(f"{name}={value}" for name in sorted(query) for value in sorted(query[name]))
    base = _without_query(request.url)
    body = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True) if request.method != "GET" else {}
    if asked or body:
        base += f"?{asked}" + ("." if asked and body else "")
    return base + "".join(f"{name}{value}" for name in sorted(body) for value in sorted(body[name]))


def _fields(request: WebRequest) -> dict[str, str]:
    return read_form(urlsplit(request.url).query.encode() if request.method == "GET" else request.body)


def _meaning(status: str, error: str) -> tuple[TextState, Reason | None]:
    state, reason = _STATES.get(status.lower(), (TextState.UNKNOWN, None))
    if reason is None:
        return state, None
    found = _ERRORS.get(error, reason)
    return (TextState.EXPIRED if found is Reason.EXPIRED else state), found


def _code(status: str, error: str) -> str:
    return (status if error in _NO_ERROR else f"{status}/{error}")[:60]


def _listed(item: dict[str, Any]) -> Receipt:
    status, error = needed(item, "message_state"), str(item.get("error_code") or "")
    state, reason = _meaning(status, error)
    return Receipt(
        needed_id(item, "message_uuid"),
        state,
        _code(status, error),
        reason=reason,
        segments=count(item.get("units")),
        price=price(item.get("total_amount"), "USD"),
    )


def _is_listed(status: int, body: bytes) -> Submitted:
    if status == HTTPStatus.OK:
        objects(read_object(body).get("objects"), "objects")
        return Submitted(Outcome.ACCEPTED)
    return by_status(status)


def _taken(status: int, body: bytes) -> Submitted:
    if status in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
        ids = read_object(body)["message_uuid"]
        first, *also = [needed_id({"message_uuid": one}, "message_uuid") for one in ids if isinstance(ids, list)]
        return Submitted(Outcome.ACCEPTED, first, also=tuple(also))
    said = _error(body)
    if _CREDIT in said.lower():
        return Submitted(Outcome.RETRY, code="900", reason=Reason.ACCOUNT)
    if status == HTTPStatus.BAD_REQUEST:
        reason = next((found for name, found in _BLAMED.items() if name in said.lower()), Reason.OTHER)
        return Submitted(Outcome.REJECTED, code="400", reason=reason)
    if status == HTTPStatus.NOT_FOUND:  # no such account
        return Submitted(Outcome.RETRY, code="404", reason=Reason.ACCOUNT)
    return by_status(status)


def _error(body: bytes) -> str:
    try:
        return str(read_object(body).get("error") or "")[:LONGEST_ID]
    except InvalidInput:
        return ""
