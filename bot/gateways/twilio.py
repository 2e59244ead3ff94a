"""Twilio's Programmable Messaging.

Inbound and status callbacks are signed forms; a text is sent by ``POST …/Messages.json``. Our reference travels in the
address of the status callback, which the signature covers. Source: Twilio's documentation, "Messages resource",
"Twilio's request to your incoming message webhook URL", "Track the message status of outbound messages".
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
from pydantic import Field, model_validator

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Answer, Parsed, road_of
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.text import DAMAGE
from bot.gateways import twilio_codes, twilio_records
from bot.gateways.account import Account, Secret
from bot.gateways.base import LONGEST_ID, BaseGateway, by_status, needed, needed_id, read_object, refused
from bot.gateways.http_auth import basic
from bot.gateways.reading_values import objects
from bot.gateways.recent_sends import NOT_CERTAIN
from bot.gateways.record_lists import Records, readable, tell_cut_short
from bot.gateways.twilio_signature import form_pairs, is_json, verify

if TYPE_CHECKING:
    from typing import Self

    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Outbound

_EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
_PAGE, _PAGES = "200", 50
_AN_HOUR, _LONGEST, _SETTLED = timedelta(hours=1), timedelta(hours=72), timedelta(seconds=60)
_CLOCKS = timedelta(minutes=2)  # by so much ours and Twilio's may differ
_NOT_THERE_YET = Submitted(Outcome.UNKNOWN, code="not_there_yet")

_BROKEN = (aiohttp.ClientError, OSError, ValueError, LookupError, TypeError, InvalidInput)
_REMEMBERED = 10_000
_LONGEST_VALIDITY = 36_000  # seconds in Twilio's queue, which is also its default
_REFUSED = (
    "Twilioが認証を断りました。account_sid、トークン、APIキーを確かめてください。 / "
    "Twilio refuses the credentials: check account_sid, the token and the API key."
)
_NOT_SEEN = "Twilioのアカウントを確かめられません({code})。 / The account at Twilio could not be looked at ({code})."


class TwilioAccount(Account):
    account_sid: str = Field(pattern=r"^AC[0-9a-zA-Z]{1,40}$", description="Account SID (AC…)")
    auth_token: Secret = Field(description="Auth token: it signs what Twilio sends us")
    auth_token_other: Secret | None = Field(
        default=None, description="The second auth token, while one takes the other's place"
    )
    shared_key: Secret | None = Field(
        default=None, description="Shared key of signed webhooks (HMAC_SHA256), where the account has one"
    )
    api_key: str = Field(default="", description="API key (SK…) to send with; empty: the auth token")
    api_key_secret: Secret | None = Field(default=None, description="Secret of the API key")
    messaging_service: str = Field(default="", description="Messaging Service (MG…) to send by; empty: the sender")
    api: str = Field(default="https://api.twilio.com", pattern=r"^https?://", description="Address of Twilio's API")

    @model_validator(mode="after")
    def _key_with_secret(self) -> Self:
        if bool(self.api_key) != (self.api_key_secret is not None):
            raise ValueError("api_key and api_key_secret belong together")
        return self


class TwilioGateway(BaseGateway[TwilioAccount]):
    """``clock`` tells which texts in Twilio's log are recent enough to be the one that is asked about."""

    settings = TwilioAccount
    abilities: ClassVar[Abilities] = Abilities(can_ask=True, can_look_back=True)

    def __init__(self, account: TwilioAccount) -> None:
        super().__init__(account)
        self._known: dict[str, str] = {}  # Twilio's ids of texts whose fate we know -> our reference
        self._asked: dict[str, datetime] = {}  # our references -> when they were asked about first

    async def verify(self, request: WebRequest, now: datetime) -> None:  # noqa: ARG002  # Twilio signs no time
        mine = self.mine
        tokens = [token.get_secret_value() for token in (mine.auth_token, mine.auth_token_other) if token]
        shared = [mine.shared_key.get_secret_value()] if mine.shared_key else []
        verify(request, tokens, shared)
        with suppress(InvalidInput):  # ``parse`` tells what is wrong with it
            if _told(request).get("AccountSid", mine.account_sid) != mine.account_sid:
                raise refused("account")

    async def parse(self, request: WebRequest) -> Parsed:
        """By what it says: a status of ours, or a text; so a text at the wrong one of our addresses is not lost."""
        if "MessageStatus" in _told(request):
            return Parsed(receipts=tuple(self.parse_receipts(request)))
        return Parsed(texts=tuple(self.parse_inbound(request)))

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        """One text. Pictures are not fetched: a text with one is marked, so that a person looks at Twilio's console.

        STOP, START and HELP, which Twilio answers itself (``OptOutType``), are handed on like any other text.
        """
        told = _told(request)
        message_id = needed_id(told, "MessageSid" if "MessageSid" in told else "SmsSid")
        has_media = told.get("NumMedia", "0") not in {"", "0"}
        text = needed(told, "Body") or (DAMAGE if has_media else "")
        raw = request.body if request.method == "POST" else request.url.encode()
        return [Inbound(message_id, needed(told, "From"), needed(told, "To"), text, raw, damaged=has_media)]

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        """One receipt; ``RawDlrDoneDate`` is in the carrier's unnamed time zone and therefore no time that we tell."""
        told = _told(request)
        status, error = needed(told, "MessageStatus"), told.get("ErrorCode", "").removeprefix("0")
        state, reason = twilio_codes.final_state(status, error)
        message_id = needed_id(told, "MessageSid" if "MessageSid" in told else "SmsSid")
        reference = parse_qs(urlsplit(request.url).query).get("reference", [""])[0][:LONGEST_ID]
        return [Receipt(message_id, state, (error or status)[:60], reference, reason)]

    def answer(self, request: WebRequest, parsed: Parsed) -> Answer:  # noqa: ARG002  # always the same
        """An empty TwiML: plain text would be sent to the resident as an SMS."""
        return Answer(body=_EMPTY_TWIML, content_type="text/xml")

    async def send(self, text: Outbound) -> Submitted:
        form = {"To": text.recipient, "Body": text.text}
        form |= {"MessagingServiceSid": self.mine.messaging_service} if self.mine.messaging_service else self._from
        if left := self.seconds_left(text, 1, _LONGEST_VALIDITY):
            form["ValidityPeriod"] = str(left)
        if self.mine.public_url:
            form["StatusCallback"] = f"{self.mine.receipts_url}?reference={quote(text.reference, safe='')}"
        submitted = await self.submit(f"{self._base}/Messages.json", _taken, data=form, headers=self._auth)
        self._remember(submitted.message_id, text.reference)
        return submitted

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:
        """Twilio takes no key of ours: without its id, the text is looked for by number and words in its log.

        Found once within an hour of its attempt (of now, where that is not known): that is it. No other text to that
        number since the attempt, and still none a minute after the first question: it never arrived. Anything else
        (the attempt's time is unknown, the list is cut off) stays unknown until the status callback brings our
        reference.
        """
        if message_id:
            url = f"{self._base}/Messages/{quote(message_id, safe='')}.json"
            answer = await self.submit(url, twilio_records.asked_by_id, method="GET", headers=self._auth)
            return answer if answer.outcome is Outcome.ACCEPTED else Submitted(Outcome.UNKNOWN, code=answer.code)
        now = self.clock.now()
        _forget_oldest(self._asked)
        first = self._asked.setdefault(text.reference, now)
        try:
            since = text.submitted_at - _CLOCKS if text.submitted_at else now - _LONGEST
            recent, whole = await self._records({"To": text.recipient}, since)
        except _BROKEN:
            return Submitted(Outcome.UNKNOWN, code="cannot_ask")
        ours = [record for record in recent if self._may_be(record, text)]
        like = [record for record in ours if record.get("body") in {text.text, "", None}]
        if not like and now - first < _SETTLED:
            return _NOT_THERE_YET
        if not whole or (not like and (ours or text.submitted_at is None)):
            return NOT_CERTAIN
        if not like:
            return Submitted(Outcome.RETRY, code="never_arrived")
        made = twilio_records.made_at(like[0])
        near = made is not None and abs(made - (text.submitted_at or now)) <= _AN_HOUR
        if len(like) > 1 or like[0].get("body") != text.text or not near:
            return NOT_CERTAIN
        found = twilio_records.submitted(like[0])
        self._remember(found.message_id, text.reference)
        return found

    def _may_be(self, record: dict[str, Any], text: Outbound) -> bool:
        """Whether it may be that text's, as far as number and id tell: Twilio may keep other words, or none."""
        ours = str(record.get("direction", "")).startswith("outbound-api") and record.get("to") == text.recipient
        return ours and self._known.get(str(record.get("sid")), text.reference) == text.reference

    async def look_back(self, since: datetime) -> Parsed | None:
        return await self.asked(lambda: self._since(since))

    async def _since(self, since: datetime) -> Parsed:
        moment, road = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), road_of(self)
        records, whole = await self._records({"DateSent>": moment}, since)
        if not whole:
            tell_cut_short(road)
        came = [record for record in records if self._concerns_us(record, "inbound", "to")]
        went = [record for record in records if self._concerns_us(record, "outbound", "from")]
        return Parsed(readable(twilio_records.inbound, came, road), readable(twilio_records.receipt, went, road))

    def _concerns_us(self, record: dict[str, Any], direction: str, side: str) -> bool:
        """An account may have other numbers, whose texts are none of ours."""
        service = self.mine.messaging_service
        ours = record.get(side) == self.mine.sender or bool(service and record.get("messaging_service_sid") == service)
        return ours and str(record.get("direction", "")).startswith(direction)

    async def _records(self, query: dict[str, str], since: datetime) -> tuple[Records, bool]:
        """Twilio's log, the latest first, back to ``since``, and whether that is all; raises what ``asked`` knows.

        A record whose time cannot be read is there too.
        """
        found: Records = []
        url, params = f"{self._base}/Messages.json", {**query, "PageSize": _PAGE}
        for _ in range(_PAGES):
            async with self.http().get(url, params=params, headers=self._auth, allow_redirects=False) as answer:
                if answer.status != HTTPStatus.OK:
                    raise ValueError(answer.status)
                page = read_object(await answer.read())
            records = objects(page.get("messages"), "messages")
            times = [twilio_records.made_at(record) or since for record in records]
            found += [record for record, at in zip(records, times, strict=True) if at >= since]
            following = page.get("next_page_uri")
            if not following or all(at < since for at in times):
                return found, True
            url, params = f"{self.mine.api.rstrip('/')}/{str(following).lstrip('/')}", {}
        return found, False

    async def check(self) -> list[str]:
        """Looks at the account, which sends nothing."""
        answer = await self.submit(f"{self._base}.json", _account_is_active, method="GET", headers=self._auth)
        if answer.outcome is Outcome.ACCEPTED:
            return []
        return [_REFUSED if answer.reason is Reason.ACCOUNT else _NOT_SEEN.format(code=answer.code)]

    @property
    def _base(self) -> str:
        return f"{self.mine.api.rstrip('/')}/2010-04-01/Accounts/{self.mine.account_sid}"

    @property
    def _from(self) -> dict[str, str]:
        return {"From": self.mine.sender}

    @property
    def _auth(self) -> dict[str, str]:
        secret = self.mine.api_key_secret or self.mine.auth_token
        return basic(self.mine.api_key or self.mine.account_sid, secret.get_secret_value())

    def _remember(self, message_id: str | None, reference: str) -> None:
        if message_id:
            _forget_oldest(self._known)
            self._known[message_id] = reference


def _forget_oldest(known: dict[str, Any]) -> None:
    while len(known) >= _REMEMBERED:
        del known[next(iter(known))]


def _told(request: WebRequest) -> dict[str, str]:
    """Names and values of a form, an address or a JSON object; of one that is there twice the first counts."""
    if is_json(request):
        return {name: str(value) for name, value in read_object(request.body).items() if value is not None}
    return dict(reversed(form_pairs(request)))


def _taken(status: int, body: bytes) -> Submitted:
    if status in {HTTPStatus.CREATED, HTTPStatus.OK}:
        return twilio_records.submitted(read_object(body))
    code = str(read_object(body).get("code") or status) if body.startswith(b"{") else str(status)
    known = twilio_codes.meaning(code)
    return Submitted(known[0], code=code, reason=known[1]) if known else by_status(status, code)


def _account_is_active(status: int, body: bytes) -> Submitted:
    if status != HTTPStatus.OK:
        return by_status(status)
    state = str(read_object(body).get("status"))
    return Submitted(Outcome.ACCEPTED if state == "active" else Outcome.UNKNOWN, code=state)
