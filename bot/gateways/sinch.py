"""Sinch SMS REST API: batches of one text with our reference, callbacks for texts and for each change of a text.

Source: Sinch's public documentation ("Batches", "Webhooks", "Inbounds", "Delivery reports", "Delivery report error
codes", "HTTP status codes for the SMS REST API") and its SDKs. Callbacks can have basic or OAuth credentials; how the
contents of callbacks are signed is not public, so an HMAC is described by ``proof``. Sinch repeats a callback after
429 and 5xx, not after any other 4xx: what is refused here waits in the quarantine, Sinch does not send it again.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

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
from bot.gateways.number_forms import is_same, with_plus
from bot.gateways.reading_values import count, moment, objects
from bot.gateways.recent_sends import NOT_CERTAIN, RecentSends
from bot.gateways.record_lists import readable, tell_cut_short
from bot.gateways.smpp_terms import part_of
from bot.gateways.web_proofs import with_key

if TYPE_CHECKING:
    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Outbound

_NEVER = "never_arrived"
_PAGE, _PAGES = 100, 100
_THREE_DAYS = 3 * 24 * 3600  # the longest that Sinch takes, and what it does by itself
_LONGEST = timedelta(hours=72)
_CLOCKS = timedelta(minutes=5)  # by so much ours and Sinch's may differ
_STATES = {
    "queued": (TextState.ACCEPTED, None),
    "dispatched": (TextState.ACCEPTED, None),
    "delivered": (TextState.DELIVERED, None),
    "aborted": (TextState.REJECTED, Reason.OTHER),
    "rejected": (TextState.REJECTED, Reason.OTHER),
    "cancelled": (TextState.REJECTED, Reason.OTHER),
    "deleted": (TextState.UNDELIVERED, Reason.NO_SUCH_NUMBER),  # "an invalid MSISDN or opted out subscriber"
    "failed": (TextState.UNDELIVERED, Reason.OTHER),
    "expired": (TextState.EXPIRED, Reason.EXPIRED),
    "unknown": (TextState.UNKNOWN, None),
}
_CODES = {
    15: Reason.FILTERED,  # screening
    16: Reason.BLOCKED,  # the recipient's contract is barred
    21: Reason.BLOCKED,  # no SMS in the recipient's contract
    27: Reason.ABSENT,
    28: Reason.ABSENT,
    403: Reason.BUSY,  # internal error
    404: Reason.BUSY,  # temporary delivery failure
    405: Reason.BAD_TEXT,  # ${…} in the text was taken for a parameter
    406: Reason.EXPIRED,  # internal expiry
    410: Reason.BAD_SENDER,  # no default originator
    411: Reason.BAD_TEXT,  # too many parts
    412: Reason.ACCOUNT,  # unprovisioned region
}
_REFUSALS = {
    "blocked_account": (Outcome.RETRY, Reason.ACCOUNT),
    "missing_callback_url": (Outcome.RETRY, Reason.ACCOUNT),
    "illegal_number_type": (Outcome.REJECTED, Reason.NO_SUCH_NUMBER),
    "syntax_invalid_json": (Outcome.REJECTED, Reason.OTHER),
    "syntax_invalid_parameter_format": (Outcome.REJECTED, Reason.OTHER),
    "syntax_constraint_violation": (Outcome.REJECTED, Reason.OTHER),
}
_REPORTS = {"recipient_delivery_report_sms", "recipient_delivery_report_mms"}
_SUMMARIES = {"delivery_report_sms", "delivery_report_mms"}


class SinchAccount(Account):
    url: str = Field(default="https://us.sms.api.sinch.com", pattern=r"^https?://", description="Address by region")
    service_plan_id: str = Field(pattern=r"^[0-9A-Za-z_-]+$", description="Service plan ID")
    token: Secret = Field(description="API token of the service plan")
    own_callback: bool = Field(default=True, description="Tell each text where its receipts go")
    proof: Proof = Field(description="How callbacks prove where they come from: basic, path_secret, ip_list, hmac …")


class SinchGateway(BaseGateway[SinchAccount]):
    settings = SinchAccount
    abilities: ClassVar[Abilities] = Abilities(can_ask=True, can_look_back=True)

    def __init__(self, account: SinchAccount) -> None:
        super().__init__(account)
        self._recent = RecentSends()

    async def verify(self, request: WebRequest, now: datetime) -> None:
        try:
            generic_proofs.verify(self.mine.proof, request, names_of(request, self.mine.sender), now)
        except ValueError:  # a template of the proof that cannot read this request
            raise refused("signature") from None

    async def parse(self, request: WebRequest) -> Parsed:
        """By its ``type``: an account may have one address for everything."""
        data = read_object(request.body)
        kind = needed(data, "type")
        if kind in _REPORTS:
            return Parsed(receipts=(_receipt(data),))
        if kind in _SUMMARIES:
            return Parsed(receipts=tuple(_summary(data)))
        return Parsed(texts=(_text(data, kind, request.body),))

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        data = read_object(request.body)
        return [_text(data, needed(data, "type"), request.body)]

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        return [_receipt(read_object(request.body))]

    async def send(self, text: Outbound) -> Submitted:
        data: dict[str, Any] = {
            "type": "mt_text",
            "from": self.mine.sender,
            "to": [text.recipient],
            "body": text.text,
            "delivery_report": "per_recipient",
            "client_reference": text.reference,
        }
        if self.mine.own_callback and self.mine.public_url:
            key, url = self.mine.proof.key, self.mine.receipts_url
            data["callback_url"] = with_key(url, key) if key is not None else url
        if self.seconds_left(text, 1, _THREE_DAYS) and text.expires_at:
            data["expire_at"] = _iso(text.expires_at)
        self._recent.note(text.reference)
        return await self.submit(f"{self._plan}/batches", _taken, json=data, headers=self._headers)

    @property
    def _plan(self) -> str:
        return f"{self.mine.url.rstrip('/')}/xms/v1/{self.mine.service_plan_id}"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.mine.token.get_secret_value()}"}

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:  # noqa: ARG002  # ours is enough
        """By our reference among the batches since its attempt (of three days, where that is not known)."""
        since = text.submitted_at - _CLOCKS if text.submitted_at else self.clock.now() - _LONGEST
        answer = await self.submit(
            f"{self._plan}/batches", _listed, method="GET",
            params={"client_reference": text.reference, "start_date": _iso(since)}, headers=self._headers,
        )  # fmt: skip
        if answer.outcome is Outcome.ACCEPTED:
            return answer
        if answer.code != _NEVER:
            return Submitted(Outcome.UNKNOWN, code=answer.code)
        return self._recent.judged(text.reference, answer) if text.submitted_at else NOT_CERTAIN

    async def look_back(self, since: datetime) -> Parsed | None:
        return await self.asked(lambda: self._lists(since))

    async def _lists(self, since: datetime) -> Parsed:
        came = await self._pages("inbounds", "inbounds", since)
        told = await self._pages("delivery_reports", "delivery_reports", since)
        ours = [item for item in came if is_same(str(item.get("to") or ""), self.mine.sender)]  # it may have others
        return Parsed(readable(_record, ours, road_of(self)), readable(_receipt, told, road_of(self)))

    async def _pages(self, path: str, name: str, since: datetime) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        given = {"start_date": _iso(since), "page_size": str(_PAGE)}
        for page in range(_PAGES):
            params = given | {"page": str(page)}
            async with self.http().get(f"{self._plan}/{path}", params=params, headers=self._headers) as answer:
                answer.raise_for_status()
                data = read_object(await answer.read())
            new = objects(data.get(name), name)
            found += new
            if not new or len(found) >= int(data.get("count") or 0):
                break
        else:
            tell_cut_short(road_of(self))
        return found

    async def check(self) -> list[str]:
        """Lists one batch: region, plan and token are tried, and nothing is sent."""
        answer = await self.submit(
            f"{self._plan}/batches", _listed, method="GET", params={"page_size": "1"}, headers=self._headers
        )
        if answer.outcome is Outcome.ACCEPTED or answer.code == _NEVER:
            return []
        told = (
            f"Sinchに問い合わせできません({answer.code})。url・service_plan_id・tokenを確かめてください。"
            f" / Sinch cannot be asked ({answer.code}): check url, service_plan_id and token."
        )
        return [told]


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _record(data: dict[str, Any]) -> Inbound:
    return _text(data, needed(data, "type"), json.dumps(data).encode())


def _text(data: dict[str, Any], kind: str, raw: bytes) -> Inbound:
    """``mo_text``; of ``mo_binary`` and anything newer what can be read of it, and staff are told."""
    body, part = data.get("body"), None
    damaged = kind != "mo_text"
    if kind == "mo_binary":
        body, part = _binary(str(body or "")), part_of(_udh(str(data.get("udh") or "")))
    elif isinstance(body, dict):  # an MMS: its words, without its pictures
        body = body.get("message") or ""
    return Inbound(
        needed_id(data, "id"),
        with_plus(needed(data, "from")),
        with_plus(needed(data, "to")),
        needed({"body": body}, "body"),
        raw,
        part=part,
        sent_at=moment(data.get("sent_at")) or moment(data.get("received_at")),
        damaged=damaged,
    )


def _binary(text: str) -> str:
    """Its alphabet is not told: UCS-2 where the length allows it, else UTF-8."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("bodyはBase64です。", "body must be Base64.", field="body") from None
    return data.decode("utf-16-be" if len(data) % 2 == 0 else "utf-8", "replace")


