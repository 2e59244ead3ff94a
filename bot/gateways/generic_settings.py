"""A provider described in TOML alone: what may stand in the file, and what is refused when it is loaded."""

from __future__ import annotations

import codecs
import re
from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bot.domain.messages import Outcome, Reason
from bot.domain.states import TextState
from bot.gateways.account import Account, Secret
from bot.gateways.generic_templates import (
    AnswerTemplate,
    IncomingTemplate,
    SendingTemplate,
    SendingTree,
    SignedTemplate,
    unknown_secrets,
)

_STATES = {"accepted", "delivered", "undelivered", "expired", "rejected", "unknown"}
_OUTCOMES = {outcome.value for outcome in Outcome}
_REASONS = {reason.value for reason in Reason}


def _verdict(value: object, first: set[str]) -> tuple[str, str | None]:
    """``undelivered absent`` -> ("undelivered", "absent"); the reason may be missing."""
    words = [str(item) for item in value if item] if isinstance(value, list | tuple) else str(value).split()
    if not words or len(words) > 2 or words[0] not in first or not set(words[1:]) <= _REASONS:
        one_of, reasons = ", ".join(sorted(first)), ", ".join(sorted(_REASONS))
        raise ValueError(
            f"「{value}」は読めません。{one_of} のどれか1つと、必要なら理由({reasons})を空白で区切って書いてください。"
            f" / write one of {one_of} and, if you like, a reason ({reasons}) after a space"
        )
    return words[0], words[1] if len(words) == 2 else None


Meaning = Annotated[tuple[Outcome, Reason | None], BeforeValidator(lambda value: _verdict(value, _OUTCOMES))]
"""Of an answer to us: ``accepted``, ``rejected bad_text``, ``retry account``, ``unknown``."""
State = Annotated[tuple[TextState, Reason | None], BeforeValidator(lambda value: _verdict(value, _STATES))]
"""Of a receipt: ``delivered``, ``undelivered absent``, ``expired`` …"""


def _charset(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"文字コード {name} はありません / there is no character code {name}") from None


def _pattern(source: str) -> str:
    try:
        re.compile(source)
    except re.error as error:
        raise ValueError(f"正規表現として読めません: {error} / not a regular expression: {error}") from None
    return source


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError(
            f"時間帯 {name} はありません(例 Asia/Tokyo) / write an IANA time zone such as Asia/Tokyo"
        ) from None
    return name


def _status(value: object) -> str:
    text = str(value).lower()
    if not re.fullmatch(r"[1-5](\d\d|xx)", text):
        raise ValueError("200 や 5xx のように書いてください / write 200 or 5xx")
    return text


