"""AWS End User Messaging (Pinpoint SMS and voice v2): texts and events by an SNS topic, sending by SendTextMessage.

Source: AWS, "Two-way SMS messaging", "Example AWS End User Messaging SMS event data" (SMS user guide), SendTextMessage
in the API reference of ``pinpoint-sms-voice-v2``.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import aiohttp
import structlog
from pydantic import Field

from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, NotActed, Parsed, road_of
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways import sns_codes, sns_signature
from bot.gateways.account import Account, Secret
from bot.gateways.aws_sigv4 import Signer
from bot.gateways.base import LONGEST_ID, BaseGateway, by_status, needed, needed_id, read_object
from bot.gateways.reading_values import count, epoch, inner, moment, objects, price

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.x509 import Certificate

    from bot.domain.gateway import WebRequest
    from bot.domain.messages import Outbound

log = structlog.get_logger(__name__)

_TOPIC = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$"
_CERTIFICATES = 10
_ABOUT_US = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})
_NOT_CONFIRMED = (
    "SNSの購読を確認できません。3日より古ければ、Amazon SNSの画面で「確認のリクエスト」を押してください。",
    "The subscription was not confirmed. If it is older than 3 days, press “Request confirmation” in Amazon SNS.",
)
_TEXTS = "TEXT_"
_LEAST_TTL, _MOST_TTL = 5, 259_200  # seconds that TimeToLive takes; 72 hours are its default
_REFUSED = (
    "AWSが認証か権限を断りました({code})。キーとIAMポリシー(sms-voice:SendTextMessage、"
    "sms-voice:DescribeAccountAttributes)を確かめてください。 / "
    "AWS refuses the key or its rights ({code}): check the key and the IAM policy."
)
_NOT_SEEN = "AWSに確かめられません({code})。 / AWS could not be asked ({code})."
_SANDBOX = (
    "このAWSアカウントはサンドボックスで、確認済みの番号にしか送れません。 / "
    "This AWS account is in the sandbox: it sends to verified numbers alone."
)
_UNSUBSCRIBED = (
    "SNSの購読が解除されました。返信も配信結果も届きません。トピックに登録しなおしてください。 / "
    "The subscription at SNS was removed: neither replies nor receipts come in. Subscribe again."
)


class SnsAccount(Account):
    topic: str = Field(pattern=_TOPIC, description="Topic (ARN) of the texts that come in")
    receipts_topic: str = Field(default="", pattern=f"^$|{_TOPIC}", description="Topic of the events, if another one")
    region: str = Field(default="", description="Region to send in; empty: the topic's")
    access_key_id: str = Field(min_length=1, description="Access key id of an IAM user")
    secret_access_key: Secret = Field(description="Its secret access key")
    session_token: Secret | None = Field(default=None, description="Session token of temporary credentials")
    origination_identity: str = Field(default="", description="Pool or number id to send from; empty: the sender")
    configuration_set: str = Field(default="", description="Configuration set whose event destination is the topic")
    message_type: Literal["TRANSACTIONAL", "PROMOTIONAL"] = Field(default="TRANSACTIONAL", description="Kind of texts")
    api: str = Field(default="", description="Address of the API; empty: that of the region")

    @property
    def topics(self) -> frozenset[str]:
        return frozenset({self.topic, self.receipts_topic} - {""})


class SnsGateway(BaseGateway[SnsAccount]):
    settings = SnsAccount
    abilities: ClassVar[Abilities] = Abilities()  # AWS lists neither texts nor what became of them
    methods: ClassVar[tuple[str, ...]] = ("POST",)

    def __init__(self, account: SnsAccount) -> None:
        super().__init__(account)
        self._certificates: dict[str, Certificate] = {}
        self._fetching = asyncio.Lock()
        self._unsubscribed = False

    async def verify(self, request: WebRequest, now: datetime) -> None:
        fields = sns_signature.read(request)
        sns_signature.check(fields, self.mine.topics, now)
        certificate = await self._certificate(fields["SigningCertURL"])
        sns_signature.check_certificate(certificate, now)
        sns_signature.check_signature(fields, certificate)

    async def _certificate(self, url: str) -> Certificate:
        """Fetched once for each address; raises RefusedRequest(``certificate``)."""
        async with self._fetching:
            if url not in self._certificates:
                try:
                    pem = await self.download(url)
                except (aiohttp.ClientError, OSError, ValueError):
                    raise sns_signature.certificate_away() from None
                if len(self._certificates) >= _CERTIFICATES:
                    self._certificates.clear()
                self._certificates[url] = sns_signature.read_certificate(pem)
            return self._certificates[url]

    async def download(self, url: str) -> bytes:
        """What stands at an address of Amazon's; raises ValueError for any answer but 200, and follows nothing."""
        async with self.http().get(url, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.OK:
                raise ValueError(answer.status)
            return await answer.read()

    async def parse(self, request: WebRequest) -> Parsed:
        """By its type."""
        fields = read_object(request.body)
        if needed(fields, "Type") in _ABOUT_US:
            return Parsed()
        if "eventType" in _message(fields):
            return Parsed(receipts=tuple(self.parse_receipts(request)))
        return Parsed(texts=tuple(self.parse_inbound(request)))

    async def act(self, request: WebRequest) -> None:
        """Confirm a subscription of our topic; note that one was removed."""
        fields = read_object(request.body)
        kind = fields.get("Type")
        if kind == "UnsubscribeConfirmation":
            self._unsubscribed = True
            log.warning("gateway.unsubscribed", road=road_of(self))
        elif kind == "SubscriptionConfirmation":
            await self._confirm({name: needed(fields, name) for name in ("TopicArn", "Token", "SubscribeURL")})

    async def _confirm(self, told: dict[str, str]) -> None:
        if not sns_signature.confirms(told):
            raise NotActed(*_NOT_CONFIRMED)
        try:
            await self.download(told["SubscribeURL"])
        except (aiohttp.ClientError, OSError, ValueError) as error:
            log.warning("gateway.not_confirmed", road=road_of(self), error=type(error).__name__)
            raise NotActed(*_NOT_CONFIRMED) from None
        self._unsubscribed = False

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        fields = read_object(request.body)
        told = _message(fields)
        text = told.get("messageBody")
        if not isinstance(text, str):
            raise InvalidInput("messageBodyは必須です。", "messageBody is required.", field="messageBody")
        return [
            Inbound(
                needed_id(told, "inboundMessageId"),
                needed(told, "originationNumber"),
                needed(told, "destinationNumber"),
                text,
                request.body,
                sent_at=moment(fields.get("Timestamp")),
            )
        ]

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        """The event of a text; those of calls, pictures and registrations are none of ours."""
        told = _message(read_object(request.body))
        kind = needed(told, "eventType")
        if not kind.startswith(_TEXTS):
            return []
        state, reason = sns_codes.EVENTS.get(kind, (TextState.UNKNOWN, None))
        network = f"{told.get('mcc') or ''}{told.get('mnc') or ''}"
        return [
            Receipt(
                needed_id(told, "messageId"),
                state,
                kind[:60],
                str(inner(told, "context").get("reference") or "")[:LONGEST_ID],
                reason,
                epoch(told.get("eventTimestamp")),
                count(told.get("totalMessageParts")),
                price(told.get("totalMessagePrice"), "USD"),
                str(told.get("carrierName") or network)[:40],
            )
        ]

    async def send(self, text: Outbound) -> Submitted:
        told: dict[str, object] = {
            "DestinationPhoneNumber": text.recipient,
            "OriginationIdentity": self.mine.origination_identity or self.mine.sender,
            "MessageBody": text.text,
            "MessageType": self.mine.message_type,
            "Context": {"reference": text.reference},
            **({"ConfigurationSetName": self.mine.configuration_set} if self.mine.configuration_set else {}),
        }
        if left := self.seconds_left(text, _LEAST_TTL, _MOST_TTL):
            told["TimeToLive"] = left
        url, headers, body = self._call("SendTextMessage", told)
        return await self.submit(url, sns_codes.sent, headers=headers, data=body)

    def _call(self, action: str, told: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
        """Address, signed headers and body of a call (AWS JSON 1.0)."""
        _, partition, _, region, *_ = self.mine.topic.split(":")
        region = self.mine.region or region
        end = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        url = f"{(self.mine.api or f'https://sms-voice.{region}.{end}').rstrip('/')}/"
        token = self.mine.session_token.get_secret_value() if self.mine.session_token else ""
        secret = self.mine.secret_access_key.get_secret_value()
        signer = Signer(self.mine.access_key_id, secret, region, "sms-voice", token)
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"PinpointSMSVoiceV2.{action}"}
        body = json.dumps(told, ensure_ascii=False).encode()
        return url, signer.headers("POST", url, body, headers, self.clock.now()), body

    async def check(self) -> list[str]:
        """Asks for the account's attributes, which sends nothing."""
        url, headers, body = self._call("DescribeAccountAttributes", {})
        answer = await self.submit(url, _tier, headers=headers, data=body)
        problems = [_UNSUBSCRIBED] if self._unsubscribed else []
        if answer.outcome is not Outcome.ACCEPTED:
            problems.append((_REFUSED if answer.reason is Reason.ACCOUNT else _NOT_SEEN).format(code=answer.code))
        elif answer.code == "SANDBOX":
            problems.append(_SANDBOX)
        return problems


def _message(fields: dict[str, Any]) -> dict[str, Any]:
    """The JSON inside; raises InvalidInput for a message that neither texts nor events look like."""
    try:
        return read_object(needed(fields, "Message").encode("utf-8", "surrogatepass"))
    except InvalidInput:
        raise InvalidInput("MessageがJSONではありません。", "Message is no JSON object.", field="Message") from None


def _tier(status: int, body: bytes) -> Submitted:
    if status != HTTPStatus.OK:
        told = sns_codes.sent(status, body)
        return told if told.reason else by_status(status, told.code)
    attributes = objects(read_object(body).get("AccountAttributes", []), "AccountAttributes")
    tiers = [str(item.get("Value")) for item in attributes if item.get("Name") == "ACCOUNT_TIER"]
    return Submitted(Outcome.ACCEPTED, code="".join(tiers))
