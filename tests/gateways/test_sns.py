"""AWS End User Messaging by SNS: both versions of the signature, the certificate, the topic, events, and sending."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from bot.domain.clock import FixedClock
from bot.domain.errors import InvalidInput
from bot.domain.gateway import NotActed, Parsed, RefusedRequest
from bot.domain.messages import Inbound, Outcome, Reason, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.aws_sigv4 import Signer
from bot.gateways.registry import load_account
from tests.gateways.kit import (
    BROKEN,
    BY_STATUS,
    NOW,
    TEXT,
    Case,
    Trying,
    later,
    make_gateway,
    never,
    post,
    provider,
    says,
    unknown,
)

EXAMPLES = Path(__file__).parents[2] / "config" / "gateways"
PHONE, CENTER = "+819012345678", "+815012345678"
IN, OUT = "/webhook/sns/main", "/webhook/sns/main/receipts"
TOPIC = "arn:aws:sns:ap-northeast-1:123456789012:mimamori"
EVENTS = "arn:aws:sns:ap-northeast-1:123456789012:mimamori-events"
HOST = "https://sns.ap-northeast-1.amazonaws.com"
PEM = f"{HOST}/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem"
STAMP = "2026-11-20T03:00:00.000Z"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("AWS_SECRET", SECRET)
    monkeypatch.setenv("AWS_TOKEN", "session token")


def certificate(*, key=KEY, name="sns.amazonaws.com", other_names=(), start=NOW - timedelta(days=1), days=30):
    """A certificate as Amazon's, made for the test."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )
    if other_names:
        names = x509.SubjectAlternativeName([x509.DNSName(other) for other in other_names])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Amazon:
    """What stands at Amazon's addresses; ``asked`` are those that were fetched."""

    def __init__(self, pem=None, error=None):
        self.pem = certificate() if pem is None else pem
        self.error = error
        self.asked = []

    async def download(self, url):
        self.asked.append(url)
        if self.error:
            raise self.error
        return self.pem if url.endswith(".pem") else b"<ConfirmSubscriptionResponse/>"


def sns(amazon=None, **given):
    keys = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "env:AWS_SECRET"}
    gateway = make_gateway("sns", **{"topic": TOPIC, **keys, **given})
    gateway.clock = FixedClock(NOW)
    gateway.download = (amazon or Amazon()).download
    return gateway


SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
SIGNED["UnsubscribeConfirmation"] = SIGNED["SubscriptionConfirmation"]


def sign(fields, *, key=KEY, version="2"):
    """AWS, "Verifying the signatures of Amazon SNS messages", written out for the signer's side."""
    words = "".join(f"{name}\n{fields[name]}\n" for name in SIGNED[fields["Type"]] if name in fields)
    hashed = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303  # what AWS calls version 1
    return base64.b64encode(key.sign(words.encode(), padding.PKCS1v15(), hashed)).decode()


def notified(message, *, path=IN, key=KEY, version="2", topic=TOPIC, after=(), **more):
    """A notification as SNS makes it; ``after`` are fields that were changed when it had been signed."""
    text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    fields = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": topic,
        "Message": text,
        "Timestamp": STAMP,
        "SignatureVersion": version,
        "SigningCertURL": PEM,
        "UnsubscribeURL": f"{HOST}/?Action=Unsubscribe&SubscriptionArn={topic}:c9135db0",
        **more,
    }
    fields["Signature"] = sign(fields, key=key, version=version)
    return sent({**fields, **dict(after)}, path)


def sent(fields, path=IN):
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": str(fields.get("Type"))}
    return post(path, json.dumps(fields, ensure_ascii=False).encode(), headers)


def subscription(kind="SubscriptionConfirmation", *, url=None, topic=TOPIC, **more):
    """AWS, "Parsing message formats", its example of a confirmation."""
    fields = {
        "Type": kind,
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "Token": "2336412f37",
        "TopicArn": topic,
        "Message": f"You have chosen to subscribe to the topic {topic}.\nTo confirm, visit the SubscribeURL.",
        "SubscribeURL": url or f"{HOST}/?Action=ConfirmSubscription&TopicArn={topic}&Token=2336412f37",
        "Timestamp": STAMP,
        "SignatureVersion": "2",
        "SigningCertURL": PEM,
        **more,
    }
    return sent({**fields, "Signature": sign(fields)})


