"""Whether a request is Amazon SNS's own: its signature, the certificate that it names, its topic and its time.

Source: AWS, "Verifying the signatures of Amazon SNS messages" and "Parsing message formats" (SNS developer guide).
The certificate is fetched from Amazon's own host by HTTPS; it comes alone, so its issuer is not followed further.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from bot.domain.errors import InvalidInput
from bot.domain.gateway import RefusedRequest
from bot.gateways.base import read_object, refused
from bot.gateways.reading_values import moment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bot.domain.gateway import WebRequest

OLDEST = timedelta(hours=1)
"""SNS retries for at most 3600 seconds."""
AHEAD = timedelta(minutes=5)
_COMMON = ("Message", "MessageId", "Timestamp", "TopicArn", "Type", "SignatureVersion", "Signature", "SigningCertURL")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES = {"1": hashes.SHA1, "2": hashes.SHA256}  # version 1 is SNS's default
_AMAZON = re.compile(r"^sns(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$")


class CertificateAway(RefusedRequest):
    """The certificate could not be fetched just now; SNS may come again with the same message."""

    retryable = True


def certificate_away() -> CertificateAway:
    return CertificateAway(
        "certificate", "SNSの証明書を取りに行けません。", "The certificate of SNS could not be fetched."
    )


def read(request: WebRequest) -> dict[str, str]:
    """The fields of an SNS message, all text; raises RefusedRequest(``unsigned``) for anything else."""
    try:
        data = read_object(request.body)
    except InvalidInput:
        raise refused("unsigned") from None
    fields = {name: value for name, value in data.items() if isinstance(value, str)}
    signed = _SIGNED.get(fields.get("Type", ""))
    if signed is None or any(not fields.get(name) for name in (*_COMMON, *signed) if name != "Subject"):
        raise refused("unsigned")
    return fields


def check(fields: Mapping[str, str], topics: Collection[str], now: datetime) -> None:
    """All that needs no certificate: raises ``topic``, ``certificate`` (not Amazon's address) or ``stale``."""
    if fields["TopicArn"] not in topics:
        raise refused("topic")
    url = fields["SigningCertURL"]
    if not is_amazons(url, fields["TopicArn"]) or not urlsplit(url).path.endswith(".pem"):
        raise refused("certificate")
    at = moment(fields["Timestamp"])
    if at is None or not -AHEAD <= now - at <= OLDEST:
        raise refused("stale")


def is_amazons(url: str, topic: str) -> bool:
    """Whether an address is ``https://sns.<the topic's region>.amazonaws.com`` (``.cn`` in China), without a port."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and parts.netloc == host_of(topic)


def host_of(topic: str) -> str:
    """SNS's host in the region of a topic (``arn:aws:sns:ap-northeast-1:…``)."""
    _, partition, _, region, *_ = topic.split(":")
    return f"sns.{region}.amazonaws.com{'.cn' if partition == 'aws-cn' else ''}"


def confirms(fields: Mapping[str, str]) -> bool:
    """Whether SubscribeURL is SNS's own and confirms this topic and nothing else."""
    if not is_amazons(fields["SubscribeURL"], fields["TopicArn"]):
        return False
    asked = parse_qs(urlsplit(fields["SubscribeURL"]).query)
    expected = {"Action": ["ConfirmSubscription"], "TopicArn": [fields["TopicArn"]], "Token": [fields["Token"]]}
    return all(asked.get(name) == value for name, value in expected.items())


def read_certificate(pem: bytes) -> x509.Certificate:
    """Raises RefusedRequest(``certificate``) for what is none."""
    try:
        return x509.load_pem_x509_certificates(pem)[0]
    except (ValueError, IndexError, UnsupportedAlgorithm):
        raise refused("certificate") from None


def check_certificate(certificate: x509.Certificate, now: datetime) -> None:
    """Raises ``certificate`` unless it is valid now and made out to SNS."""
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise refused("certificate")
    if not any(_AMAZON.match(name) for name in _names(certificate)):
        raise refused("certificate")


def _names(certificate: x509.Certificate) -> list[str]:
    names = [str(item.value) for item in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        others = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return names
    return names + others.get_values_for_type(x509.DNSName)


def check_signature(fields: Mapping[str, str], certificate: x509.Certificate) -> None:
    """Raises ``signature``; version 1 is SHA-1, version 2 SHA-256, both RSA (PKCS #1 v1.5)."""
    key, hashed = certificate.public_key(), _HASHES.get(fields["SignatureVersion"])
    if hashed is None or not isinstance(key, rsa.RSAPublicKey):
        raise refused("signature")
    try:
        signature = base64.b64decode(fields["Signature"], validate=True)
        key.verify(signature, canonical(fields).encode(), padding.PKCS1v15(), hashed())
    except (binascii.Error, ValueError, InvalidSignature, UnsupportedAlgorithm):
        raise refused("signature") from None


def canonical(fields: Mapping[str, Any]) -> str:
    """What is signed: names and values of the type's fields, each on its own line."""
    return "".join(f"{name}\n{fields[name]}\n" for name in _SIGNED[fields["Type"]] if name in fields)
