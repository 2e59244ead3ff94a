"""Karaden SMS API: texts to phones in Japan, with results by callback; nothing comes in.

Source: the public manual at prg-support.karaden.jp ("SMS API共通仕様", "SMS送信", "SMS送信結果返信") and the public
libraries (karaden-prg-php, -python, -node): form POST with a bearer token and ``Karaden-Version``, the tenant in the
path, JSON answers and callbacks. Neither describes a signature of callbacks, nor their retries.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from pydantic import Field, IPvAnyNetwork

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Parsed, road_of
from bot.domain.messages import Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.account import Account, Secret
from bot.gateways.base import BaseGateway, by_status, needed_id, read_object, refused
from bot.gateways.number_forms import domestic
from bot.gateways.reading_values import count, inner, moment, objects
from bot.gateways.recent_sends import RecentSends
from bot.gateways.record_lists import readable, tell_cut_short
from bot.gateways.web_proofs import check_key, check_peer

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Inbound, Outbound

LONGEST = 660
_MOBILE_DIGITS = 11
_PAGES = 50
_STATES = {
    "waiting": (TextState.ACCEPTED, None),
    "error": (TextState.UNDELIVERED, Reason.OTHER),
    "canceled": (TextState.REJECTED, Reason.OTHER),
}
"""``status`` other than ``done``: waiting to be sent, failed to be sent, cancelled in the provider's console."""
_RESULTS = {
    "none": (TextState.ACCEPTED, None),
    "received": (TextState.DELIVERED, None),
    "unconnected": (TextState.UNDELIVERED, Reason.ABSENT),
    "error": (TextState.UNDELIVERED, Reason.OTHER),
    "unknown": (TextState.UNKNOWN, None),
}
"""``sent_result``: what the carrier said once the text was sent."""
_NO_CARRIER = {"checking", "unknown"}
_FIELDS = {
    "to": (Outcome.REJECTED, Reason.NO_SUCH_NUMBER),
    "body": (Outcome.REJECTED, Reason.BAD_TEXT),
    "limited_at": (Outcome.REJECTED, Reason.EXPIRED),
    "service_id": (Outcome.RETRY, Reason.ACCOUNT),
}
"""Who is to blame for a field that the provider finds fault with (``errors`` of its answer)."""
_MALFORMED = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}


class KaradenAccount(Account):
    url: str = Field(default="https://prg.karaden.jp/api", pattern=r"^https?://", description="Address of the API")
    tenant_id: str = Field(pattern=r"^[0-9A-Za-z_-]+$", description="テナントID, part of each address")
    token: Secret = Field(description="Token of the project")
    service_id: int = Field(ge=1, description="サービス設定ID that texts are sent with")
    version: str = Field(
        default="2024-03-01", pattern=r"^\d{4}-\d{2}-\d{2}$", description="Karaden-Version: the API's version"
    )
    key: Secret = Field(description="Key in the callback's address, so that nobody else can send results")
    allowed: tuple[IPvAnyNetwork, ...] = Field(default=(), description="Addresses that callbacks come from; empty: any")
    tags: tuple[str, ...] = Field(default=(), description="Tags of each text besides ours, for the provider's console")
    longest: int = Field(default=LONGEST, ge=40, le=LONGEST, description="Characters in one text")


