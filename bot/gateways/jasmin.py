"""Jasmin SMS gateway: its HTTP API, and its throwers that bring texts and receipts to us.

Source: the Jasmin documentation, "HTTP API" (sending SMS-MT, receiving SMS-MO, receiving DLR), and its public source
(``jasmin/protocols/http/endpoints``, ``jasmin/protocols/http/validation.py``, ``jasmin/routing/throwers.py``).
"""

from __future__ import annotations

import re
from binascii import Error as NotHex
from binascii import unhexlify
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from pydantic import Field

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Answer, Parsed
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.sms import sms_length
from bot.domain.states import TextState
from bot.gateways import smpp_terms
from bot.gateways.account import Secret
from bot.gateways.base import LONGEST_ID, BaseGateway, by_status, needed, needed_id
from bot.gateways.keyed_calls import KeyedAccount, form_of, query_of, verify_caller
from bot.gateways.smpp_alphabets import decode_gsm7

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Outbound

_SMPP_OK = "ESME_ROK"
_TRIED_AGAIN = frozenset({"ESME_RTHROTTLED", "ESME_RSYSERR", "ESME_RMSGQFUL", "ESME_RINVSCHED"})
"""Refusals of the SMSC after which Jasmin tries again by itself (its ``submit_error_retrial``), and tells no more."""
_LONGEST_VALIDITY = 7 * 24 * 3600  # seconds
# data_coding as in SMPP 3.4, 5.2.19; carriers that announce JIS (5) send Shift_JIS.
_CODECS = {
    1: "ascii", 3: "latin-1", 5: "cp932", 6: "iso8859-5", 7: "iso8859-8", 8: "utf-16-be", 10: "iso2022_jp",
    13: "iso2022_jp_1", 14: "cp949",
}  # fmt: skip
_EIGHT_BIT = frozenset({2, 4})
_SUCCESS = re.compile(r'Success "([^"]{1,120})"')
_ERRORS = (
    (403, "throughput exceeded", Outcome.RETRY, Reason.BUSY),
    (403, "Authentication failure", Outcome.RETRY, Reason.ACCOUNT),
    (403, "Authorization failed", Outcome.RETRY, Reason.ACCOUNT),
    (403, "Cannot charge", Outcome.RETRY, Reason.ACCOUNT),
    (400, "Authorization failed", Outcome.RETRY, Reason.ACCOUNT),
    (400, "destination_address filter mismatch", Outcome.REJECTED, Reason.FILTERED),
    (400, "source_address filter mismatch", Outcome.REJECTED, Reason.BAD_SENDER),
    (400, "content filter mismatch", Outcome.REJECTED, Reason.BAD_TEXT),
    (400, "Argument [to] has an invalid value", Outcome.REJECTED, Reason.NO_SUCH_NUMBER),
    (400, "Argument [from] has an invalid value", Outcome.REJECTED, Reason.BAD_SENDER),
    (400, "Argument [dlr-url] has an invalid value", Outcome.RETRY, Reason.ACCOUNT),
    (400, "Argument [username] has an invalid value", Outcome.RETRY, Reason.ACCOUNT),
    (400, "Argument [password] has an invalid value", Outcome.RETRY, Reason.ACCOUNT),
    (412, "no bound connectors", Outcome.RETRY, Reason.BUSY),
    (412, "No route found", Outcome.RETRY, Reason.ACCOUNT),
    (503, "Interceptor", Outcome.RETRY, Reason.BUSY),
)
"""What ``Error "…"`` says when a text was not taken: status, words in it, and what they mean to us."""


class JasminAccount(KeyedAccount):
    send_url: str = Field(pattern=r"^https?://.+/send$", description="Jasmin's address for sending")
    username: str = Field(min_length=1, max_length=16, description="User of Jasmin's HTTP API")
    password: Secret = Field(description="The user's password (Jasmin takes 16 characters at most)")
    default_alphabet: str = Field(
        default="gsm-7", pattern="^(gsm-7|ascii|latin-1|utf-8)$", description="Characters in texts of coding 0"
    )