Charset = Annotated[str, AfterValidator(_charset)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Zone = Annotated[str, AfterValidator(_zone)]
Status = Annotated[str, BeforeValidator(_status)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnswerRule(_Section):
    """One kind of answer; the first rule that fits counts."""

    status: tuple[Status, ...] = Field(default=(), description="HTTP statuses (200, 5xx); empty: any")
    pattern: Pattern = Field(default="", description="Regular expression that the body must match")
    path: str = Field(default="", description="JSON path that must be there, with one of the values of equals")
    equals: tuple[str, ...] = Field(default=(), description="Values at the path; empty: any")
    means: Meaning = Field(description="accepted, rejected, retry or unknown, and a reason")
    id: AnswerTemplate = Field(default="", description="The provider's id of the text")
    code: AnswerTemplate = Field(default="", description="The provider's code, kept as it is")
    segments: AnswerTemplate = Field(default="", description="Segments that are charged")
    price: AnswerTemplate = Field(default="", description="What is charged, with its currency (3.30 JPY)")


class Request(_Section):
    """A request of ours, and how to read the answers."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    url: SendingTemplate = Field(description="Address, as a template")
    content: Literal["form", "json", "query", "raw"] = Field(default="form", description="How the fields travel")
    content_type: str = Field(default="", description="Content-Type, for raw or where the provider wants its own")
    charset: Charset = Field(default="utf-8", description="Character code of the fields")
    headers: dict[str, SendingTemplate] = Field(default_factory=dict)
    user: str = Field(default="", description="User of basic authentication")
    password: Secret | None = Field(default=None, description="Password of basic authentication")
    fields: SendingTree = Field(default_factory=dict, description="Fields; for json also tables and lists")
    body: SendingTemplate = Field(default="", description="The whole body, for raw")
    answers: tuple[AnswerRule, ...] = ()
    code: AnswerTemplate = Field(default="{{ status }}", description="The provider's code where no rule fits")
    codes: dict[str, Meaning] = Field(default_factory=dict, description="What those codes mean")

    @model_validator(mode="after")
    def _can_be_taken(self) -> Self:
        means = [rule.means for rule in self.answers] + list(self.codes.values())
        if not any(outcome is Outcome.ACCEPTED for outcome, _ in means):
            raise ValueError(
                '受け付けられたことを示す応答(means = "accepted")を1つは書いてください'
                " / describe at least one answer that means accepted"
            )
        return self


class _Reading(_Section):
    content: Literal["auto", "form", "json", "query"] = Field(default="auto", description="How the request is written")
    charset: Charset = Field(default="utf-8", description="Character code of the request")
    each: str = Field(default="", description="JSON path of a list; * for form fields that are repeated")
    when: IncomingTemplate = Field(default="", description="Only where this gives something other than 0 or false")
    time_format: str = Field(default="", description="Form of times without a zone (%Y/%m/%d %H:%M:%S)")
    time_zone: Zone = Field(default="Asia/Tokyo", description="Zone of such times")


class InboundReading(_Reading):
    id: IncomingTemplate = Field(default="", description="The provider's id of a text; empty: it gives none")
    sender: IncomingTemplate = Field(description="The resident's number")
    recipient: IncomingTemplate = Field(default="{{ sender }}", description="Our number")
    text: IncomingTemplate
    sent_at: IncomingTemplate = ""
    part_reference: IncomingTemplate = Field(default="", description="What the pieces of a long text have in common")
    part_number: IncomingTemplate = Field(default="", description="Which piece this is, from 1")
    part_total: IncomingTemplate = Field(default="", description="How many pieces there are")


class ReceiptReading(_Reading):
    id: IncomingTemplate = Field(default="", description="The provider's id of our text")
    reference: IncomingTemplate = Field(default="", description="Our reference, where the receipt carries it")
    code: IncomingTemplate = Field(description="The provider's word for what became of the text")
    codes: dict[str, State] = Field(description="What those words mean; any other is unknown")
    at: IncomingTemplate = ""
    segments: IncomingTemplate = ""
    price: IncomingTemplate = ""
    carrier: IncomingTemplate = ""

    @model_validator(mode="after")
    def _can_be_joined(self) -> Self:
        if not self.id and not self.reference:
            raise ValueError("id か reference を書いてください / write id or reference")
        return self


_NEEDS = {
    "hmac": ("secret", "signature"),
    "basic": ("user", "password"),
    "bearer": ("token",),
    "path_secret": ("key",),
    "ip_list": ("allowed",),
}


class Proof(_Section):
    """How a request to us proves where it comes from; ``key`` and ``allowed`` may stand beside any other kind."""

    kind: Literal["hmac", "basic", "bearer", "path_secret", "ip_list", "none"]
    key: Secret | None = Field(default=None, description="Secret in our address (?key=… or its last part)")
    allowed: tuple[IPvAnyNetwork, ...] = Field(default=(), description="Networks that requests come from")
    user: str = ""
    password: Secret | None = None
    token: Secret | None = None
    secret: Secret | None = Field(default=None, description="Key of the HMAC")
    written_as: Literal["text", "hex", "base64"] = Field(default="text", description="How the HMAC's key is written")
    algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = "sha256"
    encoding: Literal["hex", "base64", "base64url"] = "hex"
    signature: SignedTemplate = Field(default="", description="Name of the header, or a template that finds it")
    prefix: str = Field(default="", description="What stands before the signature (sha256=)")
    signed: SignedTemplate = Field(default="{{ body }}", description="What the signature is made over")
    timestamp: SignedTemplate = Field(default="", description="Name of the header with the time, or a template")
    tolerance: int = Field(default=300, ge=1, le=86_400, description="Seconds that the time may be off")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        missing = [name for name in _NEEDS.get(self.kind, ()) if not getattr(self, name)]
        if missing:
            names = ", ".join(missing)
            raise ValueError(f'kind = "{self.kind}" には {names} も必要です / {self.kind} also needs {names}')
        if self.kind == "none" and not self.key and not self.allowed:
            raise ValueError(
                "none は key か allowed といっしょにだけ使えます / none is only for use together with key or allowed"
            )
        return self


class OurAnswer(_Section):
    status: int = Field(default=200, ge=200, le=299)
    body: IncomingTemplate = Field(default="", description="What the provider wants to hear")
    content_type: str = "text/plain"


class GenericAccount(Account):
    secrets: dict[str, Secret] = Field(default_factory=dict, description="Secrets for templates of ours: secrets.name")
    send: Request
    ask: Request | None = Field(default=None, description="How to ask what became of a text")
    inbound: InboundReading | None = None
    receipts: ReceiptReading | None = None
    one_address: bool = Field(default=False, description="Texts and receipts come to the same address; see when")
    proof: Proof | None = None
    answer: OurAnswer = OurAnswer()

    @field_validator("send", "ask", "proof")
    @classmethod
    def _has_its_secrets(cls, section: Request | Proof | None, info: ValidationInfo) -> Request | Proof | None:
        known = info.data.get("secrets")  # None where they are wrong themselves, which is told already
        for place, name in unknown_secrets(section.model_dump(), known) if section and known is not None else ():
            raise ValueError(
                f"{place}: secrets.{name} が [secrets] にありません / {place}: there is no {name} in [secrets]"
            )
        return section

    @model_validator(mode="after")
    def _is_proven(self) -> Self:
        if (self.inbound or self.receipts) and not self.proof:
            raise ValueError(
                "[proof] がありません。要求元の確かめかたを書いてください / say in [proof] how requests are verified"
            )
        if (self.inbound or self.receipts) and not self.public_url:
            raise ValueError("public_url も書いてください / public_url is needed as well")
        return self


def time_of(text: str, section: InboundReading | ReceiptReading) -> datetime | None:
    """A time in the section's own form, in its zone; None for anything else."""
    try:
        return datetime.strptime(text.strip(), section.time_format).replace(tzinfo=ZoneInfo(section.time_zone))
    except ValueError:
        return None
