"""Kannel's smsbox: the road to a carrier's SMPP link that a center runs itself.

Inbound: ``get-url`` or ``post-url`` of a ``sms-service`` with the text as raw bytes. Sending: ``sendsms``, which gives
no message id, so our reference travels in the ``dlr-url``. Source: the Kannel user's guide 1.4.5 (chapters 6 "Setting
up a SMS gateway" and 7 "Setting up push proxy", tables of parameters and escape codes) and runs with Debian's 1.4.5.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from pydantic import Field

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Answer
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.sms import sms_length
from bot.domain.states import TextState
from bot.gateways import smpp_terms
from bot.gateways.account import Secret
from bot.gateways.base import LONGEST_ID, BaseGateway, by_status, needed, needed_id
from bot.gateways.keyed_calls import KeyedAccount, query_of, unquoted, verify_caller

if TYPE_CHECKING:
    from bot.domain.gateway import Parsed, WebRequest
    from bot.domain.messages import Outbound

_GSM7, _EIGHT_BIT, _UCS2 = "0", "1", "2"
_EVERY_RECEIPT = "31"
_LONGEST_VALIDITY = 7 * 24 * 3600  # seconds
# The user's guide, "Delivery reports": 1, 2, 4, 8, 16; later versions tell 34 (expired) and 66 (unknown) apart from 2.
_TYPES = {
    "1": (TextState.DELIVERED, None),
    "2": (TextState.UNDELIVERED, Reason.OTHER),
    "4": (TextState.ACCEPTED, None),
    "8": (TextState.ACCEPTED, None),
    "16": (TextState.REJECTED, Reason.OTHER),
    "34": (TextState.EXPIRED, Reason.EXPIRED),
    "66": (TextState.UNKNOWN, None),
}
_TAKEN = re.compile(r"(0: Accepted for delivery|3: Queued for later delivery|Sent\.)")
_SPLITS = re.compile(r"Message splits: (\d+)")
_REFUSALS = {
    (400, "Number(s) has/have been denied"): (Outcome.REJECTED, Reason.FILTERED),
    (400, "Missing receiver"): (Outcome.REJECTED, Reason.NO_SUCH_NUMBER),
    (400, "Empty receiver"): (Outcome.REJECTED, Reason.NO_SUCH_NUMBER),
    (400, "Charset or body misformed"): (Outcome.REJECTED, Reason.BAD_TEXT),
    (400, "Invalid charset"): (Outcome.REJECTED, Reason.BAD_TEXT),
    (400, "Sender missing"): (Outcome.RETRY, Reason.ACCOUNT),
    (400, "DLR-URL field misformed"): (Outcome.RETRY, Reason.ACCOUNT),
    (403, "Not routable"): (Outcome.REJECTED, Reason.OTHER),
    (403, "Authorization failed"): (Outcome.RETRY, Reason.ACCOUNT),
    (404, "Unknown request"): (Outcome.RETRY, Reason.ACCOUNT),
    (503, "Temporal failure"): (Outcome.RETRY, Reason.BUSY),
}
"""What smsbox says when it has not taken a text, by the beginning of its sentence."""
_NACK = re.compile(r"NACK/(0x[0-9a-fA-F]{1,8}|[0-9]{1,10})/")


class KannelAccount(KeyedAccount):
    sendsms_url: str = Field(pattern=r"^https?://", description="Kannel's sendsms address")
    username: str = Field(min_length=1, description="username of group sendsms-user")
    password: Secret = Field(description="password of group sendsms-user")
    method: Literal["get", "post"] = Field(default="get", description="How sendsms is called; post: no text in the URL")
    smsc: str = Field(default="", description="smsc-id to send by, where Kannel has several")
    status_url: str = Field(default="", description="bearerbox's status.xml, looked at by `mimamori gateway check`")


class KannelGateway(BaseGateway[KannelAccount]):
    settings = KannelAccount
    abilities: ClassVar[Abilities] = Abilities()
    doors: ClassVar[tuple[str, ...]] = ("", "receipts")

    async def verify(self, request: WebRequest, now: datetime) -> None:  # noqa: ARG002  # nothing here carries a time
        verify_caller(request, self.mine)

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        told = _told(request)
        words = {name: value.decode("utf-8", "replace") for name, value in told.items()}
        message_id, sender = needed_id(words, "id"), smpp_terms.international(needed(words, "from"))
        if "text" not in told:
            raise InvalidInput("textがありません。", "text is missing.", field="text")
        text, damaged = self._read(told["text"], words.get("coding", ""), words.get("charset", ""))
        raw = urlencode({name: value for name, value in told.items() if name != "key"}).encode()
        recipient = smpp_terms.international(words.get("to", "")) or self.mine.sender
        part = smpp_terms.part_of(told.get("udh", b""))
        return [Inbound(message_id, sender, recipient, text, raw, part, _epoch(words.get("at", "")), damaged)]

    def _read(self, data: bytes, coding: str, charset: str) -> tuple[str, bool]:
        """Kannel's bytes as text: UTF-16BE for coding 2, else the charset it names (``%C``; UTF-8 as a rule)."""
        if coding == _UCS2:
            return smpp_terms.decoded(data, "utf-16-be")
        if coding == _EIGHT_BIT:
            return smpp_terms.decoded(data, self.mine.eight_bit)
        text, damaged = smpp_terms.decoded(data, _codec(charset))
        return (data.decode("latin-1"), True) if damaged else (text, False)

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        words = {name: value.decode("utf-8", "replace") for name, value in query_of(request.url).items()}
        kind, reference = needed(words, "type"), needed_id(words, "ref")
        text = words.get("text", "")
        told = smpp_terms.read_receipt_text(text)
        state, reason = self._meaning(kind, text, told)
        nack = _NACK.match(text)
        code = " ".join(word for word in (kind, told.stat or (nack[1] if nack else ""), told.err) if word)[:60]
        at = smpp_terms.carrier_time(told.done, ZoneInfo(self.mine.time_zone)) or _epoch(words.get("at", ""))
        message_id = (words.get("id") or told.message_id)[:LONGEST_ID]
        return [Receipt(message_id, state, code, reference, reason, at)]

    def _meaning(self, kind: str, text: str, told: smpp_terms.ReceiptText) -> tuple[TextState, Reason | None]:
        """The type decides; of a failure the carrier's words say more: Kannel calls failed what it does not know."""
        state, reason = _TYPES.get(kind, (TextState.UNKNOWN, None))
        if state is TextState.UNDELIVERED and told.stat:
            return smpp_terms.final_state(told.stat, told.err, self.mine.errors)
        if state is TextState.REJECTED and (nack := _NACK.match(text)):
            return state, smpp_terms.error_reason(int(nack[1], 16 if nack[1].startswith("0x") else 10))
        return state, reason

    def answer(self, request: WebRequest, parsed: Parsed) -> Answer:  # noqa: ARG002  # always the same
        """Kannel texts the body of a 200 to the resident: it must be empty (and ``max-messages = 0`` be set there)."""
        return Answer(body=b"", content_type="text/plain")

    async def send(self, text: Outbound) -> Submitted:
        coding = _GSM7 if sms_length(text.text).encoding == "GSM-7" else _UCS2
        told = {
            "username": self.mine.username,
            "password": self.mine.password.get_secret_value(),
            "from": self.mine.sender,
            "to": text.recipient,
            "coding": coding,
            "dlr-mask": _EVERY_RECEIPT,
            "dlr-url": self._dlr_url(text.reference),
            **({"smsc": self.mine.smsc} if self.mine.smsc else {}),
        }
        if left := self.seconds_left(text, 60, _LONGEST_VALIDITY):
            told["validity"] = str(left // 60)
        if self.mine.method == "get":
            told |= {"charset": "UTF-8", "text": text.text}
            return await self.submit(self.mine.sendsms_url, _taken, method="GET", params=told)
        codec = "UTF-16BE" if coding == _UCS2 else "UTF-8"
        headers = {f"X-Kannel-{name}": value for name, value in told.items()}
        headers["Content-Type"] = f"text/plain; charset={codec}"
        return await self.submit(self.mine.sendsms_url, _taken, headers=headers, data=text.text.encode(codec))

    def _dlr_url(self, reference: str) -> str:
        return f"{self.mine.receipts_for(reference)}&type=%d&at=%T&id=%F&text=%A"

    async def check(self) -> list[str]:
        """Asks sendsms for a text without a receiver, which it refuses after it has looked at the password."""
        told = {"username": self.mine.username, "password": self.mine.password.get_secret_value()}
        asked = await self.submit(self.mine.sendsms_url, _password_is_right, method="GET", params=told)
        problems = [] if asked.outcome is Outcome.ACCEPTED else [_PROBLEMS.get(asked.code, _PROBLEMS[""])]
        if self.mine.status_url:
            link = await self.submit(self.mine.status_url, _link_is_up, method="GET")
            problems += [] if link.outcome is Outcome.ACCEPTED else [_LINK_DOWN]
        return problems


_PROBLEMS = {
    "no_connection": "Kannelのsmsboxにつながりません(sendsms_url)。 / Kannel's smsbox cannot be reached (sendsms_url).",
    "403": (
        "Kannelのユーザー名かパスワードが違うか、この機械のアドレスが許されていません。 / "
        "Kannel refuses the user name, the password or this machine's address (user-allow-ip)."
    ),
    "404": "sendsms_urlのパスが違います。 / The path in sendsms_url is wrong.",
    "": "sendsms_urlからKannelらしくない答えが来ました。 / What answers at sendsms_url is not Kannel.",
}
_LINK_DOWN = "Kannelから携帯電話会社への接続がありません。 / Kannel has no link to the carrier (smsc) that is online."


def _password_is_right(status: int, body: bytes) -> Submitted:
    right = status == HTTPStatus.BAD_REQUEST and body.startswith(b"Missing receiver")
    return Submitted(Outcome.ACCEPTED if right else Outcome.UNKNOWN, code=str(status))


def _link_is_up(status: int, body: bytes) -> Submitted:
    links = body.partition(b"<smscs>")[2]
    up = status == HTTPStatus.OK and re.search(rb"<status>online", links) is not None
    return Submitted(Outcome.ACCEPTED if up else Outcome.UNKNOWN, code=str(status))


def _taken(status: int, body: bytes) -> Submitted:
    """The user's guide, "sendsms responses": 202 for taken, 4xx for never, 503 for later; the sentence says which."""
    sentence = body.decode("utf-8", "replace").strip()
    if status == HTTPStatus.ACCEPTED and _TAKEN.match(sentence):
        splits = _SPLITS.search(sentence)
        return Submitted(Outcome.ACCEPTED, code=str(status), segments=int(splits[1]) if splits else None)
    for (known, beginning), (outcome, reason) in _REFUSALS.items():
        if status == known and sentence.startswith(beginning):
            return Submitted(outcome, code=f"{status} {beginning}", reason=reason)
    if status == HTTPStatus.BAD_REQUEST and sentence.endswith("misformed, rejected"):
        return Submitted(Outcome.REJECTED, code=f"{status} {sentence}"[:60], reason=Reason.OTHER)
    return by_status(status)


def _told(request: WebRequest) -> dict[str, bytes]:
    """All that a call says, whether in its query (``get-url``) or in headers and body (``post-url``)."""
    told = query_of(request.url)
    if request.method != "POST":
        return told
    headers = {name: request.header(f"x-kannel-{name}") for name in ("from", "to", "coding")}
    given = {name: value.encode() for name, value in headers.items()}
    given["udh"] = unquoted(request.header("x-kannel-udh"))
    charset = re.search(r'charset="?([\w-]+)', request.header("content-type"))
    given["charset"] = charset[1].encode() if charset else b""
    return {"text": request.body, **{name: value for name, value in given.items() if value}, **told}


def _codec(charset: str) -> str:
    """Python's name of a charset; UTF-8 where Kannel names none, or one that nobody knows (``8-BIT``)."""
    with suppress(LookupError, ValueError):
        "x".encode(charset)
        return charset
    return "utf-8"


def _epoch(seconds: str) -> datetime | None:
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(int(seconds), UTC)
    return None
