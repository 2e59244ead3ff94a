"""Media SMS (MediaSMS-CONSOLE by Media4u): texts to phones in Japan, results pushed to us or asked for.

Source: the public developer pages (media-sms.net/developer: "MediaSMS-CONSOLE APIの特徴", "主なパラメータ例") for
numbers, lengths and the echo of parameters; the public client library mediasms-go (comvex-jp) for addresses, codes and
the fields of pushed results. Not public, and so a setting or read in several ways: under which name a reply's words
come, and how several results stand in one request (lists of objects and repeated form fields are both read).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, IPvAnyNetwork

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Parsed
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.gateways.account import Account, Secret
from bot.gateways.base import LONGEST_ID, BaseGateway, by_status, needed, needed_id, read_json
from bot.gateways.mediasms_codes import ALREADY_TAKEN, ANSWERS, NEVER_ARRIVED, RECEIVED, TAKEN, carrier_of, meaning_of
from bot.gateways.number_forms import domestic
from bot.gateways.recent_sends import RecentSends
from bot.gateways.web_proofs import basic_header, check_key, check_peer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Outbound

_NUMBER = re.compile(r"^0(20|60|70|80|90)([1-9]\d{7}|0\d{10})$")
"""11 digits, or 14 digits of the range that begins with 0?00."""
_JAPAN = ZoneInfo("Asia/Tokyo")
_WHEN = re.compile(r"^(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?[ .T]*(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?$")
_MOST_ASKED = 200
_UNREADABLE = "no_code"
_NEVER = "never_arrived"
_READ = ("status", "mobilenumber", "senderid", "replyid", "returnsmsdatetime")


class MediasmsAccount(Account):
    url: str = Field(default="https://www.sms-console.jp", pattern=r"^https?://", description="Address of the console")
    username: str = Field(min_length=2, max_length=20, description="User name of the API")
    password: Secret = Field(description="Password of the API")
    key: Secret = Field(description="Key in the address that results are pushed to")
    allowed: tuple[IPvAnyNetwork, ...] = Field(default=(), description="Addresses that results come from; empty: any")
    echo: str = Field(
        default="mimamoriid", pattern=r"^[a-z][a-z0-9]{2,30}$", description="Extra parameter that results echo to us"
    )
    reply_text: str = Field(
        default="",
        pattern=r"^[0-9A-Za-z_]{0,30}$",
        description="Field with a reply's words (two-way contract); empty: none",
    )
    longest: int = Field(default=660, ge=40, le=660, description="Characters in one text; 70 without the long option")


class MediasmsGateway(BaseGateway[MediasmsAccount]):
    """Our reference is the smsid (unique there, so nothing goes out twice) and the echoed parameter."""

    settings = MediasmsAccount
    abilities: ClassVar[Abilities] = Abilities(two_way=False, can_ask=True, can_look_back=True, looks_up=True)

    def __init__(self, account: MediasmsAccount) -> None:
        super().__init__(account)
        if account.reply_text:  # replies are a matter of the contract
            self.abilities = replace(self.abilities, two_way=True)  # type: ignore[misc]  # of this account alone
        self._recent = RecentSends()
        self._looked_up_to = ""

    def length(self, text: str) -> int:
        """A line break counts as two characters."""
        return super().length(text) + text.count("\n")

    async def verify(self, request: WebRequest, now: datetime) -> None:  # noqa: ARG002  # nothing here carries a time
        """Our key in the address, and an allowed address; pushed results are not signed."""
        check_peer(request, self.mine.allowed)
        check_key(request, self.mine.key)

    async def parse(self, request: WebRequest) -> Parsed:
        """Results and replies come to whichever address was registered."""
        return Parsed(tuple(self.parse_inbound(request)), tuple(self.parse_receipts(request)))

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        return [self._reply(item, request.body) for item in self._items(request) if self._is_reply(item)]

    def _items(self, request: WebRequest) -> list[dict[str, Any]]:
        """The results in a request: JSON object, list, list inside an object, or form fields, repeated for several."""
        text = _decoded(request.body).strip()
        if text.startswith(("{", "[")):
            return _objects(read_json(text.encode()))
        pairs = parse_qs(text or urlsplit(request.url).query, keep_blank_values=True)
        return _rows(pairs, ("smsid", self.mine.echo), (*_READ, self.mine.reply_text))

    def _is_reply(self, item: dict[str, Any]) -> bool:
        has_words = bool(self.mine.reply_text) and bool(str(item.get(self.mine.reply_text) or ""))
        return has_words and (str(item.get("status")) == RECEIVED or bool(item.get("returnsmsdatetime")))

    def _reply(self, item: dict[str, Any], raw: bytes) -> Inbound:
        """Times have minutes only and ``replyid`` may be missing, so number and words tell replies apart as well."""
        number, words = needed(item, "mobilenumber"), needed(item, self.mine.reply_text)
        said = str(item.get("replyid") or "") + str(item.get("returnsmsdatetime") or "")
        own = sha256(f"{number}\n{words}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return Inbound(
            f"{self._id(item)}:{said}"[: LONGEST_ID - len(own) - 1] + f":{own}",
            number,
            str(item.get("senderid") or self.mine.sender),
            words,
            raw,
            sent_at=_when(str(item.get("returnsmsdatetime") or "")),
        )

    def _id(self, item: dict[str, Any]) -> str:
        """The smsid, or the echoed parameter where it alone came: both are our reference."""
        return needed_id({"smsid": item.get("smsid") or item.get(self.mine.echo)}, "smsid")

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        return [self._receipt(item) for item in self._items(request) if self._is_result(item)]

    def _is_result(self, item: dict[str, Any]) -> bool:
        """A reply may bring the result of our text as well; raises InvalidInput for one that nobody could read."""
        status = str(item.get("status") or "")
        if status == RECEIVED and not self._is_reply(item):
            raise InvalidInput(
                "返信が届きましたが、reply_text が設定されていません。", "A reply came, but reply_text is not set.",
                field="reply_text",
            )  # fmt: skip
        return not self._is_reply(item) or status not in {"", RECEIVED}

    def _receipt(self, item: dict[str, Any]) -> Receipt:
        smsid, result = self._id(item), needed(item, "status")
        state, reason = meaning_of(result)
        reference = str(item.get(self.mine.echo) or "") or smsid
        carrier = carrier_of(result)
        return Receipt(smsid, state, result.strip()[:60], reference=reference, reason=reason, carrier=carrier)

    async def send(self, text: Outbound) -> Submitted:
        number = domestic(text.recipient)
        if not _NUMBER.match(number):
            return Submitted(Outcome.REJECTED, code="560", reason=Reason.NO_SUCH_NUMBER)
        if not text.text or self.length(text.text) > self.mine.longest:
            return Submitted(Outcome.REJECTED, code="585", reason=Reason.BAD_TEXT)
        fields = {
            "mobilenumber": number,
            "smstext": text.text,
            "status": "1",  # results are wanted
            "smsid": text.reference,
            self.mine.echo: text.reference,
        }
        self._recent.note(text.reference)
        answer = await self.submit(f"{self._console}/api/", _taken, data=fields, headers=self._headers)
        if answer.outcome is not Outcome.ACCEPTED:
            return answer
        return Submitted(Outcome.ACCEPTED, text.reference, code=answer.code)

    @property
    def _console(self) -> str:
        return self.mine.url.rstrip("/")

    @property
    def _headers(self) -> dict[str, str]:
        return basic_header(self.mine.username, self.mine.password)

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:  # noqa: ARG002  # ours is enough
        """By our smsid; one that the console does not know never arrived there. Any other refusal says nothing."""
        answer = await self._result_of(text.reference)
        if answer.outcome is Outcome.ACCEPTED:
            return Submitted(Outcome.ACCEPTED, text.reference, code=answer.code)
        return self._recent.judged(text.reference, answer)

    async def _result_of(self, smsid: str) -> Submitted:
        """ACCEPTED with the result as ``code``, RETRY where it never arrived, UNKNOWN for everything else."""
        answer = await self.submit(
            f"{self._console}/api5/", _told, method="GET", params={"smsid": smsid}, headers=self._headers
        )
        known = answer.outcome is Outcome.ACCEPTED or answer.code == _NEVER
        return answer if known else Submitted(Outcome.UNKNOWN, code=answer.code)

    async def look_up(self, references: Sequence[str]) -> Parsed | None:
        """Results one by one, since no list of the last hours is public; where there are many, in turn."""
        receipts: list[Receipt] = []
        for smsid in self._in_turn(references):
            answer = await self._result_of(smsid)
            if answer.outcome is Outcome.ACCEPTED:
                receipts.append(self._receipt({"smsid": smsid, "status": answer.code}))
            elif answer.code in {"no_connection", "401", "503", "555"}:  # or too many at once
                return Parsed(receipts=tuple(receipts)) if receipts else None
            self._looked_up_to = smsid
        return Parsed(receipts=tuple(receipts))

    def _in_turn(self, references: Sequence[str]) -> list[str]:
        """Those that follow the one that was answered last."""
        found = sorted(references)
        first = bisect_right(found, self._looked_up_to)
        return (found[first:] + found[:first])[:_MOST_ASKED]

    async def check(self) -> list[str]:
        """Asks about a text that was never sent: name, password and address are tried."""
        answer = await self._result_of("mimamoricheck")
        if answer.outcome in {Outcome.ACCEPTED, Outcome.RETRY}:
            return []
        told = (
            f"メディアSMSに問い合わせできません({answer.code})。username・password・接続元IPの許可を確かめてください。"
            f" / Media SMS cannot be asked ({answer.code}): check username, password and the allowed addresses there."
        )
        return [told]


def _taken(status: int, body: bytes) -> Submitted:
    code = _code(status, body)
    if code == TAKEN or code in ALREADY_TAKEN:
        return Submitted(Outcome.ACCEPTED, code=code)
    if code in ANSWERS:
        outcome, reason = ANSWERS[code]
        return Submitted(outcome, code=code, reason=reason)
    return by_status(status, code) if status != HTTPStatus.OK else Submitted(Outcome.UNKNOWN, code=code)


def _told(status: int, body: bytes) -> Submitted:
    code = _code(status, body)
    if code == NEVER_ARRIVED:
        return Submitted(Outcome.RETRY, code=_NEVER)
    result = _after_the_code(body)
    if code == TAKEN and result:
        return Submitted(Outcome.ACCEPTED, code=result)
    return Submitted(Outcome.UNKNOWN, code=code)


def _code(status: int, body: bytes) -> str:
    """The result code: JSON ``{"result": "200"}``, the first line of the body, or an HTTP status other than 200."""
    text = _decoded(body).strip()
    told = str(read_json(body).get("result") or "") if text.startswith("{") else text
    first = re.match(r"\d{3}(?!\d)", told)
    return first[0] if first else _UNREADABLE if status == HTTPStatus.OK else str(status)


def _after_the_code(body: bytes) -> str:
    """The result itself, in the second line or after a comma, or as ``status`` of a JSON answer."""
    text = _decoded(body).strip()
    if text.startswith("{"):
        return str(read_json(body).get("status") or "")[:60]
    lines = [part.strip() for part in re.split(r"[\r\n,]+", text)]
    return lines[1][:60] if len(lines) > 1 else ""


def _rows(pairs: dict[str, list[str]], ids: tuple[str, ...], others: tuple[str, ...]) -> list[dict[str, Any]]:
    """Form fields as rows, as many as there are ids; raises InvalidInput where nobody knows whose a field is."""
    many = max((len(pairs.get(name, ())) for name in ids), default=0)
    if not many:
        raise InvalidInput("smsidは必須です。", "smsid is required.", field="smsid")
    columns = {name: pairs[name] for name in (*ids, *others) if name in pairs}
    for name, values in columns.items():
        if len(values) != many:
            raise InvalidInput(
                f"{name}の数が送達結果の数({many})と違います。", f"There are {many} results, but not so many {name}.",
                field=name,
            )  # fmt: skip
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _objects(data: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # JSON is anything
    if isinstance(data, dict) and "smsid" not in data:
        data = next((value for value in data.values() if isinstance(value, list)), data)
    found = data if isinstance(data, list) else [data]
    if not all(isinstance(item, dict) for item in found):
        raise InvalidInput("送達結果の配列を送ってください。", "Send a list of results.", field="body")
    return found


def _decoded(body: bytes) -> str:
    """UTF-8, or Shift_JIS where it is none."""
    for charset in ("utf-8", "cp932"):
        try:
            return body.decode(charset)
        except UnicodeDecodeError:
            continue
    raise InvalidInput("文字コードを読めません。", "The character code cannot be read.", field="body")


def _when(text: str) -> datetime | None:
    """``2020年09月01日 10:00:00`` and ``2020.10.08.13.31.07``, in Japan's time."""
    found = _WHEN.match(text.strip())
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_JAPAN).astimezone(UTC)
    except ValueError:
        return None