# AWS, "Example of a two-way SMS message payload for Amazon SNS topics"
ARRIVED = {
    "originationNumber": PHONE,
    "destinationNumber": CENTER,
    "messageKeyword": "KEYWORD_123456789012",
    "messageBody": " 1 36.5\nありがとう",
    "inboundMessageId": "cae173d2-66b9-564c-8309-21f858e9fb84",
    "previousPublishedMessageId": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
# AWS, "Example AWS End User Messaging SMS event data"
EVENT = {
    "eventType": "TEXT_DELIVERED",
    "eventVersion": "1.0",
    "eventTimestamp": int(NOW.timestamp() * 1000),
    "isFinal": True,
    "originationPhoneNumber": CENTER,
    "destinationPhoneNumber": PHONE,
    "isoCountryCode": "JP",
    "mcc": "440",
    "mnc": "10",
    "messageId": "862a8790-60c0-4430-9b2b-658bdexample",
    "messageRequestTimestamp": 1686975103170,
    "messageEncoding": "UNICODE",
    "messageType": "TRANSACTIONAL",
    "messageStatus": "DELIVERED",
    "messageStatusDescription": "Message has been accepted by phone",
    "context": {"reference": "ref0001"},
    "totalMessageParts": 2,
    "totalMessagePrice": 0.09582,
    "totalCarrierFee": 0.0,
}


def arrived(label, request, body=ARRIVED["messageBody"], **more):
    text = Inbound(ARRIVED["inboundMessageId"], PHONE, CENTER, body, request.body, sent_at=NOW)
    return Case(label, request, texts=[text], **more)


def receipt(kind, state, reason=None, carrier="44010"):
    return [Receipt(EVENT["messageId"], state, kind, "ref0001", reason, NOW, 2, "0.09582 USD", carrier)]


def without(data, name):
    return {key: value for key, value in data.items() if key != name}


DICT = json.loads(notified(ARRIVED).body)
ELSEWHERE = [
    ("another host", "https://sns.ap-northeast-1.example.com/x.pem"),
    ("Amazon's name as a part", "https://sns.ap-northeast-1.amazonaws.com.example.com/x.pem"),
    ("a bucket at Amazon's", "https://bucket.s3.amazonaws.com/x.pem"),
    ("another region", "https://sns.us-east-1.amazonaws.com/x.pem"),
    ("China's", "https://sns.ap-northeast-1.amazonaws.com.cn/x.pem"),
    ("without TLS", "http://sns.ap-northeast-1.amazonaws.com/x.pem"),
    ("a port", "https://sns.ap-northeast-1.amazonaws.com:8443/x.pem"),
    ("a user before the host", "https://sns.ap-northeast-1.amazonaws.com@example.com/x.pem"),
    ("no .pem", "https://sns.ap-northeast-1.amazonaws.com/?x=.pem"),
    ("no address", "file:///etc/x.pem"),
    ("brackets", "https://[sns/x.pem"),
]
CASES = [
    arrived("a text, signed by version 2", notified(ARRIVED)),
    arrived("a text, signed by version 1", notified(ARRIVED, version="1")),
    arrived("a text with a subject", notified(ARRIVED, Subject="件名")),
    arrived("a text at the address of receipts", notified(ARRIVED, path=OUT)),
    arrived("parameters that nobody knew", notified({**ARRIVED, "new": 1})),
    arrived("an empty text", notified({**ARRIVED, "messageBody": ""}), ""),
    arrived("after an hour of retries", notified(ARRIVED), now=NOW + timedelta(hours=1)),
    *(
        Case(kind, notified({**EVENT, "eventType": kind}), receipts=receipt(kind, state, reason))
        for kind, state, reason in [
            ("TEXT_DELIVERED", TextState.DELIVERED, None),
            ("TEXT_SUCCESSFUL", TextState.ACCEPTED, None),
            ("TEXT_QUEUED", TextState.ACCEPTED, None),
            ("TEXT_PENDING", TextState.ACCEPTED, None),
            ("TEXT_BLOCKED", TextState.UNDELIVERED, Reason.BLOCKED),
            ("TEXT_CARRIER_BLOCKED", TextState.UNDELIVERED, Reason.FILTERED),
            ("TEXT_SPAM", TextState.UNDELIVERED, Reason.FILTERED),
            ("TEXT_PROTECT_BLOCKED", TextState.UNDELIVERED, Reason.FILTERED),
            ("TEXT_INVALID", TextState.UNDELIVERED, Reason.NO_SUCH_NUMBER),
            ("TEXT_INVALID_MESSAGE", TextState.UNDELIVERED, Reason.BAD_TEXT),
            ("TEXT_UNREACHABLE", TextState.UNDELIVERED, Reason.ABSENT),
            ("TEXT_CARRIER_UNREACHABLE", TextState.UNDELIVERED, Reason.BUSY),
            ("TEXT_TTL_EXPIRED", TextState.EXPIRED, Reason.EXPIRED),
            ("TEXT_UNKNOWN", TextState.UNKNOWN, None),
            ("TEXT_TELEPORTED", TextState.UNKNOWN, None),
        ]
    ),
    Case(
        "the phone company's name",
        notified({**EVENT, "carrierName": "NTT DOCOMO"}),
        receipts=receipt("TEXT_DELIVERED", TextState.DELIVERED, carrier="NTT DOCOMO"),
    ),
    Case(
        "an event on its own topic",
        notified(EVENT, path=OUT, topic=EVENTS),
        receipts=receipt("TEXT_DELIVERED", TextState.DELIVERED),
    ),
    Case("an event of a call", notified({**EVENT, "eventType": "VOICE_ANSWERED"})),
    Case("a word to confirm an event destination", notified("Successfully validated SNS topic"), invalid="Message"),
    Case("no JSON", post(IN, b"Message"), refused="unsigned"),
    Case("raw delivery", post(IN, json.dumps(ARRIVED).encode()), refused="unsigned"),
    *(
        Case(f"without {name}", sent(without(DICT, name)), refused="unsigned")
        for name in ("Signature", "SigningCertURL", "SignatureVersion", "Timestamp", "TopicArn", "Type", "MessageId")
    ),
    Case("a type that nobody knows", sent({**DICT, "Type": "Gossip"}), refused="unsigned"),
    Case("a signature that is no text", sent({**DICT, "Signature": 5}), refused="unsigned"),
    Case("the text changed", notified(ARRIVED, after={"Message": "{}"}), refused="signature"),
    Case("the time changed", notified(ARRIVED, after={"Timestamp": "2026-11-20T03:00:01Z"}), refused="signature"),
    Case("the id changed", notified(ARRIVED, after={"MessageId": "other"}), refused="signature"),
    Case("a subject added", notified(ARRIVED, after={"Subject": "x"}), refused="signature"),
    Case("version 2 called 1", notified(ARRIVED, after={"SignatureVersion": "1"}), refused="signature"),
    Case("version 1 called 2", notified(ARRIVED, version="1", after={"SignatureVersion": "2"}), refused="signature"),
    Case("a version that nobody knows", notified(ARRIVED, after={"SignatureVersion": "3"}), refused="signature"),
    Case("another key", notified(ARRIVED, key=OTHER_KEY), refused="signature"),
    Case("no base64", notified(ARRIVED, after={"Signature": "é"}), refused="signature"),
    Case("another topic", notified(ARRIVED, topic=TOPIC + "2"), refused="topic"),
    Case("the topic of another account", notified(ARRIVED, topic=TOPIC.replace("1234", "4321")), refused="topic"),
    *(
        Case(f"a certificate from {name}", notified(ARRIVED, SigningCertURL=url), refused="certificate")
        for name, url in ELSEWHERE
    ),
    Case("too old", notified(ARRIVED), now=NOW + timedelta(hours=1, seconds=1), refused="stale"),
    Case("ahead of time", notified(ARRIVED), now=NOW - timedelta(minutes=6), refused="stale"),
    Case("a time that is none", notified(ARRIVED, Timestamp="now"), refused="stale"),
    *(
        Case(f"a text without {name}", notified(without(ARRIVED, name)), invalid=name)
        for name in ("originationNumber", "destinationNumber", "messageBody", "inboundMessageId")
    ),
    Case("an event without an id", notified(without(EVENT, "messageId")), invalid="messageId"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_sns_brings(case):
    await case.check(sns(receipts_topic=EVENTS))


CERTIFICATES = {
    "of the region": (certificate(name="sns.ap-northeast-1.amazonaws.com"), ""),
    "by its other name": (certificate(name="Amazon", other_names=["sns.amazonaws.com"]), ""),
    "run out": (certificate(start=NOW - timedelta(days=60)), "certificate"),
    "not yet valid": (certificate(start=NOW + timedelta(days=1)), "certificate"),
    "of somebody else": (certificate(name="sns.example.com"), "certificate"),
    "of another service of Amazon's": (certificate(name="s3.amazonaws.com"), "certificate"),
    "of another key": (certificate(key=OTHER_KEY), "signature"),
    "of another kind of key": (certificate(key=ec.generate_private_key(ec.SECP256R1())), "signature"),
    "no certificate": (b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----", "certificate"),
    "a web page": (b"<html>", "certificate"),
    "nothing": (b"", "certificate"),
}


@pytest.mark.parametrize("pem, code", CERTIFICATES.values(), ids=CERTIFICATES.keys())
async def test_a_certificate_must_be_valid_and_amazons(pem, code):
    gateway = sns(Amazon(pem))
    if not code:
        await gateway.verify(notified(ARRIVED), NOW)
        return
    with pytest.raises(RefusedRequest) as refusal:
        await gateway.verify(notified(ARRIVED), NOW)
    assert refusal.value.code == code


async def test_a_certificate_is_fetched_once_and_only_for_requests_that_could_be_ours():
    amazon = Amazon()
    gateway = sns(amazon)
    for _ in range(3):
        await gateway.verify(notified(ARRIVED), NOW)
    assert amazon.asked == [PEM]
    for request in (
        notified(ARRIVED, topic=TOPIC + "2"),
        notified(ARRIVED, SigningCertURL="https://example.com/a.pem"),
    ):
        with pytest.raises(RefusedRequest):
            await gateway.verify(request, NOW)
    assert amazon.asked == [PEM]


async def test_a_certificate_that_runs_out_later_is_no_longer_believed():
    gateway = sns(Amazon(certificate(days=2)))
    await gateway.verify(notified(ARRIVED), NOW)
    later = NOW + timedelta(days=3)
    request = notified(ARRIVED, Timestamp=later.isoformat())
    with pytest.raises(RefusedRequest):
        await gateway.verify(request, later)


async def test_a_certificate_that_cannot_be_fetched_now_is_asked_for_again():
    amazon = Amazon(error=OSError())
    gateway = sns(amazon)
    with pytest.raises(RefusedRequest) as refusal:
        await gateway.verify(notified(ARRIVED), NOW)
    assert (refusal.value.code, refusal.value.retryable) == ("certificate", True)
    amazon.error = None
    await gateway.verify(notified(ARRIVED), NOW)


async def test_the_certificate_is_fetched_over_http_without_following_anywhere():
    pem = certificate()
    for answer, fetched in ((says(200, pem), pem), (says(302), None), (says(500), None)):
        async with provider(answer) as (url, there):
            gateway = make_gateway("sns", topic=TOPIC, access_key_id="A", secret_access_key="env:AWS_SECRET")
            try:
                if fetched is None:
                    with pytest.raises(ValueError, match=r"\d"):
                        await gateway.download(f"{url}/x.pem")
                else:
                    assert await gateway.download(f"{url}/x.pem") == fetched
            finally:
                await gateway.close()
            assert len(there.seen) == 1


async def test_a_certificate_that_arrives_in_pieces_is_read_to_its_end():
    pem = certificate()

    async def in_pieces(request):
        response = web.StreamResponse(headers={"Content-Length": str(len(pem))})
        await response.prepare(request)
        for start in range(0, len(pem), 300):
            await response.write(pem[start : start + 300])
            await asyncio.sleep(0)
        return response

    async with provider(in_pieces) as (url, _):
        gateway = make_gateway("sns", topic=TOPIC, access_key_id="A", secret_access_key="env:AWS_SECRET")
        assert await gateway.download(f"{url}/x.pem") == pem
        await gateway.close()


# ── subscriptions / 購読 ──────────────────────────────────────────────────────


async def received(gateway, request):
    await gateway.verify(request, NOW)
    parsed = await gateway.parse(request)
    await gateway.act(request)
    return parsed, gateway.answer(request, parsed)


async def test_a_subscription_of_our_topic_is_confirmed():
    amazon = Amazon()
    parsed, answer = await received(sns(amazon), subscription())
    assert (parsed, answer.status) == (Parsed(), 200)
    assert amazon.asked == [PEM, f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"]


CONFIRMATIONS = {
    "another host": "https://example.com/?Action=ConfirmSubscription&TopicArn={topic}&Token=2336412f37",
    "another region": "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic}&Token=2336412f37",
    "without TLS": "http://sns.ap-northeast-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic}&Token=2336412f37",
    "another action": HOST + "/?Action=DeleteTopic&TopicArn={topic}&Token=2336412f37",
    "another topic": HOST + "/?Action=ConfirmSubscription&TopicArn={topic}2&Token=2336412f37",
    "another token": HOST + "/?Action=ConfirmSubscription&TopicArn={topic}&Token=1",
    "brackets": "https://[sns/?Action=ConfirmSubscription&TopicArn={topic}&Token=2336412f37",
    "two actions": HOST + "/?Action=ConfirmSubscription&Action=DeleteTopic&TopicArn={topic}&Token=2336412f37",
}


@pytest.mark.parametrize("url", CONFIRMATIONS.values(), ids=CONFIRMATIONS.keys())
async def test_nothing_but_the_confirmation_of_our_topic_is_ever_called(url):
    amazon = Amazon()
    with pytest.raises(NotActed):
        await received(sns(amazon), subscription(url=url.format(topic=TOPIC)))
    assert amazon.asked == [PEM]


async def test_a_subscription_of_another_topic_is_refused():
    with pytest.raises(RefusedRequest) as refusal:
        await sns().verify(subscription(topic=TOPIC + "2"), NOW)
    assert refusal.value.code == "topic"


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
async def test_reading_a_request_does_nothing_even_if_it_was_verified(kind):
    async with provider(says(200, b"{}")) as (url, _):
        amazon = Amazon()
        gateway = sns(amazon, api=url)
        await gateway.verify(subscription(kind), NOW)
        assert await gateway.parse(subscription(kind)) == Parsed()
        assert amazon.asked == [PEM]
        assert await gateway.check() == []
        await gateway.close()


async def test_a_text_or_an_event_asks_for_nothing():
    amazon = Amazon()
    await received(sns(amazon), notified(ARRIVED))
    assert amazon.asked == [PEM]


async def test_a_confirmation_that_could_not_be_made_is_asked_for_again():
    amazon = Amazon()
    gateway = sns(amazon)
    await gateway.verify(subscription(), NOW)
    amazon.error = OSError()
    with pytest.raises(NotActed) as error:
        await gateway.act(subscription())
    assert "確認のリクエスト" in error.value.ja
    amazon.error = None
    assert (await received(gateway, subscription()))[1].status == 200


async def test_a_removed_subscription_is_told_and_not_renewed():
    async with provider(says(200, b"{}")) as (url, _):
        amazon = Amazon()
        gateway = sns(amazon, api=url)
        _, answer = await received(gateway, subscription("UnsubscribeConfirmation"))
        assert (answer.status, amazon.asked) == (200, [PEM])
        assert any("購読" in problem for problem in await gateway.check())
        await received(gateway, subscription())
        assert await gateway.check() == []
        await gateway.close()


# ── sending / 送信 ───────────────────────────────────────────────────────────


def fault(kind, why=None, status=400, **more):
    told = {"__type": f"com.amazonaws.pinpointsmsvoicev2#{kind}", "Message": "…", **({"Reason": why} if why else {})}
    return says(status, json.dumps({**told, **more}).encode(), "application/x-amz-json-1.0")


CONFLICT, INVALID = "ConflictException", "ValidationException"
OVERRIDE = "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE"
ANSWERS = {
    "taken": (says(200, b'{"MessageId": "862a"}'), Submitted(Outcome.ACCEPTED, "862a")),
    "opted out": (
        fault(CONFLICT, "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
        never("DESTINATION_PHONE_NUMBER_OPTED_OUT", Reason.OPTED_OUT),
    ),
    "blocked by a rule": (fault(CONFLICT, OVERRIDE), never(OVERRIDE, Reason.BLOCKED)),
    "in the sandbox": (
        fault(CONFLICT, "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"),
        later("DESTINATION_PHONE_NUMBER_NOT_VERIFIED", Reason.ACCOUNT),
    ),
    "nothing to send from": (
        fault(CONFLICT, "NO_ORIGINATION_IDENTITIES_FOUND"),
        never("NO_ORIGINATION_IDENTITIES_FOUND", Reason.BAD_SENDER),
    ),
    "a conflict that nobody knows": (fault(CONFLICT, "SOMETHING_NEW"), unknown("SOMETHING_NEW")),
    "a wrong number": (
        fault(INVALID, "INVALID_PARAMETER", Fields=[{"Name": "DestinationPhoneNumber", "Message": "…"}]),
        never("INVALID_PARAMETER", Reason.NO_SUCH_NUMBER),
    ),
    "a wrong text": (
        fault(INVALID, "FIELD_VALIDATION_FAILED", Fields=[{"Name": "MessageBody", "Message": "…"}]),
        never("FIELD_VALIDATION_FAILED", Reason.BAD_TEXT),
    ),
    "another wrong field": (
        fault(INVALID, "INVALID_PARAMETER", Fields=[{"Name": "Context"}]),
        unknown("INVALID_PARAMETER"),
    ),
    "a sender for another country": (
        fault(INVALID, "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"),
        never("INVALID_IDENTITY_FOR_DESTINATION_COUNTRY", Reason.BAD_SENDER),
    ),
    "too many": (fault("ThrottlingException"), later("ThrottlingException", Reason.BUSY)),
    "the month's money is spent": (
        fault("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"),
        later("MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", Reason.ACCOUNT),
    ),
    "no rights": (
        fault("AccessDeniedException", "ACCOUNT_DISABLED"),
        later("ACCOUNT_DISABLED", Reason.ACCOUNT),
    ),
    "no such sender": (fault("ResourceNotFoundException"), later("ResourceNotFoundException", Reason.ACCOUNT)),
    "a wrong key": (fault("UnrecognizedClientException"), later("UnrecognizedClientException", Reason.ACCOUNT)),
    "a wrong secret": (
        fault("InvalidSignatureException", status=403),
        later("InvalidSignatureException", Reason.ACCOUNT),
    ),
    "broken": (fault("InternalServerException", status=500), unknown("InternalServerException")),
    "an exception that nobody knows": (fault("SomethingNewException"), unknown("SomethingNewException")),
    "away": (says(503, b"<html>"), later("503", Reason.BUSY)),
    "taken, without an id": (says(200, b"{}"), unknown("InvalidInput")),
    "taken, no JSON": (says(200, b"OK"), unknown("InvalidInput")),
} | BY_STATUS


outcome_of = Trying(sns, "api")


@pytest.mark.parametrize("answer, submitted", ANSWERS.values(), ids=ANSWERS.keys())
async def test_each_answer_to_a_text_has_its_meaning(answer, submitted):
    assert (await outcome_of(answer))[0] == submitted


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
async def test_after_a_broken_answer_nobody_knows(answer):
    await outcome_of.broken(answer)


async def test_nobody_there_means_later(free_port):
    await outcome_of.nobody_there(free_port)


async def test_a_text_goes_out_signed_with_our_reference_as_its_context():
    given = {"configuration_set": "mimamori", "session_token": "env:AWS_TOKEN"}
    _, seen = await outcome_of(ANSWERS["taken"][0], **given)
    ((method, path, headers, body),) = seen
    assert (method, path) == ("POST", "/")
    assert json.loads(body) == {
        "DestinationPhoneNumber": PHONE,
        "OriginationIdentity": CENTER,
        "MessageBody": TEXT.text,
        "MessageType": "TRANSACTIONAL",
        "Context": {"reference": "ref0001"},
        "ConfigurationSetName": "mimamori",
    }
    assert headers["X-Amz-Target"] == "PinpointSMSVoiceV2.SendTextMessage"
    assert headers["Content-Type"] == "application/x-amz-json-1.0"
    signer = Signer("AKIDEXAMPLE", SECRET, "ap-northeast-1", "sms-voice", "session token")
    told = {name: headers[name] for name in ("Content-Type", "X-Amz-Target")}
    assert (
        headers["Authorization"]
        == signer.headers("POST", f"http://{headers['Host']}/", body, told, NOW)["Authorization"]
    )


@pytest.mark.parametrize(
    "topic, region, url",
    [
        (TOPIC, "", "https://sms-voice.ap-northeast-1.amazonaws.com/"),
        (TOPIC, "us-east-1", "https://sms-voice.us-east-1.amazonaws.com/"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:a", "", "https://sms-voice.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_the_address_of_the_api_follows_from_the_region(topic, region, url):
    assert sns(topic=topic, region=region)._call("SendTextMessage", {})[0] == url


CHECKS = {
    "well": (says(200, b'{"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "PRODUCTION"}]}'), ""),
    "sandbox": (says(200, b'{"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "SANDBOX"}]}'), "sandbox"),
    "wrong key": (fault("UnrecognizedClientException"), "refuses"),
    "broken": (fault("InternalServerException", status=500), "InternalServerException"),
}


@pytest.mark.parametrize("answer, words", CHECKS.values(), ids=CHECKS.keys())
async def test_the_check_says_what_is_wrong_with_the_account(answer, words):
    problems, _ = await outcome_of(answer, lambda gateway: gateway.check())
    assert bool(problems) == bool(words)
    assert all(words in problem and " / " in problem for problem in problems)


async def test_aws_can_neither_be_asked_nor_looked_back_at():
    gateway = sns()
    assert not gateway.abilities.can_ask
    assert not gateway.abilities.can_look_back
    assert await gateway.ask(TEXT, None) is None
    assert await gateway.look_back(datetime(2026, 11, 20, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    "topic", ["mimamori", "arn:aws:sqs:ap-northeast-1:123456789012:q", TOPIC + ":c9135db0", TOPIC + "\n"]
)
def test_a_topic_that_is_none_is_refused(topic):
    with pytest.raises(ValidationError):
        sns(topic=topic)


async def test_half_a_surrogate_pair_in_a_message_is_malformed_and_no_more():
    request = sent({**DICT, "Message": '"\ud800"'.encode("utf-8", "replace").decode()})
    with pytest.raises(InvalidInput):
        await sns().parse(request)
    body = request.body.replace(b'"\\"?\\""', b'"\\ud800"')
    with pytest.raises(InvalidInput):
        await sns().parse(post(IN, body))
    with pytest.raises(RefusedRequest):
        await sns().verify(post(IN, body), NOW)


def test_the_example_for_operators_loads_as_it_stands(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert load_account(EXAMPLES / "sns.toml").name == "sns"