class KaradenGateway(BaseGateway[KaradenAccount]):
    """Our reference travels as a tag, so results carry it and a text of unknown outcome can be asked about."""

    settings = KaradenAccount
    abilities: ClassVar[Abilities] = Abilities(two_way=False, can_ask=True, can_look_back=True)

    def __init__(self, account: KaradenAccount) -> None:
        super().__init__(account)
        self._recent = RecentSends()

    async def verify(self, request: WebRequest, now: datetime) -> None:  # noqa: ARG002  # nothing here carries a time
        """Our key in the address, an allowed address, and our own service; callbacks are not signed."""
        check_peer(request, self.mine.allowed)
        check_key(request, self.mine.key)
        service = _object_or_nothing(request.body).get("service_id", self.mine.service_id)
        if str(service) != str(self.mine.service_id):
            raise refused("account")

    async def parse(self, request: WebRequest) -> Parsed:
        """Results, at whichever of our two addresses: nothing else ever comes."""
        return Parsed(receipts=tuple(self.parse_receipts(request)))

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:  # noqa: ARG002  # as above
        return []

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        return [self._receipt(read_object(request.body))]

    def _receipt(self, data: dict[str, Any]) -> Receipt:
        status, result = str(data.get("status") or ""), str(data.get("sent_result") or "")
        state, reason = _meaning(str(data.get("result") or ""), status, result)
        carrier = str(data.get("carrier") or "")
        return Receipt(
            needed_id(data, "id"),
            state,
            f"{status}/{result}"[:60],
            reference=self._reference(data.get("tags")),
            reason=reason,
            at=moment(data.get("received_at")) or moment(data.get("sent_at")) or moment(data.get("updated_at")),
            segments=count(data.get("charged_count_per_sent")),
            carrier="" if carrier in _NO_CARRIER else carrier[:40],
        )

    def _reference(self, tags: object) -> str:
        found = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        return next((tag for tag in found if tag not in self.mine.tags), "")

    async def send(self, text: Outbound) -> Submitted:
        to = domestic(text.recipient)
        if len(to) != _MOBILE_DIGITS:
            return Submitted(Outcome.REJECTED, code="to", reason=Reason.NO_SUCH_NUMBER)
        if not text.text or self.length(text.text) > self.mine.longest:
            return Submitted(Outcome.REJECTED, code="body", reason=Reason.BAD_TEXT)
        fields = {"service_id": str(self.mine.service_id), "to": to, "body": text.text}
        fields |= {f"tags[{place}]": tag for place, tag in enumerate((text.reference, *self.mine.tags))}
        if end := self.expires_at(text):
            fields["limited_at"] = end.isoformat(timespec="seconds")
        self._recent.note(text.reference)
        return await self.submit(self._messages, _taken, data=fields, headers=self._headers)

    @property
    def _messages(self) -> str:
        return f"{self.mine.url.rstrip('/')}/{self.mine.tenant_id}/messages"

    @property
    def _headers(self) -> dict[str, str]:
        token = self.mine.token.get_secret_value()
        return {"Authorization": f"Bearer {token}", "Karaden-Version": self.mine.version}

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:
        """By its id, or by our tag; a text without an id that the provider does not list never arrived there."""
        if message_id:
            return await self._asked_for(f"{self._messages}/{quote(message_id, safe='')}", _taken)
        answer = await self._asked_for(self._messages, _listed, params={"tag": text.reference})
        return self._recent.judged(text.reference, answer)

    async def _asked_for(self, url: str, read: Any, **given: Any) -> Submitted:  # noqa: ANN401  # handed on to aiohttp
        answer = await self.submit(url, read, method="GET", headers=self._headers, **given)
        known = answer.outcome is Outcome.ACCEPTED or answer.code == _NEVER
        return answer if known else Submitted(Outcome.UNKNOWN, code=answer.code)

    async def look_back(self, since: datetime) -> Parsed | None:
        """Results of all texts since then, page by page."""
        return await self.asked(lambda: self._pages(since))

    async def _pages(self, since: datetime) -> Parsed:
        receipts: list[Receipt] = []
        given = {"service_id": str(self.mine.service_id), "start_at": since.isoformat(timespec="seconds")}
        for page in range(1, _PAGES + 1):
            params = given | {"page": str(page)}
            async with self.http().get(self._messages, params=params, headers=self._headers) as answer:
                answer.raise_for_status()
                data = read_object(await answer.read())
            receipts += readable(self._receipt, objects(data.get("data"), "data"), road_of(self))
            if not data.get("has_more"):
                break
        else:
            tell_cut_short(road_of(self))
        return Parsed(receipts=tuple(receipts))

    async def check(self) -> list[str]:
        """Asks for the list of texts: address, tenant, token and version are tried, and nothing is sent."""
        answer = await self.submit(self._messages, _listed, method="GET", headers=self._headers, params={"page": "1"})
        if answer.outcome is Outcome.ACCEPTED or answer.code == _NEVER:
            return []
        told = (
            f"Karadenに問い合わせできません({answer.code})。tenant_id・token・versionを確かめてください。"
            f" / Karaden cannot be asked ({answer.code}): check tenant_id, token and version."
        )
        return [told]


_NEVER = "never_arrived"
_NOT_LISTED = Submitted(Outcome.RETRY, code=_NEVER)


def _meaning(progress: str, status: str, result: str) -> tuple[TextState, Reason | None]:
    """While the provider itself calls a text unfinished (``result`` processing), only an arrival is final."""
    if status != "done" and status in _STATES:
        state, reason = _STATES[status]
    else:
        state, reason = (
            _RESULTS.get(result, (TextState.UNKNOWN, None)) if status == "done" else (TextState.UNKNOWN, None)
        )
    if progress == "processing" and state is TextState.UNDELIVERED:
        return TextState.ACCEPTED, None
    return state, reason


def _taken(status: int, body: bytes) -> Submitted:
    if status == HTTPStatus.OK:
        data = read_object(body)
        segments = count(data.get("charged_count_per_sent"))
        return Submitted(Outcome.ACCEPTED, needed_id(data, "id"), segments=segments)
    data = _object_or_nothing(body)
    code = str(data.get("code") or status)[:60]
    if status in _MALFORMED:
        return _blamed(status, code, inner(data, "errors"))
    if status == HTTPStatus.NOT_FOUND:  # no such tenant: the address is a setting of ours
        return Submitted(Outcome.RETRY, code=code, reason=Reason.ACCOUNT)
    return _coded(by_status(status), code)


def _blamed(status: int, code: str, errors: dict[str, Any]) -> Submitted:
    for name, (outcome, reason) in _FIELDS.items():
        if name in errors:
            return Submitted(outcome, code=f"{code}:{name}"[:60], reason=reason)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return Submitted(Outcome.REJECTED, code=code, reason=Reason.OTHER)
    return Submitted(Outcome.UNKNOWN, code=code)


def _coded(answer: Submitted, code: str) -> Submitted:
    return Submitted(answer.outcome, code=code, reason=answer.reason)


def _listed(status: int, body: bytes) -> Submitted:
    if status != HTTPStatus.OK:
        return _taken(status, body)
    told = read_object(body)
    found = objects(told.get("data"), "data")
    if not found:
        return Submitted(Outcome.UNKNOWN, code="has_more") if told.get("has_more") else _NOT_LISTED
    return Submitted(
        Outcome.ACCEPTED, needed_id(found[0], "id"), segments=count(found[0].get("charged_count_per_sent"))
    )


def _object_or_nothing(body: bytes) -> dict[str, Any]:
    try:
        return read_object(body)
    except InvalidInput:
        return {}