class JasminGateway(BaseGateway[JasminAccount]):
    settings = JasminAccount
    abilities: ClassVar[Abilities] = Abilities()
    doors: ClassVar[tuple[str, ...]] = ("", "receipts")

    async def verify(self, request: WebRequest, now: datetime) -> None:  # noqa: ARG002  # nothing here carries a time
        verify_caller(request, self.mine)

    async def parse(self, request: WebRequest) -> Parsed:
        """Receipts bring the carrier's id beside Jasmin's, and may do so after a receipt by the carrier's alone."""
        parsed = await super().parse(request)
        words = _words(request)
        known, carrier = words.get("id", ""), words.get("id_smsc", "")
        ids = {carrier: known} if parsed.receipts and known and carrier and carrier != known else {}
        return Parsed(parsed.texts, parsed.receipts, ids)

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        told, words = _told(request), _words(request)
        message_id, sender = needed_id(words, "id"), smpp_terms.international(needed(words, "from"))
        recipient = smpp_terms.international(words.get("to", "")) or self.mine.sender
        text, damaged = self._read(_octets(told), words.get("coding", "0"))
        raw = urlencode({name: value for name, value in told.items() if name != "key"}).encode()
        return [Inbound(message_id, sender, recipient, text, raw, damaged=damaged)]

    def _read(self, octets: bytes, coding: str) -> tuple[str, bool]:
        number = int(coding) if coding.isascii() and coding.isdigit() else -1
        if number in _EIGHT_BIT:
            return smpp_terms.decoded(octets, self.mine.eight_bit)
        if number in _CODECS:
            return smpp_terms.decoded(octets, _CODECS[number])
        if self.mine.default_alphabet == "gsm-7":
            text, damaged = decode_gsm7(octets)
        else:
            text, damaged = smpp_terms.decoded(octets, self.mine.default_alphabet)
        return text, damaged or number != 0

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        words = _words(request)
        message_id = needed_id(words, "id" if words.get("id") else "id_smsc")
        status, err = needed(words, "message_status").strip().upper(), words.get("err", "")
        state, reason = self._meaning(status, err)
        code = " ".join(word for word in (status, err) if word)[:60]
        at = smpp_terms.carrier_time(words.get("donedate", ""), ZoneInfo(self.mine.time_zone))
        return [Receipt(message_id, state, code, words.get("ref", "")[:LONGEST_ID], reason, at)]

    def _meaning(self, status: str, err: str) -> tuple[TextState, Reason | None]:
        """``ESME_…``: what the SMSC said when it was handed the text; else the state in its receipt."""
        if status == _SMPP_OK:
            return TextState.ACCEPTED, None
        if status in _TRIED_AGAIN:
            return TextState.UNKNOWN, Reason.BUSY
        if (number := smpp_terms.status_of(status)) is not None:
            return TextState.REJECTED, smpp_terms.error_reason(number)
        return smpp_terms.final_state(status, err, self.mine.errors)

    def answer(self, request: WebRequest, parsed: Parsed) -> Answer:  # noqa: ARG002  # always the same
        """Anything else than exactly this makes Jasmin bring it again."""
        return Answer(body=b"ACK/Jasmin", content_type="text/plain")

    async def send(self, text: Outbound) -> Submitted:
        told = {
            "username": self.mine.username,
            "password": self.mine.password.get_secret_value(),
            "from": self.mine.sender,
            "to": text.recipient,
            "dlr": "yes",
            "dlr-url": self.mine.receipts_for(text.reference),
            "dlr-level": "3",
            "dlr-method": "POST",
        }
        if left := self.seconds_left(text, 60, _LONGEST_VALIDITY):
            told["validity-period"] = str(left // 60)
        if sms_length(text.text).encoding == "GSM-7":
            told |= {"coding": "0", "content": text.text}
        else:
            told |= {"coding": "8", "hex-content": text.text.encode("utf-16-be").hex()}
        return await self.submit(self.mine.send_url, _taken, data=told)

    async def check(self) -> list[str]:
        """Asks for the user's balance, which needs the same password."""
        told = {"username": self.mine.username, "password": self.mine.password.get_secret_value()}
        url = f"{self.mine.send_url.removesuffix('/send')}/balance"
        asked = await self.submit(url, _balance, method="GET", params=told)
        return [] if asked.outcome is Outcome.ACCEPTED else [_PROBLEMS.get(asked.code, _PROBLEMS[""])]


_PROBLEMS = {
    "no_connection": "Jasminにつながりません(send_url)。 / Jasmin cannot be reached (send_url).",
    "403": "Jasminのユーザー名かパスワードが違います。 / Jasmin refuses the user name or the password.",
    "400": "このユーザーはHTTP APIを使えません。 / This user may not use Jasmin's HTTP API.",
    "": "send_urlからJasminらしくない答えが来ました。 / What answers at send_url is not Jasmin.",
}


def _balance(status: int, body: bytes) -> Submitted:
    right = status == HTTPStatus.OK and b"sms_count" in body
    return Submitted(Outcome.ACCEPTED if right else Outcome.UNKNOWN, code=str(status))


def _taken(status: int, body: bytes) -> Submitted:
    sentence = body.decode("utf-8", "replace").strip()
    if status == HTTPStatus.OK and (success := _SUCCESS.fullmatch(sentence)):
        return Submitted(Outcome.ACCEPTED, success[1])
    if sentence.startswith("Error"):
        for known, words, outcome, reason in _ERRORS:
            if status == known and words.lower() in sentence.lower():
                return Submitted(outcome, code=f"{status} {words}"[:60], reason=reason)
    if status == HTTPStatus.OK:
        return Submitted(Outcome.UNKNOWN, code=str(status))
    return by_status(status)


def _told(request: WebRequest) -> dict[str, bytes]:
    """All that a call says: throwers write into the query (GET) or into a form (POST), beside our own query."""
    body = request.body.decode("latin-1") if request.method == "POST" else ""
    return {**form_of(body), **query_of(request.url)}


def _words(request: WebRequest) -> dict[str, str]:
    return {name: value.decode("utf-8", "replace") for name, value in _told(request).items()}


def _octets(told: dict[str, bytes]) -> bytes:
    """The text as the carrier sent it: ``binary`` is ``content`` in hexadecimal digits, which no proxy breaks."""
    if told.get("binary"):
        try:
            return unhexlify(told["binary"])
        except NotHex:
            raise InvalidInput("binaryが16進数ではありません。", "binary is not hexadecimal.", field="binary") from None
    if "content" not in told:
        raise InvalidInput("contentがありません。", "content is missing.", field="content")
    return told["content"]