def _udh(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _receipt(data: dict[str, Any]) -> Receipt:
    status, code = needed(data, "status"), data.get("code")
    state, reason = _meaning(status, code)
    return Receipt(
        needed_id(data, "batch_id"),
        state,
        _code(status, code),
        reference=str(data.get("client_reference") or ""),
        reason=reason,
        at=moment(data.get("operator_status_at")) or moment(data.get("at")),
        segments=count(data.get("number_of_message_parts")),
        carrier=str(data.get("operator") or "")[:40],
    )


def _summary(data: dict[str, Any]) -> list[Receipt]:
    """A batch is one text, so each status in a summary is its own."""
    shared = {"batch_id": data.get("batch_id"), "client_reference": data.get("client_reference")}
    return [_receipt(shared | item) for item in objects(data.get("statuses"), "statuses")]


def _meaning(status: str, code: object) -> tuple[TextState, Reason | None]:
    state, reason = _STATES.get(status.lower(), (TextState.UNKNOWN, None))
    if reason is None:
        return state, None
    found = _CODES.get(code, reason) if isinstance(code, int) else reason
    return (TextState.EXPIRED if found is Reason.EXPIRED else state), found


def _code(status: str, code: object) -> str:
    return (f"{status}/{code}" if isinstance(code, int) and code else status)[:60]


def _taken(status: int, body: bytes) -> Submitted:
    if status in {HTTPStatus.OK, HTTPStatus.CREATED}:
        return Submitted(Outcome.ACCEPTED, needed_id(read_object(body), "id"))
    code = _error(body)
    if code in _REFUSALS:
        outcome, reason = _REFUSALS[code]
        return Submitted(outcome, code=code, reason=reason)
    if status == HTTPStatus.NOT_FOUND:  # no such plan
        return Submitted(Outcome.RETRY, code="404", reason=Reason.ACCOUNT)
    found = by_status(status)
    return Submitted(found.outcome, code=code or found.code, reason=found.reason)


def _listed(status: int, body: bytes) -> Submitted:
    if status != HTTPStatus.OK:
        return _taken(status, body)
    found = objects(read_object(body).get("batches"), "batches")
    return Submitted(Outcome.ACCEPTED, needed_id(found[0], "id")) if found else Submitted(Outcome.RETRY, code=_NEVER)


def _error(body: bytes) -> str:
    try:
        code = read_object(body).get("code")
    except InvalidInput:
        return ""
    return code[:60] if isinstance(code, str) else ""
