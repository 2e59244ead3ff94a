"""Vonage (Nexmo): the SMS API or, by choice, the Messages API.

Source: Vonage's developer documentation, "SMS API", "Messages API", "Reports API", "Inbound SMS", "Delivery receipts".
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import Field, model_validator

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Parsed, road_of
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.sms import sms_length
from bot.gateways import vonage_answers, vonage_messages, vonage_signature
from bot.gateways.account import Account, Secret
from bot.gateways.base import BaseGateway, read_object, refused
from bot.gateways.http_auth import basic, bearer
from bot.gateways.number_forms import without_plus
from bot.gateways.reading_values import objects
from bot.gateways.record_lists import readable, tell_cut_short
from bot.gateways.vonage_signature import Method, token_of, told

if TYPE_CHECKING:
    from typing import Self

    from bot.domain.gateway import Answer, WebRequest
    from bot.domain.messages import Outbound

_A_DAY = timedelta(hours=24)
_CLOCKS = timedelta(minutes=5)  # by so much ours and Vonage's may differ
_PAGES = 50
_REMEMBERED = 10_000
_LEAST_TTL, _MOST_TTL = 1800, 259_200
"""Seconds: Vonage advises at least half an hour, and gives up after 72 hours by itself."""
_TOKEN_LIFE = timedelta(minutes=15)
_NOT_FOUND = Submitted(Outcome.UNKNOWN, code="not_found")
_REFUSED = (
    "Vonageが認証を断りました。api_keyとapi_secretを確かめてください。 / "
    "Vonage refuses the credentials: check api_key and api_secret."
)
_NOT_SEEN = "Vonageのアカウントを確かめられません({code})。 / The account at Vonage could not be looked at ({code})."
_NO_KEY = "private_keyがRSAの秘密鍵(PEM)ではありません。 / private_key is no RSA private key in PEM."


class VonageAccount(Account):
    api_key: str = Field(min_length=1, description="API key")
    api_secret: Secret = Field(description="API secret: for sending and for looking things up")
    signature_secret: Secret = Field(description="Signature secret: it signs what Vonage sends us")
    signature_method: Method = Field(default="sha256", description="How webhooks of the SMS API are signed")
    send_by: Literal["sms", "messages"] = Field(default="sms", description="The API to send by")
    application_id: str = Field(default="", description="Application of the Messages API")
    private_key: Secret | None = Field(default=None, description="The application's private key (PEM)")
    billing_currency: str = Field(default="EUR", pattern="^[A-Z]{3}$", description="Currency in which Vonage charges")
    sms_api: str = Field(default="https://rest.nexmo.com", pattern=r"^https?://", description="Address of the SMS API")
    api: str = Field(default="https://api.nexmo.com", pattern=r"^https?://", description="Address of the other APIs")

    @model_validator(mode="after")
    def _application_with_key(self) -> Self:
        if self.send_by == "messages" and not (self.application_id and self.private_key):
            raise ValueError("send_by = messages needs application_id and private_key")
        return self


class VonageGateway(BaseGateway[VonageAccount]):
    settings = VonageAccount
    abilities: ClassVar[Abilities] = Abilities(can_ask=True, can_look_back=True)

    def __init__(self, account: VonageAccount) -> None:
        super().__init__(account)
        self._answered: dict[str, None] = {}  # nonces and token ids of requests that were answered

    async def verify(self, request: WebRequest, now: datetime) -> None:
        """A request that was answered is not believed again; one that was not (503, time-out) may come again as it was.

        Vonage does not say whether its retries are signed anew; those of unanswered requests are taken either way.
        """
        if token := token_of(request):
            self._verify_token(request, token, now)
        else:
            self._verify_sms(request, now)
        if _mark(request) in self._answered:
            raise refused("replayed")

    def _verify_token(self, request: WebRequest, token: str, now: datetime) -> None:
        claims = vonage_signature.claims_of(token, self.mine.signature_secret.get_secret_value())
        vonage_signature.check_claims(claims, request.body, now)
        told_application, ours = claims.get("application_id"), self.mine.application_id
        if claims.get("api_key") != self.mine.api_key or (told_application and ours and told_application != ours):
            raise refused("account")

    def _verify_sms(self, request: WebRequest, now: datetime) -> None:
        try:
            values = told(request)
        except InvalidInput:
            raise refused("unsigned") from None
        secret = self.mine.signature_secret.get_secret_value()
        vonage_signature.check_sig(values, secret, self.mine.signature_method)
        if not vonage_signature.is_fresh(values.get("timestamp"), now):
            raise refused("stale")
        if values.get("api-key", self.mine.api_key) != self.mine.api_key:
            raise refused("account")

    async def parse(self, request: WebRequest) -> Parsed:
        """By what it says: only receipts have a status."""
        if "status" in told(request):
            return Parsed(receipts=tuple(self.parse_receipts(request)))
        return Parsed(texts=tuple(self.parse_inbound(request)))

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        data = told(request)
        raw = request.body if request.method == "POST" else request.url.encode()
        read = vonage_messages.message_text if "message_uuid" in data else vonage_messages.sms_text
        return [read(data, raw)]

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        data = told(request)
        if "message_uuid" in data:
            return [vonage_messages.message_receipt(data)]
        return [vonage_messages.sms_receipt(data, self.mine.billing_currency)]

    def answer(self, request: WebRequest, parsed: Parsed) -> Answer:
        while len(self._answered) >= _REMEMBERED:
            del self._answered[next(iter(self._answered))]
        if mark := _mark(request):
            self._answered[mark] = None
        return super().answer(request, parsed)

    async def send(self, text: Outbound) -> Submitted:
        if self.mine.send_by == "messages":
            return await self._send_message(text)
        form = {
            "api_key": self.mine.api_key,
            "api_secret": self.mine.api_secret.get_secret_value(),
            "from": without_plus(self.mine.sender),
            "to": without_plus(text.recipient),
            "text": text.text,
            "type": "text" if sms_length(text.text).encoding == "GSM-7" else "unicode",
            "client-ref": text.reference,
            "status-report-req": "true",
            **({"callback": self.mine.receipts_url} if self.mine.public_url else {}),
        }
        if left := self.seconds_left(text, _LEAST_TTL, _MOST_TTL):
            form["ttl"] = str(left * 1000)
        url, currency = f"{self.mine.sms_api.rstrip('/')}/sms/json", self.mine.billing_currency
        return await self.submit(url, lambda status, body: vonage_answers.sms(status, body, currency), data=form)

    async def _send_message(self, text: Outbound) -> Submitted:
        told_to_vonage: dict[str, object] = {
            "message_type": "text",
            "channel": "sms",
            "from": without_plus(self.mine.sender),
            "to": without_plus(text.recipient),
            "text": text.text,
            "client_ref": text.reference,
            **({"webhook_url": self.mine.receipts_url, "webhook_version": "v1"} if self.mine.public_url else {}),
        }
        if left := self.seconds_left(text, _LEAST_TTL, _MOST_TTL):
            told_to_vonage["ttl"] = left
        try:
            headers = bearer(self._token())
        except (JoseError, ValueError):
            return Submitted(Outcome.RETRY, code="private_key", reason=Reason.ACCOUNT)
        url = f"{self.mine.api.rstrip('/')}/v1/messages"
        return await self.submit(url, vonage_answers.message, json=told_to_vonage, headers=headers)

    def _token(self) -> str:
        """A token of our application (RS256), good for a quarter of an hour."""
        now = self.clock.now()
        claims = {
            "application_id": self.mine.application_id,
            "iat": int(now.timestamp()),
            "exp": int((now + _TOKEN_LIFE).timestamp()),
            "jti": str(uuid.uuid4()),
        }
        pem = self.mine.private_key.get_secret_value() if self.mine.private_key else ""
        return jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, RSAKey.import_key(pem))

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:
        """By its id, or by our reference among the texts of the day after its attempt (of the last day, if unknown).

        Vonage does not say how soon a text appears in its records: one that is not there is unknown, never "not sent".
        """
        if message_id:
            query = {"id": message_id}
        else:
            now = self.clock.now()
            first = text.submitted_at - _CLOCKS if text.submitted_at else now - _A_DAY
            query = _window(first, min(first + _A_DAY, now))
        parsed = await self.asked(lambda: self._receipts(query))
        if parsed is None:
            return Submitted(Outcome.UNKNOWN, code="cannot_ask")
        ids = [item.message_id for item in parsed.receipts if message_id or item.reference == text.reference]
        return Submitted(Outcome.ACCEPTED, ids[0], also=tuple(ids[1:])) if ids else _NOT_FOUND

    async def look_back(self, since: datetime) -> Parsed | None:
        return await self.asked(lambda: self._since(since))

    async def _since(self, since: datetime) -> Parsed:
        """The Reports API takes a day at a time."""
        now, texts, receipts = self.clock.now(), tuple[Inbound, ...](), tuple[Receipt, ...]()
        while since < now:
            query = _window(since, min(since + _A_DAY, now))
            since += _A_DAY
            records = await self._records("inbound", {**query, "include_message": "true"})
            ours = [record for record in records if self._is_to_us(record)]
            texts += readable(vonage_messages.record_text, ours, road_of(self))
            receipts += (await self._receipts(query)).receipts
        return Parsed(texts, receipts)

    def _is_to_us(self, record: dict[str, Any]) -> bool:
        """An account may have other numbers, whose texts are none of ours."""
        return without_plus(str(record.get("to", ""))) == without_plus(self.mine.sender)

    async def _receipts(self, query: dict[str, str]) -> Parsed:
        records = await self._records("outbound", query)
        return Parsed(receipts=readable(vonage_messages.record_receipt, records, road_of(self)))

    async def _records(self, direction: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """Records of the account, all pages; raises what ``asked`` knows."""
        product = "MESSAGES" if self.mine.send_by == "messages" else "SMS"
        base, found = self.mine.api.rstrip("/"), []
        url = f"{base}/v2/reports/records"
        params = {"account_id": self.mine.api_key, "product": product, "direction": direction, **query}
        for _ in range(_PAGES):
            async with self.http().get(url, params=params, headers=self._basic, allow_redirects=False) as answer:
                if answer.status != HTTPStatus.OK:
                    raise ValueError(answer.status)
                page = read_object(await answer.read())
            found += objects(page.get("records", []), "records")
            url, params = vonage_answers.next_page(page), {}
            if not url.startswith(f"{base}/"):
                break
        else:
            tell_cut_short(road_of(self))
        return found

    async def check(self) -> list[str]:
        """Asks for the balance, which sends nothing."""
        problems = []
        if self.mine.send_by == "messages":
            try:
                self._token()
            except (JoseError, ValueError):
                problems.append(_NO_KEY)
        url = f"{self.mine.sms_api.rstrip('/')}/account/get-balance"
        answer = await self.submit(url, vonage_answers.looked_at, method="GET", headers=self._basic)
        if answer.outcome is not Outcome.ACCEPTED:
            problems.append(_REFUSED if answer.reason is Reason.ACCOUNT else _NOT_SEEN.format(code=answer.code))
        return problems

    @property
    def _basic(self) -> dict[str, str]:
        return basic(self.mine.api_key, self.mine.api_secret.get_secret_value())


def _window(since: datetime, until: datetime) -> dict[str, str]:
    return {"date_start": _iso(since), "date_end": _iso(until)}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mark(request: WebRequest) -> str:
    """What Vonage gives to one request alone: the token's or the form's own word; "" where there is none."""
    if token := token_of(request):
        return str(vonage_signature.unverified(token).get("jti", ""))
    with suppress(InvalidInput):
        return str(told(request).get("nonce", ""))
    return ""
